"""Roots, exponentials, logarithms, trigonometric and hyperbolic functions, element by element.

Integers are converted to float32 first. `flops` in the costs count a function as about as many
additions and multiplications as a polynomial approximation of it takes.
"""

from __future__ import annotations

import math

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import elementwise
from ..op import Operand, op

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cos",
    "cosh",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "logit",
    "rsqrt",
    "sigmoid",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]


@op(cost=elementwise())
def sqrt(x: Operand, /) -> NDArray:
    """The square root.

    >>> import tiny_autograd as ta
    >>> ta.sqrt(ta.tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return nd.sqrt(x)


sqrt.vjp(x=lambda g, out: g / (2 * out))


@op(cost=elementwise(2))
def rsqrt(x: Operand, /) -> NDArray:
    """1 / sqrt(x).

    >>> import tiny_autograd as ta
    >>> ta.rsqrt(ta.tensor([4.0, 16.0]))
    tensor([0.5000, 0.2500])
    """
    return nd.reciprocal(nd.sqrt(x))


rsqrt.vjp(x=lambda g, out: g * -0.5 * out * out * out)


@op(cost=elementwise(20))
def exp(x: Operand, /) -> NDArray:
    """e ** x.

    >>> import tiny_autograd as ta
    >>> ta.exp(ta.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return nd.exp(x)


exp.vjp(x=lambda g, out: g * out)


@op(cost=elementwise(20))
def exp2(x: Operand, /) -> NDArray:
    """2 ** x.

    >>> import tiny_autograd as ta
    >>> ta.exp2(ta.tensor([0.0, 3.0]))
    tensor([1., 8.])
    """
    return nd.exp2(x)


exp2.vjp(x=lambda g, out: g * out * math.log(2))


@op(cost=elementwise(20))
def expm1(x: Operand, /) -> NDArray:
    """exp(x) - 1, accurate near 0.

    >>> import tiny_autograd as ta
    >>> ta.expm1(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """
    return nd.expm1(x)


expm1.vjp(x=lambda g, out: g * (out + 1))


@op(cost=elementwise(20))
def log(x: Operand, /) -> NDArray:
    """The natural logarithm.

    >>> import tiny_autograd as ta
    >>> ta.log(ta.tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """
    return nd.log(x)


log.vjp(x=lambda g, x: g / x)


@op(cost=elementwise(20))
def log1p(x: Operand, /) -> NDArray:
    """log(1 + x), accurate near 0.

    >>> import tiny_autograd as ta
    >>> ta.log1p(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """
    return nd.log1p(x)


log1p.vjp(x=lambda g, x: g / (1 + x))


@op(cost=elementwise(20))
def log2(x: Operand, /) -> NDArray:
    """The logarithm to base 2.

    >>> import tiny_autograd as ta
    >>> ta.log2(ta.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """
    return nd.log2(x)


log2.vjp(x=lambda g, x: g / (x * math.log(2)))


@op(cost=elementwise(20))
def log10(x: Operand, /) -> NDArray:
    """The logarithm to base 10.

    >>> import tiny_autograd as ta
    >>> ta.log10(ta.tensor([1.0, 100.0]))
    tensor([0., 2.])
    """
    return nd.log10(x)


log10.vjp(x=lambda g, x: g / (x * math.log(10)))


@op(cost=elementwise(20))
def sin(x: Operand, /) -> NDArray:
    """The sine of x radians.

    >>> import tiny_autograd as ta
    >>> ta.sin(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """
    return nd.sin(x)


@op(cost=elementwise(20))
def cos(x: Operand, /) -> NDArray:
    """The cosine of x radians.

    >>> import tiny_autograd as ta
    >>> ta.cos(ta.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """
    return nd.cos(x)


sin.vjp(x=lambda g, x: g * cos(x))
cos.vjp(x=lambda g, x: -g * sin(x))


@op(cost=elementwise(25))
def tan(x: Operand, /) -> NDArray:
    """The tangent of x radians.

    >>> import tiny_autograd as ta
    >>> ta.tan(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """
    return nd.tan(x)


tan.vjp(x=lambda g, out: g * (1 + out * out))


@op(cost=elementwise(20))
def asin(x: Operand, /) -> NDArray:
    """The angle in radians whose sine is x, in [-pi/2, pi/2].

    >>> import tiny_autograd as ta
    >>> ta.asin(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """
    return nd.asin(x)


asin.vjp(x=lambda g, x: g * rsqrt(1 - x * x))


@op(cost=elementwise(20))
def acos(x: Operand, /) -> NDArray:
    """The angle in radians whose cosine is x, in [0, pi].

    >>> import tiny_autograd as ta
    >>> ta.acos(ta.tensor([0.0, 1.0]))
    tensor([1.5708, 0.0000])
    """
    return nd.acos(x)


acos.vjp(x=lambda g, x: -g * rsqrt(1 - x * x))


@op(cost=elementwise(20))
def atan(x: Operand, /) -> NDArray:
    """The angle in radians whose tangent is x, in [-pi/2, pi/2].

    >>> import tiny_autograd as ta
    >>> ta.atan(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return nd.atan(x)


atan.vjp(x=lambda g, x: g / (1 + x * x))


@op(cost=elementwise(25))
def sinh(x: Operand, /) -> NDArray:
    """The hyperbolic sine.

    >>> import tiny_autograd as ta
    >>> ta.sinh(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """
    return nd.sinh(x)


@op(cost=elementwise(25))
def cosh(x: Operand, /) -> NDArray:
    """The hyperbolic cosine.

    >>> import tiny_autograd as ta
    >>> ta.cosh(ta.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """
    return nd.cosh(x)


sinh.vjp(x=lambda g, x: g * cosh(x))
cosh.vjp(x=lambda g, x: g * sinh(x))


@op(cost=elementwise(25))
def tanh(x: Operand, /) -> NDArray:
    """The hyperbolic tangent.

    >>> import tiny_autograd as ta
    >>> ta.tanh(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return nd.tanh(x)


tanh.vjp(x=lambda g, out: g * (1 - out * out))


@op(cost=elementwise(25))
def asinh(x: Operand, /) -> NDArray:
    """The inverse of sinh.

    >>> import tiny_autograd as ta
    >>> ta.asinh(ta.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """
    return nd.asinh(x)


asinh.vjp(x=lambda g, x: g * rsqrt(x * x + 1))


@op(cost=elementwise(25))
def acosh(x: Operand, /) -> NDArray:
    """The inverse of cosh, for x >= 1.

    >>> import tiny_autograd as ta
    >>> ta.acosh(ta.tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """
    return nd.acosh(x)


acosh.vjp(x=lambda g, x: g * rsqrt(x * x - 1))


@op(cost=elementwise(25))
def atanh(x: Operand, /) -> NDArray:
    """The inverse of tanh, for x between -1 and 1.

    >>> import tiny_autograd as ta
    >>> ta.atanh(ta.tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """
    return nd.atanh(x)


atanh.vjp(x=lambda g, x: g / (1 - x * x))


@op(cost=elementwise(22))
def sigmoid(x: Operand, /) -> NDArray:
    """The logistic function 1 / (1 + exp(-x)).

    >>> import tiny_autograd as ta
    >>> ta.sigmoid(ta.tensor([0.0, 1.0]))
    tensor([0.5000, 0.7311])
    """
    return nd.sigmoid(x)


sigmoid.vjp(x=lambda g, out: g * (out * (1 - out)))


@op(cost=elementwise(22))
def logit(x: Operand, /) -> NDArray:
    """log(x / (1 - x)), the inverse of `sigmoid`; NaN outside [0, 1].

    >>> import tiny_autograd as ta
    >>> ta.logit(ta.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    return nd.logit(x)


logit.vjp(x=lambda g, x: g / (x * (1 - x)))
