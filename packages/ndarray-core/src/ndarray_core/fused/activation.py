"""Activation functions of several steps, element by element."""

from __future__ import annotations

from math import pi, sqrt
from typing import Literal, TypeAlias

from .._core import NDArray
from ..elementwise.mathematics import exp, sigmoid, tanh
from ..elementwise.special import erf
from .definition import fused

__all__ = ["gelu", "gelu_gradient", "silu", "silu_gradient"]

Approximation: TypeAlias = Literal["none", "tanh"]

# Of the approximation (Hendrycks and Gimpel 2016, section 2).
_CUBIC = 0.044715


@fused
def gelu(x: NDArray, /, *, approximate: Approximation = "none") -> NDArray:
    """x times the distribution function of the normal distribution (Hendrycks and Gimpel 2016).

    approximate: "none", or "tanh" for the paper's approximation; ValueError for others.

    >>> nd.fused.gelu(nd.asarray([-10.0, 0.0, 10.0])).tolist()
    [-0.0, 0.0, 10.0]
    """
    if approximate == "tanh":
        return 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + _CUBIC * x * x * x)))
    return 0.5 * x * (1 + erf(x * sqrt(0.5)))


@fused
def gelu_gradient(
    gradient: NDArray, x: NDArray, /, *, approximate: Approximation = "none"
) -> NDArray:
    """The gradient of `gelu`.

    >>> nd.fused.gelu_gradient(nd.ones(2), nd.asarray([0.0, 10.0])).tolist()
    [0.5, 1.0]
    """
    if approximate == "tanh":
        t = tanh(sqrt(2 / pi) * (x + _CUBIC * x * x * x))
        inner = sqrt(2 / pi) * (1 + 3 * _CUBIC * x * x)
        return gradient * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner)
    density = exp(-0.5 * x * x) / sqrt(2 * pi)
    return gradient * (0.5 * (1 + erf(x * sqrt(0.5))) + x * density)


@fused
def silu(x: NDArray, /) -> NDArray:
    """x sigmoid(x) (Elfwing et al. 2018).

    >>> nd.fused.silu(nd.asarray([-200.0, 0.0, 200.0])).tolist()
    [-0.0, 0.0, 200.0]
    """
    return x * sigmoid(x)


@fused
def silu_gradient(gradient: NDArray, x: NDArray, /) -> NDArray:
    """The gradient of `silu`.

    >>> nd.fused.silu_gradient(nd.ones(2), nd.asarray([0.0, 200.0])).tolist()
    [0.5, 1.0]
    """
    s = sigmoid(x)
    return gradient * s * (1 + x * (1 - s))
