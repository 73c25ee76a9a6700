"""Losses that need more than element-wise work."""

from __future__ import annotations

from .._core import NDArray
from ..creation import arange
from ..elementwise.logic import equal, where
from ..elementwise.mathematics import exp, log
from ..indexing import take_along_axis
from ..manipulation import expand_dims, squeeze
from ..reductions import max, sum
from .definition import fused

__all__ = ["cross_entropy", "cross_entropy_gradient"]


@fused
def cross_entropy(
    logits: NDArray, target: NDArray, /, *, ignore_index: int = -100
) -> tuple[NDArray, NDArray]:
    """The negative log-softmax of the target class; with log(sum(exp(logits))).

    logits (..., C), target (...): classes as integers, or `ignore_index`, whose loss is 0 ->
    losses (...), logsumexp (...). ShapeError where they do not fit, DTypeError unless target holds
    integers, IndexError for a class that does not exist.

    >>> logits = nd.asarray([[1000.0, 0.0], [0.0, 1000.0]])
    >>> losses, logsumexp = nd.fused.cross_entropy(logits, nd.asarray([0, 0]))
    >>> losses.tolist(), logsumexp.tolist()
    ([0.0, 1000.0], [1000.0, 1000.0])
    """
    largest = max(logits, axis=-1, keepdims=True)
    log_total = log(sum(exp(logits - largest), axis=-1, keepdims=True))
    ignored = expand_dims(equal(target, ignore_index), axis=-1)
    classes = where(ignored, 0, expand_dims(target, axis=-1))
    losses = log_total - (take_along_axis(logits, classes, axis=-1) - largest)
    return (
        squeeze(where(ignored, 0, losses), axis=-1),
        squeeze(largest + log_total, axis=-1),
    )


@fused
def cross_entropy_gradient(
    gradient: NDArray,
    logits: NDArray,
    target: NDArray,
    logsumexp: NDArray,
    /,
    *,
    ignore_index: int = -100,
) -> NDArray:
    """The gradient of `cross_entropy` for the logits: gradient * (softmax - one_hot(target)).

    >>> logits, target = nd.zeros((1, 2)), nd.asarray([1])
    >>> losses, logsumexp = nd.fused.cross_entropy(logits, target)
    >>> nd.fused.cross_entropy_gradient(nd.ones(1), logits, target, logsumexp).tolist()
    [[0.5, -0.5]]
    """
    classes = expand_dims(target, axis=-1)
    numbers = arange(logits.shape[-1], dtype=target.dtype, device=target.device)
    factor = where(equal(classes, ignore_index), 0, expand_dims(gradient, axis=-1))
    softmax = exp(logits - expand_dims(logsumexp, axis=-1))
    return factor * softmax - where(equal(classes, numbers), factor, 0)
