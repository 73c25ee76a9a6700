"""Comparisons and logic, element by element. Results are bool, and no gradient flows through."""

from __future__ import annotations

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import elementwise
from ..op import Operand, op
from ..variable import Variable

__all__ = [
    "allclose",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "eq",
    "equal",
    "ge",
    "gt",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
]


@op(cost=elementwise())
def eq(x: Operand, y: Operand, /) -> NDArray:
    """x == y.

    >>> import tiny_autograd as ta
    >>> ta.eq(ta.tensor([1, 2]), ta.tensor([1, 3]))
    tensor([ True, False])
    """
    return nd.equal(x, y)


eq.no_vjp()


@op(cost=elementwise())
def ne(x: Operand, y: Operand, /) -> NDArray:
    """x != y.

    >>> import tiny_autograd as ta
    >>> ta.ne(ta.tensor([1, 2]), ta.tensor([1, 3]))
    tensor([False,  True])
    """
    return nd.not_equal(x, y)


ne.no_vjp()


@op(cost=elementwise())
def lt(x: Operand, y: Operand, /) -> NDArray:
    """x < y.

    >>> import tiny_autograd as ta
    >>> ta.lt(ta.tensor([1, 2]), ta.tensor([1, 3]))
    tensor([False,  True])
    """
    return nd.less(x, y)


lt.no_vjp()


@op(cost=elementwise())
def le(x: Operand, y: Operand, /) -> NDArray:
    """x <= y.

    >>> import tiny_autograd as ta
    >>> ta.le(ta.tensor([1, 2]), ta.tensor([1, 3]))
    tensor([True, True])
    """
    return nd.less_equal(x, y)


le.no_vjp()


@op(cost=elementwise())
def gt(x: Operand, y: Operand, /) -> NDArray:
    """x > y.

    >>> import tiny_autograd as ta
    >>> ta.gt(ta.tensor([1, 2]), ta.tensor([1, 3]))
    tensor([False, False])
    """
    return nd.greater(x, y)


gt.no_vjp()


@op(cost=elementwise())
def ge(x: Operand, y: Operand, /) -> NDArray:
    """x >= y.

    >>> import tiny_autograd as ta
    >>> ta.ge(ta.tensor([1, 2]), ta.tensor([1, 3]))
    tensor([ True, False])
    """
    return nd.greater_equal(x, y)


ge.no_vjp()


@op(cost=elementwise())
def logical_and(x: Operand, y: Operand, /) -> NDArray:
    """Whether both are true (not zero).

    >>> import tiny_autograd as ta
    >>> ta.logical_and(ta.tensor([1, 1, 0]), ta.tensor([2, 0, 0]))
    tensor([ True, False, False])
    """
    return nd.logical_and(x, y)


logical_and.no_vjp()


@op(cost=elementwise())
def logical_or(x: Operand, y: Operand, /) -> NDArray:
    """Whether at least one is true (not zero).

    >>> import tiny_autograd as ta
    >>> ta.logical_or(ta.tensor([1, 1, 0]), ta.tensor([2, 0, 0]))
    tensor([ True,  True, False])
    """
    return nd.logical_or(x, y)


logical_or.no_vjp()


@op(cost=elementwise())
def logical_xor(x: Operand, y: Operand, /) -> NDArray:
    """Whether exactly one is true (not zero).

    >>> import tiny_autograd as ta
    >>> ta.logical_xor(ta.tensor([1, 1, 0]), ta.tensor([2, 0, 0]))
    tensor([False,  True, False])
    """
    return nd.logical_xor(x, y)


logical_xor.no_vjp()


@op(cost=elementwise())
def logical_not(x: Operand, /) -> NDArray:
    """Whether x is false (zero).

    >>> import tiny_autograd as ta
    >>> ta.logical_not(ta.tensor([0, 2]))
    tensor([ True, False])
    """
    return nd.logical_not(x)


logical_not.no_vjp()


@op(cost=elementwise())
def isnan(x: Operand, /) -> NDArray:
    """Whether x is not a number.

    >>> import tiny_autograd as ta
    >>> ta.isnan(ta.tensor([1.0, float("inf"), float("nan")]))
    tensor([False, False,  True])
    """
    return nd.isnan(x)


isnan.no_vjp()


@op(cost=elementwise())
def isinf(x: Operand, /) -> NDArray:
    """Whether x is infinite, of either sign.

    >>> import tiny_autograd as ta
    >>> ta.isinf(ta.tensor([1.0, float("inf"), float("nan")]))
    tensor([False,  True, False])
    """
    return nd.isinf(x)


isinf.no_vjp()


