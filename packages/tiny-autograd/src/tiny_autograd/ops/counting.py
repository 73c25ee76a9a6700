"""Which elements there are, where, and how often. Positions and counts have no gradient.

How large a result is depends on the elements, so that a cost states the most that it can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any, cast

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import DTypeError, ShapeError

from ..cost import Count, Shape, only_dim
from ..op import Operand, op
from ..variable import Variable, wrap
from .conversion import astype
from .indexing import index_sum
from .joining import unbind
from .shape import reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "argwhere",
    "bincount",
    "histc",
    "isin",
    "nonzero",
    "unique",
    "unique_consecutive",
]


def _alike(x: Operand, array: NDArray) -> Tensor:
    """The array as a tensor if x is one: operations on arrays give arrays."""
    return wrap(array) if isinstance(x, Variable) else cast("Tensor", array)


def _array(x: Operand) -> NDArray:
    return x.array if isinstance(x, Variable) else x


def _positions(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    size = prod(shapes[0])
    return 0, size, size * len(shapes[0])


@op(cost=_positions)
def argwhere(x: Operand, /) -> NDArray:
    """The positions of the elements that are not 0: a row of indices for each, in order.

    >>> import tiny_autograd as ta
    >>> ta.argwhere(ta.tensor([[1, 0], [0, 2]]))
    tensor([[0, 0],
            [1, 1]])
    """
    if not x.ndim:
        return nd.zeros((int(bool(x)), 0), dtype=nd.int64, device=x.device)
    return nd.stack(nd.nonzero(x), axis=1)


argwhere.no_vjp()


def nonzero(x: Operand, *, as_tuple: bool = False) -> Tensor | tuple[Tensor, ...]:
    """As `argwhere`; or, as a tuple, the indices into each dimension, so that x[...] takes them.

    >>> import tiny_autograd as ta
    >>> ta.nonzero(ta.tensor([0, 5, 7]), as_tuple=True)
    (tensor([1, 2]),)
    """
    if not as_tuple:
        return argwhere(x)
    return unbind(argwhere(x if x.ndim else reshape(x, (1,))), 1)


def _memberships(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    size, candidates = map(prod, shapes)
    return (size + candidates) * max(candidates, 1).bit_length(), size + candidates, size


@op(cost=_memberships)
def isin(
    elements: Operand,
    test_elements: Operand,
    /,
    *,
    assume_unique: bool = False,
    invert: bool = False,
) -> NDArray:
    """Whether each element is one of `test_elements`; `invert` asks for the opposite.

    `assume_unique` is taken for PyTorch's sake: it changes nothing.

    >>> import tiny_autograd as ta
    >>> ta.isin(ta.tensor([1, 2, 3]), ta.tensor([3, 1]))
    tensor([ True, False,  True])
    """
    return nd.isin(elements, test_elements, invert=invert)


isin.no_vjp()


def unique(
    x: Operand,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Tensor | tuple[Tensor, ...]:
    """The distinct elements of x in order; then where each of x is among them, and their counts.

    With `dim`, its distinct slices along that dimension, ordered by their first element that
    differs. They are sorted in any case; every NaN is one of its own. A single tensor unless one of
    the others is asked for.

    >>> import tiny_autograd as ta
    >>> ta.unique(ta.tensor([3, 1, 3]), return_inverse=True, return_counts=True)
    (tensor([1, 3]), tensor([1, 0, 1]), tensor([1, 2]))
    >>> ta.unique(ta.tensor([[2, 1], [1, 3], [2, 1]]), dim=0)
    tensor([[1, 3],
            [2, 1]])
    """
    array = _array(x)
    if dim is not None:
        over = only_dim("unique", dim, array.shape)
        order = _order_of_slices(array, over)
        slices = nd.take(array, order, axis=over)
        starts, ranks, counts = _runs(_differs_from_previous(slices, over))
        inverse = nd.empty_like(ranks)
        inverse[order] = ranks
        values = nd.take(slices, starts, axis=over)
        return _chosen(x, values, inverse, counts, return_inverse, return_counts)
    if not (return_inverse or return_counts):
        return _alike(x, nd.unique_values(array))
    found = nd.unique_all(array)
    return _chosen(
        x, found.values, found.inverse_indices, found.counts, return_inverse, return_counts
    )


def unique_consecutive(
    x: Operand,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Tensor | tuple[Tensor, ...]:
    """x, read as one row, without elements equal to the one before; the rest as of `unique`.

    >>> import tiny_autograd as ta
    >>> ta.unique_consecutive(ta.tensor([1, 1, 2, 1]), return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    array = _array(x)
    row = array.reshape((-1,)) if dim is None else array
    over = 0 if dim is None else only_dim("unique_consecutive", dim, array.shape)
    starts, ranks, counts = _runs(_differs_from_previous(row, over))
    inverse = ranks.reshape(array.shape) if dim is None else ranks
    values = nd.take(row, starts, axis=over)
    return _chosen(x, values, inverse, counts, return_inverse, return_counts)


def _as_rows(x: NDArray, axis: int) -> NDArray:
    """The slices along an axis as rows of a matrix."""
    return nd.moveaxis(x, axis, 0).reshape((x.shape[axis], x.size // max(x.shape[axis], 1)))


def _order_of_slices(x: NDArray, axis: int) -> NDArray:
    """The positions that sort the slices along an axis, those before elements deciding first."""
    rows = _as_rows(x, axis)
    order = nd.arange(rows.shape[0], device=x.device)
    for column in reversed(range(rows.shape[1])):
        order = nd.take(order, nd.argsort(nd.take(rows[:, column], order), stable=True))
    return order


def _differs_from_previous(x: NDArray, axis: int) -> NDArray:
    """For each slice along an axis, whether it starts a run of equal ones."""
    rows = _as_rows(x, axis)
    first = nd.ones((rows.shape[0],), dtype=nd.bool, device=x.device)
    if rows.shape[0]:
        first[1:] = nd.any(nd.not_equal(rows[1:], rows[:-1]), axis=1)
    return first


def _runs(first: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Of runs: where they start, which one each position is in, and how long they are."""
    size = first.shape[0]
    starts = nd.nonzero(first)[0]
    ends = nd.concat([starts[1:], nd.full((min(size, 1),), size, device=first.device)])
    return starts, nd.cumulative_sum(first.astype(nd.int64)) - 1, ends - starts


def _chosen(
    x: Operand,
    values: NDArray,
    inverse: NDArray,
    counts: NDArray,
    return_inverse: bool,
    return_counts: bool,
) -> Tensor | tuple[Tensor, ...]:
    results = [_alike(x, values)]
    if return_inverse:
        results.append(_alike(x, inverse))
    if return_counts:
        results.append(_alike(x, counts))
    return tuple(results) if len(results) > 1 else results[0]


def bincount(x: Operand, weights: Operand | None = None, minlength: int = 0) -> Tensor:
    """How often each of the numbers 0, 1, ... occurs in x, or the sum of its `weights`.

    x: (n) integers, not negative; weights: (n). The result has `minlength` elements or more.
    Raises ShapeError, DTypeError, ValueError for a negative number.

    >>> import tiny_autograd as ta
    >>> ta.bincount(ta.tensor([0, 2, 2]), minlength=4)
    tensor([1, 0, 2, 0])
    """
    array = _array(x)
    if array.ndim != 1 or (weights is not None and weights.shape != array.shape):
        others = "" if weights is None else f" and weights of shape {weights.shape}"
        raise ShapeError(f"bincount: expected one dimension, got shape {array.shape}{others}")
    if array.dtype.kind not in ("int", "uint"):
        raise DTypeError(f"bincount: numbers to count are integers, got {array.dtype.name}")
    if array.size and int(nd.min(array)) < 0:
        raise ValueError(f"bincount: {int(nd.min(array))} is negative")
    if minlength < 0:
        raise ValueError(f"bincount: minlength must not be negative, got {minlength}")
    length = max(int(nd.max(array)) + 1 if array.size else 0, minlength)
    if weights is None:
        weights = _alike(x, nd.ones(array.shape, dtype=nd.int64, device=array.device))
    elif weights.dtype.kind != "float":
        weights = astype(weights, nd.float64)
    return index_sum(weights, x, (length,), 0)


def histc(x: Operand, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of `bins` intervals of equal width from `min` to `max`.

    The last interval includes its end; elements outside, and NaN, are not counted. Both bounds
    equal mean the smallest and largest element of x. Of x's type. Raises ValueError for bounds
    that are not finite or in the wrong order, and for no bins; DTypeError for integers.

    >>> import tiny_autograd as ta
    >>> ta.histc(ta.tensor([1.0, 2.0, 1.0, 4.0]), bins=4, min=0, max=4)
    tensor([0., 2., 1., 1.])
    """
    array = _array(x).reshape((-1,))
    if array.dtype.kind != "float":
        raise DTypeError(f"histc: elements are floating-point numbers, got {array.dtype.name}")
    if bins < 1:
        raise ValueError(f"histc: the number of bins must be positive, got {bins}")
    low, high = float(min), float(max)
    if low == high and array.size:
        low, high = float(nd.min(array)), float(nd.max(array))
    if low == high:
        low, high = low - 1, high + 1
    if not float("-inf") < low < high < float("inf"):
        raise ValueError(f"histc: bounds {low} and {high} must be finite and in this order")
    inside = array[nd.logical_and(nd.greater_equal(array, low), nd.less_equal(array, high))]
    places = nd.floor((inside - low) * (bins / (high - low))).astype(nd.int64)
    places = nd.minimum(places, bins - 1)
    ones = nd.ones(places.shape, dtype=array.dtype, device=array.device)
    counts = nd.zeros((bins,), dtype=array.dtype, device=array.device)
    return _alike(x, nd.index_add(counts, places, ones, axis=0))
