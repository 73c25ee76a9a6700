"""Comparisons, logic, bits, and choosing by a condition."""

from __future__ import annotations

from .. import _core
from .._core import NDArray
from .._typing import Operand

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "equal",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "signbit",
    "where",
]


def equal(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 == x2, as bool. NaN equals nothing.

    >>> nd.equal(nd.asarray([1, 2]), 2).tolist()
    [False, True]
    """
    return _core.equal(x1, x2)


def not_equal(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 != x2, as bool.

    >>> nd.not_equal(nd.asarray([1, 2]), 2).tolist()
    [True, False]
    """
    return _core.not_equal(x1, x2)


def less(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 < x2, as bool.

    >>> nd.less(nd.asarray([1, 2]), 2).tolist()
    [True, False]
    """
    return _core.less(x1, x2)


def less_equal(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 <= x2, as bool.

    >>> nd.less_equal(nd.asarray([2, 3]), 2).tolist()
    [True, False]
    """
    return _core.less_equal(x1, x2)


def greater(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 > x2, as bool.

    >>> nd.greater(nd.asarray([2, 3]), 2).tolist()
    [False, True]
    """
    return _core.greater(x1, x2)


def greater_equal(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 >= x2, as bool.

    >>> nd.greater_equal(nd.asarray([1, 2]), 2).tolist()
    [False, True]
    """
    return _core.greater_equal(x1, x2)


def logical_and(x1: Operand, x2: Operand, /) -> NDArray:
    """Whether both are true; numbers are true unless they are 0.

    >>> nd.logical_and(nd.asarray([0, 2]), nd.asarray([1, 1])).tolist()
    [False, True]
    """
    return _core.logical_and(x1, x2)


def logical_or(x1: Operand, x2: Operand, /) -> NDArray:
    """Whether one is true or both are; numbers are true unless they are 0.

    >>> nd.logical_or(nd.asarray([0, 2]), nd.asarray([0, 1])).tolist()
    [False, True]
    """
    return _core.logical_or(x1, x2)


def logical_xor(x1: Operand, x2: Operand, /) -> NDArray:
    """Whether exactly one is true; numbers are true unless they are 0.

    >>> nd.logical_xor(nd.asarray([0, 2]), nd.asarray([1, 1])).tolist()
    [True, False]
    """
    return _core.logical_xor(x1, x2)


def logical_not(x: NDArray, /) -> NDArray:
    """Whether x is false; numbers are true unless they are 0.

    >>> nd.logical_not(nd.asarray([0, 2])).tolist()
    [True, False]
    """
    return _core.logical_not(x)


def bitwise_and(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 & x2, bit by bit. Integers and bool.

    >>> nd.bitwise_and(nd.asarray([6, 5]), 3).tolist()
    [2, 1]
    """
    return _core.bitwise_and(x1, x2)


def bitwise_or(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 | x2, bit by bit. Integers and bool.

    >>> nd.bitwise_or(nd.asarray([6, 5]), 3).tolist()
    [7, 7]
    """
    return _core.bitwise_or(x1, x2)


def bitwise_xor(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 ^ x2, bit by bit. Integers and bool.

    >>> nd.bitwise_xor(nd.asarray([6, 5]), 3).tolist()
    [5, 6]
    """
    return _core.bitwise_xor(x1, x2)


def bitwise_left_shift(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 << x2. Integers; bits that leave the type are lost.

    >>> nd.bitwise_left_shift(nd.asarray([1, 3]), 2).tolist()
    [4, 12]
    """
    return _core.bitwise_left_shift(x1, x2)


def bitwise_right_shift(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 >> x2; the sign is kept. Integers.

    >>> nd.bitwise_right_shift(nd.asarray([8, -8]), 2).tolist()
    [2, -2]
    """
    return _core.bitwise_right_shift(x1, x2)


def bitwise_invert(x: NDArray, /) -> NDArray:
    """~x: all bits flipped; for bool: not.

    >>> nd.bitwise_invert(nd.asarray([0, 5])).tolist()
    [-1, -6]
    """
    return _core.bitwise_invert(x)


def isnan(x: NDArray, /) -> NDArray:
    """Whether x is not a number. Not for bool.

    >>> nd.isnan(nd.asarray([1.0, float('nan')])).tolist()
    [False, True]
    """
    return _core.isnan(x)


def isinf(x: NDArray, /) -> NDArray:
    """Whether x is an infinity. Not for bool.

    >>> nd.isinf(nd.asarray([1.0, float('-inf')])).tolist()
    [False, True]
    """
    return _core.isinf(x)


def isfinite(x: NDArray, /) -> NDArray:
    """Whether x is neither an infinity nor NaN. Not for bool.

    >>> nd.isfinite(nd.asarray([1.0, float('inf')])).tolist()
    [True, False]
    """
    return _core.isfinite(x)


def signbit(x: NDArray, /) -> NDArray:
    """Whether a floating number has the sign bit: negative ones and -0.0.

    >>> nd.signbit(nd.asarray([-0.0, 0.0, -1.0])).tolist()
    [True, False, True]
    """
    return _core.signbit(x)


def where(condition: NDArray, x1: Operand, x2: Operand, /) -> NDArray:
    """x1 where the bool `condition` holds, x2 elsewhere; all three broadcast.

    The result has the promoted type of x1 and x2. DTypeError if the condition is not bool.

    >>> x = nd.asarray([-1.0, 2.0])
    >>> nd.where(x > 0, x, 0.0).tolist()
    [0.0, 2.0]
    """
    return _core.where(condition, x1, x2)
