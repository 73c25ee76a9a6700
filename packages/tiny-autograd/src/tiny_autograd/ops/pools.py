"""Pools over windows of the last dimensions: the largest elements, and means.

Parameters have an entry for each windowed dimension, as `ndarray_core.fused.max_pool` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import ndarray_core as nd

from ..cost import Count, Shape
from ..fused import fused
from ..variable import wrap
from .indexing import getitem
from .reduction import sum
from .selection import max
from .shape import reshape
from .windows import pad_constant, windows

if TYPE_CHECKING:
    from ..tensor import Tensor

Numbers: TypeAlias = tuple[int, ...]


def _cost(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    (x,), places, size = shapes, parameters["places"], parameters["size"]
    out = prod(x[: len(x) - len(size)]) * prod(places)
    return out * prod(size), prod(x), out


def _seen(
    x: Tensor,
    size: Numbers,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    places: Numbers,
    fill: float,
) -> Tensor:
    """(..., *places, *size): what the windows see; `fill` around the tensor."""
    first = x.ndim - len(size)
    reached = [
        (o - 1) * s + d * (k - 1) + 1
        for k, s, d, o in zip(size, stride, dilation, places, strict=True)
    ]
    behind = [
        r - p - n if r > p + n else 0
        for r, p, n in zip(reached, padding, x.shape[first:], strict=True)
    ]
    widths = ((0, 0),) * first + tuple(zip(padding, behind, strict=True))
    padded = pad_constant(x, widths, fill) if any(map(any, widths)) else x
    inside = getitem(padded, (..., *(slice(r) for r in reached)))
    return windows(inside, tuple(range(first, x.ndim)), size, stride, dilation)


@fused(
    nd.fused.max_pool,
    gradient=nd.fused.max_pool_gradient,
    extras=("positions",),
    cost=_cost,
)
def max_pool(
    x: Tensor,
    /,
    *,
    size: Numbers,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    places: Numbers,
) -> Tensor:
    """The largest element of each window; the first of equal ones gets the gradient.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([1.0, 3.0, 2.0, 0.0])
    >>> ta.ops.max_pool(x, size=(2,), stride=(2,), padding=(0,), dilation=(1,), places=(2,))
    tensor([3., 2.])
    """
    seen = _seen(x, size, stride, padding, dilation, places, -float("inf"))
    return max(reshape(seen, (*seen.shape[: -len(size)], -1)), -1)[0]


@fused(nd.fused.avg_pool, gradient=nd.fused.avg_pool_gradient, cost=_cost)
def avg_pool(
    x: Tensor,
    /,
    *,
    size: Numbers,
    stride: Numbers,
    padding: Numbers,
    places: Numbers,
    count_include_pad: bool,
    divisor: int | None,
) -> Tensor:
    """The mean of each window: its sum, divided by the divisor or by the number of elements.

    >>> import tiny_autograd as ta
    >>> ta.ops.avg_pool(ta.tensor([1.0, 3.0, 2.0]), size=(2,), stride=(1,), padding=(0,),
    ...     places=(2,), count_include_pad=True, divisor=None)
    tensor([2.0000, 2.5000])
    """
    inside, once = tuple(range(-len(size), 0)), (1,) * len(size)
    total = sum(_seen(x, size, stride, padding, once, places, 0.0), inside)
    if divisor is not None:
        return total / divisor
    counted = wrap(nd.ones(x.shape[-len(size) :], dtype=x.dtype, device=x.device))
    if count_include_pad:
        counted = pad_constant(counted, tuple((p, p) for p in padding), 1.0)
        padding = (0,) * len(size)
    return total / sum(_seen(counted, size, stride, padding, once, places, 0.0), inside)
