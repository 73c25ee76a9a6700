"""Sliding windows, their gradient, and padding: what convolutions and pools are made of."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any, TypeAlias

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import ShapeError

from ..cost import Count, Shape, movement, normalize_dims, view
from ..op import Operand, op
from .indexing import getitem

Numbers: TypeAlias = tuple[int, ...]  # one for each windowed dimension


@op(cost=view)
def windows(
    x: Operand, /, dims: Numbers, sizes: Numbers, steps: Numbers, dilations: Numbers
) -> Operand:
    """A view of all windows over `dims`.

    Each of `dims` shrinks to its number of window positions, `steps` apart, and a last dimension
    is added for each that walks through a window: of `sizes` elements, `dilations` apart. Raises
    ShapeError when a window does not fit.

    >>> import tiny_autograd as ta
    >>> ta.ops.windows(ta.arange(5), (0,), (3,), (2,), (1,))
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    for dim, size, step, dilation in zip(dims, sizes, steps, dilations, strict=True):
        x = x.windows(dim, size, step, dilation)
    return x


def _fold_cost(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    added = prod(shapes[0])
    return added, 2 * added, added + prod(parameters["shape"])


@op(cost=_fold_cost)
def fold_windows(
    x: Operand,
    /,
    shape: Shape,
    dims: Numbers,
    sizes: Numbers,
    steps: Numbers,
    dilations: Numbers,
) -> NDArray:
    """Windows laid back to where `windows` took them from a tensor of `shape`; overlaps add up.

    >>> import tiny_autograd as ta
    >>> ta.ops.fold_windows(ta.ones(2, 3), (5,), (0,), (3,), (2,), (1,))
    tensor([1., 1., 2., 1., 1.])
    """
    ndim = len(shape)
    at = normalize_dims(dims, ndim)
    out = nd.zeros(shape, dtype=x.dtype, device=x.device)
    # One strided addition for each place inside a window, over all windows at once.
    for place in product(*(range(size) for size in sizes)):
        key = [slice(None)] * ndim
        for dim, i, step, dilation in zip(at, place, steps, dilations, strict=True):
            start = i * dilation
            key[dim] = slice(start, start + step * (x.shape[dim] - 1) + 1, step)
        target = out[tuple(key)]
        target += x[(..., *place)]
    return out


windows.vjp(
    x=lambda g, x_shape, dims, sizes, steps, dilations: fold_windows(
        g, x_shape, dims, sizes, steps, dilations
    ),
)
fold_windows.vjp(
    x=lambda g, dims, sizes, steps, dilations: windows(g, dims, sizes, steps, dilations),
)


def _padded_shape(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Shape:
    widths = parameters["widths"]
    return tuple(n + a + b for n, (a, b) in zip(shapes[0], widths, strict=True))


@op(cost=movement(_padded_shape))
def pad_constant(x: Operand, /, widths: tuple[tuple[int, int], ...], value: float = 0.0) -> NDArray:
    """x with `value` before and behind each dimension, as many as `widths` says.

    Raises ShapeError unless there is a pair of numbers, not negative, for each dimension.

    >>> import tiny_autograd as ta
    >>> ta.ops.pad_constant(ta.ones(2), ((1, 2),))
    tensor([0., 1., 1., 0., 0.])
    """
    if len(widths) != x.ndim or any(n < 0 for pair in widths for n in pair):
        raise ShapeError(
            f"pad_constant: {widths} for shape {x.shape}: expected a pair (before, behind) of "
            "numbers >= 0 for each dimension"
        )
    return nd.pad(x, widths, constant_value=value)


pad_constant.vjp(
    x=lambda g, widths, x_shape: getitem(
        g, tuple(slice(a, a + n) for (a, _), n in zip(widths, x_shape, strict=True))
    ),
)
