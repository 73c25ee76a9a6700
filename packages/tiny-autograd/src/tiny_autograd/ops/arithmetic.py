"""Arithmetic, element by element, with broadcasting.

Where the operands' element types differ, the result has the wider one; integers with floating
numbers give the floating type. Python numbers never widen a tensor's type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import elementwise
from ..op import Operand, op
from ..variable import Variable
from .comparison import logical_and
from .creation import zeros_like
from .rounding import floor, sign
from .transcendental import exp, log

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "abs",
    "add",
    "atan2",
    "clamp",
    "clip",
    "div",
    "floor_divide",
    "hypot",
    "logaddexp",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "pow",
    "reciprocal",
    "remainder",
    "square",
    "sub",
    "where",
]


@op(cost=elementwise())
def add(x: Operand, y: Operand, /) -> NDArray:
    """x + y.

    >>> import tiny_autograd as ta
    >>> ta.add(ta.tensor([1, 2]), 0.5)
    tensor([1.5000, 2.5000])
    """
    return nd.add(x, y)


add.vjp(x=lambda g: g, y=lambda g: g)


@op(cost=elementwise())
def sub(x: Operand, y: Operand, /) -> NDArray:
    """x - y.

    >>> import tiny_autograd as ta
    >>> ta.sub(ta.tensor([3.0, 2.0]), ta.tensor(1.0))
    tensor([2., 1.])
    """
    return nd.subtract(x, y)


sub.vjp(x=lambda g: g, y=lambda g: -g)


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


def _share_of(g: Operand, winner: Operand, loser: Operand, ahead: Operand) -> Operand:
    """The gradient where one operand won, half of it where both are equal."""
    return where(ahead, g, where(winner == loser, g * 0.5, 0))


@op(cost=elementwise())
def maximum(x: Operand, y: Operand, /) -> NDArray:
    """The larger of both; NaN if one is NaN. Equal operands share the gradient.

    >>> import tiny_autograd as ta
    >>> ta.maximum(ta.tensor([1.0, 5.0]), ta.tensor([3.0, 4.0]))
    tensor([3., 5.])
    """
    return nd.maximum(x, y)


maximum.vjp(
    x=lambda g, x, y: _share_of(g, x, y, x > y),
    y=lambda g, x, y: _share_of(g, y, x, y > x),
)


@op(cost=elementwise())
def minimum(x: Operand, y: Operand, /) -> NDArray:
    """The smaller of both; NaN if one is NaN. Equal operands share the gradient.

    >>> import tiny_autograd as ta
    >>> ta.minimum(ta.tensor([1.0, 5.0]), ta.tensor([3.0, 4.0]))
    tensor([1., 4.])
    """
    return nd.minimum(x, y)


minimum.vjp(
    x=lambda g, x, y: _share_of(g, x, y, x < y),
    y=lambda g, x, y: _share_of(g, y, x, y < x),
)


def _inside(g: Operand, x: Operand, min: float | None, max: float | None) -> Operand:
    if min is not None:
        g = where(x >= min, g, 0)
    if max is not None:
        g = where(x <= max, g, 0)
    return g


@op(cost=elementwise(2))
def clamp_to(x: Operand, /, min: float | None, max: float | None) -> NDArray:
    """`clamp` to numbers.

    >>> import tiny_autograd as ta
    >>> ta.ops.clamp_to(ta.tensor([-3.0, 0.5, 3.0]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is not None:
        x = nd.maximum(x, min)
    return x if max is None else nd.minimum(x, max)


clamp_to.vjp(x=_inside)


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


def clamp(x: Operand, min: Operand = None, max: Operand = None) -> Tensor:
    """x, but at least `min` and at most `max`, numbers or tensors; `max` wins where they cross.

    No gradient flows to x where it is outside, but to the bound there. Raises ValueError if neither
    bound is given.

    >>> import tiny_autograd as ta
    >>> ta.clamp(ta.tensor([-3.0, 0.5, 3.0]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise ValueError("clamp: give min, max, or both")
    if not isinstance(min, Variable | NDArray) and not isinstance(max, Variable | NDArray):
        return clamp_to(x, min, max)
    if min is not None:
        x = where(x < min, min, x)
    return cast("Tensor", x) if max is None else where(x > max, max, x)


clip = clamp


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
