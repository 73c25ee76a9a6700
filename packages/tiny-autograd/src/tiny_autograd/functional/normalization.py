"""Normalisation to mean 0 and variance 1, and of vectors to length 1."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

import ndarray_core as nd
from ndarray_core.errors import ShapeError

from .. import ops
from ..grad_mode import no_grad
from .arguments import require_tensors, require_tensors_or_none

if TYPE_CHECKING:
    from ..tensor import Tensor


def _check_channels(input: Tensor, **tensors: Tensor | None) -> None:
    if input.ndim < 2:
        raise ShapeError(f"batch_norm: expected (N, C, ...), got shape {input.shape}")
    for name, tensor in tensors.items():
        if tensor is not None and tensor.shape != (input.shape[1],):
            raise ShapeError(
                f"batch_norm: {name} of shape {tensor.shape} for the {input.shape[1]} channels "
                f"of input {input.shape}"
            )


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
        input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    dims = (0, *range(2, input.ndim))
    along = (1, input.shape[1]) + (1,) * (input.ndim - 2)
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm: running_mean and running_var are needed unless training")
        # All per channel: one multiplication and one addition over the input are left.
        scale = ops.rsqrt(running_var + eps)
        if weight is not None:
            scale = scale * weight
        shift = -running_mean * scale
        if bias is not None:
            shift = shift + bias
        return input * ops.reshape(scale, along) + ops.reshape(shift, along)

    count = prod(input.shape[d] for d in dims)
    if count < 2:
        raise ValueError(
            f"batch_norm: in training more than one value per channel is needed, got {input.shape}"
        )
    mean = ops.mean(input, dims, True)
    centred = input - mean
    variance = ops.mean(ops.square(centred), dims, True)
    with no_grad():
        if running_mean is not None:
            running_mean.lerp_(mean.detach().reshape(-1), momentum)
        if running_var is not None:
            unbiased = variance.detach().reshape(-1) * (count / (count - 1))
            running_var.lerp_(unbiased, momentum)
    scale = ops.rsqrt(variance + eps)
    if weight is not None:
        scale = scale * ops.reshape(weight, along)
    out = centred * scale
    return out if bias is None else out + ops.reshape(bias, along)


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
    given = normalized_shape
    shape = (given,) if isinstance(given, int) else tuple(given)
    if not shape or input.shape[-len(shape) :] != shape:
        raise ShapeError(f"layer_norm: input {input.shape} does not end in {shape}")
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tensor.shape != shape:
            raise ShapeError(f"layer_norm: {name} {tensor.shape} must have the shape {shape}")
    dims = tuple(range(-len(shape), 0))
    centred = input - ops.mean(input, dims, True)
    variance = ops.mean(ops.square(centred), dims, True)
    out = centred * ops.rsqrt(variance + eps)
    if weight is not None:
        out = out * weight
    return out if bias is None else out + bias


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
