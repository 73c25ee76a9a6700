"""Pools: the largest element, or the mean, of every window over the last axes.

All take, with one entry for each windowed axis, `size`, the windows'; `stride`, how far apart they
lie; `padding`, by how much the first one starts before the array, and what counts as padding behind
it; and `places`, how many windows there are. Windows may reach beyond the padding. ShapeError
unless each of them sees something of the array.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from .._core import NDArray
from ..creation import arange, asarray, zeros
from ..dtypes import int32, int64, result_type
from ..indexing import scatter_add, take_along_axis
from ..manipulation import broadcast_to, expand_dims, reshape, squeeze, windows
from ..padding import pad
from ..reductions import argmax, sum
from .definition import fused

__all__ = ["avg_pool", "avg_pool_gradient", "max_pool", "max_pool_gradient"]

Numbers = Sequence[int]


def _seen(
    x: NDArray,
    size: Numbers,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    places: Numbers,
    fill: float,
) -> NDArray:
    """(..., *places, *size): what the windows see; `fill` around the array."""
    count = len(size)
    widths, needed = [], []
    for n, k, s, p, d, o in zip(
        x.shape[-count:], size, stride, padding, dilation, places, strict=True
    ):
        end = (o - 1) * s + d * (k - 1) + 1  # from the start of the padding
        widths.append((p, max(0, end - p - n)))
        needed.append(slice(end))
    x = pad(x, ((0, 0),) * (x.ndim - count) + tuple(widths), constant_value=fill)
    x = x[(..., *needed)]
    for axis, (k, s, d) in enumerate(zip(size, stride, dilation, strict=True), x.ndim - count):
        x = windows(x, axis, k, s, d)
    return x


@fused
def max_pool(
    x: NDArray,
    /,
    *,
    size: Numbers,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    places: Numbers,
) -> tuple[NDArray, NDArray]:
    """The largest element of each window, and its position: the first of equal ones; a NaN wins.

    x: (..., *sizes) -> (..., *places) and the same of int32, which count through the windowed axes
    in row-major order (of int64 for 2^31 elements and more). dilation: how far apart the elements
    that a window sees lie.

    >>> x = nd.asarray([1.0, 3.0, 2.0, 0.0])
    >>> values, positions = nd.fused.max_pool(
    ...     x, size=(2,), stride=(2,), padding=(0,), dilation=(1,), places=(2,))
    >>> values.tolist(), positions.tolist()
    ([3.0, 2.0], [1, 2])
    """
    count, sizes = len(size), x.shape[x.ndim - len(size) :]
    seen = _seen(x, size, stride, padding, dilation, places, -float("inf"))
    flat = reshape(seen, (*seen.shape[:-count], prod(size)))
    chosen = argmax(flat, axis=-1, keepdims=True)
    dtype = int32 if prod(sizes) < 2**31 else int64
    numbers = reshape(arange(prod(sizes), dtype=dtype, device=x.device), sizes)
    sources = reshape(
        _seen(numbers, size, stride, padding, dilation, places, 0), (*places, prod(size))
    )
    positions = take_along_axis(broadcast_to(sources, flat.shape), chosen, axis=-1)
    return (
        squeeze(take_along_axis(flat, chosen, axis=-1), axis=-1),
        squeeze(positions, axis=-1),
    )


@fused
def max_pool_gradient(
    gradient: NDArray, x: NDArray, positions: NDArray, /, *, size: Numbers
) -> NDArray:
    """The gradient of `max_pool` for x: each element of the gradient, added at its position.

    gradient, positions: (..., *places); x: (..., *sizes). IndexError for positions out of range,
    DTypeError for positions of another type than `max_pool` gives.

    >>> gradient, positions = nd.asarray([1.0, 10.0]), nd.asarray([2, 2], dtype=nd.int32)
    >>> nd.fused.max_pool_gradient(gradient, nd.zeros(4), positions, size=(3,)).tolist()
    [0.0, 0.0, 11.0, 0.0]
    """
    leading = x.shape[: x.ndim - len(size)]
    result = zeros(
        (*leading, prod(x.shape[x.ndim - len(size) :])), dtype=gradient.dtype, device=x.device
    )
    shape = (*leading, prod(gradient.shape[len(leading) :]))
    scatter_add(result, reshape(positions, shape), reshape(gradient, shape), axis=-1)
    return reshape(result, x.shape)


def _counts(
    x: NDArray,
    size: Numbers,
    stride: Numbers,
    padding: Numbers,
    places: Numbers,
    count_include_pad: bool,
    divisor: int | None,
) -> NDArray | int:
    """How many elements the mean at each place is taken of, of shape `places`; or the divisor."""
    if divisor is not None:
        return divisor
    counts = asarray(1, dtype=x.dtype, device=x.device)
    sizes = x.shape[x.ndim - len(size) :]
    for n, k, s, p, o in zip(sizes, size, stride, padding, places, strict=True):
        margin = p if count_include_pad else 0
        along = [min(i * s - p + k, n + margin) - max(i * s - p, -margin) for i in range(o)]
        counts = expand_dims(counts, axis=-1) * asarray(along, dtype=x.dtype, device=x.device)
    return counts


@fused
def avg_pool(
    x: NDArray,
    /,
    *,
    size: Numbers,
    stride: Numbers,
    padding: Numbers,
    places: Numbers,
    count_include_pad: bool = True,
    divisor: int | None = None,
) -> NDArray:
    """The mean of each window. x: (..., *sizes) -> (..., *places).

    Padding counts as elements, zeros, unless `count_include_pad` is false; what lies beyond never
    does. divisor: what sums are divided by instead of the number of elements.

    >>> nd.fused.avg_pool(nd.asarray([1.0, 3.0, 2.0]), size=(2,), stride=(2,), padding=(1,),
    ...     places=(2,)).tolist()
    [0.5, 2.5]
    """
    seen = _seen(x, size, stride, padding, (1,) * len(size), places, 0)
    total = sum(seen, axis=tuple(range(-len(size), 0)))
    return total / _counts(x, size, stride, padding, places, count_include_pad, divisor)


@fused
def avg_pool_gradient(
    gradient: NDArray,
    x: NDArray,
    /,
    *,
    size: Numbers,
    stride: Numbers,
    padding: Numbers,
    places: Numbers,
    count_include_pad: bool = True,
    divisor: int | None = None,
) -> NDArray:
    """The gradient of `avg_pool` for x, of which only the shape matters: shares, added up.

    >>> nd.fused.avg_pool_gradient(nd.asarray([2.0, 4.0]), nd.zeros(3), size=(2,), stride=(1,),
    ...     padding=(0,), places=(2,)).tolist()
    [1.0, 3.0, 2.0]
    """
    shares = gradient / _counts(x, size, stride, padding, places, count_include_pad, divisor)
    leading, sizes = x.shape[: x.ndim - len(size)], x.shape[x.ndim - len(size) :]
    reached = [
        max(p + n, (o - 1) * s + k)
        for n, k, s, p, o in zip(sizes, size, stride, padding, places, strict=True)
    ]
    result = zeros((*leading, *reached), dtype=result_type(gradient, x), device=x.device)
    for place in product(*map(range, size)):
        ends = [
            slice(i, i + s * (o - 1) + 1, s) for i, s, o in zip(place, stride, places, strict=True)
        ]
        target = result[(..., *ends)]
        target += shares
    return result[(..., *(slice(p, p + n) for p, n in zip(padding, sizes, strict=True)))]
