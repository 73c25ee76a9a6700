"""Where elements are.

Array API standard, "Searching functions":
https://data-apis.org/array-api/latest/API_specification/searching_functions.html. argmax, argmin
and count_nonzero are reductions (`reductions`), `where` is element-wise.
"""

from __future__ import annotations

from typing import Literal

from . import _core
from ._core import NDArray
from .errors import DTypeError, ShapeError

__all__ = ["nonzero", "searchsorted"]


def nonzero(x: NDArray, /) -> tuple[NDArray, ...]:
    """The indices of the elements that are not 0, in row-major order: a vector per axis, int64.

    ShapeError for a 0-d array, which has no axis.

    >>> [indices.tolist() for indices in nd.nonzero(nd.asarray([[0, 7], [8, 0]]))]
    [[0, 1], [1, 0]]
    """
    return tuple(_core.nonzero(x))


def searchsorted(
    x1: NDArray,
    x2: NDArray | int | float,
    /,
    *,
    side: Literal["left", "right"] = "left",
    sorter: NDArray | None = None,
) -> NDArray:
    """Where to insert the values x2 into the ascending vector x1 so that it stays ascending.

    x1 (N,) and x2 of any shape, or a number, give int64 places from 0 to N in x2's shape: before
    elements equal to the value, or behind them if `side` is "right". NaN counts as the greatest, as
    in `sort`. `sorter` (N,) holds the positions that sort an x1 that is not: argsort(x1).
    ShapeError if x1 is no vector or the sorter has another shape, ValueError for another side,
    DTypeError for complex numbers.

    >>> x1 = nd.asarray([1, 3, 3, 5])
    >>> nd.searchsorted(x1, nd.asarray([0, 3, 6])).tolist()
    [0, 1, 4]
    >>> nd.searchsorted(x1, 3, side="right").tolist()
    3
    """
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side is 'left' or 'right', and not {side!r}")
    if sorter is not None:
        if sorter.shape != x1.shape or x1.ndim != 1:
            raise ShapeError(
                f"searchsorted: x1 of shape {x1.shape} and the sorter of shape {sorter.shape} "
                "must be vectors of one size"
            )
        if sorter.dtype.kind not in ("int", "uint"):
            raise DTypeError(
                f"searchsorted: the sorter is {sorter.dtype.name}, and must be integers"
            )
        x1 = _core.take(x1, sorter, 0)
    return _core.searchsorted(x1, x2, side == "right")
