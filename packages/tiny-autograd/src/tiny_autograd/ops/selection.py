"""Extrema, medians and quantiles: elements that their rank selects."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import DTypeError, ShapeError

from ..cost import Count, Shape, normalize_dims, reduced_shape
from ..op import Operand, op
from ..variable import Variable
from .arithmetic import lerp
from .bounds import maximum, minimum
from .comparison import eq, isnan, logical_or
from .creation import zeros_like
from .indexing import gather_elements
from .reduction import amax, amin, argmax, argmin, sum
from .shape import movedim, reshape, squeeze

if TYPE_CHECKING:
    from ..tensor import Tensor

_ARRAYS = (Variable, NDArray)

__all__ = [
    "aminmax",
    "max",
    "median",
    "min",
    "quantile",
]


class Range(NamedTuple):
    """The smallest and the largest elements."""

    min: Tensor
    max: Tensor


class Extremum(NamedTuple):
    """The selected values along a dimension, and their positions."""

    values: Tensor
    indices: Tensor


def _along(x: Operand, positions: Operand, dim: int, keepdim: bool) -> Extremum:
    values = gather_elements(x, positions, dim) if x.ndim else x
    if keepdim or not x.ndim:
        return Extremum(values, positions)
    return Extremum(squeeze(values, dim), squeeze(positions, dim))


@overload
def max(x: Operand, dim: None = None, keepdim: bool = False) -> Tensor: ...
@overload
def max(x: Operand, dim: int, keepdim: bool = False) -> Extremum: ...
def max(x: Operand, dim: Any = None, keepdim: bool = False) -> Tensor | Extremum:
    """The largest element; with `dim`, the largest ones along it and their positions.

    Positions are of the first of equal elements, which gets the gradient; without `dim` equal ones
    share it. `dim` may also be a tensor: then as `maximum`.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1.0, 3.0], [5.0, 2.0]])
    >>> x.max(), x.max(dim=1).indices
    (tensor(5.), tensor([1, 0]))
    """
    if dim is None:
        return amax(x)
    if isinstance(dim, _ARRAYS):
        return maximum(x, dim)
    return _along(x, argmax(x, dim, True), dim, keepdim)


@overload
def min(x: Operand, dim: None = None, keepdim: bool = False) -> Tensor: ...
@overload
def min(x: Operand, dim: int, keepdim: bool = False) -> Extremum: ...
def min(x: Operand, dim: Any = None, keepdim: bool = False) -> Tensor | Extremum:
    """The smallest element; with `dim`, the smallest ones along it and their positions.

    As `max`, the other way round.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1.0, 3.0], [5.0, 2.0]])
    >>> x.min(), x.min(dim=1).indices
    (tensor(1.), tensor([0, 1]))
    """
    if dim is None:
        return amin(x)
    if isinstance(dim, _ARRAYS):
        return minimum(x, dim)
    return _along(x, argmin(x, dim, True), dim, keepdim)


def aminmax(x: Operand, *, dim: int | None = None, keepdim: bool = False) -> Range:
    """`amin` and `amax`, over one dimension or all.

    >>> import tiny_autograd as ta
    >>> ta.aminmax(ta.tensor([3.0, 1.0, 2.0]))
    Range(min=tensor(1.), max=tensor(3.))
    """
    return Range(amin(x, dim, keepdim), amax(x, dim, keepdim))


def _sorted_cost(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    """A comparison of each element with each half of what is left: log2(length) steps."""
    size = math.prod(shapes[0])
    left = reduced_shape(shapes[0], parameters.get("dim"), True)
    written = math.prod(left)
    length = size // written if written else 0
    return size * length.bit_length(), 2 * size, size + written


@op(cost=_sorted_cost)
def middle(x: Operand, /) -> NDArray:
    """The `median` of all elements; equal ones share the gradient.

    >>> import tiny_autograd as ta
    >>> ta.ops.middle(ta.tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    """
    if not x.size:
        return nd.full((), float("nan"), dtype=x.dtype, device=x.device)
    ordered = nd.sort(x.reshape((x.size,)))
    return nd.where(nd.not_equal(ordered[-1], ordered[-1]), ordered[-1], ordered[(x.size - 1) // 2])


def _middle_gradient(g: Operand, x: Operand, out: Operand) -> Operand:
    chosen = logical_or(eq(x, out), isnan(x)).astype(out.dtype)
    return chosen * (g / sum(chosen))


middle.vjp(x=_middle_gradient)


@op(cost=_sorted_cost)
def middle_positions(x: Operand, /, dim: int) -> NDArray:
    """The indices of `median`, with the dimension of size 1.

    >>> import tiny_autograd as ta
    >>> ta.ops.middle_positions(ta.tensor([4.0, 1.0, 3.0]), 0)
    tensor([2])
    """
    (at,) = normalize_dims(dim, x.ndim)
    length = x.shape[at]
    if not length:
        raise ShapeError(f"median: dimension {dim} of shape {x.shape} is empty, and has no median")
    order = nd.argsort(x, axis=at)
    place = order[(*[slice(None)] * at, slice((length - 1) // 2, (length + 1) // 2))]
    unknown = nd.not_equal(x, x)
    first = nd.argmax(unknown.astype(nd.uint8), axis=at, keepdims=True)
    return nd.where(nd.any(unknown, axis=at, keepdims=True), first, place)


middle_positions.no_vjp()


@overload
def median(x: Operand, dim: None = None, keepdim: bool = False) -> Tensor: ...
@overload
def median(x: Operand, dim: int, keepdim: bool = False) -> Extremum: ...
def median(x: Operand, dim: int | None = None, keepdim: bool = False) -> Tensor | Extremum:
    """The middle element, of two the smaller one; with `dim`, those along it and their positions.

    NaN if there is one. Without `dim` equal elements share the gradient. Raises ShapeError for an
    empty dimension; the median of no elements at all is NaN.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[4.0, 1.0, 3.0], [5.0, 2.0, 9.0]])
    >>> x.median(), x.median(dim=1).indices
    (tensor(3.), tensor([2, 0]))
    """
    if dim is None:
        return middle(x)
    if not x.ndim:
        return Extremum(x, zeros_like(argmax(x)))
    return _along(x, middle_positions(x, dim), dim, keepdim)


@op(cost=_sorted_cost)
def rank_positions(x: Operand, /, dim: int, ranks: NDArray) -> NDArray:
    """Where the elements of these ranks stand along `dim`; NaN, if there is one, has every rank.

    >>> import tiny_autograd as ta
    >>> import ndarray_core as nd
    >>> ta.ops.rank_positions(ta.tensor([4.0, 1.0, 3.0]), 0, nd.asarray([0, 2]))
    tensor([1, 0])
    """
    order = nd.argsort(x, axis=dim)
    places = nd.take(order, ranks, axis=dim)
    last = order[(*[slice(None)] * dim, slice(-1, None))]
    return nd.where(nd.any(nd.not_equal(x, x), axis=dim, keepdims=True), last, places)


rank_positions.no_vjp()

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _levels(x: Operand, q: Any, interpolation: str) -> NDArray:
    """q as an array beside x, checked."""
    if interpolation not in _INTERPOLATIONS:
        known = ", ".join(_INTERPOLATIONS)
        raise ValueError(f"quantile: interpolation is one of {known}, and not {interpolation!r}")
    if x.dtype.kind != "float":
        raise DTypeError(f"quantile: expected floating-point numbers, got {x.dtype.name}")
    levels = q.array if isinstance(q, Variable) else nd.asarray(q, dtype=nd.float64)
    if levels.ndim > 1:
        raise ShapeError(f"quantile: q is a number or a vector, got shape {levels.shape}")
    levels = levels.to_device(x.device).astype(nd.float64)
    if not nd.all(nd.logical_and(nd.greater_equal(levels, 0), nd.less_equal(levels, 1))):
        raise ValueError(f"quantile: q lies between 0 and 1, and is {levels.tolist()}")
    return levels


def quantile(
    x: Operand,
    q: float | Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """The values below which the fractions q of the elements lie, over one dimension or all.

    q is a number, or a vector, whose dimension then comes first. Between two elements it takes what
    `interpolation` says: "linear", "lower", "higher", "midpoint" or "nearest". NaN where there is
    one. The gradient goes to the elements that were taken. Raises ShapeError where there are no
    elements, ValueError for q outside [0, 1], DTypeError for integers.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[4.0, 1.0, 3.0, 2.0]])
    >>> ta.quantile(x, 0.5), ta.quantile(x, ta.tensor([0.0, 0.9]), dim=1)
    (tensor(2.5000), tensor([[1.0000],
            [3.7000]]))
    """
    levels = _levels(x, q, interpolation)
    kept = reduced_shape(x.shape, dim, keepdim)
    if dim is None or not x.ndim:
        x, at = reshape(x, (-1,)), 0
    else:
        (at,) = normalize_dims(dim, x.ndim)
    length = x.shape[at]
    if not length:
        raise ShapeError(f"quantile: dimension {dim} of shape {x.shape} is empty")
    ranks = nd.multiply(levels.reshape((levels.size,)), length - 1)
    if interpolation == "nearest":
        ranks = nd.round(ranks)
    below, above = nd.floor(ranks), nd.ceil(ranks)

    def pick(places: NDArray) -> Operand:
        positions = rank_positions(x, at, places.astype(nd.int64))
        return movedim(gather_elements(x, positions, at), at, 0)

    if interpolation == "linear":
        weight = nd.subtract(ranks, below).astype(x.dtype)
        shape = (levels.size, *[1] * (x.ndim - 1))
        result = lerp(pick(below), pick(above), weight.reshape(shape))
    elif interpolation == "midpoint":
        result = lerp(pick(below), pick(above), 0.5)
    else:
        result = pick(above if interpolation == "higher" else below)
    return reshape(result, (*levels.shape, *kept))
