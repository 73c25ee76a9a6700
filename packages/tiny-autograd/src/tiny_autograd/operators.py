"""The operators of Tensor: `x + y` is `ops.plus(x, y)`, and so on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from ndarray_core import NDArray

from . import ops
from .op import Op
from .variable import Variable

if TYPE_CHECKING:
    from .tensor import Tensor


_NUMERIC = (Variable, NDArray, int, float)


def _numeric(x: Any) -> bool:
    return isinstance(x, _NUMERIC) or hasattr(x, "__array__")


def _shortest(operation: Callable[..., Any]) -> Callable[[Any, Any], Tensor]:
    """The operation on two operands, on the shortest way."""
    return operation.binary() if isinstance(operation, Op) else operation


_add = _shortest(ops.plus)
_sub = _shortest(ops.minus)
_mul = _shortest(ops.mul)
_div = _shortest(ops.div)
_floor_divide = _shortest(ops.floor_divide)
_remainder = _shortest(ops.remainder)
_pow = _shortest(ops.pow)
_matmul = _shortest(ops.matmul)
_bitwise_and = _shortest(ops.bitwise_and)
_bitwise_or = _shortest(ops.bitwise_or)
_bitwise_xor = _shortest(ops.bitwise_xor)
_left_shift = _shortest(ops.bitwise_left_shift)
_right_shift = _shortest(ops.bitwise_right_shift)
_lt = _shortest(ops.lt)
_le = _shortest(ops.le)
_gt = _shortest(ops.gt)
_ge = _shortest(ops.ge)


class Operators(Variable):
    """Arithmetic, comparisons and bit operations, with tensors, arrays and Python numbers."""

    __slots__ = ()
    # NumPy arrays leave operators with a tensor to the tensor.
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Tensor:
        return _add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return _add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return _sub(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return _sub(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return _mul(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return _mul(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return _div(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return _div(other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return _floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return _floor_divide(other, self)

    def __mod__(self, other: Any) -> Tensor:
        return _remainder(self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return _remainder(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return _pow(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return _pow(other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return _matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return _matmul(other, self)

    def __and__(self, other: Any) -> Tensor:
        return _bitwise_and(self, other)

    def __rand__(self, other: Any) -> Tensor:
        return _bitwise_and(other, self)

    def __or__(self, other: Any) -> Tensor:
        return _bitwise_or(self, other)

    def __ror__(self, other: Any) -> Tensor:
        return _bitwise_or(other, self)

    def __xor__(self, other: Any) -> Tensor:
        return _bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> Tensor:
        return _bitwise_xor(other, self)

    def __lshift__(self, other: Any) -> Tensor:
        return _left_shift(self, other)

    def __rlshift__(self, other: Any) -> Tensor:
        return _left_shift(other, self)

    def __rshift__(self, other: Any) -> Tensor:
        return _right_shift(self, other)

    def __rrshift__(self, other: Any) -> Tensor:
        return _right_shift(other, self)

    def __lt__(self, other: Any) -> Tensor:
        return _lt(self, other)

    def __le__(self, other: Any) -> Tensor:
        return _le(self, other)

    def __gt__(self, other: Any) -> Tensor:
        return _gt(self, other)

    def __ge__(self, other: Any) -> Tensor:
        return _ge(self, other)

    # Things that are no numbers, such as None, are left to Python, for which they are not equal.

    def __eq__(self, other: Any) -> Tensor:  # type: ignore[override]
        return ops.eq(self, other) if _numeric(other) else NotImplemented

    def __ne__(self, other: Any) -> Tensor:  # type: ignore[override]
        return ops.ne(self, other) if _numeric(other) else NotImplemented

    # Comparisons are element-wise; a tensor's identity is the object's.
    __hash__ = object.__hash__

    def __pos__(self) -> Self:
        return self

    def __neg__(self) -> Tensor:
        return ops.neg(self)

    def __abs__(self) -> Tensor:
        return ops.abs(self)

    def __invert__(self) -> Tensor:
        return ops.bitwise_not(self)
