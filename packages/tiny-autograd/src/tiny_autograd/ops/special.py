"""Functions of probability theory, element by element: error functions, the gamma function's kin.

Integers are converted to float32 first. Definitions: https://dlmf.nist.gov (chapters 5, 7, 25).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import elementwise
from ..op import Operand, op
from .transcendental import exp

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["digamma", "erf", "erfc", "erfinv", "lgamma", "polygamma"]


@op(cost=elementwise(20))
def erf(x: Operand, /) -> NDArray:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x.

    >>> import tiny_autograd as ta
    >>> ta.erf(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    return nd.erf(x)


erf.vjp(x=lambda g, x: g * (2 / math.sqrt(math.pi)) * exp(-x * x))


@op(cost=elementwise(25))
def erfc(x: Operand, /) -> NDArray:
    """1 - erf(x), accurate also where that is almost 0.

    >>> import tiny_autograd as ta
    >>> ta.erfc(ta.tensor([0.0, 1.0]))
    tensor([1.0000, 0.1573])
    """
    return nd.erfc(x)


erfc.vjp(x=lambda g, x: g * (-2 / math.sqrt(math.pi)) * exp(-x * x))


@op(cost=elementwise(90))
def erfinv(x: Operand, /) -> NDArray:
    """The inverse of `erf`; infinite at -1 and 1, NaN outside.

    >>> import tiny_autograd as ta
    >>> ta.erfinv(ta.tensor([0.0, 0.5]))
    tensor([0.0000, 0.4769])
    """
    return nd.erfinv(x)


erfinv.vjp(x=lambda g, out: g * (math.sqrt(math.pi) / 2) * exp(out * out))


@op(cost=elementwise(40))
def lgamma(x: Operand, /) -> NDArray:
    """The logarithm of the absolute value of the gamma function; infinite at 0, -1, -2, ...

    >>> import tiny_autograd as ta
    >>> ta.lgamma(ta.tensor([1.0, 5.0]))
    tensor([0.0000, 3.1781])
    """
    return nd.lgamma(x)


@op(cost=elementwise(60))
def digamma(x: Operand, /) -> NDArray:
    """The derivative of `lgamma`; -inf at 0, NaN at -1, -2, ...

    >>> import tiny_autograd as ta
    >>> ta.digamma(ta.tensor([1.0, 0.5]))
    tensor([-0.5772, -1.9635])
    """
    return nd.digamma(x)


@op(cost=elementwise(300))
def digamma_derivative(x: Operand, /, n: int) -> NDArray:
    """`polygamma`, with the operand first.

    >>> import tiny_autograd as ta
    >>> ta.ops.digamma_derivative(ta.tensor([1.0, 0.5]), 1)
    tensor([1.6449, 4.9348])
    """
    return nd.polygamma(n, x)


lgamma.vjp(x=lambda g, x: g * digamma(x))
digamma.vjp(x=lambda g, x: g * digamma_derivative(x, 1))
digamma_derivative.vjp(x=lambda g, x, n: g * digamma_derivative(x, n + 1))


def polygamma(n: int, x: Operand) -> Tensor:
    """The n-th derivative of `digamma`; infinite at 0, -1, -2, ... for n > 0.

    Raises ValueError for negative n.

    >>> import tiny_autograd as ta
    >>> ta.polygamma(1, ta.tensor([1.0, 0.5]))
    tensor([1.6449, 4.9348])
    """
    return digamma_derivative(x, n)
