"""Arrays as sets of their elements.

Array API standard, "Set functions":
https://data-apis.org/array-api/latest/API_specification/set_functions.html

Elements are the same where they are equal: every NaN is different from all others, 0.0 and -0.0 are
one element, for which the first of them stands. Arrays are flattened; unique elements come out in
ascending order, complex numbers in that of their real parts first.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from . import _core
from ._core import NDArray
from ._typing import Scalar
from .creation import asarray
from .dtypes import bool as bool_
from .dtypes import float32, int64
from .manipulation import concat

__all__ = [
    "UniqueAll",
    "UniqueCounts",
    "UniqueInverse",
    "isin",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


class UniqueAll(NamedTuple):
    """What `unique_all` returns."""

    values: NDArray
    indices: NDArray
    inverse_indices: NDArray
    counts: NDArray


class UniqueCounts(NamedTuple):
    """What `unique_counts` returns."""

    values: NDArray
    counts: NDArray


class UniqueInverse(NamedTuple):
    """What `unique_inverse` returns."""

    values: NDArray
    inverse_indices: NDArray


def unique_all(x: NDArray, /) -> UniqueAll:
    """The unique elements, where each occurs first, which one stands at each place, and how often.

    values, indices (into the flattened x) and counts are vectors of one size; inverse_indices has
    x's shape: values[inverse_indices] equals x. All but the values are int64.

    >>> found = nd.unique_all(nd.asarray([[5, 2], [5, 5]]))
    >>> found.values.tolist(), found.indices.tolist(), found.counts.tolist()
    ([2, 5], [1, 0], [1, 3])
    >>> found.inverse_indices.tolist()
    [[1, 0], [1, 1]]
    """
    flat = x.reshape(-1)
    order = _order(flat)
    ordered = _core.take(flat, order, 0)
    is_first = _is_first(ordered)
    starts = _core.nonzero(is_first)[0]
    inverse = _core.empty(flat.shape, int64, x.device)
    _core.scatter(inverse, order, _core.cumulative_sum(is_first) - 1, 0, "assign")
    return UniqueAll(
        _core.take(ordered, starts, 0),
        _core.take(order, starts, 0),
        inverse.reshape(x.shape),
        _run_lengths(starts, flat.size),
    )


def unique_counts(x: NDArray, /) -> UniqueCounts:
    """The unique elements, and how often each occurs (int64).

    >>> values, counts = nd.unique_counts(nd.asarray([5, 2, 5]))
    >>> values.tolist(), counts.tolist()
    ([2, 5], [1, 2])
    """
    ordered = _sorted(x.reshape(-1))
    starts = _core.nonzero(_is_first(ordered))[0]
    return UniqueCounts(_core.take(ordered, starts, 0), _run_lengths(starts, ordered.size))


def unique_inverse(x: NDArray, /) -> UniqueInverse:
    """The unique elements, and which one stands at each place (int64, x's shape).

    >>> values, inverse_indices = nd.unique_inverse(nd.asarray([5, 2, 5]))
    >>> values.tolist(), inverse_indices.tolist()
    ([2, 5], [1, 0, 1])
    """
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


def unique_values(x: NDArray, /) -> NDArray:
    """The unique elements.

    >>> nd.unique_values(nd.asarray([[5, 2], [5, 5]])).tolist()
    [2, 5]
    """
    ordered = _sorted(x.reshape(-1))
    return ordered[_is_first(ordered)]


def isin(x1: NDArray | Scalar, x2: NDArray | Scalar, /, *, invert: bool = False) -> NDArray:
    """Whether each element of x1 is among the elements of x2; or, with `invert`, whether it is not.

    bool, in the shape of x1. One of the two may be a number. DTypeError where the types have no
    common one. The time grows with the logarithm of x2's size.

    >>> nd.isin(nd.asarray([1, 2, 3]), nd.asarray([3, 1])).tolist()
    [True, False, True]
    """
    if isinstance(x1, NDArray):
        elements, candidates = x1, x2 if isinstance(x2, NDArray) else _like(x2, x1)
    elif isinstance(x2, NDArray):
        elements, candidates = _like(x1, x2), x2
    else:
        raise TypeError("isin: at least one of x1 and x2 must be an array")
    dtype = _core.promote(elements.dtype, candidates.dtype)
    candidates = candidates.reshape(-1).astype(dtype, copy=False)
    if candidates.size == 0:
        return _core.full(elements.shape, invert, bool_, elements.device)
    if dtype.kind == "complex":
        return _isin_by_numbers(elements.astype(dtype, copy=False), candidates, invert)
    ordered = _core.sort(candidates, 0, False)
    places = _core.minimum(_core.searchsorted(ordered, elements, False), ordered.size - 1)
    compare = _core.not_equal if invert else _core.equal
    return compare(_core.take(ordered, places, 0), elements)


def _order(flat: NDArray) -> NDArray:
    """The positions of a vector's elements in ascending order, equal ones in their own."""
    if flat.dtype.kind != "complex":
        return _core.argsort(flat, 0, False)
    by_imaginary = _core.argsort(_core.imag(flat), 0, False)
    by_real = _core.argsort(_core.take(_core.real(flat), by_imaginary, 0), 0, False)
    return _core.take(by_imaginary, by_real, 0)


def _sorted(flat: NDArray) -> NDArray:
    if flat.dtype.kind != "complex":
        return _core.sort(flat, 0, False)
    return _core.take(flat, _order(flat), 0)


def _isin_by_numbers(elements: NDArray, candidates: NDArray, invert: bool) -> NDArray:
    """Membership among elements without an order: all are numbered, those of the set marked."""
    numbers = unique_all(concat([elements.reshape(-1), candidates])).inverse_indices
    found = _core.full((numbers.size,), invert, bool_, elements.device)
    members = numbers[elements.size :]
    found[members] = not invert
    # A NaN has a number of its own.
    return _core.take(found, numbers[: elements.size], 0).reshape(elements.shape)


def _is_first(ordered: NDArray) -> NDArray:
    """Whether each element of a sorted vector differs from the one before it."""
    differs = _core.not_equal(ordered[1:], ordered[:-1])
    return concat([_core.full((min(ordered.size, 1),), True, bool_, ordered.device), differs])


def _run_lengths(starts: NDArray, size: int) -> NDArray:
    """The distances from each start to the next one, or to the end."""
    return concat([starts[1:], _core.full((min(size, 1),), size, int64, starts.device)]) - starts


def _like(number: Scalar, other: NDArray) -> NDArray:
    """A number as a 0-d array, for an integer of the other operand's type."""
    if not isinstance(number, int):
        return asarray(number, device=other.device)
    try:
        dtype = int64 if other.dtype.kind == "bool" else other.dtype
        return _core.full((), number, dtype, other.device)
    except OverflowError:  # equal to no element of that type, and so is NaN
        return _core.full((), math.nan, float32, other.device)
