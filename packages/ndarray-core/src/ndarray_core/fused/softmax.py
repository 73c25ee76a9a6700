"""Softmax and its logarithm along an axis. A row of nothing but -inf has the softmax NaN."""

from __future__ import annotations

from .._core import NDArray
from ..elementwise.mathematics import exp, log
from ..reductions import max, sum
from .definition import fused

__all__ = ["log_softmax", "log_softmax_gradient", "softmax", "softmax_gradient"]


@fused
def softmax(x: NDArray, /, *, axis: int = -1) -> NDArray:
    """exp(x) divided by its sum along the axis. Any shape; the result has the shape of x.

    IndexError for an axis that x does not have, DTypeError unless x is real and floating.

    >>> nd.fused.softmax(nd.asarray([0.0, 0.0, 0.0, 0.0])).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    e = exp(x - max(x, axis=axis, keepdims=True))
    return e / sum(e, axis=axis, keepdims=True)


@fused
def softmax_gradient(gradient: NDArray, out: NDArray, /, *, axis: int = -1) -> NDArray:
    """The gradient of `softmax` for x, from the result's gradient and the result. One shape.

    >>> gradient, out = nd.asarray([1.0, 0.0]), nd.asarray([0.5, 0.5])
    >>> nd.fused.softmax_gradient(gradient, out).tolist()
    [0.25, -0.25]
    """
    return out * (gradient - sum(gradient * out, axis=axis, keepdims=True))


@fused
def log_softmax(x: NDArray, /, *, axis: int = -1) -> NDArray:
    """The logarithm of `softmax`, accurate also where that is almost 0.

    >>> nd.fused.log_softmax(nd.asarray([0.0, -1000.0])).tolist()
    [0.0, -1000.0]
    """
    shifted = x - max(x, axis=axis, keepdims=True)
    return shifted - log(sum(exp(shifted), axis=axis, keepdims=True))


@fused
def log_softmax_gradient(gradient: NDArray, out: NDArray, /, *, axis: int = -1) -> NDArray:
    """The gradient of `log_softmax` for x, from the result's gradient and the result. One shape.

    >>> gradient, out = nd.asarray([1.0, 0.0]), nd.log(nd.asarray([0.5, 0.5]))
    >>> nd.fused.log_softmax_gradient(gradient, out).tolist()
    [0.5, -0.5]
    """
    return gradient - exp(out) * sum(gradient, axis=axis, keepdims=True)
