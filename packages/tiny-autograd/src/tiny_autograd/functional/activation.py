"""Activation functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ndarray_core.errors import ShapeError

from .. import ops
from ..cost import normalize_dims
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
    return ops.hardtanh(input, 0.0, 6.0)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """x, but at least `min_val` and at most `max_val`."""
    require_tensors("hardtanh", input=input)
    return ops.hardtanh(input, min_val, max_val)


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
    return ops.gelu(input, approximate)


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


def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """x where positive, else alpha (exp(x / alpha) - 1) (Barron 2017).

    >>> import tiny_autograd as ta
    >>> ta.functional.celu(ta.tensor([-2.0, 2.0]), alpha=2.0)
    tensor([-1.2642,  2.0000])
    """
    require_tensors("celu", input=input)
    return ops.elu(input * (1 / alpha)) * alpha


def softsign(input: Tensor) -> Tensor:
    """x / (1 + abs(x)) (Turian et al. 2009).

    >>> import tiny_autograd as ta
    >>> ta.functional.softsign(ta.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    require_tensors("softsign", input=input)
    return input / (ops.abs(input) + 1)


def hardsigmoid(input: Tensor) -> Tensor:
    """x / 6 + 1/2, but at least 0 and at most 1 (Howard et al. 2019).

    >>> import tiny_autograd as ta
    >>> ta.functional.hardsigmoid(ta.tensor([-4.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    require_tensors("hardsigmoid", input=input)
    return ops.hardtanh(input + 3, 0.0, 6.0) / 6


def hardswish(input: Tensor) -> Tensor:
    """x hardsigmoid(x) (Howard et al. 2019).

    >>> import tiny_autograd as ta
    >>> ta.functional.hardswish(ta.tensor([-4.0, 1.0, 4.0]))
    tensor([-0.0000,  0.6667,  4.0000])
    """
    require_tensors("hardswish", input=input)
    return input * hardsigmoid(input)


def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """x where it is above the threshold, else `value`.

    >>> import tiny_autograd as ta
    >>> ta.functional.threshold(ta.tensor([0.5, 2.0]), 1.0, -1.0)
    tensor([-1.,  2.])
    """
    require_tensors("threshold", input=input)
    return ops.where(input > threshold, input, value)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where positive, else `weight` x (He et al. 2015).

    weight has one element, or one for each channel, the second dimension of x (N, C, ...).
    Raises ShapeError for others.

    >>> import tiny_autograd as ta
    >>> ta.functional.prelu(ta.tensor([[-1.0, -2.0]]), ta.tensor([0.5, 0.25]))
    tensor([[-0.5000, -0.5000]])
    """
    require_tensors("prelu", input=input, weight=weight)
    if weight.numel() == 1:
        weight = ops.reshape(weight, ())
    else:
        channels = input.shape[1] if input.ndim > 1 else 1
        if weight.ndim != 1 or weight.numel() != channels:
            raise ShapeError(
                f"prelu: weight of shape {weight.shape} for input of shape {input.shape}; "
                f"expected (1,) or one for each of {channels} channels"
            )
        weight = ops.reshape(weight, (channels, *[1] * (input.ndim - 2)))
    return ops.where(input > 0, input, input * weight)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half of x along `dim`, times the sigmoid of the second (Dauphin et al. 2017).

    Raises ShapeError for an odd size.

    >>> import tiny_autograd as ta
    >>> ta.functional.glu(ta.tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5000, 1.0000])
    """
    require_tensors("glu", input=input)
    (at,) = normalize_dims(dim, input.ndim)
    size = input.shape[at]
    if size % 2:
        raise ShapeError(f"glu: dimension {dim} of shape {input.shape} must be of even size")
    gate = ops.narrow(input, at, size // 2, size // 2)
    return ops.narrow(input, at, 0, size // 2) * ops.sigmoid(gate)


def softmin(input: Tensor, dim: int) -> Tensor:
    """softmax(-x) over `dim`.

    >>> import tiny_autograd as ta
    >>> ta.functional.softmin(ta.tensor([0.0, 0.0, 1.0]), dim=0)
    tensor([0.4223, 0.4223, 0.1554])
    """
    require_tensors("softmin", input=input)
    return ops.softmax(-input, dim)


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x).

    >>> import tiny_autograd as ta
    >>> ta.functional.tanhshrink(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    require_tensors("tanhshrink", input=input)
    return input - ops.tanh(input)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x, but 0 where it is between -lambd and lambd.

    >>> import tiny_autograd as ta
    >>> ta.functional.hardshrink(ta.tensor([-1.0, 0.25]))
    tensor([-1.,  0.])
    """
    require_tensors("hardshrink", input=input)
    return ops.where(ops.abs(input) <= lambd, 0, input)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x, brought towards 0 by `lambd`, and 0 where it is nearer than that.

    >>> import tiny_autograd as ta
    >>> ta.functional.softshrink(ta.tensor([-1.0, 0.25]))
    tensor([-0.5000,  0.0000])
    """
    require_tensors("softshrink", input=input)
    return input - ops.clamp(input, -lambd, lambd)
