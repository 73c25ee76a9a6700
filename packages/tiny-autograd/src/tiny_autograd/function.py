"""Operations with a hand-written gradient: a class with `forward` and `backward`, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from weakref import ReferenceType, ref

import ndarray_core as nd
from ndarray_core import NDArray

from .grad_mode import is_recording, no_grad
from .node import Node
from .op import JointRule, edge_of
from .variable import Variable, wrap

__all__ = ["Function", "FunctionContext"]


class FunctionContext:
    """What `forward` leaves for `backward`: tensors by `save_for_backward`, else any attributes."""

    needs_input_grad: tuple[bool, ...]

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[Any, ...] = ()
        self._versions: tuple[int, ...] = ()
        self._constant: tuple[Any, ...] = ()
        self._materialize = True
        # Nodes of the outputs that are among the saved tensors, by their position there. Weak: the
        # graph holds this context, and would hold itself.
        self._output_nodes: dict[int, ReferenceType[Node]] = {}
        self._name = ""

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (inputs, outputs, or others; None is taken too) for `saved_tensors`."""
        for x in tensors:
            if x is not None and not isinstance(x, Variable):
                raise TypeError(
                    f"save_for_backward: takes tensors and None, not {type(x).__name__}; "
                    "keep other values as attributes: ctx.value = ..."
                )
        self._saved = tensors
        self._versions = tuple(0 if x is None else x.array.version for x in tensors)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` was given. RuntimeError if it has been written to since."""
        for i, (x, version) in enumerate(zip(self._saved, self._versions, strict=True)):
            if x is not None and x.array.version != version:
                raise RuntimeError(
                    f"{self._name}: saved tensor {i} (shape {x.array.shape}) has been modified by "
                    "an in-place operation since; clone() it before"
                )
        if not is_recording():
            return self._saved
        # The gradient is itself to be differentiated, so outputs come with their history.
        return tuple(
            wrap(x.array, self._output_nodes[i]()) if i in self._output_nodes else x
            for i, x in enumerate(self._saved)
        )

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """Say which results of `forward` have no gradient: indices, masks."""
        self._constant = outputs

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros for outputs without a gradient (the default), or None."""
        self._materialize = value


class Function:
    """A differentiable operation whose gradient is written by hand.

    `forward(ctx, *args)` computes with tensors, unrecorded. `backward(ctx, *gradients)` gets one
    gradient for each output, and returns one for each argument: None where there is none. It may be
    differentiated again if it is written with tensor operations. `apply` calls it. An operation of
    one result is shorter with the decorator `tiny_autograd.op`.

    >>> import tiny_autograd as ta
    >>> class Cube(ta.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...     @staticmethod
    ...     def backward(ctx, gradient):
    ...         (x,) = ctx.saved_tensors
    ...         return gradient * 3 * x * x
    >>> x = ta.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @staticmethod
    def forward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        """The computation. Returns a tensor or a tuple of tensors."""
        raise NotImplementedError("a Function defines forward(ctx, *args) as a static method")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """The vector-Jacobian products, one for each argument of `forward`."""
        raise NotImplementedError(
            "a Function defines backward(ctx, *gradients) to be differentiated"
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """The results of `forward`, recorded for differentiation."""
        needs = tuple(isinstance(x, Variable) and x._requires_grad for x in args)
        ctx = FunctionContext(needs)
        ctx._name = cls.__name__
        with no_grad():
            result = cls.forward(ctx, *args, **kwargs)
        outputs = result if isinstance(result, tuple) else (result,)
        if not (is_recording() and any(needs)):
            return result
        joint = _joint_node(cls, ctx, args, needs, outputs)
        recorded = tuple(_output(joint, i, y, ctx) for i, y in enumerate(outputs))
        saved = list(ctx._saved)
        for at, x in enumerate(saved):
            for i, y in enumerate(outputs):
                if x is y and recorded[i]._node is not None:
                    saved[at] = wrap(x.array)
                    ctx._output_nodes[at] = ref(recorded[i]._node)
        ctx._saved = tuple(saved)
        return recorded if isinstance(result, tuple) else recorded[0]


class _Plan:
    """What the engine asks of a node's plan."""

    fits = False
    arrays: ClassVar[tuple[int, ...]] = ()
    array_edges: ClassVar[tuple[int, ...]] = ()

    def __init__(
        self, name: str, rule: Callable[[Any], Any] | None, joint: JointRule | None = None
    ) -> None:
        self.op = _Named(name)
        self.rules = ((rule, ()),)
        self.joint = joint


class _Named:
    def __init__(self, name: str) -> None:
        self.name = name


class _Gradients:
    """Gradients of several outputs on their way to the one node that takes them all."""

    def __init__(self, of: dict[int, Any]) -> None:
        self.of = of

    def __add__(self, other: _Gradients) -> _Gradients:
        total = dict(self.of)
        for i, gradient in other.of.items():
            total[i] = total[i] + gradient if i in total else gradient
        return _Gradients(total)


def _make_node(plan: _Plan, edges: tuple[Any, ...], saved: tuple[Any, ...], form: Any) -> Node:
    node: Any = Node()
    node.plan = plan
    node.edges = edges
    node.saved = saved
    node.versions = (0,) * len(saved)
    node.form = form
    node.hooks = None
    return node  # type: ignore[no-any-return]


def _joint_node(
    cls: type[Function],
    ctx: FunctionContext,
    args: tuple[Any, ...],
    needs: tuple[bool, ...],
    outputs: tuple[Any, ...],
) -> Node:
    """The node that turns the gradients of all outputs into those of the arguments."""
    facts = [(y.array.shape, y.array.dtype, y.array.device) for y in outputs]
    inputs = [
        (x.array.shape, x.array.dtype) if need else None
        for x, need in zip(args, needs, strict=True)
    ]

    positions = [i for i, need in enumerate(needs) if need]

    def joint(gradients: _Gradients, saved: Sequence[Any], _: Sequence[bool]) -> list[Any]:
        results = _call_backward(cls, saved[0], gradients, facts, inputs)
        return [results[i] for i in positions]

    plan = _Plan(cls.__name__, None, joint)
    return _make_node(plan, tuple(edge_of(args[i]) for i in positions), (ctx,), None)


def _output(joint: Node, i: int, y: Any, ctx: FunctionContext) -> Any:
    """An output as a tensor whose gradient goes to the joint node."""
    if not isinstance(y, Variable):
        raise TypeError(f"{ctx._name}.forward returns tensors, not {type(y).__name__}")
    if y.array.dtype.kind != "float" or any(y is constant for constant in ctx._constant):
        return wrap(y.array)
    plan = _Plan(ctx._name, lambda gradient: _Gradients({i: gradient}))
    return wrap(y.array, _make_node(plan, (joint,), (), y.array.form))


def _call_backward(
    cls: type[Function],
    ctx: FunctionContext,
    gradients: _Gradients,
    facts: list[tuple[Any, Any, Any]],
    inputs: list[tuple[Any, Any] | None],
) -> tuple[Any, ...]:
    """What `backward` returns, checked; arrays unless it is to be differentiated."""
    given: list[Any] = []
    for i, (shape, dtype, device) in enumerate(facts):
        gradient = gradients.of.get(i)
        if gradient is None and ctx._materialize:
            gradient = nd.zeros(shape, dtype=dtype, device=device)
        given.append(wrap(gradient) if isinstance(gradient, NDArray) else gradient)
    returned = cls.backward(ctx, *given)
    results = returned if isinstance(returned, tuple) else (returned,)
    if len(results) != len(inputs):
        raise RuntimeError(
            f"{cls.__name__}.backward returned {len(results)} gradients, for {len(inputs)} "
            "arguments of forward; return None for those without one"
        )
    return tuple(
        None if expected is None or result is None else _checked(cls.__name__, i, result, *expected)
        for i, (result, expected) in enumerate(zip(results, inputs, strict=True))
    )


def _checked(name: str, i: int, result: Any, shape: Any, dtype: Any) -> Any:
    if not isinstance(result, Variable):
        raise TypeError(f"{name}.backward: gradient {i} is {type(result).__name__}, not a Tensor")
    if result.array.shape != shape:
        raise RuntimeError(
            f"{name}.backward: gradient {i} has shape {result.array.shape}, the argument {shape}"
        )
    converted: Any = result if result.array.dtype == dtype else result.to(dtype)  # type: ignore[attr-defined]
    # A copy: what was returned may be anybody's memory, and a leaf adds to its gradient in place.
    return converted if is_recording() else converted.array.copy()
