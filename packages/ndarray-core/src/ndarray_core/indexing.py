"""Reading and adding at positions that arrays of integers name.

Array API standard, "Indexing functions" and "Searching functions":
https://data-apis.org/array-api/latest/API_specification/indexing_functions.html

Negative indices count from the end. IndexError for one that is out of bounds, DTypeError for
indices that are not integers.
"""

from __future__ import annotations

import numpy as np

from . import _core
from ._core import NDArray
from .errors import ShapeError
from .interchange import from_host

__all__ = ["index_add", "nonzero", "scatter_add", "take", "take_along_axis"]


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


def scatter_add(x: NDArray, indices: NDArray, values: NDArray, /, axis: int) -> NDArray:
    """Adds in place: x[i, indices[i, j, k], k] += values[i, j, k] for axis 1, and so on. Returns x.

    An index that occurs several times adds every time. The values broadcast to the shape of the
    indices. It undoes take_along_axis in the sense of a gradient.

    >>> x = nd.zeros((2, 2))
    >>> nd.scatter_add(x, nd.asarray([[0, 0], [1, 1]]), nd.ones((2, 2)), axis=1).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    _core.scatter_add(x, indices, values, axis)
    return x


def index_add(x: NDArray, indices: NDArray, values: NDArray, /, axis: int) -> NDArray:
    """Adds in place: x[:, indices[j]] += values[:, j] for axis 1, and so on. Returns x.

    The indices are a vector; an index that occurs several times adds every time.

    >>> x = nd.zeros((3, 2))
    >>> nd.index_add(x, nd.asarray([0, 2, 0]), nd.ones((3, 2)), axis=0).tolist()
    [[2.0, 2.0], [0.0, 0.0], [1.0, 1.0]]
    """
    _core.index_add(x, indices, values, axis)
    return x


def nonzero(x: NDArray, /) -> tuple[NDArray, ...]:
    """The indices of the elements that are not 0, in row-major order: a vector per axis, int64.

    How many there are depends on the elements, so they are looked at on the host.

    >>> [indices.tolist() for indices in nd.nonzero(nd.asarray([[0, 7], [8, 0]]))]
    [[0, 1], [1, 0]]
    """
    if x.ndim == 0:
        raise ShapeError("nonzero: a 0-d array has no axis to index; reshape it to (1,)")
    return tuple(from_host(indices.copy(), x.device) for indices in np.nonzero(x.numpy()))
