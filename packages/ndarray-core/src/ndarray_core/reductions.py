"""Sums, extremes and averages over axes.

Array API standard, "Statistical functions", "Searching functions" and "Utility functions":
https://data-apis.org/array-api/latest/API_specification/statistical_functions.html

`axis` is one axis, several, or None for all; the reduced axes disappear, or stay with size 1 if
`keepdims`. IndexError for an axis that x does not have, ShapeError for an axis given twice.
"""

from __future__ import annotations

from typing import Any

from . import _core
from ._core import NDArray
from ._halves import rounded_once
from ._typing import Axis, DTypeLike
from .dtypes import as_dtype
from .dtypes import bool as bool_

__all__ = [
    "all",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]


def _in_dtype(reduction: Any, x: NDArray, axis: Axis, dtype: DTypeLike, keepdims: bool) -> NDArray:
    """A sum or product whose elements are converted first, so that none is lost on the way."""
    chosen = as_dtype(dtype)
    total: NDArray = reduction(x.astype(chosen, copy=False), axis, keepdims)
    return total.astype(chosen, copy=False)


def sum(
    x: NDArray, /, *, axis: Axis = None, dtype: DTypeLike | None = None, keepdims: bool = False
) -> NDArray:
    """The sum; 0 of nothing. Integers and bool are summed in 64 bits.

    >>> nd.sum(nd.asarray([[1, 2], [3, 4]]), axis=0).tolist()
    [4, 6]
    """
    if dtype is None:
        return _core.sum(x, axis, keepdims)
    return _in_dtype(_core.sum, x, axis, dtype, keepdims)


def prod(
    x: NDArray, /, *, axis: Axis = None, dtype: DTypeLike | None = None, keepdims: bool = False
) -> NDArray:
    """The product; 1 of nothing. Integers and bool are multiplied in 64 bits.

    >>> nd.prod(nd.asarray([[1, 2], [3, 4]]), axis=1).tolist()
    [2, 12]
    """
    if dtype is None:
        return _core.prod(x, axis, keepdims)
    return _in_dtype(_core.prod, x, axis, dtype, keepdims)


def max(x: NDArray, /, *, axis: Axis = None, keepdims: bool = False) -> NDArray:
    """The largest element; NaN if there is one. ShapeError if there is no element.

    >>> nd.max(nd.asarray([[1, 5], [3, 4]]), axis=1).tolist()
    [5, 4]
    """
    return _core.max(x, axis, keepdims)


def min(x: NDArray, /, *, axis: Axis = None, keepdims: bool = False) -> NDArray:
    """The smallest element; NaN if there is one. ShapeError if there is no element.

    >>> nd.min(nd.asarray([[1, 5], [3, 4]]), axis=1).tolist()
    [1, 3]
    """
    return _core.min(x, axis, keepdims)


def any(x: NDArray, /, *, axis: Axis = None, keepdims: bool = False) -> NDArray:
    """Whether some element is true; False of nothing. Numbers are true unless they are 0.

    >>> nd.any(nd.asarray([[0, 0], [0, 4]]), axis=1).tolist()
    [False, True]
    """
    return _core.any(x, axis, keepdims)


def all(x: NDArray, /, *, axis: Axis = None, keepdims: bool = False) -> NDArray:
    """Whether every element is true; True of nothing. Numbers are true unless they are 0.

    >>> nd.all(nd.asarray([[1, 0], [3, 4]]), axis=1).tolist()
    [False, True]
    """
    return _core.all(x, axis, keepdims)


def mean(x: NDArray, /, *, axis: Axis = None, keepdims: bool = False) -> NDArray:
    """The arithmetic mean; NaN of nothing. Integers and bool become float32.

    >>> nd.mean(nd.asarray([[1, 2], [3, 4]]), axis=1).tolist()
    [1.5, 3.5]
    """
    return _core.mean(x, axis, keepdims)


@rounded_once
def var(
    x: NDArray, /, *, axis: Axis = None, correction: int | float = 0, keepdims: bool = False
) -> NDArray:
    """The mean square distance from the mean, as the sum divided by (count - correction).

    Of complex numbers too, for which it is real.

    correction=1 makes the estimate from a sample unbiased. Where no more than `correction` elements
    are left, it divides by zero. Integers and bool become float32.

    >>> nd.var(nd.asarray([1.0, 2.0, 3.0]), correction=1).tolist()
    1.0
    """
    centre = _core.mean(x, axis, True)
    distances = _core.subtract(x, centre)
    squares = _core.square(_core.real(distances) if x.dtype.kind == "complex" else distances)
    if x.dtype.kind == "complex":
        squares += _core.square(_core.imag(distances))
    total = _core.sum(squares, axis, keepdims)
    count = x.size // centre.size if centre.size else 0
    divisor = float(count) - correction
    return _core.divide(total, divisor if divisor > 0 else 0.0)


@rounded_once
def std(
    x: NDArray, /, *, axis: Axis = None, correction: int | float = 0, keepdims: bool = False
) -> NDArray:
    """The standard deviation: the square root of `var`.

    >>> nd.std(nd.asarray([1.0, 3.0])).tolist()
    1.0
    """
    return _core.sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


def argmax(x: NDArray, /, *, axis: int | None = None, keepdims: bool = False) -> NDArray:
    """Where the largest element is, the first of equal ones; a NaN counts as the largest.

    int64; without an axis the position in the flattened array. ShapeError if there is no element.

    >>> nd.argmax(nd.asarray([[1, 5], [3, 3]]), axis=1).tolist()
    [1, 0]
    """
    return _core.argmax(x, axis, keepdims)


def argmin(x: NDArray, /, *, axis: int | None = None, keepdims: bool = False) -> NDArray:
    """Where the smallest element is, the first of equal ones; a NaN counts as the smallest.

    int64; without an axis the position in the flattened array. ShapeError if there is no element.

    >>> nd.argmin(nd.asarray([[1, 5], [3, 3]]), axis=1).tolist()
    [0, 0]
    """
    return _core.argmin(x, axis, keepdims)


def count_nonzero(x: NDArray, /, *, axis: Axis = None, keepdims: bool = False) -> NDArray:
    """How many elements are not 0, as int64.

    >>> nd.count_nonzero(nd.asarray([[0, 5], [3, 3]]), axis=1).tolist()
    [1, 2]
    """
    return _core.sum(x.astype(bool_, copy=False), axis, keepdims)
