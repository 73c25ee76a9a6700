"""Running totals and extremes along an axis.

Array API standard, "Statistical functions" (cumulative_sum, cumulative_prod; the other two are
their kin): https://data-apis.org/array-api/latest/API_specification/statistical_functions.html

The axis may be left out for a vector. ShapeError where it may not, and for 0-d arrays; IndexError
for an axis that x does not have. DTypeError for extremes of complex numbers, which have no order.
"""

from __future__ import annotations

from . import _core
from ._core import NDArray
from ._typing import DTypeLike
from .dtypes import as_dtype

__all__ = ["cumulative_max", "cumulative_min", "cumulative_prod", "cumulative_sum"]


def cumulative_sum(
    x: NDArray,
    /,
    *,
    axis: int | None = None,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> NDArray:
    """out[i] = x[0] + ... + x[i] along the axis; with include_initial a 0 stands in front.

    x (..., N, ...) gives (..., N, ...), or (..., N + 1, ...). Integers and bool are summed in 64
    bits, or in `dtype`, to which the elements are converted first; DTypeError if that is bool.

    >>> x = nd.asarray([1, 2, 3])
    >>> nd.cumulative_sum(x).tolist(), nd.cumulative_sum(x, include_initial=True).tolist()
    ([1, 3, 6], [0, 1, 3, 6])
    """
    return _core.cumulative_sum(
        x, axis, None if dtype is None else as_dtype(dtype), include_initial
    )


def cumulative_prod(
    x: NDArray,
    /,
    *,
    axis: int | None = None,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> NDArray:
    """out[i] = x[0] * ... * x[i] along the axis; with include_initial a 1 stands in front.

    Shapes and element types are those of `cumulative_sum`.

    >>> nd.cumulative_prod(nd.asarray([[1, 2], [3, 4]]), axis=0).tolist()
    [[1, 2], [3, 8]]
    """
    return _core.cumulative_prod(
        x, axis, None if dtype is None else as_dtype(dtype), include_initial
    )


def cumulative_max(x: NDArray, /, *, axis: int | None = None) -> NDArray:
    """out[i] = max(x[0], ..., x[i]) along the axis; from the first NaN on it is NaN.

    >>> nd.cumulative_max(nd.asarray([1, 3, 2, 4])).tolist()
    [1, 3, 3, 4]
    """
    return _core.cumulative_max(x, axis)


def cumulative_min(x: NDArray, /, *, axis: int | None = None) -> NDArray:
    """out[i] = min(x[0], ..., x[i]) along the axis; from the first NaN on it is NaN.

    >>> nd.cumulative_min(nd.asarray([3, 4, 1, 2])).tolist()
    [3, 3, 1, 1]
    """
    return _core.cumulative_min(x, axis)
