"""Sorted elements, and what depends on their order.

Array API standard, "Sorting functions" (sort, argsort; the others are relatives that NumPy or
PyTorch have): https://data-apis.org/array-api/latest/API_specification/sorting_functions.html

Every sort is stable: equal elements, among them 0.0 and -0.0, keep their order, descending too.
NaN counts as the greatest: it comes last, or, descending, first. IndexError for an axis that x does
not have, DTypeError for complex numbers, which have no order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import _core
from ._core import NDArray
from ._typing import Axis
from .dtypes import float32, float64
from .errors import ShapeError
from .interchange import from_host
from .manipulation import normalize_axis

__all__ = ["TopK", "argsort", "median", "quantile", "sort", "topk"]


def sort(
    x: NDArray, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> NDArray:
    """A copy of x with its elements sorted along an axis.

    `stable` makes no difference: the sort always is.

    >>> nd.sort(nd.asarray([3.0, float("nan"), 1.0])).tolist()
    [1.0, 3.0, nan]
    """
    return _core.sort(x, axis, descending)


def argsort(
    x: NDArray, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> NDArray:
    """The positions, int64, that sort x along an axis: take_along_axis(x, them) is `sort`.

    `stable` makes no difference: the sort always is.

    >>> nd.argsort(nd.asarray([3, 1, 3, 2]), descending=True).tolist()
    [0, 2, 3, 1]
    """
    return _core.argsort(x, axis, descending)


class TopK(NamedTuple):
    """The extreme elements, and where they are."""

    values: NDArray
    indices: NDArray  # int64


def topk(
    x: NDArray, k: int, /, *, axis: int = -1, largest: bool = True, sorted: bool = True
) -> TopK:
    """The k largest or smallest elements along an axis, the extreme one first, and their indices.

    x (..., N, ...) gives two (..., k, ...). Of equal elements the first ones are taken. With
    sorted=False their order is open, which changes nothing here. ShapeError unless 0 <= k <= N.
    After torch.topk.

    >>> values, indices = nd.topk(nd.asarray([1, 9, 5, 9]), 3)
    >>> values.tolist(), indices.tolist()
    ([9, 9, 5], [1, 3, 2])
    """
    order = _core.argsort(x, axis, largest)
    if not 0 <= k <= x.shape[axis]:
        raise ShapeError(f"topk: k={k} of axis {axis} of shape {x.shape}; it takes 0 to N")
    cut: list[slice] = [slice(None)] * x.ndim
    cut[axis] = slice(k)
    indices = order[tuple(cut)].contiguous()
    return TopK(_core.take_along_axis(x, indices, axis), indices)


def median(x: NDArray, /, *, axis: Axis = None, keepdims: bool = False) -> NDArray:
    """The middle element over the axes, or the mean of the two middle ones: `quantile` for 0.5.

    >>> nd.median(nd.asarray([[7.0, 1.0, 3.0], [1.0, 2.0, 2.0]]), axis=1).tolist()
    [3.0, 2.0]
    """
    return quantile(x, 0.5, axis=axis, keepdims=keepdims)


def quantile(
    x: NDArray,
    q: float | Sequence[float] | NDArray | npt.NDArray[np.floating],
    /,
    *,
    axis: Axis = None,
    keepdims: bool = False,
) -> NDArray:
    """The values below which the fractions q of the elements lie, over one axis, several or all.

    q of shape S gives (*S, ...) with the reduced axes gone, or of size 1 if `keepdims`. Between two
    elements it interpolates linearly, as numpy.quantile does: method 7 of Hyndman and Fan, "Sample
    quantiles in statistical packages", The American Statistician 50, 1996. NaN where there is one
    among the elements. Integers and bool become float32. ValueError for q outside [0, 1],
    ShapeError for no elements, DTypeError for complex numbers.

    >>> nd.quantile(nd.asarray([4.0, 1.0, 3.0, 2.0]), [0.0, 0.5, 0.9]).numpy().round(3).tolist()
    [1.0, 2.5, 3.700000047683716]
    """
    levels = np.asarray(q, dtype=np.float64)
    if not np.all((levels >= 0) & (levels <= 1)):
        raise ValueError(f"quantile: q lies between 0 and 1, and is {levels.tolist()}")
    lanes, kept = _lanes(x, axis, keepdims)
    count = lanes.shape[-1]
    if count == 0:
        raise ShapeError(f"quantile: axis {axis} of shape {x.shape} is empty, and has no quantiles")
    places = levels.reshape(-1) * (count - 1)
    below = np.floor(places).astype(np.int64)
    floating = float64 if x.dtype == float64 else float32  # to interpolate in
    weight = from_host(places - below, x.device).astype(floating)

    ordered = _core.sort(lanes, -1, False)
    low, high = (
        _core.take(ordered, from_host(index, x.device), -1).astype(floating, copy=False)
        for index in (below, np.ceil(places).astype(np.int64))
    )
    step = high - low
    # From the nearer end, which is exact at both; and infinities have no distance.
    between = _core.where(weight < 0.5, low + step * weight, high - step * (1.0 - weight))
    between = _core.where(_core.equal(low, high), low, between)
    last = ordered[..., count - 1 :].astype(floating, copy=False)  # NaN, if there is one
    result = _core.where(_core.isnan(last), last, between)
    if x.dtype.kind == "float":
        result = result.astype(x.dtype, copy=False)
    return result.permute(result.ndim - 1, *range(result.ndim - 1)).reshape((*levels.shape, *kept))


def _lanes(x: NDArray, axis: Axis, keepdims: bool) -> tuple[NDArray, tuple[int, ...]]:
    """x with the axes flattened into a last one, and the shape that reducing them leaves."""
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    reduced = [normalize_axis(i, x.ndim, "quantile") for i in axes]
    if len(set(reduced)) != len(reduced):
        raise ShapeError(f"quantile: axes {axis} of shape {x.shape} name an axis twice")
    others = [i for i in range(x.ndim) if i not in reduced]
    kept = tuple(x.shape[i] for i in others)
    count = math.prod(x.shape[i] for i in reduced)
    lanes = x.permute(*others, *reduced).reshape((*kept, count))
    if keepdims:
        kept = tuple(1 if i in reduced else size for i, size in enumerate(x.shape))
    return lanes, kept
