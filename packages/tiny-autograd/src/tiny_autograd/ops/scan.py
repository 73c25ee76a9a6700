"""Running sums, products and extremes along a dimension."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import Count, Formula, Shape, normalize_dims
from ..op import Operand, op
from .arithmetic import where
from .conversion import astype
from .creation import ones_like, zeros_like
from .indexing import gather_elements
from .joining import concat, flip, narrow
from .reduction import axis, signed
from .transcendental import exp

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp"]


def _scan(flops: int = 1) -> Formula:
    def formula(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
        size = math.prod(shapes[0])
        return flops * size, size, size

    return formula


def _doublings(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    """A pass over all elements for each doubling of the distance that sums reach."""
    size = math.prod(shapes[0])
    lengths = [shapes[0][d] for d in normalize_dims(parameters["dim"], len(shapes[0]))]
    passes = max(lengths[0] - 1, 0).bit_length() if lengths else 0
    return 40 * passes * size, 2 * passes * size + size, passes * size + size


def _row(name: str, dim: int, x: NDArray) -> tuple[NDArray, int]:
    """x, with a dimension at least, and the one to go along."""
    over = axis(name, dim, x)
    return (x.reshape((1,)), 0) if over is None else (x, over)


@op(cost=_scan(), name="cumsum")
def cumsum_along(x: Operand, /, dim: int) -> NDArray:
    """`cumsum`, in the type of x.

    >>> import tiny_autograd as ta
    >>> ta.ops.cumsum_along(ta.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 3., 6.])
    """
    row, over = _row("cumsum", dim, x)
    return signed(nd.cumulative_sum(row, axis=over)).reshape(x.shape)


def _backwards(x: Operand, dim: int) -> Operand:
    """The sums from each element to the end."""
    return flip(cumsum_along(flip(x, dim), dim), dim)


cumsum_along.vjp(x=lambda g, dim: _backwards(g, dim))


def cumsum(x: Operand, dim: int, *, dtype: Any = None) -> Tensor:
    """out[i] = x[0] + ... + x[i] along `dim`; of integers and bools, an int64.

    `dtype` is a type to which x is converted first.

    >>> import tiny_autograd as ta
    >>> ta.cumsum(ta.tensor([[1, 2], [3, 4]]), dim=0)
    tensor([[1, 2],
            [4, 6]])
    """
    return cumsum_along(x if dtype is None else astype(x, dtype), dim)


@op(cost=_scan(), name="cumprod")
def cumprod_along(x: Operand, /, dim: int) -> NDArray:
    """`cumprod`, in the type of x.

    >>> import tiny_autograd as ta
    >>> ta.ops.cumprod_along(ta.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 2., 6.])
    """
    row, over = _row("cumprod", dim, x)
    return signed(nd.cumulative_prod(row, axis=over)).reshape(x.shape)


def _ahead(x: Operand, dim: int, by: int) -> Operand:
    """out[i] = x[i + by] along `dim`, and 0 where that is behind the end."""
    rest = narrow(x, dim, by, x.shape[dim] - by)
    return concat(rest, zeros_like(narrow(x, dim, 0, by)), dim=dim)


def _cumprod_gradient(g: Operand, x: Operand, out: Operand, x_shape: Shape, dim: int) -> Operand:
    # x[j] is multiplied with what is before it, and with s[j] = g[j] + x[j + 1] s[j + 1]. That
    # recurrence is solved by doubling its reach: without a division by x, which may be 0, and so
    # that it can be differentiated again.
    if not x_shape:
        return g
    length = x_shape[dim]
    if not length:
        return zeros_like(x)
    first = ones_like(narrow(out, dim, 0, 1))
    before = concat(first, narrow(out, dim, 0, length - 1), dim=dim)
    total, factor = g, x if length == 1 else _ahead(x, dim, 1)
    reach = 1
    while reach < length:
        total = total + factor * _ahead(total, dim, reach)
        factor = factor * _ahead(factor, dim, reach)
        reach *= 2
    return before * total


cumprod_along.vjp(x=_cumprod_gradient)


def cumprod(x: Operand, dim: int, *, dtype: Any = None) -> Tensor:
    """out[i] = x[0] * ... * x[i] along `dim`; of integers and bools, an int64.

    `dtype` is a type to which x is converted first.

    >>> import tiny_autograd as ta
    >>> ta.cumprod(ta.tensor([[1, 2], [3, 4]]), dim=1)
    tensor([[ 1,  2],
            [ 3, 12]])
    """
    return cumprod_along(x if dtype is None else astype(x, dtype), dim)


@op(cost=_doublings)
def logcumsumexp(x: Operand, /, dim: int) -> NDArray:
    """out[i] = log(exp(x[0]) + ... + exp(x[i])) along `dim`, without overflow on the way.

    >>> import tiny_autograd as ta
    >>> ta.logcumsumexp(ta.tensor([100.0, 100.0]), dim=0)
    tensor([100.0000, 100.6931])
    """
    row, over = _row("logcumsumexp", dim, x if x.dtype.kind == "float" else x.astype(nd.float32))
    length, before = row.shape[over], (slice(None),) * over
    reach = 1
    # Sums of neighbours that double in reach: no element is measured by one that is far larger and
    # only comes later.
    while reach < length:
        sums = nd.logaddexp(row[(*before, slice(reach, None))], row[(*before, slice(-reach))])
        row = nd.concat([row[(*before, slice(reach))], sums], axis=over)
        reach *= 2
    return row.reshape(x.shape)


def _logcumsumexp_gradient(g: Operand, x: Operand, out: Operand, dim: int) -> Operand:
    # The sum of g[i] exp(x[j] - out[i]) for i >= j. As in the forward direction, sums that double
    # in reach: here of g[i] exp(out[j] - out[i]), whose exponents are never positive.
    lowest = -1e30  # stands for minus infinity, whose difference to itself is no number
    level = where(out == -float("inf"), lowest, out)
    length = out.shape[dim] if out.ndim else 1
    total, reach = g, 1
    while reach < length:
        left = length - reach
        ratio = exp(narrow(level, dim, 0, left) - narrow(level, dim, reach, left))
        sums = narrow(total, dim, 0, left) + ratio * narrow(total, dim, reach, left)
        total = concat(sums, narrow(total, dim, left, reach), dim=dim)
        reach *= 2
    return exp(x - level) * total


logcumsumexp.vjp(x=_logcumsumexp_gradient)


class RunningExtremum(NamedTuple):
    """The extreme values so far, and their positions (the last of equals)."""

    values: Tensor
    indices: Tensor


def _last_positions(row: NDArray, extremes: NDArray, over: int) -> NDArray:
    """Where each running extreme was reached last; a NaN is an extreme wherever it stands."""
    reached = nd.logical_or(nd.equal(row, extremes), nd.not_equal(row, row))
    shape = [1] * row.ndim
    shape[over] = row.shape[over]
    places = nd.arange(row.shape[over], dtype=nd.int64, device=row.device).reshape(tuple(shape))
    return nd.cumulative_max(nd.where(reached, places, 0), axis=over)


@op(cost=_scan(4))
def cummax_positions(x: Operand, /, dim: int) -> NDArray:
    """The indices of `cummax`.

    >>> import tiny_autograd as ta
    >>> ta.ops.cummax_positions(ta.tensor([1, 3, 2, 3]), 0)
    tensor([0, 1, 1, 3])
    """
    row, over = _row("cummax", dim, x)
    return _last_positions(row, nd.cumulative_max(row, axis=over), over).reshape(x.shape)


@op(cost=_scan(4))
def cummin_positions(x: Operand, /, dim: int) -> NDArray:
    """The indices of `cummin`.

    >>> import tiny_autograd as ta
    >>> ta.ops.cummin_positions(ta.tensor([3, 1, 2, 1]), 0)
    tensor([0, 1, 1, 3])
    """
    row, over = _row("cummin", dim, x)
    return _last_positions(row, nd.cumulative_min(row, axis=over), over).reshape(x.shape)


cummax_positions.no_vjp()
cummin_positions.no_vjp()


def _at(x: Operand, positions: Operand, dim: int) -> RunningExtremum:
    return RunningExtremum(gather_elements(x, positions, dim) if x.ndim else x, positions)


def cummax(x: Operand, dim: int) -> RunningExtremum:
    """out[i] = max(x[0], ..., x[i]) along `dim`, and where that stands; NaN from a NaN on.

    Of equal elements the last one counts, and gets the gradient.

    >>> import tiny_autograd as ta
    >>> ta.cummax(ta.tensor([1, 3, 2, 4]), dim=0)
    RunningExtremum(values=tensor([1, 3, 3, 4]), indices=tensor([0, 1, 1, 3]))
    """
    return _at(x, cummax_positions(x, dim), dim)


def cummin(x: Operand, dim: int) -> RunningExtremum:
    """out[i] = min(x[0], ..., x[i]) along `dim`, and where that stands; NaN from a NaN on.

    As `cummax`, the other way round.

    >>> import tiny_autograd as ta
    >>> ta.cummin(ta.tensor([3, 1, 2, 0]), dim=0).values
    tensor([3, 1, 1, 0])
    """
    return _at(x, cummin_positions(x, dim), dim)
