"""Steps of x: to integers, or to the sign. Their gradient is zero wherever it is defined."""

from __future__ import annotations

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import elementwise
from ..op import Operand, op
from .creation import zeros_like

__all__ = [
    "ceil",
    "floor",
    "frac",
    "round",
    "sign",
    "trunc",
]


@op(cost=elementwise())
def sign(x: Operand, /) -> NDArray:
    """-1, 0 or 1.

    >>> import tiny_autograd as ta
    >>> ta.sign(ta.tensor([-2.5, 0.0, 7.0]))
    tensor([-1.,  0.,  1.])
    """
    return nd.sign(x)


sign.vjp(x=lambda g: zeros_like(g))


@op(cost=elementwise())
def floor(x: Operand, /) -> NDArray:
    """The largest integer not above x.

    >>> import tiny_autograd as ta
    >>> ta.floor(ta.tensor([-2.5, 2.5]))
    tensor([-3.,  2.])
    """
    return nd.floor(x)


floor.vjp(x=lambda g: zeros_like(g))


@op(cost=elementwise())
def ceil(x: Operand, /) -> NDArray:
    """The smallest integer not below x.

    >>> import tiny_autograd as ta
    >>> ta.ceil(ta.tensor([-2.5, 2.5]))
    tensor([-2.,  3.])
    """
    return nd.ceil(x)


ceil.vjp(x=lambda g: zeros_like(g))


@op(cost=elementwise())
def round(x: Operand, /) -> NDArray:
    """The nearest integer, and of two the even one.

    >>> import tiny_autograd as ta
    >>> ta.round(ta.tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    """
    return nd.round(x)


round.vjp(x=lambda g: zeros_like(g))


@op(cost=elementwise())
def trunc(x: Operand, /) -> NDArray:
    """The integer part: x rounded towards zero.

    >>> import tiny_autograd as ta
    >>> ta.trunc(ta.tensor([-2.5, 2.5]))
    tensor([-2.,  2.])
    """
    return nd.trunc(x)


trunc.vjp(x=lambda g: zeros_like(g))


@op(cost=elementwise(2))
def frac(x: Operand, /) -> NDArray:
    """x without its integer part, with the sign of x: x - trunc(x).

    >>> import tiny_autograd as ta
    >>> ta.frac(ta.tensor([-2.5, 2.25]))
    tensor([-0.5000,  0.2500])
    """
    return nd.subtract(x, nd.trunc(x))


frac.vjp(x=lambda g: g)
