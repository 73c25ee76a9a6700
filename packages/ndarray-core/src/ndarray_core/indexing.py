"""Reading and writing at positions that arrays of integers name.

Array API standard, "Indexing functions" (take, take_along_axis; the others are their inverses):
https://data-apis.org/array-api/latest/API_specification/indexing_functions.html

Negative indices count from the end. IndexError for one that is out of bounds, DTypeError for
indices that are not integers.
"""

from __future__ import annotations

from typing import Literal

from . import _core
from ._core import NDArray
from .errors import ShapeError

__all__ = ["index_add", "scatter", "scatter_add", "take", "take_along_axis"]


def take(x: NDArray, indices: NDArray, /, axis: int | None = None) -> NDArray:
    """The elements, rows or planes of x at the indices along an axis.

    x (..., N, ...) with indices of shape S gives (..., *S, ...). The axis may be left out for a
    vector.

    >>> nd.take(nd.asarray([10, 20, 30]), nd.asarray([2, 0, -1])).tolist()
    [30, 10, 30]
    """
    if axis is None:
        if x.ndim != 1:
            raise ShapeError(f"take: x of shape {x.shape} has {x.ndim} axes; name one with axis=")
        axis = 0
    return _core.take(x, indices, axis)


def take_along_axis(x: NDArray, indices: NDArray, /, axis: int = -1) -> NDArray:
    """out[i, j, k] = x[i, indices[i, j, k], k] for axis 1, and so on.

    x and indices have the same number of axes and broadcast but for the given one.

    >>> x = nd.asarray([[10, 20], [30, 40]])
    >>> nd.take_along_axis(x, nd.asarray([[1], [0]]), axis=1).tolist()
    [[20], [30]]
    """
    return _core.take_along_axis(x, indices, axis)


def scatter(
    x: NDArray,
    indices: NDArray,
    values: NDArray,
    /,
    axis: int,
    *,
    mode: Literal["assign", "add", "subtract", "multiply", "maximum", "minimum"] = "assign",
) -> NDArray:
    """Writes in place: x[i, indices[i, j, k], k] = values[i, j, k] for axis 1, and so on.

    Or, by `mode`, adds and so on; an index that occurs several times counts every time, in
    row-major order, so that of what is assigned the last value stays. Returns x. x and indices have
    the same number of axes; the indices broadcast to x's shape but for the axis, and the values to
    the indices' shape. Assigned values are converted to x's type. ValueError for another mode,
    DTypeError for values of another kind than x's that are not assigned. Nothing is written if an
    index is out of bounds.

    >>> x = nd.asarray([[1, 2], [3, 4]])
    >>> nd.scatter(x, nd.asarray([[1], [0]]), nd.asarray([[7], [8]]), axis=1).tolist()
    [[1, 7], [8, 4]]
    >>> nd.scatter(x, nd.asarray([[0, 0]]), nd.asarray([[5, 9]]), axis=1, mode="maximum").tolist()
    [[9, 7], [9, 4]]
    """
    _core.scatter(x, indices, values, axis, mode)
    return x


def scatter_add(x: NDArray, indices: NDArray, values: NDArray, /, axis: int) -> NDArray:
    """Adds in place: x[i, indices[i, j, k], k] += values[i, j, k] for axis 1, and so on. Returns x.

    `scatter` with mode="add". It undoes take_along_axis in the sense of a gradient.

    >>> x = nd.zeros((2, 2))
    >>> nd.scatter_add(x, nd.asarray([[0, 0], [1, 1]]), nd.ones((2, 2)), axis=1).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    _core.scatter(x, indices, values, axis, "add")
    return x


def index_add(x: NDArray, indices: NDArray, values: NDArray, /, axis: int) -> NDArray:
    """Adds in place: x[:, indices[j]] += values[:, j] for axis 1, and so on. Returns x.

    The indices are a vector; an index that occurs several times adds every time.

    >>> x = nd.zeros((3, 2))
    >>> nd.index_add(x, nd.asarray([0, 2, 0]), nd.ones((3, 2)), axis=0).tolist()
    [[2.0, 2.0], [0.0, 0.0], [1.0, 1.0]]
    """
    if indices.ndim != 1:
        raise ShapeError(f"index_add: indices have shape {indices.shape}, and must be a vector")
    _core.scatter_to_block(x, indices, values, axis, 1, "add", "index_add")
    return x
