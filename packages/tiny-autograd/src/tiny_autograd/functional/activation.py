"""Activation functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .. import ops
from .arguments import require_tensors

if TYPE_CHECKING:
    from ..tensor import Tensor

# The constants for which activations keep mean 0 and variance 1 (Klambauer et al. 2017, eq. 14).
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def relu(input: Tensor) -> Tensor:
    """max(x, 0).

    >>> import tiny_autograd as ta
    >>> ta.functional.relu(ta.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    require_tensors("relu", input=input)
    return ops.relu(input)


def relu6(input: Tensor) -> Tensor:
    """min(max(x, 0), 6) (Krizhevsky 2010)."""
    require_tensors("relu6", input=input)
    return ops.clamp(input, 0.0, 6.0)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """x, but at least `min_val` and at most `max_val`."""
    require_tensors("hardtanh", input=input)
    return ops.clamp(input, min_val, max_val)


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """x where positive, else `negative_slope` x (Maas et al. 2013)."""
    require_tensors("leaky_relu", input=input)
    return ops.leaky_relu(input, negative_slope)


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """x where positive, else alpha (exp(x) - 1) (Clevert et al. 2016)."""
    require_tensors("elu", input=input)
    return ops.elu(input, alpha)


def selu(input: Tensor) -> Tensor:
    """A scaled elu that keeps activations normalised (Klambauer et al. 2017)."""
    require_tensors("selu", input=input)
    return ops.elu(input, _SELU_ALPHA) * _SELU_SCALE


def silu(input: Tensor) -> Tensor:
    """x sigmoid(x) (Elfwing et al. 2018)."""
    require_tensors("silu", input=input)
    return ops.silu(input)


def mish(input: Tensor) -> Tensor:
    """x tanh(softplus(x)) (Misra 2019)."""
    require_tensors("mish", input=input)
    return input * ops.tanh(ops.softplus(input))


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x times the standard normal distribution function of x (Hendrycks & Gimpel 2016).

    approximate: "none", or "tanh" for the paper's approximation. Raises ValueError for others.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([1.0])
    >>> ta.functional.gelu(x), ta.functional.gelu(x, approximate="tanh")
    (tensor([0.8413]), tensor([0.8412]))
    """
    require_tensors("gelu", input=input)
    if approximate == "none":
        return ops.gelu(input)
    if approximate != "tanh":
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    inner = math.sqrt(2 / math.pi) * (input + 0.044715 * input * input * input)
    return 0.5 * input * (1 + ops.tanh(inner))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta x)) / beta; x itself where beta x is above `threshold`."""
    require_tensors("softplus", input=input)
    return ops.softplus(input, beta, threshold)


def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(x))."""
    require_tensors("logsigmoid", input=input)
    return ops.logsigmoid(input)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    require_tensors("sigmoid", input=input)
    return ops.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    require_tensors("tanh", input=input)
    return ops.tanh(input)


def softmax(input: Tensor, dim: int) -> Tensor:
    """exp(x) / sum of exp(x) over `dim`."""
    require_tensors("softmax", input=input)
    return ops.softmax(input, dim)


def log_softmax(input: Tensor, dim: int) -> Tensor:
    """log(softmax(x)) over `dim`."""
    require_tensors("log_softmax", input=input)
    return ops.log_softmax(input, dim)
