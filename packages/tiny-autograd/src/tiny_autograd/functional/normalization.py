"""Normalisation to mean 0 and variance 1, and of vectors to length 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import ShapeError

from .. import ops
from ..cost import Count, Shape
from ..fused import fused
from ..grad_mode import no_grad
from ..variable import wrap
from .arguments import require_tensors, require_tensors_or_none

if TYPE_CHECKING:
    from ..tensor import Tensor

# Is told mean and variance of each channel.
Statistics: TypeAlias = Callable[[NDArray, NDArray], None]


def _check_channels(function: str, input: Tensor, **tensors: Tensor | None) -> None:
    if input.ndim < 2:
        raise ShapeError(f"{function}: expected (N, C, ...), got shape {input.shape}")
    for name, tensor in tensors.items():
        if tensor is not None and tensor.shape != (input.shape[1],):
            raise ShapeError(
                f"{function}: {name} of shape {tensor.shape} for the {input.shape[1]} channels "
                f"of input {input.shape}"
            )


def _cost(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    size = prod(shapes[0])
    return 8 * size, sum(map(prod, shapes)), size


def _scaled(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """x times weight plus bias, which broadcast; None stands for 1 and 0."""
    if weight is not None:
        x = x * weight
    return x if bias is None else x + bias


def _scaled_channels(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """x (N, C, ...) times weight (C) plus bias (C)."""
    along = (-1,) + (1,) * (x.ndim - 2)
    weight, bias = (None if v is None else ops.reshape(v, along) for v in (weight, bias))
    return _scaled(x, weight, bias)


def _standardized(x: Tensor, dims: tuple[int, ...], eps: float) -> Tensor:
    """x with mean 0 and variance 1 over `dims`."""
    centred = x - ops.mean(x, dims, True)
    variance = ops.mean(ops.square(centred), dims, True)
    return centred * ops.rsqrt(variance + eps)


@fused(nd.fused.layer_norm, gradient=nd.fused.layer_norm_gradient, cost=_cost)
def _layer_norm(x: Tensor, weight: Any, bias: Any, /, *, axes: int, eps: float) -> Tensor:
    return _scaled(_standardized(x, tuple(range(-axes, 0)), eps), weight, bias)


@fused(nd.fused.rms_norm, gradient=nd.fused.rms_norm_gradient, cost=_cost)
def _rms_norm(x: Tensor, weight: Any, /, *, axes: int, eps: float) -> Tensor:
    mean_square = ops.mean(ops.square(x), tuple(range(-axes, 0)), True)
    return _scaled(x * ops.rsqrt(mean_square + eps), weight, None)


@fused(nd.fused.group_norm, gradient=nd.fused.group_norm_gradient, cost=_cost)
def _group_norm(x: Tensor, weight: Any, bias: Any, /, *, groups: int, eps: float) -> Tensor:
    grouped = ops.reshape(x, (x.shape[0], groups, x.shape[1] // groups, *x.shape[2:]))
    out = ops.reshape(_standardized(grouped, tuple(range(2, grouped.ndim)), eps), x.shape)
    return _scaled_channels(out, weight, bias)


def _batch_norm_kernel(
    x: NDArray, weight: NDArray | None, bias: NDArray | None, /, *, eps: float, seen: Statistics
) -> tuple[NDArray, NDArray, NDArray]:
    out, mean, variance = nd.fused.batch_norm(x, weight, bias, eps=eps)
    seen(mean, variance)
    return out, mean, variance


@fused(
    _batch_norm_kernel,
    gradient=nd.fused.batch_norm_gradient,
    extras=["mean", "variance"],
    cost=_cost,
)
def _batch_norm(x: Tensor, weight: Any, bias: Any, /, *, eps: float, seen: Statistics) -> Tensor:
    return _scaled_channels(_standardized(x, (0, *range(2, x.ndim)), eps), weight, bias)


@fused(nd.fused.channel_affine, gradient=nd.fused.channel_affine_gradient, cost=_cost)
def _channel_affine(x: Tensor, scale: Tensor, shift: Tensor, /) -> Tensor:
    return _scaled_channels(x, scale, shift)


def _last_axes(
    function: str,
    input: Tensor,
    normalized_shape: int | Sequence[int],
    **tensors: Tensor | None,
) -> int:
    """How many of the last dimensions have the sizes `normalized_shape`, as the tensors have."""
    given = normalized_shape
    shape = (given,) if isinstance(given, int) else tuple(given)
    if not shape or input.shape[-len(shape) :] != shape:
        raise ShapeError(f"{function}: input {input.shape} does not end in {shape}")
    for name, tensor in tensors.items():
        if tensor is not None and tensor.shape != shape:
            raise ShapeError(f"{function}: {name} {tensor.shape} must have the shape {shape}")
    return len(shape)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias, per channel (Ioffe & Szegedy 2015).

    input: (N, C, ...); the others (C) or None. In training mean and (biased) variance are those of
    the batch, and the running ones move towards them by `momentum`, in place; the running variance
    takes the unbiased one. Else the running ones are used. Raises ShapeError when sizes do not fit,
    ValueError for a batch with one value per channel, or without running values to use.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1.0], [3.0]])
    >>> ta.functional.batch_norm(x, None, None, training=True, eps=0.0)
    tensor([[-1.],
            [ 1.]])
    """
    require_tensors("batch_norm", input=input)
    require_tensors_or_none(
        "batch_norm", running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    _check_channels(
        "batch_norm",
        input,
        running_mean=running_mean,
        running_var=running_var,
        weight=weight,
        bias=bias,
    )
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm: running_mean and running_var are needed unless training")
        # All per channel: one multiplication and one addition over the input are left.
        scale = ops.rsqrt(running_var + eps)
        if weight is not None:
            scale = scale * weight
        shift = -running_mean * scale
        return _channel_affine(input, scale, shift if bias is None else shift + bias)

    count = input.numel() // max(1, input.shape[1])
    if count < 2:
        raise ValueError(
            f"batch_norm: in training more than one value per channel is needed, got {input.shape}"
        )

    def update_running(mean: NDArray, variance: NDArray) -> None:
        with no_grad():
            if running_mean is not None:
                running_mean.lerp_(wrap(mean.astype(running_mean.dtype)), momentum)
            if running_var is not None:
                unbiased = variance * (count / (count - 1))
                running_var.lerp_(wrap(unbiased.astype(running_var.dtype)), momentum)

    return _batch_norm(input, weight, bias, eps=eps, seen=update_running)


def layer_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last dimensions (Ba et al. 2016).

    normalized_shape: their sizes, which weight and bias share. Raises ShapeError otherwise.

    >>> import tiny_autograd as ta
    >>> ta.functional.layer_norm(ta.tensor([[1.0, 3.0]]), 2, eps=0.0)
    tensor([[-1.,  1.]])
    """
    require_tensors("layer_norm", input=input)
    require_tensors_or_none("layer_norm", weight=weight, bias=bias)
    axes = _last_axes("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    return _layer_norm(input, weight, bias, axes=axes, eps=eps)


def rms_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """x / sqrt(mean of x^2 + eps) * weight over the last dimensions (Zhang and Sennrich 2019).

    normalized_shape: their sizes, which weight shares. eps: the machine epsilon of the input's type
    when left out. Raises ShapeError otherwise.

    >>> import tiny_autograd as ta
    >>> ta.functional.rms_norm(ta.tensor([[3.0, 4.0, 0.0, 0.0]]), 4)
    tensor([[1.2000, 1.6000, 0.0000, 0.0000]])
    """
    require_tensors("rms_norm", input=input)
    require_tensors_or_none("rms_norm", weight=weight)
    axes = _last_axes("rms_norm", input, normalized_shape, weight=weight)
    added = float(nd.finfo(input.dtype).eps) if eps is None else eps
    return _rms_norm(input, weight, axes=axes, eps=added)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias, per sample and group (Wu and He 2018).

    input: (N, C, ...), whose channels are divided into `num_groups`; weight and bias: (C) or None.
    Raises ShapeError when sizes do not fit, ValueError for groups that do not divide the channels.

    >>> import tiny_autograd as ta
    >>> ta.functional.group_norm(ta.tensor([[1.0, 3.0, 5.0, 5.0]]), 2, eps=1e-12)
    tensor([[-1.,  1.,  0.,  0.]])
    """
    require_tensors("group_norm", input=input)
    require_tensors_or_none("group_norm", weight=weight, bias=bias)
    _check_channels("group_norm", input, weight=weight, bias=bias)
    channels = input.shape[1]
    if num_groups < 1 or channels % num_groups:
        raise ValueError(
            f"group_norm: {num_groups} groups do not divide the {channels} channels of input "
            f"{input.shape}"
        )
    return _group_norm(input, weight, bias, groups=num_groups, eps=eps)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias, per sample and channel (Ulyanov 2016).

    input: (N, C, ...) with at least one more dimension; the others (C) or None. The running values
    move towards the means over the batch by `momentum`, in place, as in `batch_norm`; they are
    used instead unless `use_input_stats`. Raises ShapeError when sizes do not fit, ValueError for
    one value per sample and channel, or without running values to use.

    >>> import tiny_autograd as ta
    >>> ta.functional.instance_norm(ta.tensor([[[1.0, 3.0]]]), eps=0.0)
    tensor([[[-1.,  1.]]])
    """
    name = "instance_norm"
    require_tensors(name, input=input)
    require_tensors_or_none(
        name, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    _check_channels(
        name, input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ValueError(f"{name}: without use_input_stats it needs running_mean and _var")
        return batch_norm(input, running_mean, running_var, weight, bias, eps=eps)
    count = prod(input.shape[2:])
    if input.ndim < 3 or count < 2:
        raise ValueError(
            f"{name}: more than one value per sample and channel is needed, got {input.shape}"
        )
    dims = tuple(range(2, input.ndim))
    with no_grad():
        if running_mean is not None:
            running_mean.lerp_(ops.mean(input.detach(), (0, *dims)), momentum)
        if running_var is not None:
            running_var.lerp_(ops.mean(ops.var(input.detach(), dims), 0), momentum)
    return _group_norm(input, weight, bias, groups=input.shape[1], eps=eps)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """x / (k + alpha mean of x^2 over `size` neighbouring channels)^beta (Krizhevsky et al. 2012).

    input: (N, C, ...) with at least one more dimension; beyond the first and last channel are
    zeros, which count. Raises ShapeError otherwise, ValueError for a size below 1.

    >>> import tiny_autograd as ta
    >>> ta.functional.local_response_norm(ta.ones(1, 1, 1), 1, alpha=3.0, beta=0.5)
    tensor([[[0.5000]]])
    """
    require_tensors("local_response_norm", input=input)
    if input.ndim < 3:
        raise ShapeError(f"local_response_norm: expected (N, C, ...), got shape {input.shape}")
    if size < 1:
        raise ValueError(f"local_response_norm: size is at least 1, got {size}")
    if not input.numel():
        return input
    around = ((0, 0), (size // 2, (size - 1) // 2)) + ((0, 0),) * (input.ndim - 2)
    windows = ops.windows(ops.pad_constant(ops.square(input), around), (1,), (size,), (1,), (1,))
    return input / (ops.mean(windows, -1) * alpha + k) ** beta


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """x divided by its p-norm over `dim`, or by `eps` where that is larger.

    >>> import tiny_autograd as ta
    >>> ta.functional.normalize(ta.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    require_tensors("normalize", input=input)
    return input / ops.clamp(ops.norm(input, p, dim, True), min=eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between x1 and x2 over `dim`; lengths below `eps` count as `eps`.

    x1 and x2 are broadcast to one shape first, of which `dim` is a dimension.

    >>> import tiny_autograd as ta
    >>> ta.functional.cosine_similarity(ta.tensor([[1.0, 0.0]]), ta.tensor([[2.0, 2.0]]))
    tensor([0.7071])
    """
    require_tensors("cosine_similarity", x1=x1, x2=x2)
    shape = nd.broadcast_shapes(x1.shape, x2.shape)
    x1, x2 = ops.broadcast_to(x1, shape), ops.broadcast_to(x2, shape)
    first = x1 / ops.clamp(ops.norm(x1, 2, dim, True), min=eps)
    second = x2 / ops.clamp(ops.norm(x2, 2, dim, True), min=eps)
    return ops.sum(first * second, dim)
