"""Activation functions, and the softmax family over one dimension.

Each is one pass over memory forward, and its gradient stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import Count, Shape, elementwise
from ..fused import fused
from ..op import Op, Operand, op
from .arithmetic import where
from .reduction import amax, axis, sum
from .shape import reshape
from .special import erf
from .transcendental import exp, log, sigmoid, tanh

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "elu",
    "gelu",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "relu",
    "silu",
    "softmax",
    "softplus",
]


@op(cost=elementwise())
def relu(x: Operand, /) -> NDArray:
    """max(x, 0); the derivative at 0 is taken as 0.

    >>> import tiny_autograd as ta
    >>> ta.relu(ta.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return nd.maximum(x, 0)


relu.vjp(x=lambda g, out: where(out > 0, g, 0))


@op(cost=elementwise(2))
def leaky_relu(x: Operand, /, negative_slope: float = 0.01) -> NDArray:
    """x where positive, else `negative_slope` x.

    >>> import tiny_autograd as ta
    >>> ta.ops.leaky_relu(ta.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    return nd.where(nd.greater(x, 0), x, nd.multiply(x, negative_slope))


leaky_relu.vjp(x=lambda g, x, negative_slope: where(x > 0, g, g * negative_slope))


@op(cost=elementwise(22))
def elu(x: Operand, /, alpha: float = 1.0) -> NDArray:
    """x where positive, else alpha (exp(x) - 1) (Clevert et al. 2016).

    >>> import tiny_autograd as ta
    >>> ta.ops.elu(ta.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    # The exponential is of negative numbers only, so that it does not overflow.
    return nd.where(nd.greater(x, 0), x, nd.multiply(nd.expm1(nd.minimum(x, 0)), alpha))


elu.vjp(x=lambda g, x, out, alpha: where(x > 0, g, g * (out + alpha)))


@fused(nd.fused.silu, gradient=nd.fused.silu_gradient, cost=elementwise(24))
def silu(x: Tensor, /) -> Tensor:
    """x sigmoid(x), also called swish (Elfwing et al. 2018).

    >>> import tiny_autograd as ta
    >>> ta.ops.silu(ta.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return x * sigmoid(x)


@fused(nd.fused.gelu, gradient=nd.fused.gelu_gradient, cost=elementwise(30))
def _gelu(x: Tensor, /, *, approximate: str) -> Tensor:
    if approximate == "tanh":
        return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * (1 + erf(x * math.sqrt(0.5)))


def gelu(x: Operand, /, approximate: str = "none") -> Tensor:
    """x times the standard normal distribution function of x (Hendrycks & Gimpel 2016).

    approximate: "none", or "tanh" for the paper's approximation. Raises ValueError for others.

    >>> import tiny_autograd as ta
    >>> ta.ops.gelu(ta.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    return _gelu(x, approximate=approximate)


@op(cost=elementwise(42))
def softplus(x: Operand, /, beta: float = 1.0, threshold: float = 20.0) -> NDArray:
    """log(1 + exp(beta x)) / beta; x itself where beta x is above `threshold`.

    >>> import tiny_autograd as ta
    >>> ta.ops.softplus(ta.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    scaled = nd.multiply(x, beta)
    smooth = nd.divide(nd.log1p(nd.exp(nd.minimum(scaled, threshold))), beta)
    return nd.where(nd.greater(scaled, threshold), x, smooth)


softplus.vjp(
    x=lambda g, x, beta, threshold: where(x * beta > threshold, g, g * sigmoid(x * beta)),
)


@op(cost=elementwise(2))
def hardtanh(x: Operand, /, min_val: float = -1.0, max_val: float = 1.0) -> NDArray:
    """`clamp`, but without a gradient at the bounds, as PyTorch has it.

    >>> import tiny_autograd as ta
    >>> ta.ops.hardtanh(ta.tensor([-3.0, 0.5, 3.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    return nd.clip(x, min_val, max_val)


hardtanh.vjp(
    x=lambda g, x, min_val, max_val: where((x > min_val) & (x < max_val), g, 0),
)


@op(cost=elementwise(44))
def logsigmoid(x: Operand, /) -> NDArray:
    """log(sigmoid(x)), without overflow on the way.

    >>> import tiny_autograd as ta
    >>> ta.ops.logsigmoid(ta.tensor([-1000.0, 0.0]))
    tensor([-1.0000e+03, -6.9315e-01])
    """
    tail = nd.log1p(nd.exp(nd.negative(nd.absolute(x))))
    return nd.subtract(nd.minimum(x, 0), tail)


logsigmoid.vjp(x=lambda g, x: g * sigmoid(-x))


def _softmax_cost(shapes: tuple[Shape, ...], _: Mapping[str, object]) -> Count:
    size = prod(shapes[0])
    return 24 * size, size, size


def _largest(x: Tensor, axis: int) -> Tensor:
    # An empty axis has no largest element, and nothing to subtract it from.
    return amax(x, axis, True) if x.shape[axis] else sum(x, axis, True)


@fused(nd.fused.softmax, gradient=nd.fused.softmax_gradient, cost=_softmax_cost)
def _softmax(x: Tensor, /, *, axis: int) -> Tensor:
    # A common factor cancels: with the largest exponent at 0, nothing overflows.
    exponentials = exp(x - _largest(x, axis))
    return exponentials / sum(exponentials, axis, True)


@fused(nd.fused.log_softmax, gradient=nd.fused.log_softmax_gradient, cost=_softmax_cost)
def _log_softmax(x: Tensor, /, *, axis: int) -> Tensor:
    shifted = x - _largest(x, axis)
    return shifted - log(sum(exp(shifted), axis, True))


def softmax(x: Operand, /, dim: int = -1) -> Tensor:
    """exp(x) / sum of exp(x) over `dim`: positive numbers that add up to 1.

    >>> import tiny_autograd as ta
    >>> ta.softmax(ta.tensor([0.0, 0.0, 1.0]), dim=0)
    tensor([0.2119, 0.2119, 0.5761])
    """
    return _over_dim(_softmax, x, dim)


def log_softmax(x: Operand, /, dim: int = -1) -> Tensor:
    """log(softmax(x)) over `dim`, accurate also where the softmax is almost 0.

    >>> import tiny_autograd as ta
    >>> ta.log_softmax(ta.tensor([0.0, 0.0, 1.0]), dim=0)
    tensor([-1.5514, -1.5514, -0.5514])
    """
    return _over_dim(_log_softmax, x, dim)


def _over_dim(operation: Op[Any], x: Operand, dim: int) -> Tensor:
    over = axis(operation.name, dim, x)
    if over is None:  # of a single number
        return reshape(operation(reshape(x, (-1,)), axis=0), x.shape)
    return operation(x, axis=over)
