"""Convolutions (cross-correlations) over any number of spatial axes, and their gradients.

There are three, and each one's gradients are the other two: y = `convolution(x, weight)`,
x' = `transposed_convolution(y, weight)`, and weight' = `convolution_weight_gradient(y, x)`, each of
which is linear in both operands (Dumoulin and Visin 2016, "A guide to convolution arithmetic").

All take, with one entry for each spatial axis, `stride`, how far apart windows lie; `padding`, a
pair of how many zeros lie before and behind; `dilation`, how far apart the elements that a window
sees lie; and `groups`: output channels see only their own part of the input's channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from .._core import NDArray
from ..creation import zeros
from ..dtypes import result_type
from ..linalg.products import matmul
from ..manipulation import permute_dims, reshape, windows
from ..padding import pad
from .definition import fused

__all__ = ["convolution", "convolution_weight_gradient", "transposed_convolution"]

Numbers = Sequence[int]
Pairs = Sequence[tuple[int, int]]


def _columns(
    x: NDArray, size: Numbers, stride: Numbers, padding: Pairs, dilation: Numbers, groups: int
) -> NDArray:
    """What windows of `size` see: (groups, channels of one and window elements, N and places)."""
    count = len(size)
    if any(any(pair) for pair in padding):
        x = pad(x, ((0, 0), (0, 0), *padding))
    for axis, (length, step, apart) in enumerate(zip(size, stride, dilation, strict=True), 2):
        x = windows(x, axis, length, step, apart)  # (N, C, *places, *window)
    places, inside = range(2, 2 + count), range(2 + count, 2 + 2 * count)
    terms = x.shape[1] // groups * prod(size)
    return reshape(permute_dims(x, (1, *inside, 0, *places)), (groups, terms, -1))


def _rows(x: NDArray, groups: int) -> NDArray:
    """(N, C, *places) as (groups, channels of one, N and places)."""
    first = permute_dims(x, (1, 0, *range(2, x.ndim)))
    return reshape(first, (groups, x.shape[1] // groups, -1))


@fused
def convolution(
    x: NDArray,
    weight: NDArray,
    /,
    *,
    stride: Numbers,
    padding: Pairs,
    dilation: Numbers,
    groups: int = 1,
) -> NDArray:
    """Each window of x times the weight, summed.

    x: (N, C, *sizes); weight: (O, C / groups, *window) -> (N, O, *places), where there are
    floor((size + before + behind - dilation (window - 1) - 1) / stride) + 1 places along an axis.
    ShapeError when sizes do not fit.

    >>> x, weight = nd.asarray([[[1.0, 2.0, 4.0]]]), nd.asarray([[[1.0, 10.0]]])
    >>> nd.fused.convolution(x, weight, stride=(1,), padding=((0, 1),), dilation=(1,)).tolist()
    [[[21.0, 42.0, 4.0]]]
    """
    size = weight.shape[2:]
    columns = _columns(x, size, stride, padding, dilation, groups)
    matrices = reshape(weight, (groups, weight.shape[0] // groups, columns.shape[1]))
    places = [
        (length + sum(pair) - apart * (reach - 1) - 1) // step + 1
        for length, pair, apart, reach, step in zip(
            x.shape[2:], padding, dilation, size, stride, strict=True
        )
    ]
    out = reshape(matmul(matrices, columns), (weight.shape[0], x.shape[0], *places))
    return permute_dims(out, (1, 0, *range(2, x.ndim)))


@fused
def transposed_convolution(
    x: NDArray,
    weight: NDArray,
    /,
    *,
    size: Numbers,
    stride: Numbers,
    padding: Pairs,
    dilation: Numbers,
    groups: int = 1,
) -> NDArray:
    """Each element of x adds the weight, times it, to a window of the result.

    x: (N, O, *places); weight: (O, C / groups, *window) -> (N, C, *size), where a convolution of
    (N, C, *size) makes something of x's shape; ShapeError if it does not. This is that
    convolution's gradient for its operand.

    >>> x, weight = nd.asarray([[[1.0, 2.0]]]), nd.asarray([[[1.0, 10.0]]])
    >>> nd.fused.transposed_convolution(
    ...     x, weight, size=(3,), stride=(1,), padding=((0, 0),), dilation=(1,)).tolist()
    [[[1.0, 12.0, 20.0]]]
    """
    window, places = weight.shape[2:], x.shape[2:]
    terms = weight.shape[1] * prod(window)
    matrices = reshape(weight, (groups, weight.shape[0] // groups, terms))
    parts = reshape(
        matmul(permute_dims(matrices, (0, 2, 1)), _rows(x, groups)),
        (weight.shape[1] * groups, *window, x.shape[0], *places),
    )
    padded = [n + sum(pair) for n, pair in zip(size, padding, strict=True)]
    out = zeros(
        (x.shape[0], parts.shape[0], *padded),
        dtype=result_type(x, weight),
        device=x.device,
    )
    first = permute_dims(out, (1, 0, *range(2, x.ndim)))  # (C, N, *padded), the same memory
    for place in product(*map(range, window)):
        seen = [
            slice(i * apart, i * apart + step * (count - 1) + 1, step)
            for i, apart, step, count in zip(place, dilation, stride, places, strict=True)
        ]
        target = first[(..., *seen)]
        target += parts[(slice(None), *place)]
    inside = [slice(pair[0], pair[0] + n) for n, pair in zip(size, padding, strict=True)]
    return out[(..., *inside)]


@fused
def convolution_weight_gradient(
    gradient: NDArray,
    x: NDArray,
    /,
    *,
    size: Numbers,
    stride: Numbers,
    padding: Pairs,
    dilation: Numbers,
    groups: int = 1,
) -> NDArray:
    """Each window of x times the gradient at its place, summed: a convolution's gradient for its
    weight.

    gradient: (N, O, *places); x: (N, C, *sizes); size: the windows' -> (O, C / groups, *size).
    ShapeError unless a convolution of x with such windows makes something of the gradient's shape.

    >>> gradient, x = nd.asarray([[[1.0, 10.0]]]), nd.asarray([[[1.0, 2.0, 4.0]]])
    >>> nd.fused.convolution_weight_gradient(
    ...     gradient, x, size=(2,), stride=(1,), padding=((0, 0),), dilation=(1,)).tolist()
    [[[21.0, 42.0]]]
    """
    columns = _columns(x, size, stride, padding, dilation, groups)
    products = matmul(_rows(gradient, groups), permute_dims(columns, (0, 2, 1)))
    return reshape(products, (gradient.shape[1], x.shape[1] // groups, *size))
