"""The operators of Tensor: `x + y` is `ops.plus(x, y)`, and so on."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from ndarray_core import NDArray

from . import ops
from .op import Op
from .short_calls import binary, unary
from .variable import Variable

if TYPE_CHECKING:
    from .tensor import Tensor


Operator: TypeAlias = "Callable[[Any, Any], Tensor]"

_NUMERIC = (Variable, NDArray, int, float)


def _numeric(x: Any) -> bool:
    return isinstance(x, _NUMERIC) or hasattr(x, "__array__")


def _operator(
    operation: Callable[..., Any], compute: Callable[[Any, Any], Any] | None = None
) -> Operator:
    """`x + y` as a method; compute: the operator on arrays, where that is the operation."""
    return binary(operation, compute) if isinstance(operation, Op) else operation


def _reflected(forward: Operator) -> Operator:
    """`2 + x` as a method of x."""
    return lambda self, other: forward(other, self)


_equal, _not_equal = _operator(ops.eq), _operator(ops.ne)


class Operators(Variable):
    """Arithmetic, comparisons and bit operations, with tensors, arrays and Python numbers."""

    __slots__ = ()
    # NumPy arrays leave operators with a tensor to the tensor.
    __array_ufunc__ = None

    __add__: ClassVar[Operator] = _operator(ops.plus, operator.add)
    __sub__: ClassVar[Operator] = _operator(ops.minus, operator.sub)
    __mul__: ClassVar[Operator] = _operator(ops.mul, operator.mul)
    __truediv__: ClassVar[Operator] = _operator(ops.div, operator.truediv)
    __floordiv__: ClassVar[Operator] = _operator(ops.floor_divide)
    __mod__: ClassVar[Operator] = _operator(ops.remainder)
    __pow__: ClassVar[Operator] = _operator(ops.pow)
    __matmul__: ClassVar[Operator] = _operator(ops.matmul)
    __and__: ClassVar[Operator] = _operator(ops.bitwise_and)
    __or__: ClassVar[Operator] = _operator(ops.bitwise_or)
    __xor__: ClassVar[Operator] = _operator(ops.bitwise_xor)
    __lshift__: ClassVar[Operator] = _operator(ops.bitwise_left_shift)
    __rshift__: ClassVar[Operator] = _operator(ops.bitwise_right_shift)

    __radd__: ClassVar[Operator] = _reflected(__add__)
    __rsub__: ClassVar[Operator] = _reflected(__sub__)
    __rmul__: ClassVar[Operator] = _reflected(__mul__)
    __rtruediv__: ClassVar[Operator] = _reflected(__truediv__)
    __rfloordiv__: ClassVar[Operator] = _reflected(__floordiv__)
    __rmod__: ClassVar[Operator] = _reflected(__mod__)
    __rpow__: ClassVar[Operator] = _reflected(__pow__)
    __rmatmul__: ClassVar[Operator] = _reflected(__matmul__)
    __rand__: ClassVar[Operator] = _reflected(__and__)
    __ror__: ClassVar[Operator] = _reflected(__or__)
    __rxor__: ClassVar[Operator] = _reflected(__xor__)
    __rlshift__: ClassVar[Operator] = _reflected(__lshift__)
    __rrshift__: ClassVar[Operator] = _reflected(__rshift__)

    __lt__: ClassVar[Operator] = _operator(ops.lt)
    __le__: ClassVar[Operator] = _operator(ops.le)
    __gt__: ClassVar[Operator] = _operator(ops.gt)
    __ge__: ClassVar[Operator] = _operator(ops.ge)

    # Things that are no numbers, such as None, are left to Python, for which they are not equal.

    def __eq__(self, other: Any) -> Tensor:  # type: ignore[override]
        return _equal(self, other) if _numeric(other) else NotImplemented

    def __ne__(self, other: Any) -> Tensor:  # type: ignore[override]
        return _not_equal(self, other) if _numeric(other) else NotImplemented

    # Comparisons are element-wise; a tensor's identity is the object's.
    __hash__ = object.__hash__

    def __pos__(self) -> Self:
        return self

    __neg__: ClassVar[Callable[[Any], Tensor]] = unary(ops.neg)
    __abs__: ClassVar[Callable[[Any], Tensor]] = unary(ops.abs)
    __invert__: ClassVar[Callable[[Any], Tensor]] = unary(ops.bitwise_not)
