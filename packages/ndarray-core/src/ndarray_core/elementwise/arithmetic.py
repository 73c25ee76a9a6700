"""Arithmetic, rounding and signs. Integers wrap around at the end of their range, as NumPy's do."""

from __future__ import annotations

from .. import _core
from .._core import NDArray
from .._typing import Operand

__all__ = [
    "abs",
    "absolute",
    "add",
    "ceil",
    "clip",
    "divide",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "positive",
    "pow",
    "reciprocal",
    "remainder",
    "round",
    "sign",
    "square",
    "subtract",
    "trunc",
]


def add(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 + x2; of two bool arrays: or.

    >>> nd.add(nd.asarray([1, 2]), 10).tolist()
    [11, 12]
    """
    return _core.add(x1, x2)


def subtract(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 - x2. Not for two bool arrays.

    >>> nd.subtract(nd.asarray([1.5, 2.0]), 1).tolist()
    [0.5, 1.0]
    """
    return _core.subtract(x1, x2)


def multiply(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 * x2; of two bool arrays: and.

    >>> nd.multiply(nd.asarray([1, 2]), nd.asarray([[3], [4]])).tolist()
    [[3, 6], [4, 8]]
    """
    return _core.multiply(x1, x2)


def divide(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 / x2; integers become float32. A division by zero gives an infinity or NaN.

    >>> nd.divide(nd.asarray([1, -1, 0]), 0).tolist()
    [inf, -inf, nan]
    """
    return _core.divide(x1, x2)


def floor_divide(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 / x2, rounded down. An integer divided by zero gives 0.

    Where an operand is infinite, the standard's special cases hold, which NumPy does not have:
    inf // 2 is inf, and 1 // -inf is -0.

    >>> nd.floor_divide(nd.asarray([7, -7]), 2).tolist()
    [3, -4]
    """
    return _core.floor_divide(x1, x2)


def remainder(x1: Operand, x2: Operand, /) -> NDArray:
    """What floor_divide leaves, x1 - x2 * floor(x1 / x2): it has the sign of x2. By integer 0: 0.

    >>> nd.remainder(nd.asarray([7, -7]), 3).tolist()
    [1, 2]
    """
    return _core.remainder(x1, x2)


def fmod(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 - x2 * trunc(x1 / x2): as `remainder`, but with the sign of x1. By integer 0: 0.

    >>> nd.fmod(nd.asarray([7, -7]), 3).tolist()
    [1, -1]
    """
    return _core.fmod(x1, x2)


def pow(x1: Operand, x2: Operand, /) -> NDArray:
    """x1 to the power x2. ValueError for an integer to a negative integer power.

    >>> nd.pow(nd.asarray([1, 2, 3]), 2).tolist()
    [1, 4, 9]
    """
    return _core.pow(x1, x2)


def maximum(x1: Operand, x2: Operand, /) -> NDArray:
    """The larger one of x1 and x2; NaN if either is.

    >>> nd.maximum(nd.asarray([1, 5]), 3).tolist()
    [3, 5]
    """
    return _core.maximum(x1, x2)


def minimum(x1: Operand, x2: Operand, /) -> NDArray:
    """The smaller one of x1 and x2; NaN if either is.

    >>> nd.minimum(nd.asarray([1, 5]), 3).tolist()
    [1, 3]
    """
    return _core.minimum(x1, x2)


def fmax(x1: Operand, x2: Operand, /) -> NDArray:
    """As `maximum`, but NaN only if both are.

    >>> nd.fmax(nd.asarray([1.0, float("nan")]), 0.5).tolist()
    [1.0, 0.5]
    """
    return _core.fmax(x1, x2)


def fmin(x1: Operand, x2: Operand, /) -> NDArray:
    """As `minimum`, but NaN only if both are.

    >>> nd.fmin(nd.asarray([1.0, float("nan")]), 0.5).tolist()
    [0.5, 0.5]
    """
    return _core.fmin(x1, x2)


def negative(x: NDArray, /) -> NDArray:
    """-x. Not for bool.

    >>> nd.negative(nd.asarray([1, -2])).tolist()
    [-1, 2]
    """
    return _core.negative(x)


def absolute(x: NDArray, /) -> NDArray:
    """|x|. Not for bool. Also spelled `abs`, as in the standard.

    >>> nd.absolute(nd.asarray([1, -2])).tolist()
    [1, 2]
    """
    return _core.absolute(x)


abs = absolute


def sign(x: NDArray, /) -> NDArray:
    """-1, 0 or 1; NaN of NaN. Not for bool.

    >>> nd.sign(nd.asarray([-3.0, 0.0, 2.0])).tolist()
    [-1.0, 0.0, 1.0]
    """
    return _core.sign(x)


def square(x: NDArray, /) -> NDArray:
    """x * x. Not for bool.

    >>> nd.square(nd.asarray([-3, 2])).tolist()
    [9, 4]
    """
    return _core.square(x)


def floor(x: NDArray, /) -> NDArray:
    """The largest whole number that is not above x. Integers stay as they are.

    >>> nd.floor(nd.asarray([-1.5, 1.5])).tolist()
    [-2.0, 1.0]
    """
    return _core.floor(x)


def ceil(x: NDArray, /) -> NDArray:
    """The smallest whole number that is not below x. Integers stay as they are.

    >>> nd.ceil(nd.asarray([-1.5, 1.5])).tolist()
    [-1.0, 2.0]
    """
    return _core.ceil(x)


def round(x: NDArray, /) -> NDArray:
    """The nearest whole number, halves to the even one. Integers stay as they are.

    >>> nd.round(nd.asarray([0.5, 1.5, -1.2])).tolist()
    [0.0, 2.0, -1.0]
    """
    return _core.round(x)


def trunc(x: NDArray, /) -> NDArray:
    """x without its fraction. Integers stay as they are.

    >>> nd.trunc(nd.asarray([-1.5, 1.5])).tolist()
    [-1.0, 1.0]
    """
    return _core.trunc(x)


def reciprocal(x: NDArray, /) -> NDArray:
    """1 / x; integers become float32.

    >>> nd.reciprocal(nd.asarray([2.0, 4.0])).tolist()
    [0.5, 0.25]
    """
    return _core.reciprocal(x)


def positive(x: NDArray, /) -> NDArray:
    """+x: a copy of x.

    >>> nd.positive(nd.asarray([1, -2])).tolist()
    [1, -2]
    """
    return x.copy()


def clip(x: NDArray, /, min: Operand | None = None, max: Operand | None = None) -> NDArray:
    """x brought between min and max, each a number, an array or None; max wins over min.

    >>> nd.clip(nd.asarray([-1, 2, 9]), 0, 5).tolist()
    [0, 2, 5]
    """
    if min is not None:
        x = _core.maximum(x, min)
    if max is not None:
        x = _core.minimum(x, max)
    return x.copy() if min is None and max is None else x