@op(cost=elementwise())
def isfinite(x: Operand, /) -> NDArray:
    """Whether x is neither infinite nor NaN.

    >>> import tiny_autograd as ta
    >>> ta.isfinite(ta.tensor([1.0, float("inf"), float("nan")]))
    tensor([ True, False, False])
    """
    return nd.isfinite(x)


isfinite.no_vjp()


@op(cost=elementwise(5))
def isclose(
    x: Operand, y: Operand, /, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> NDArray:
    """Whether x and y differ by no more than atol + rtol |y|, or are equal.

    NaN is close to nothing, or to NaN where `equal_nan` says so.

    >>> import tiny_autograd as ta
    >>> ta.isclose(ta.tensor([1.0, 2.0]), ta.tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    if nd.promote_types(x.dtype, y.dtype).kind != "float":
        x, y = x.astype(nd.float64), y.astype(nd.float64)
    allowed = nd.add(nd.multiply(nd.absolute(y), rtol), atol)
    # Beside an infinite number everything else would be close.
    near = nd.logical_and(nd.less_equal(nd.absolute(nd.subtract(x, y)), allowed), nd.isfinite(y))
    close = nd.logical_or(nd.equal(x, y), near)
    if equal_nan:
        close = nd.logical_or(close, nd.logical_and(nd.isnan(x), nd.isnan(y)))
    return close


isclose.no_vjp()


def allclose(
    x: Operand, y: Operand, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all elements are close, as `isclose` says.

    >>> import tiny_autograd as ta
    >>> ta.allclose(ta.tensor([1.0, 2.0]), ta.tensor([1.000001, 2.0]))
    True
    """
    return bool(nd.all(_array(isclose(x, y, rtol, atol, equal_nan))))


def equal(x: Operand, y: Operand) -> bool:
    """Whether x and y have the same shape and equal elements.

    >>> import tiny_autograd as ta
    >>> ta.equal(ta.tensor([1, 2]), ta.tensor([1, 2])), ta.equal(ta.ones(2), ta.ones(1))
    (True, False)
    """
    return x.shape == y.shape and bool(nd.all(_array(eq(x, y))))


def _array(x: Operand) -> NDArray:
    array: NDArray = x.array if isinstance(x, Variable) else x
    return array


@op(cost=elementwise())
def bitwise_and(x: Operand, y: Operand, /) -> NDArray:
    """x & y, bit by bit; of bools: logical and.

    >>> import tiny_autograd as ta
    >>> ta.bitwise_and(ta.tensor([1, 2]), ta.tensor([2, 3]))
    tensor([0, 2])
    """
    return nd.bitwise_and(x, y)


bitwise_and.no_vjp()


@op(cost=elementwise())
def bitwise_or(x: Operand, y: Operand, /) -> NDArray:
    """x | y, bit by bit; of bools: logical or.

    >>> import tiny_autograd as ta
    >>> ta.bitwise_or(ta.tensor([1, 2]), ta.tensor([2, 3]))
    tensor([3, 3])
    """
    return nd.bitwise_or(x, y)


bitwise_or.no_vjp()


@op(cost=elementwise())
def bitwise_xor(x: Operand, y: Operand, /) -> NDArray:
    """x ^ y, bit by bit; of bools: logical exclusive or.

    >>> import tiny_autograd as ta
    >>> ta.bitwise_xor(ta.tensor([1, 2]), ta.tensor([2, 3]))
    tensor([3, 1])
    """
    return nd.bitwise_xor(x, y)


bitwise_xor.no_vjp()


@op(cost=elementwise())
def bitwise_not(x: Operand, /) -> NDArray:
    """~x, bit by bit; of bools: logical not.

    >>> import tiny_autograd as ta
    >>> ta.bitwise_not(ta.tensor([True, False]))
    tensor([False,  True])
    """
    return nd.bitwise_invert(x)


bitwise_not.no_vjp()


@op(cost=elementwise())
def bitwise_left_shift(x: Operand, y: Operand, /) -> NDArray:
    """x << y, of integers: 0 where y is negative or no bit is left.

    >>> import tiny_autograd as ta
    >>> ta.bitwise_left_shift(ta.tensor([1, 3]), 2)
    tensor([ 4, 12])
    """
    return nd.bitwise_left_shift(x, y)


bitwise_left_shift.no_vjp()


@op(cost=elementwise())
def bitwise_right_shift(x: Operand, y: Operand, /) -> NDArray:
    """x >> y, of integers: copies of the sign come in from the left.

    >>> import tiny_autograd as ta
    >>> ta.bitwise_right_shift(ta.tensor([13, -8]), 2)
    tensor([ 3, -2])
    """
    return nd.bitwise_right_shift(x, y)


bitwise_right_shift.no_vjp()
