"""Arithmetic, element by element, with broadcasting.

Where the operands' element types differ, the result has the wider one; integers with floating
numbers give the floating type. Python numbers never widen a tensor's type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import elementwise
from ..op import Operand, op
from ..variable import Variable
from .comparison import logical_and
from .conversion import astype
from .creation import zeros_like
from .rounding import floor, sign, trunc
from .transcendental import exp, log

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "abs",
    "add",
    "addcdiv",
    "addcmul",
    "atan2",
    "div",
    "float_power",
    "floor_divide",
    "fmod",
    "hypot",
    "lerp",
    "logaddexp",
    "mul",
    "neg",
    "pow",
    "reciprocal",
    "remainder",
    "square",
    "sub",
    "where",
]


@op(cost=elementwise(), name="add")
def plus(x: Operand, y: Operand, /) -> NDArray:
    """The operator x + y.

    >>> import tiny_autograd as ta
    >>> ta.ops.plus(ta.tensor([1, 2]), 0.5)
    tensor([1.5000, 2.5000])
    """
    return nd.add(x, y)


plus.vjp(x=lambda g: g, y=lambda g: g)


def add(x: Operand, y: Operand, *, alpha: float = 1) -> Tensor:
    """x + alpha * y.

    >>> import tiny_autograd as ta
    >>> ta.add(ta.tensor([1, 2]), 0.5)
    tensor([1.5000, 2.5000])
    """
    return plus(x, y if alpha == 1 else y * alpha)


@op(cost=elementwise(), name="sub")
def minus(x: Operand, y: Operand, /) -> NDArray:
    """The operator x - y.

    >>> import tiny_autograd as ta
    >>> ta.ops.minus(ta.tensor([3.0, 2.0]), ta.tensor(1.0))
    tensor([2., 1.])
    """
    return nd.subtract(x, y)


minus.vjp(x=lambda g: g, y=lambda g: -g)


def sub(x: Operand, y: Operand, *, alpha: float = 1) -> Tensor:
    """x - alpha * y.

    >>> import tiny_autograd as ta
    >>> ta.sub(ta.tensor([3.0, 2.0]), ta.tensor(1.0), alpha=2)
    tensor([1., 0.])
    """
    return minus(x, y if alpha == 1 else y * alpha)


@op(cost=elementwise())
def mul(x: Operand, y: Operand, /) -> NDArray:
    """x * y.

    >>> import tiny_autograd as ta
    >>> ta.mul(ta.tensor([3.0, 2.0]), 2)
    tensor([6., 4.])
    """
    return nd.multiply(x, y)


mul.vjp(x=lambda g, y: g * y, y=lambda g, x: g * x)


@op(cost=elementwise())
def div(x: Operand, y: Operand, /) -> NDArray:
    """x / y, floating also for integers.

    >>> import tiny_autograd as ta
    >>> ta.div(ta.tensor([3, 2]), 2)
    tensor([1.5000, 1.0000])
    """
    return nd.divide(x, y)


div.vjp(x=lambda g, y: g / y, y=lambda g, y, out: -g * out / y)


@op(cost=elementwise(2))
def floor_divide(x: Operand, y: Operand, /) -> NDArray:
    """The largest integer not above x / y; its gradient is not defined and not taken.

    >>> import tiny_autograd as ta
    >>> ta.floor_divide(ta.tensor([5, -5]), 2)
    tensor([ 2, -3])
    """
    return nd.floor_divide(x, y)


floor_divide.no_vjp()


@op(cost=elementwise(3))
def remainder(x: Operand, y: Operand, /) -> NDArray:
    """x - floor(x / y) * y, with the sign of y.

    >>> import tiny_autograd as ta
    >>> ta.remainder(ta.tensor([5.0, -5.0]), 3)
    tensor([2., 1.])
    """
    return nd.remainder(x, y)


remainder.vjp(x=lambda g: g, y=lambda g, x, y: -g * floor(x / y))


@op(cost=elementwise(3))
def fmod(x: Operand, y: Operand, /) -> NDArray:
    """x - trunc(x / y) * y, with the sign of x.

    >>> import tiny_autograd as ta
    >>> ta.fmod(ta.tensor([5.0, -5.0]), 3)
    tensor([ 2., -2.])
    """
    return nd.fmod(x, y)


fmod.vjp(x=lambda g: g, y=lambda g, x, y: -g * trunc(x / y))


def _pow_base(g: Operand, x: Operand, y: Operand) -> Operand:
    # x ** (y - 1) is infinite for x = 0 where y = 0, although the derivative of x ** 0 is 0.
    if isinstance(y, int | float):
        return zeros_like(g) if y == 0 else g * y * pow(x, y - 1)
    return where(y == 0, 0, g * y * pow(x, y - 1))


def _pow_exponent(g: Operand, x: Operand, y: Operand, out: Operand) -> Operand:
    # 0 ** y stays 0 for y > 0, where the logarithm is infinite.
    if isinstance(x, int | float):
        if x == 0:
            return where(y >= 0, 0, g * out * -float("inf"))
        return g * out * log(zeros_like(y) + x)
    zero = logical_and(x == 0, y >= 0)
    return where(zero, 0, g * out * log(where(zero, 1, x)))


@op(cost=elementwise(20))
def pow(x: Operand, y: Operand, /) -> NDArray:
    """x ** y.

    >>> import tiny_autograd as ta
    >>> ta.pow(ta.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    return nd.pow(x, y)


pow.vjp(x=_pow_base, y=_pow_exponent)


@op(cost=elementwise())
def neg(x: Operand, /) -> NDArray:
    """-x.

    >>> import tiny_autograd as ta
    >>> ta.neg(ta.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return nd.negative(x)


neg.vjp(x=lambda g: -g)


@op(cost=elementwise())
def abs(x: Operand, /) -> NDArray:
    """The absolute value; its derivative at 0 is taken as 0.

    >>> import tiny_autograd as ta
    >>> ta.abs(ta.tensor([1.0, -2.0]))
    tensor([1., 2.])
    """
    return nd.absolute(x)


abs.vjp(x=lambda g, x: g * sign(x))


@op(cost=elementwise())
def square(x: Operand, /) -> NDArray:
    """x * x.

    >>> import tiny_autograd as ta
    >>> ta.square(ta.tensor([1.0, -2.0]))
    tensor([1., 4.])
    """
    return nd.square(x)


square.vjp(x=lambda g, x: g * 2 * x)


@op(cost=elementwise())
def reciprocal(x: Operand, /) -> NDArray:
    """1 / x.

    >>> import tiny_autograd as ta
    >>> ta.reciprocal(ta.tensor([2.0, -4.0]))
    tensor([ 0.5000, -0.2500])
    """
    return nd.reciprocal(x)


reciprocal.vjp(x=lambda g, out: -g * out * out)


@op(cost=elementwise())
def where(condition: Operand, x: Operand, y: Operand, /) -> NDArray:
    """x where the condition holds, else y.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([1.0, -2.0])
    >>> ta.where(x > 0, x, 0)
    tensor([1., 0.])
    """
    return nd.where(condition, x, y)


where.vjp(
    x=lambda g, condition: where(condition, g, 0),
    y=lambda g, condition: where(condition, 0, g),
)


@op(cost=elementwise(25))
def atan2(x: Operand, y: Operand, /) -> NDArray:
    """The angle of the point (y, x): of x / y, in the right quadrant.

    >>> import tiny_autograd as ta
    >>> ta.atan2(ta.tensor(1.0), ta.tensor(1.0))
    tensor(0.7854)
    """
    return nd.atan2(x, y)


def _over_squares(g: Operand, x: Operand, y: Operand) -> Operand:
    # At the origin, where no angle is defined, no gradient flows.
    squares = x * x + y * y
    origin = squares == 0
    return where(origin, 0, g / where(origin, 1, squares))


atan2.vjp(
    x=lambda g, x, y: _over_squares(g * y, x, y),
    y=lambda g, x, y: _over_squares(-g * x, x, y),
)


@op(cost=elementwise(4))
def hypot(x: Operand, y: Operand, /) -> NDArray:
    """sqrt(x * x + y * y), without overflow on the way.

    >>> import tiny_autograd as ta
    >>> ta.hypot(ta.tensor(3.0), ta.tensor(4.0))
    tensor(5.)
    """
    return nd.hypot(x, y)


hypot.vjp(x=lambda g, x, out: g * x / out, y=lambda g, y, out: g * y / out)


@op(cost=elementwise(40))
def logaddexp(x: Operand, y: Operand, /) -> NDArray:
    """log(exp(x) + exp(y)), without overflow on the way.

    >>> import tiny_autograd as ta
    >>> ta.logaddexp(ta.tensor(100.0), ta.tensor(100.0))
    tensor(100.6931)
    """
    return nd.logaddexp(x, y)


logaddexp.vjp(x=lambda g, x, out: g * exp(x - out), y=lambda g, y, out: g * exp(y - out))


def float_power(x: Operand, exponent: Operand) -> Tensor:
    """x ** exponent, computed in float64 whatever the operands' types are.

    >>> import tiny_autograd as ta
    >>> ta.float_power(ta.tensor([2, 4]), -0.5).dtype.name
    'float64'
    """
    base, power = (
        astype(v, nd.float64) if isinstance(v, Variable | NDArray) else v for v in (x, exponent)
    )
    return pow(base, power)


def lerp(x: Operand, end: Operand, weight: Operand) -> Tensor:
    """x + weight (end - x), a point on the way from x to `end`; exact at both.

    >>> import tiny_autograd as ta
    >>> ta.lerp(ta.tensor([1.0, 2.0]), ta.tensor([3.0, 6.0]), 0.25)
    tensor([1.5000, 3.0000])
    """
    step = minus(end, x)
    if isinstance(weight, int | float):
        near = weight < 0.5
        return plus(x, step * weight) if near else minus(end, step * (1 - weight))
    return where(weight < 0.5, x + step * weight, end - step * (1 - weight))


def addcmul(x: Operand, tensor1: Operand, tensor2: Operand, *, value: float = 1) -> Tensor:
    """x + value * tensor1 * tensor2.

    >>> import tiny_autograd as ta
    >>> ta.addcmul(ta.ones(2), ta.tensor([1.0, 2.0]), ta.tensor([3.0, 4.0]), value=0.5)
    tensor([2.5000, 5.0000])
    """
    return add(x, mul(tensor1, tensor2), alpha=value)


def addcdiv(x: Operand, tensor1: Operand, tensor2: Operand, *, value: float = 1) -> Tensor:
    """x + value * tensor1 / tensor2.

    >>> import tiny_autograd as ta
    >>> ta.addcdiv(ta.ones(2), ta.tensor([1.0, 2.0]), ta.tensor([2.0, 8.0]), value=2)
    tensor([2.0000, 1.5000])
    """
    return add(x, div(tensor1, tensor2), alpha=value)
