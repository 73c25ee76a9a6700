"""Losses. `reduction` is "mean" (the default), "sum", or "none" for one loss per element.

What torch.nn.functional has behind its deprecated `size_average` and `reduce` goes by keyword only:
there is no position for it that means the same in both.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core.errors import DTypeError, ShapeError

from .. import ops
from ..cost import Count, Shape
from ..fused import fused
from .arguments import require_tensors, require_tensors_or_none

if TYPE_CHECKING:
    from ..tensor import Tensor


def reduce(loss: Tensor, reduction: str) -> Tensor:
    """What the `reduction` of a loss says."""
    if reduction == "mean":
        return ops.mean(loss)
    if reduction == "sum":
        return ops.sum(loss)
    if reduction == "none":
        return loss
    raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def _warn_if_broadcast(name: str, input: Tensor, target: Tensor) -> None:
    if input.shape != target.shape:
        warnings.warn(
            f"{name}: input of shape {input.shape} and target of shape {target.shape} will be "
            "broadcast, which is likely a mistake; give them the same shape",
            stacklevel=3,
        )


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """(input - target) ** 2.

    >>> import tiny_autograd as ta
    >>> ta.functional.mse_loss(ta.tensor([1.0, 3.0]), ta.tensor([1.0, 1.0]))
    tensor(2.)
    """
    require_tensors("mse_loss", input=input, target=target)
    _warn_if_broadcast("mse_loss", input, target)
    return reduce(ops.square(input - target), reduction)


def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """abs(input - target)."""
    require_tensors("l1_loss", input=input, target=target)
    _warn_if_broadcast("l1_loss", input, target)
    return reduce(ops.abs(input - target), reduction)


def huber_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """With d = abs(input - target): d * d / 2 up to delta, then delta (d - delta / 2).

    Raises ValueError unless delta is positive (Huber 1964).
    """
    require_tensors("huber_loss", input=input, target=target)
    if delta <= 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    _warn_if_broadcast("huber_loss", input, target)
    distance = ops.abs(input - target)
    near = ops.square(distance) * 0.5
    return reduce(ops.where(distance < delta, near, (distance - 0.5 * delta) * delta), reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """With d = abs(input - target): d * d / (2 beta) up to beta, then d - beta / 2.

    Raises ValueError for a negative beta (Girshick 2015).
    """
    require_tensors("smooth_l1_loss", input=input, target=target)
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    _warn_if_broadcast("smooth_l1_loss", input, target)
    distance = ops.abs(input - target)
    near = ops.square(distance) * (0.5 / beta)
    return reduce(ops.where(distance < beta, near, distance - 0.5 * beta), reduction)


def kl_div(
    input: Tensor, target: Tensor, *, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """target (log(target) - input): the Kullback-Leibler divergence of distributions.

    input: log-probabilities; target: probabilities, or their logarithms with `log_target`.
    "batchmean" divides the sum by the first dimension, as the definition has it.
    """
    require_tensors("kl_div", input=input, target=target)
    if log_target:
        loss = ops.exp(target) * (target - input)
    else:
        # 0 log 0 is 0.
        positive = target > 0
        logarithm = ops.log(ops.where(positive, target, 1))
        loss = ops.where(positive, target * logarithm, 0) - target * input
    if reduction == "batchmean":
        return ops.sum(loss) / max(input.shape[0] if input.ndim else 1, 1)
    return reduce(loss, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of counts, which are Poisson distributed around the input.

    input: the logarithm of the expected count, or without `log_input` the count, to which `eps` is
    added under the logarithm. full: with Stirling's approximation of log(target!) for targets
    above 1; else without that term, which does not depend on the input.

    >>> import tiny_autograd as ta
    >>> ta.functional.poisson_nll_loss(ta.tensor([0.0]), ta.tensor([2.0]))
    tensor(1.)
    """
    require_tensors("poisson_nll_loss", input=input, target=target)
    loss = ops.exp(input) - target * input if log_input else input - target * ops.log(input + eps)
    if full:
        counts = ops.where(target > 1, target, 1)
        stirling = counts * ops.log(counts) - counts + 0.5 * ops.log(2 * math.pi * counts)
        loss = loss + ops.where(target > 1, stirling, 0)
    return reduce(loss, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    *,
    reduction: str = "mean",
) -> Tensor:
    """(log(var) + (input - target)^2 / var) / 2: targets normally distributed around the input.

    var: the variance, one for each element of the input, or for each group of its last dimension;
    at least `eps`, which the gradient does not see (Nix and Weigend 1994). full: with the constant
    log(2 pi) / 2. Raises ValueError for a negative variance, ShapeError when shapes do not fit.

    >>> import tiny_autograd as ta
    >>> ta.functional.gaussian_nll_loss(ta.tensor([1.0]), ta.tensor([3.0]), ta.tensor([1.0]))
    tensor(2.)
    """
    require_tensors("gaussian_nll_loss", input=input, target=target)
    variance = ops.full_like(input, var) if isinstance(var, int | float) else var
    require_tensors("gaussian_nll_loss", var=variance)
    if variance.shape != input.shape:
        if variance.shape == input.shape[:-1]:
            variance = ops.unsqueeze(variance, -1)
        elif (
            variance.ndim != input.ndim
            or variance.shape[:-1] != input.shape[:-1]
            or (variance.shape[-1] != 1)
        ):
            raise ShapeError(f"gaussian_nll_loss: var {variance.shape} for input {input.shape}")
    if bool(ops.any(variance < 0)):
        raise ValueError("gaussian_nll_loss: var holds a negative variance")
    # Raised to eps by a constant, so that the gradient is the one at eps.
    variance = variance + ops.clamp(eps - variance.detach(), min=0)
    loss = 0.5 * (ops.log(variance) + ops.square(input - target) / variance)
    return reduce(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """-(target log(input) + (1 - target) log(1 - input)), with logarithms of at least -100.

    input: probabilities; target: of the same shape. Raises ShapeError for different shapes, and
    ValueError for an input outside of [0, 1]. `binary_cross_entropy_with_logits` is more accurate.
    """
    require_tensors("binary_cross_entropy", input=input, target=target)
    require_tensors_or_none("binary_cross_entropy", weight=weight)
    if input.shape != target.shape:
        raise ShapeError(
            f"binary_cross_entropy: input of shape {input.shape} and target of shape "
            f"{target.shape} must have the same shape"
        )
    if bool(ops.any(ops.logical_or(input < 0, input > 1))):
        raise ValueError(
            "binary_cross_entropy: the input must be probabilities from 0 to 1; for logits there "
            "is binary_cross_entropy_with_logits"
        )
    loss = -(target * _bounded_log(input) + (1 - target) * _bounded_log(1 - input))
    return reduce(loss if weight is None else loss * weight, reduction)


def _bounded_log(x: Tensor) -> Tensor:
    # The inner bound, below exp(-100), keeps the derivative of the logarithm finite.
    return ops.clamp(ops.log(ops.clamp(x, min=1e-44)), min=-100.0)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of sigmoid(input), without overflow; positives count `pos_weight`.

    >>> import tiny_autograd as ta
    >>> ta.functional.binary_cross_entropy_with_logits(ta.tensor([0.0]), ta.tensor([1.0]))
    tensor(0.6931)
    """
    require_tensors("binary_cross_entropy_with_logits", input=input, target=target)
    require_tensors_or_none(
        "binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight
    )
    if input.shape != target.shape:
        raise ShapeError(
            f"binary_cross_entropy_with_logits: input of shape {input.shape} and target of shape "
            f"{target.shape} must have the same shape"
        )
    share: Any = 1 if pos_weight is None else 1 + (pos_weight - 1) * target
    loss = (1 - target) * input - share * ops.logsigmoid(input)
    return reduce(loss if weight is None else loss * weight, reduction)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """The negative of the log-probability of the target class.

    input: (N, C, ...) or (C) log-probabilities; target: (N, ...) or () classes. weight: (C), one
    factor per class; the mean is weighted by it. Targets equal to `ignore_index` do not count.
    Raises ShapeError, DTypeError, and IndexError for a class that does not exist.
    """
    require_tensors("nll_loss", input=input, target=target)
    require_tensors_or_none("nll_loss", weight=weight)
    dim = _check_classes("nll_loss", input, target, weight)
    losses, weights = _class_losses("nll_loss", input, target, weight, ignore_index, dim)
    return _reduce_weighted(losses, weights, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The negative log-softmax of the target class, or its mean over a target distribution.

    input: (N, C, ...) or (C) logits; target: (N, ...) or () classes, or probabilities of the
    input's shape. weight: (C), one factor per class; the mean over classes is weighted by it.
    Targets equal to `ignore_index` do not count. label_smoothing: the share of the target that is
    spread evenly over all classes (Szegedy et al. 2016). Raises ShapeError, DTypeError, ValueError
    for a smoothing outside of [0, 1], and IndexError for a class that does not exist.

    >>> import tiny_autograd as ta
    >>> ta.functional.cross_entropy(ta.tensor([[0.0, 0.0]]), ta.tensor([1]))
    tensor(0.6931)
    """
    require_tensors("cross_entropy", input=input, target=target)
    require_tensors_or_none("cross_entropy", weight=weight)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing is {label_smoothing}, not in [0, 1]")
    if target.is_floating_point():
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    dim = _check_classes("cross_entropy", input, target, weight)
    if weight is None and not label_smoothing:
        logits = ops.movedim(input, dim, -1) if dim != input.ndim - 1 else input
        losses = _class_cross_entropy(logits, target, ignore_index=ignore_index)
        counted = nd.not_equal(target.array, ignore_index)
        if reduction == "mean" and not nd.all(counted):
            return ops.sum(losses) / int(nd.sum(counted))
        return reduce(losses, reduction)
    logp = ops.log_softmax(input, dim)
    losses, weights = _class_losses("cross_entropy", logp, target, weight, ignore_index, dim)
    if not label_smoothing:
        return _reduce_weighted(losses, weights, reduction)
    classes = input.shape[dim]
    spread = logp if weight is None else logp * _along(weight, dim, logp.ndim)
    uniform = ops.where(target == ignore_index, 0, -ops.sum(spread, dim))
    mixed = losses * (1 - label_smoothing) + uniform * (label_smoothing / classes)
    return _reduce_weighted(mixed, weights, reduction)


def _cross_entropy_cost(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    size, rows = prod(shapes[0]), prod(shapes[1])
    return 24 * size, size + rows, rows


@fused(
    nd.fused.cross_entropy,
    gradient=nd.fused.cross_entropy_gradient,
    extras=["logsumexp"],
    wrt=["logits"],
    cost=_cross_entropy_cost,
)
def _class_cross_entropy(logits: Tensor, target: Tensor, /, *, ignore_index: int) -> Tensor:
    """The classes are the last dimension of the logits."""
    ignored = nd.equal(target.array, ignore_index)
    index = nd.where(ignored, 0, target.array).astype(nd.int64, copy=False).expand_dims(-1)
    losses = -ops.squeeze(ops.gather_elements(ops.log_softmax(logits, -1), index, -1), -1)
    return ops.where(ignored, 0, losses)


def _soft_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float
) -> Tensor:
    if input.shape != target.shape:
        raise ShapeError(
            f"cross_entropy: probabilities of shape {target.shape} for an input of shape "
            f"{input.shape}; they must be equal"
        )
    dim = 1 if input.ndim > 1 else 0
    if smoothing:
        target = target * (1 - smoothing) + smoothing / input.shape[dim]
    products = ops.log_softmax(input, dim) * target
    if weight is not None:
        products = products * _along(weight, dim, input.ndim)
    losses = -ops.sum(products, dim)
    return reduce(losses, reduction)


def _along(weight: Tensor, dim: int, ndim: int) -> Tensor:
    """A vector as a tensor of `ndim` dimensions, along `dim`."""
    return ops.reshape(weight, tuple(-1 if d == dim else 1 for d in range(ndim)))


def _check_classes(name: str, input: Tensor, target: Tensor, weight: Tensor | None) -> int:
    """The dimension of the classes."""
    if target.dtype.kind not in ("int", "uint"):
        raise DTypeError(f"{name}: the target holds classes as integers, got {target.dtype.name}")
    if not input.ndim:
        raise ShapeError(f"{name}: the input has no dimension of classes")
    dim = 1 if input.ndim > 1 else 0
    expected = input.shape[:dim] + input.shape[dim + 1 :]
    if target.shape != expected:
        raise ShapeError(
            f"{name}: input of shape {input.shape} needs a target of shape {expected}, "
            f"got {target.shape}"
        )
    if weight is not None and weight.shape != (input.shape[dim],):
        raise ShapeError(f"{name}: weight of shape {weight.shape} for {input.shape[dim]} classes")
    return dim


def _class_losses(
    name: str, logp: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, dim: int
) -> tuple[Tensor, Tensor | None]:
    """The loss for each target, and its weight: None where all count 1."""
    classes = target.array
    ignored = nd.equal(classes, ignore_index)
    any_ignored = bool(nd.any(ignored))
    if any_ignored:
        classes = nd.where(ignored, 0, classes)
    if classes.size and (int(nd.min(classes)) < 0 or int(nd.max(classes)) >= logp.shape[dim]):
        raise IndexError(
            f"{name}: a target is {int(nd.min(classes))} or {int(nd.max(classes))}, outside of "
            f"the {logp.shape[dim]} classes (ignore_index is {ignore_index})"
        )
    index = classes.astype(nd.int64, copy=False).expand_dims(dim)
    losses = -ops.squeeze(ops.gather_elements(logp, index, dim), dim)
    if any_ignored:
        # Selected, not multiplied by 0: the loss of an ignored target may be infinite.
        losses = ops.where(ignored, 0, losses)
    if weight is None and not any_ignored:
        return losses, None
    weights = ops.ones_like(losses) if weight is None else ops.lookup(weight, index.squeeze(dim), 0)
    if any_ignored:
        weights = ops.where(ignored, 0, weights)
    return losses * weights, weights


def _reduce_weighted(losses: Tensor, weights: Tensor | None, reduction: str) -> Tensor:
    if reduction == "mean" and weights is not None:
        return ops.sum(losses) / ops.sum(weights)
    return reduce(losses, reduction)
