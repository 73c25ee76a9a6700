"""What differentiation knows of a tensor: its array, its gradient and its place in the graph."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from ndarray_core import NDArray

if TYPE_CHECKING:
    from .node import Hooks, Node
    from .tensor import Tensor

# A hook's key is its registration, so that one function may be registered several times.
_next_key = count().__next__


def check_alike(what: str, array: NDArray, other: str, model: NDArray) -> None:
    """RuntimeError unless the arrays have the same shape, dtype and device."""
    for fact in ("shape", "dtype", "device"):
        found, expected = getattr(array, fact), getattr(model, fact)
        if found != expected:
            if fact == "dtype":
                found, expected = found.name, expected.name
            raise RuntimeError(
                f"{what} has {fact} {found}, {other} has {expected}; they must be equal"
            )


class RemovableHandle:
    """Takes a hook off again: `handle.remove()`, or leaving a `with` block."""

    def __init__(self, hooks: Hooks, key: int) -> None:
        self._hooks = hooks
        self._key = key

    def remove(self) -> None:
        """Remove the hook; does nothing when it has been removed before."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Variable:
    """The differentiable side of `Tensor`, which adds everything one computes with."""

    __slots__ = ("__weakref__", "_grad", "_hooks", "_node", "_requires_grad", "array")

    array: NDArray
    _grad: Tensor | None
    _requires_grad: bool
    _node: Node | None
    _hooks: Hooks | None

    def __init__(self, array: NDArray, requires_grad: bool = False) -> None:
        """Wrap an array of ndarray_core, without copying it.

        Raises TypeError for anything else (`tiny_autograd.tensor` takes numbers, lists and NumPy
        arrays), and RuntimeError when a gradient is asked for numbers that are not floating.
        """
        if not isinstance(array, NDArray):
            raise TypeError(
                f"Tensor wraps an ndarray_core.NDArray, not {type(array).__name__}; "
                "tiny_autograd.tensor(...) takes numbers, lists and NumPy arrays"
            )
        self.array = array
        self._grad = None
        self._requires_grad = False
        self._node = None
        self._hooks = None
        if requires_grad:
            self.requires_grad = True

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded for differentiation."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self._node is not None:
            if value:
                return
            raise RuntimeError(
                "requires_grad can only be switched off for leaf tensors; this one is the result "
                f"of {self._node!r}: use detach() for a tensor without its history"
            )
        if value and self.array.dtype.kind != "float":
            raise RuntimeError(
                "only tensors of floating-point numbers can require a gradient, "
                f"got {self.array.dtype.name}"
            )
        self._requires_grad = value

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set `requires_grad` in place, and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward has added up here; None when there is none.

        Takes a tensor of this one's shape, dtype and device, or None: TypeError for what is no
        tensor, RuntimeError for one that does not match.
        """
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Variable):
                raise TypeError(f"grad is a Tensor or None, not {type(value).__name__}")
            if value is self:
                raise RuntimeError("grad: a tensor cannot be its own gradient; use detach()")
            check_alike("grad: the value assigned", value.array, "the tensor", self.array)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def grad_fn(self) -> Node | None:
        """The recorded operation that made this tensor; None for a leaf."""
        return self._node

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made this tensor."""
        return self._node is None

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call `hook` with this tensor's gradient whenever it is computed; a result replaces it.

        >>> import tiny_autograd as ta
        >>> x = ta.tensor(1.0, requires_grad=True)
        >>> handle = x.register_hook(lambda gradient: gradient * 10)
        >>> (x * 3).backward()
        >>> x.grad
        tensor(30.)
        """
        if not self._requires_grad:
            raise RuntimeError("register_hook: this tensor does not require a gradient")
        if self._node is None:
            hooks = self._hooks = self._hooks if self._hooks is not None else {}
        else:
            hooks = self._node.hooks = self._node.hooks if self._node.hooks is not None else {}
        key = _next_key()
        hooks[key] = hook
        return RemovableHandle(hooks, key)

    def retain_grad(self) -> None:
        """Keep `.grad` also for this tensor if it is not a leaf: what all its hooks leave of it."""
        if self._node is None:
            if not self._requires_grad:
                raise RuntimeError("retain_grad: this tensor does not require a gradient")
            return
        if self.retains_grad:
            return
        self.register_hook(KeepGrad(self))

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on this tensor, which is not a leaf."""
        if self._node is None or self._node.hooks is None:
            return False
        return any(
            isinstance(h, KeepGrad) and h.tensor() is self for h in self._node.hooks.values()
        )


class KeepGrad:
    """A hook that adds the gradient to a tensor's `.grad`, without keeping the tensor alive."""

    def __init__(self, tensor: Variable) -> None:
        self.tensor = weakref.ref(tensor)

    def __call__(self, gradient: Tensor) -> None:
        tensor = self.tensor()
        if tensor is not None:
            # A copy: the same gradient may pass through several tensors.
            tensor._grad = gradient.clone() if tensor._grad is None else tensor._grad + gradient


# The class of results. `tensor.py` sets it: Tensor's methods are made from the operations, which
# are made before it.
result_type: type[Variable] = Variable
_new: Any = object.__new__


def wrap(array: NDArray, node: Node | None = None) -> Tensor:
    """A tensor over `array`, made by `node`, or without history."""
    tensor: Tensor = _new(result_type)
    tensor.array = array
    tensor._grad = None
    tensor._requires_grad = node is not None
    tensor._node = node
    tensor._hooks = None
    return tensor
