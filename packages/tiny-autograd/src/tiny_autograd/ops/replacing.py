"""Elements replaced at positions or under a mask, as operations that give a changed copy.

Where a position is written several times, the last value in row-major order stays, and each of the
values gets the gradient of that place; only `accumulate` takes account of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import DTypeError, ShapeError

from ..cost import normalize_dims
from ..op import Operand, op
from ..variable import Variable
from .arithmetic import add
from .conversion import astype
from .indexing import index, index_sum, lookup, setitem
from .scattering import check_dtypes, copied
from .shape import broadcast_to, expand, lifts_numbers, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "masked_scatter",
    "masked_select",
    "put",
    "take",
]


@op(cost=copied)
def index_assign(x: Operand, source: Operand, index: Operand, /, dim: int) -> NDArray:
    """`index_copy`, with the operands first.

    >>> import tiny_autograd as ta
    >>> ta.ops.index_assign(ta.zeros(3), ta.tensor([7.0]), ta.tensor([1]), 0)
    tensor([0., 7., 0.])
    """
    out: NDArray = x.copy()
    key = (*[slice(None)] * (dim % max(x.ndim, 1)), index)
    out[key] = source
    return out


@op(cost=copied)
def index_value(x: Operand, index: Operand, /, dim: int, value: float) -> NDArray:
    """`index_fill` with a number, the operands first.

    >>> import tiny_autograd as ta
    >>> ta.ops.index_value(ta.zeros(3), ta.tensor([1]), 0, 7)
    tensor([0., 7., 0.])
    """
    out: NDArray = x.copy()
    out[(*[slice(None)] * (dim % max(x.ndim, 1)), index)] = value
    return out


index_assign.vjp(
    x=lambda g, index, dim: index_value(g, index, dim, 0),
    source=lambda g, index, dim: lookup(g, index, dim),
)
index_value.vjp(x=lambda g, index, dim: index_value(g, index, dim, 0))


@lifts_numbers
def index_add(x: Operand, dim: int, index: Operand, source: Operand) -> Tensor:
    """x with `source` added at the positions `index` along `dim`; repeated positions add up.

    >>> import tiny_autograd as ta
    >>> ta.index_add(ta.zeros(3), 0, ta.tensor([0, 0]), ta.tensor([1.0, 2.0]))
    tensor([3., 0., 0.])
    """
    (at,) = normalize_dims(dim, x.ndim)
    expected = (*x.shape[:at], *index.shape, *x.shape[at + 1 :])
    if index.ndim != 1 or tuple(source.shape) != expected:
        raise ShapeError(
            f"index_add: source of shape {source.shape} and index of shape {index.shape} "
            f"for dimension {dim} of shape {x.shape}; the source must have shape {expected}"
        )
    return add(x, index_sum(source, index, tuple(x.shape), at))


@lifts_numbers
def index_copy(x: Operand, dim: int, index: Operand, source: Operand) -> Tensor:
    """x with `source` at the positions `index` (one dimension) along `dim`.

    Raises ShapeError where source does not fit, DTypeError for another type, IndexError for a
    position out of range.

    >>> import tiny_autograd as ta
    >>> ta.index_copy(ta.zeros(3), 0, ta.tensor([2, 0]), ta.tensor([5.0, 6.0]))
    tensor([6., 0., 5.])
    """
    check_dtypes("index_copy", x, source)
    (at,) = normalize_dims(dim, x.ndim)
    positions = _positions("index_copy", index)
    expected = (*x.shape[:at], *positions.shape, *x.shape[at + 1 :])
    if tuple(source.shape) != expected:
        raise ShapeError(
            f"index_copy: source of shape {source.shape} for dimension {dim} of shape {x.shape} "
            f"at {positions.shape[0]} positions; it must have shape {expected}"
        )
    return index_assign(x, source, positions, at)


def _positions(name: str, index: Operand) -> Operand:
    if index.ndim > 1:
        raise ShapeError(f"{name}: index has one dimension, got shape {index.shape}")
    return index if index.ndim else index.reshape((1,))


def index_fill(x: Operand, dim: int, index: Operand, value: Operand) -> Tensor:
    """x with `value`, a number or a tensor without dimensions, at `index` along `dim`.

    >>> import tiny_autograd as ta
    >>> ta.index_fill(ta.zeros(2, 3), 1, ta.tensor([0, 2]), 7)
    tensor([[7., 0., 7.],
            [7., 0., 7.]])
    """
    positions = _positions("index_fill", index)
    if not x.ndim:
        return index_fill(x.reshape((1,)), dim, index, value).reshape(())
    (at,) = normalize_dims(dim, x.ndim)
    if isinstance(value, int | float):
        return index_value(x, positions, at, value)
    if value.ndim:
        raise ShapeError(f"index_fill: value is one number, got shape {value.shape}")
    shape = (*x.shape[:at], *positions.shape, *x.shape[at + 1 :])
    return index_assign(x, expand(astype(value, x.dtype), shape), positions, at)


def index_put(
    x: Operand, indices: Sequence[Operand | None], values: Operand, accumulate: bool = False
) -> Tensor:
    """x with `values` at x[indices]; with `accumulate` they are added, repeated positions too.

    indices: integer or bool tensors, one for each dimension from the first on; None stands for all
    positions of a dimension. The values broadcast to the shape of x[indices]. Raises ShapeError,
    IndexError, DTypeError for values of another type.

    >>> import tiny_autograd as ta
    >>> ones, index = ta.ones(3), ta.tensor([1, 1, 0])
    >>> ta.index_put(ta.zeros(3), (index,), ones, accumulate=True)
    tensor([1., 2., 0.])
    """
    check_dtypes("index_put", x, values)
    key = tuple(slice(None) if part is None else part for part in indices)
    if not accumulate:
        return setitem(x, values, key)
    size = prod(x.shape)
    places = nd.arange(size, device=x.device).reshape(tuple(x.shape))
    positions = index(places, key)
    spread = reshape(broadcast_to(values, positions.shape), (-1,))
    added = index_sum(spread, positions.reshape((-1,)), (size,), 0)
    return add(x, reshape(added, tuple(x.shape)))


def _common(x: Operand, mask: Operand, name: str) -> tuple[Operand, Operand]:
    """Both in the shape they broadcast to."""
    if mask.dtype.kind != "bool":
        raise DTypeError(f"{name}: a mask is bool, got {mask.dtype.name}")
    shape = nd.broadcast_shapes(tuple(x.shape), tuple(mask.shape))
    return broadcast_to(x, shape), broadcast_to(mask, shape)


def masked_select(x: Operand, mask: Operand) -> Tensor:
    """The elements of x where the mask is true, in row-major order; both broadcast.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1, 5], [7, 2]])
    >>> ta.masked_select(x, x > 2)
    tensor([5, 7])
    """
    x, mask = _common(x, mask, "masked_select")
    return index(reshape(x, (-1,)), reshape(mask, (-1,)))


def masked_scatter(x: Operand, mask: Operand, source: Operand) -> Tensor:
    """x with the elements of `source`, one after the other, where the mask is true.

    Raises ShapeError if there are fewer of them than true elements.

    >>> import tiny_autograd as ta
    >>> mask = ta.tensor([True, False, True])
    >>> ta.masked_scatter(ta.zeros(3), mask, ta.tensor([5.0, 6.0, 7.0]))
    tensor([5., 0., 6.])
    """
    check_dtypes("masked_scatter", x, source)
    x, mask = _common(x, mask, "masked_scatter")
    needed = int(nd.count_nonzero(mask.array if isinstance(mask, Variable) else mask))
    if prod(source.shape) < needed:
        raise ShapeError(
            f"masked_scatter: source of shape {source.shape} has {prod(source.shape)} elements, "
            f"the mask is true {needed} times"
        )
    return setitem(x, reshape(source, (-1,))[:needed], mask)


def take(x: Operand, index: Operand) -> Tensor:
    """The elements of x, read as one row, at the positions `index`: of the shape of `index`.

    Raises IndexError for a position out of range; negative ones count from the end.

    >>> import tiny_autograd as ta
    >>> ta.take(ta.tensor([[4, 3, 5], [6, 7, 8]]), ta.tensor([0, 2, -1]))
    tensor([4, 5, 8])
    """
    return lookup(reshape(x, (-1,)), index, 0)


def put(x: Operand, index: Operand, source: Operand, accumulate: bool = False) -> Tensor:
    """x, read as one row, with `source` at the positions `index`; `accumulate` adds it instead.

    Raises ShapeError unless source has as many elements as index, DTypeError for another type.

    >>> import tiny_autograd as ta
    >>> ta.put(ta.zeros(2, 2), ta.tensor([1, 3]), ta.tensor([9.0, 10.0]))
    tensor([[ 0.,  9.],
            [ 0., 10.]])
    """
    if prod(index.shape) != prod(source.shape):
        raise ShapeError(
            f"put: source of shape {source.shape} and index of shape {index.shape}; "
            "they must have as many elements"
        )
    row, places = reshape(x, (-1,)), (reshape(index, (-1,)),)
    return reshape(index_put(row, places, reshape(source, (-1,)), accumulate), tuple(x.shape))


def fill_diagonal(x: Operand, fill_value: float, wrap: bool = False) -> Tensor:
    """x with a number on its main diagonal, which begins anew in a tall matrix with `wrap`.

    Raises ShapeError for fewer than 2 dimensions, and for more of different sizes.

    >>> import tiny_autograd as ta
    >>> ta.zeros(2, 2).fill_diagonal_(3)
    tensor([[3., 0.],
            [0., 3.]])
    """
    if x.ndim < 2 or (x.ndim > 2 and len(set(x.shape)) > 1):
        raise ShapeError(
            f"fill_diagonal: a matrix, or more dimensions of one size; got shape {x.shape}"
        )
    rows, columns = x.shape[0], x.shape[-1]
    step = sum(columns**i for i in range(x.ndim))
    size = prod(x.shape)
    stop = size if wrap or x.ndim > 2 else min(rows, columns) * columns
    written = setitem(reshape(x, (size,)), fill_value, slice(0, stop, step))
    return reshape(written, tuple(x.shape))
