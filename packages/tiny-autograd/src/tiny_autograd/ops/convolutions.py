"""Convolutions: three operations, each of which is the gradient of the other two.

Their parameters have an entry for each spatial dimension, as `ndarray_core.fused.convolution` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, TypeAlias

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import Count, Shape
from ..op import Operand, op

Numbers: TypeAlias = tuple[int, ...]
Pairs: TypeAlias = tuple[tuple[int, int], ...]


def _cost(out: Shape, images: Shape, weight: Shape, places: Numbers, read: int) -> Count:
    """Every place of an image meets the whole weight once."""
    return 2 * images[0] * prod(places) * prod(weight), read, prod(out)


def _convolution_cost(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    x, weight = shapes
    places = tuple(
        (n + sum(pair) - apart * (size - 1) - 1) // step + 1
        for n, pair, apart, size, step in zip(
            x[2:],
            parameters["padding"],
            parameters["dilation"],
            weight[2:],
            parameters["stride"],
            strict=True,
        )
    )
    return _cost((x[0], weight[0], *places), x, weight, places, prod(x) + prod(weight))


def _transposed_cost(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    x, weight = shapes
    out = (x[0], weight[1] * parameters["groups"], *parameters["size"])
    return _cost(out, x, weight, x[2:], prod(x) + prod(weight))


def _weight_gradient_cost(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    gradient, x = shapes
    out = (gradient[1], x[1] // parameters["groups"], *parameters["size"])
    return _cost(out, x, out, gradient[2:], prod(gradient) + prod(x))


@op(cost=_convolution_cost)
def convolution(
    x: Operand,
    weight: Operand,
    /,
    stride: Numbers,
    padding: Pairs,
    dilation: Numbers,
    groups: int,
) -> NDArray:
    """Each window of x (N, C, ...) times the weight (O, C / groups, ...), summed.

    >>> import tiny_autograd as ta
    >>> x, weight = ta.tensor([[[1.0, 2.0, 4.0]]]), ta.tensor([[[1.0, 10.0]]])
    >>> ta.ops.convolution(x, weight, (1,), ((0, 0),), (1,), 1)
    tensor([[[21., 42.]]])
    """
    return nd.fused.convolution(
        x, weight, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


@op(cost=_transposed_cost)
def transposed_convolution(
    x: Operand,
    weight: Operand,
    /,
    size: Numbers,
    stride: Numbers,
    padding: Pairs,
    dilation: Numbers,
    groups: int,
) -> NDArray:
    """Each element of x (N, O, ...) adds the weight, times it, to a window of (N, C, *size).

    >>> import tiny_autograd as ta
    >>> x, weight = ta.tensor([[[1.0, 2.0]]]), ta.tensor([[[1.0, 10.0]]])
    >>> ta.ops.transposed_convolution(x, weight, (3,), (1,), ((0, 0),), (1,), 1)
    tensor([[[ 1., 12., 20.]]])
    """
    return nd.fused.transposed_convolution(
        x, weight, size=size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


@op(cost=_weight_gradient_cost)
def convolution_weight_gradient(
    gradient: Operand,
    x: Operand,
    /,
    size: Numbers,
    stride: Numbers,
    padding: Pairs,
    dilation: Numbers,
    groups: int,
) -> NDArray:
    """Each window, of `size`, of x (N, C, ...) times the gradient (N, O, ...) there, summed.

    >>> import tiny_autograd as ta
    >>> gradient, x = ta.tensor([[[1.0, 10.0]]]), ta.tensor([[[1.0, 2.0, 4.0]]])
    >>> ta.ops.convolution_weight_gradient(gradient, x, (2,), (1,), ((0, 0),), (1,), 1)
    tensor([[[21., 42.]]])
    """
    return nd.fused.convolution_weight_gradient(
        gradient, x, size=size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


convolution.vjp(
    x=lambda g, x_shape, weight, stride, padding, dilation, groups: transposed_convolution(
        g, weight, x_shape[2:], stride, padding, dilation, groups
    ),
    weight=lambda g, x, weight_shape, stride, padding, dilation, groups: (
        convolution_weight_gradient(g, x, weight_shape[2:], stride, padding, dilation, groups)
    ),
)
transposed_convolution.vjp(
    x=lambda g, weight, stride, padding, dilation, groups: convolution(
        g, weight, stride, padding, dilation, groups
    ),
    weight=lambda g, x, weight_shape, stride, padding, dilation, groups: (
        convolution_weight_gradient(x, g, weight_shape[2:], stride, padding, dilation, groups)
    ),
)
convolution_weight_gradient.vjp(
    gradient=lambda g, x, stride, padding, dilation, groups: convolution(
        x, g, stride, padding, dilation, groups
    ),
    x=lambda g, gradient, x_shape, stride, padding, dilation, groups: transposed_convolution(
        gradient, g, x_shape[2:], stride, padding, dilation, groups
    ),
)
