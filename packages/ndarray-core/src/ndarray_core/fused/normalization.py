"""Normalisation to mean 0 and variance 1, or to mean square 1.

weight and bias may be None, which stands for 1 and 0; all operands that are given have one element
type, or are promoted. eps is added to the variance. In the gradients, means and deviations are
computed again from x, which costs less than to fetch them, but for `batch_norm`.

ShapeError where sizes do not fit.
"""

from __future__ import annotations

from math import prod

from .._core import NDArray
from ..elementwise.arithmetic import square
from ..elementwise.mathematics import sqrt
from ..manipulation import reshape
from ..reductions import mean, sum
from .definition import fused

__all__ = [
    "batch_norm",
    "batch_norm_gradient",
    "channel_affine",
    "channel_affine_gradient",
    "group_norm",
    "group_norm_gradient",
    "layer_norm",
    "layer_norm_gradient",
    "rms_norm",
    "rms_norm_gradient",
]

Gradients = tuple[NDArray | None, NDArray | None, NDArray | None]


@fused
def layer_norm(
    x: NDArray,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    /,
    *,
    axes: int = 1,
    eps: float = 1e-5,
) -> NDArray:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last `axes` axes.

    weight and bias have the sizes of these axes (Ba, Kiros, Hinton 2016).

    >>> nd.fused.layer_norm(nd.asarray([[1.0, 3.0], [5.0, 5.0]]), eps=3.0).tolist()
    [[-0.5, 0.5], [0.0, 0.0]]
    """
    last = tuple(range(-axes, 0))
    out = _standardized(x, last, eps)[0]
    if weight is not None:
        out = out * weight
    return out if bias is None else out + bias


@fused
def layer_norm_gradient(
    gradient: NDArray,
    x: NDArray,
    weight: NDArray | None,
    /,
    *,
    axes: int = 1,
    eps: float = 1e-5,
    needs: tuple[bool, bool, bool] = (True, True, True),
) -> Gradients:
    """The gradients of `layer_norm` for x, weight and bias.

    >>> gradient, x = nd.asarray([[1.0, 1.0]]), nd.asarray([[1.0, 3.0]])
    >>> [y.tolist() for y in nd.fused.layer_norm_gradient(gradient, x, None, eps=0.0)]
    [[[0.0, 0.0]], [-1.0, 1.0], [1.0, 1.0]]
    """
    last, rows = tuple(range(-axes, 0)), tuple(range(x.ndim - axes))
    normalized, rstd = _standardized(x, last, eps)
    scaled = gradient if weight is None else gradient * weight
    return (
        _through_standardized(scaled, normalized, rstd, last) if needs[0] else None,
        sum(gradient * normalized, axis=rows) if needs[1] else None,
        sum(gradient, axis=rows) if needs[2] else None,
    )


@fused
def rms_norm(
    x: NDArray, weight: NDArray | None = None, /, *, axes: int = 1, eps: float = 1e-5
) -> NDArray:
    """x / sqrt(mean of x^2 + eps) * weight over the last `axes` axes (Zhang and Sennrich 2019).

    >>> nd.fused.rms_norm(nd.asarray([1.0, 2.0, 2.0, 4.0]), eps=9.75).numpy().tolist()
    [0.25, 0.5, 0.5, 1.0]
    """
    last = tuple(range(-axes, 0))
    out = x / sqrt(mean(square(x), axis=last, keepdims=True) + eps)
    return out if weight is None else out * weight


@fused
def rms_norm_gradient(
    gradient: NDArray,
    x: NDArray,
    weight: NDArray | None,
    /,
    *,
    axes: int = 1,
    eps: float = 1e-5,
    needs: tuple[bool, bool] = (True, True),
) -> tuple[NDArray | None, NDArray | None]:
    """The gradients of `rms_norm` for x and weight.

    >>> gradient, x = nd.asarray([[1.0, 1.0]]), nd.asarray([[2.0, 2.0]])
    >>> [y.tolist() for y in nd.fused.rms_norm_gradient(gradient, x, None, eps=0.0)]
    [[[0.0, 0.0]], [1.0, 1.0]]
    """
    last, rows = tuple(range(-axes, 0)), tuple(range(x.ndim - axes))
    rstd = 1 / sqrt(mean(square(x), axis=last, keepdims=True) + eps)
    normalized = x * rstd
    scaled = gradient if weight is None else gradient * weight
    along = mean(scaled * normalized, axis=last, keepdims=True)
    return (
        (scaled - normalized * along) * rstd if needs[0] else None,
        sum(gradient * normalized, axis=rows) if needs[1] else None,
    )


@fused
def group_norm(
    x: NDArray,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    /,
    *,
    groups: int,
    eps: float = 1e-5,
) -> NDArray:
    """(x - mean) / sqrt(variance + eps) * weight + bias, for each sample and group of channels.

    x (N, C, ...), whose C channels are divided into `groups`; weight and bias (C) (Wu and He 2018).

    >>> x = nd.asarray([[1.0, 3.0, 5.0, 5.0]])
    >>> nd.fused.group_norm(x, groups=2, eps=1e-12).tolist()
    [[-1.0, 1.0, 0.0, 0.0]]
    """
    grouped = reshape(x, (x.shape[0], groups, x.shape[1] // groups, *x.shape[2:]))
    out = reshape(_standardized(grouped, tuple(range(2, grouped.ndim)), eps)[0], x.shape)
    return _scaled(out, weight, bias)


@fused
def group_norm_gradient(
    gradient: NDArray,
    x: NDArray,
    weight: NDArray | None,
    /,
    *,
    groups: int,
    eps: float = 1e-5,
    needs: tuple[bool, bool, bool] = (True, True, True),
) -> Gradients:
    """The gradients of `group_norm` for x, weight and bias.

    >>> gradient, x = nd.asarray([[1.0, 1.0]]), nd.asarray([[1.0, 3.0]])
    >>> [y.tolist() for y in nd.fused.group_norm_gradient(gradient, x, None, groups=1, eps=0.0)]
    [[[0.0, 0.0]], [-1.0, 1.0], [1.0, 1.0]]
    """
    shape = (x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    inside = tuple(range(2, len(shape)))
    normalized, rstd = _standardized(reshape(x, shape), inside, eps)
    scaled = reshape(_scaled(gradient, weight, None), shape)
    others = (0, *range(2, x.ndim))
    product = gradient * reshape(normalized, x.shape)
    of_x = _through_standardized(scaled, normalized, rstd, inside) if needs[0] else None
    return (
        None if of_x is None else reshape(of_x, x.shape),
        sum(product, axis=others) if needs[1] else None,
        sum(gradient, axis=others) if needs[2] else None,
    )


@fused
def batch_norm(
    x: NDArray,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    /,
    *,
    eps: float = 1e-5,
) -> tuple[NDArray, NDArray, NDArray]:
    """(x - mean) / sqrt(variance + eps) * weight + bias, for each channel; with mean and variance.

    x (N, C, ...), weight and bias (C) -> out (N, C, ...), mean (C), variance (C); the variance is
    that of the batch, divided by the number of values (Ioffe and Szegedy 2015, algorithm 1).

    >>> out, mean, variance = nd.fused.batch_norm(nd.asarray([[1.0], [3.0]]), eps=0.0)
    >>> out.tolist(), mean.tolist(), variance.tolist()
    ([[-1.0], [1.0]], [2.0], [1.0])
    """
    others = (0, *range(2, x.ndim))
    center = mean(x, axis=others, keepdims=True)
    centred = x - center
    variance = mean(square(centred), axis=others, keepdims=True)
    out = _scaled(centred / sqrt(variance + eps), weight, bias)
    return out, reshape(center, (-1,)), reshape(variance, (-1,))


@fused
def batch_norm_gradient(
    gradient: NDArray,
    x: NDArray,
    weight: NDArray | None,
    mean: NDArray,
    variance: NDArray,
    /,
    *,
    eps: float = 1e-5,
    needs: tuple[bool, bool, bool] = (True, True, True),
) -> Gradients:
    """The gradients of `batch_norm` for x, weight and bias. mean and variance are its results.

    >>> gradient, x = nd.asarray([[1.0], [1.0]]), nd.asarray([[1.0], [3.0]])
    >>> _, mean, variance = nd.fused.batch_norm(x, eps=0.0)
    >>> gradients = nd.fused.batch_norm_gradient(gradient, x, None, mean, variance, eps=0.0)
    >>> [y.tolist() for y in gradients]
    [[[0.0], [0.0]], [0.0], [2.0]]
    """
    others = (0, *range(2, x.ndim))
    along = (-1, *(1,) * (x.ndim - 2))
    rstd = 1 / sqrt(reshape(variance, along) + eps)
    normalized = (x - reshape(mean, along)) * rstd
    scaled = _scaled(gradient, weight, None)
    return (
        _through_standardized(scaled, normalized, rstd, others) if needs[0] else None,
        sum(gradient * normalized, axis=others) if needs[1] else None,
        sum(gradient, axis=others) if needs[2] else None,
    )


@fused
def channel_affine(x: NDArray, scale: NDArray, shift: NDArray, /) -> NDArray:
    """x * scale + shift, for each channel: batch normalisation with known statistics.

    x (N, C, ...), scale and shift (C) -> (N, C, ...)

    >>> x, scale, shift = nd.asarray([[1.0, 2.0]]), nd.asarray([2.0, 3.0]), nd.asarray([0.0, 1.0])
    >>> nd.fused.channel_affine(x, scale, shift).tolist()
    [[2.0, 7.0]]
    """
    return _scaled(x, scale, shift)


@fused
def channel_affine_gradient(
    gradient: NDArray,
    x: NDArray,
    scale: NDArray,
    /,
    *,
    needs: tuple[bool, bool, bool] = (True, True, True),
) -> Gradients:
    """The gradients of `channel_affine` for x, scale and shift.

    >>> gradient, x, scale = nd.asarray([[1.0]]), nd.asarray([[2.0]]), nd.asarray([3.0])
    >>> [y.tolist() for y in nd.fused.channel_affine_gradient(gradient, x, scale)]
    [[[3.0]], [2.0], [1.0]]
    """
    others = (0, *range(2, x.ndim))
    return (
        _scaled(gradient, scale, None) if needs[0] else None,
        sum(gradient * x, axis=others) if needs[1] else None,
        sum(gradient, axis=others) if needs[2] else None,
    )


def _standardized(x: NDArray, axes: tuple[int, ...], eps: float) -> tuple[NDArray, NDArray]:
    """x with mean 0 and variance 1 over the axes, and 1 / its standard deviation before."""
    centred = x - mean(x, axis=axes, keepdims=True)
    rstd = 1 / sqrt(mean(square(centred), axis=axes, keepdims=True) + eps)
    return centred * rstd, rstd


def _through_standardized(
    gradient: NDArray, normalized: NDArray, rstd: NDArray, axes: tuple[int, ...]
) -> NDArray:
    """The gradient for x of `_standardized(x)`, from that of its first result."""
    count = prod(gradient.shape[axis] for axis in axes)
    along_mean = sum(gradient, axis=axes, keepdims=True) / count
    along_x = sum(gradient * normalized, axis=axes, keepdims=True) / count
    return (gradient - along_mean - normalized * along_x) * rstd


def _scaled(x: NDArray, weight: NDArray | None, bias: NDArray | None) -> NDArray:
    """x (N, C, ...) times weight (C) plus bias (C)."""
    along = (-1, *(1,) * (x.ndim - 2))
    if weight is not None:
        x = x * reshape(weight, along)
    return x if bias is None else x + reshape(bias, along)
