"""Tensor: an array with a gradient. Its methods are the operations, in PyTorch's spelling."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import ndarray_core as nd
from ndarray_core import Device, DType

from . import ops, variable
from .autograd import backward
from .description import Description
from .in_place import InPlace
from .methods import Methods
from .new_tensors import NewTensors
from .operators import Operators
from .variable import wrap

if TYPE_CHECKING:
    import numpy as np

    Shape = tuple[int, ...]


class Tensor(Description, NewTensors, Operators, Methods, InPlace):
    """An array of numbers on a device, whose history can be differentiated.

    `tiny_autograd.tensor` makes one of numbers, `tiny_autograd.zeros` and its siblings of a shape;
    `Tensor(array)` wraps an array of ndarray_core without copying, and `.array` gives it back.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1.0, 2.0]], requires_grad=True)
    >>> y = (x @ x.T).sum()
    >>> y.backward()
    >>> x.grad
    tensor([[2., 4.]])
    """

    __slots__ = ()

    # Out of the tensor's world

    def item(self) -> Any:
        """The single element as a Python number; ValueError for several."""
        return self.array.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers; a number when there are no dimensions."""
        return self.array.tolist()

    def numpy(self) -> np.ndarray[Any, Any]:
        """A NumPy array that shares memory where the device allows it.

        Raises RuntimeError for a tensor that requires a gradient: writes to the array would go
        unnoticed. Use detach() first.
        """
        if self._requires_grad:
            raise RuntimeError("numpy: the tensor requires a gradient; use detach().numpy()")
        return self.array.numpy()

    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> Any:
        return self.detach().array.__array__(dtype, copy)

    def __bool__(self) -> builtins.bool:
        return builtins.bool(self.array)

    def __int__(self) -> builtins.int:
        return builtins.int(self.array)

    def __float__(self) -> builtins.float:
        return builtins.float(self.array)

    def __index__(self) -> builtins.int:
        return self.array.__index__()

    def __len__(self) -> builtins.int:
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("iteration over a tensor without dimensions")
        return iter(ops.unbind(self))

    def __contains__(self, value: Any) -> builtins.bool:
        return builtins.bool(ops.any(ops.eq(self, value)))

    def __repr__(self) -> str:
        from .formatting import tensor_repr

        return tensor_repr(self)

    def __format__(self, spec: str) -> str:
        # A tensor without dimensions is formatted as its number, others as their text.
        return format(self.item(), spec) if not self.ndim else object.__format__(self, spec)

    # Its place in the graph

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | list[Tensor] | tuple[Tensor, ...] | None = None,
    ) -> None:
        """Add the gradient of this tensor to `.grad` of the leaves (or `inputs`) it depends on.

        gradient: same shape as this tensor, of which the vector-Jacobian product is taken; may be
        left out when there is one element. The graph is freed unless `retain_graph` (by default
        `create_graph`) says otherwise; `create_graph` records the gradient itself, for higher
        derivatives. Raises RuntimeError for a tensor without history, or a freed one.

        >>> import tiny_autograd as ta
        >>> x = ta.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
        """
        backward(self, gradient, retain_graph, create_graph, inputs)

    def detach(self) -> Tensor:
        """A tensor over the same memory, without history, that requires no gradient."""
        return wrap(self.array[...])  # a view: two arrays on one buffer know of each other

    @property
    def data(self) -> Tensor:
        """A tensor over the same memory, without history; may be set to other memory.

        That must hold floating-point numbers if the tensor requires a gradient: RuntimeError.
        """
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, variable.Variable):
            raise TypeError(f"data is a Tensor, not {type(value).__name__}")
        if self._requires_grad and value.array.dtype.kind != "float":
            raise RuntimeError(
                "data: the tensor requires a gradient, so its data must be floating-point numbers, "
                f"not {value.array.dtype.name}"
            )
        self.array = value.array

    def __copy__(self) -> Self:
        return self._like(self.array)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if self._node is not None:
            raise RuntimeError(
                f"deepcopy: only leaf tensors can be copied, this is the result of {self._node!r}; "
                "use detach() or clone()"
            )
        copy = self._like(self.array.copy())
        memo[id(self)] = copy
        copy.grad = None if self.grad is None else self.grad.detach().clone()
        return copy

    def _like(self, array: nd.NDArray) -> Self:
        """A leaf over `array`, of this tensor's class, that requires a gradient as it does."""
        copy = type(self).__new__(type(self))
        variable.Variable.__init__(copy, array, self._requires_grad)
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        if self._node is not None:
            raise RuntimeError("pickle: only leaf tensors can be pickled; use detach()")
        return _rebuild, (type(self), self.array, self._requires_grad)

    # Types, devices, memory

    def to(self, *args: Any, dtype: Any = None, device: Any = None) -> Tensor:
        """With another dtype, or on another device, or both; itself when nothing changes.

        The argument may also be a tensor, whose dtype and device are taken.

        >>> import tiny_autograd as ta
        >>> ta.tensor([1, 2]).to(ta.float64).dtype.name
        'float64'
        """
        for value in args:
            if isinstance(value, Tensor):
                dtype, device = value.dtype, value.device
            elif isinstance(value, Device) or (isinstance(value, str) and not _names_dtype(value)):
                device = value
            else:
                dtype = value
        result = self if dtype is None else ops.astype(self, dtype)
        if device is None or nd.device(device) == result.device:
            return result
        return ops.to_device(result, nd.device(device))

    def cpu(self) -> Tensor:
        """On the native CPU device."""
        return self.to(device="cpu")

    def type_as(self, other: Tensor) -> Tensor:
        """With the other tensor's dtype."""
        return ops.astype(self, other.dtype)

    def view(self, *shape: Any) -> Tensor:
        """As `reshape`: a copy where the strides need one. A dtype reads the memory as that type.

        >>> import tiny_autograd as ta
        >>> ta.tensor([1.0, 2.0]).view(2, 1).shape, ta.tensor([1.0, 2.0]).view(ta.uint8).shape
        ((2, 1), (8,))
        """
        if len(shape) == 1 and isinstance(shape[0], DType):
            return ops.view_dtype(self, shape[0])
        return ops.reshape(self, *shape)

    def reshape_as(self, other: Tensor) -> Tensor:
        """In the other tensor's shape."""
        return ops.reshape(self, other.shape)

    view_as = reshape_as

    def expand_as(self, other: Tensor) -> Tensor:
        """Broadcast to the other tensor's shape."""
        return ops.expand(self, other.shape)

    @property
    def T(self) -> Tensor:
        """A view with the dimensions in reverse order."""
        return ops.permute(self, tuple(range(self.array.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """A view with the last two dimensions exchanged."""
        return ops.mT(self)

    @property
    def H(self) -> Tensor:
        """A view of the transposed matrix; of complex numbers there is none: DTypeError."""
        if self.array.ndim != 2:
            raise nd.errors.ShapeError(f"H: expected a matrix, got shape {self.shape}")
        return ops.adjoint(self)

    @property
    def mH(self) -> Tensor:
        """As `H`, for the last two dimensions."""
        return ops.adjoint(self)

    def where(self, condition: Tensor, other: Any) -> Tensor:
        """This tensor where the condition holds, else the other one or number."""
        return ops.where(condition, self, other)

    def polygamma(self, n: builtins.int) -> Tensor:
        """The n-th derivative of `digamma`."""
        return ops.polygamma(n, self)

    def t(self) -> Tensor:
        """The transposed matrix; a vector stays as it is."""
        if self.array.ndim > 2:
            raise nd.errors.ShapeError(f"t: expected at most 2 dimensions, got {self.shape}")
        return self.T

    def __getitem__(self, key: Any) -> Tensor:
        return ops.index(self, key)

    def double(self) -> Tensor:
        """With elements of type float64."""
        return ops.astype(self, DType.float64)

    def float(self) -> Tensor:
        """With elements of type float32."""
        return ops.astype(self, DType.float32)

    def half(self) -> Tensor:
        """With elements of type float16."""
        return ops.astype(self, DType.float16)

    def bfloat16(self) -> Tensor:
        """With elements of type bfloat16."""
        return ops.astype(self, DType.bfloat16)

    def long(self) -> Tensor:
        """With elements of type int64."""
        return ops.astype(self, DType.int64)

    def int(self) -> Tensor:
        """With elements of type int32."""
        return ops.astype(self, DType.int32)

    def bool(self) -> Tensor:
        """With elements of type bool."""
        return ops.astype(self, DType.bool)


def _names_dtype(text: str) -> builtins.bool:
    return hasattr(DType, text)


def _rebuild(kind: type[Tensor], array: nd.NDArray, requires_grad: builtins.bool) -> Tensor:
    tensor = kind.__new__(kind)
    variable.Variable.__init__(tensor, array, requires_grad)
    return tensor


# From here on, operations make tensors.
variable.result_type = Tensor
