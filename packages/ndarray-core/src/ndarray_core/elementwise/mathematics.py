"""Powers, logarithms, trigonometry: functions of floating numbers.

Integers and bool are converted to float32 first. Outside a function's domain the result is NaN, and
at a pole an infinity; neither is an error.
"""

from __future__ import annotations

from .. import _core
from .._core import NDArray
from .._typing import Operand

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "copysign",
    "cos",
    "cosh",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logit",
    "nextafter",
    "sigmoid",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]


def sqrt(x: NDArray, /) -> NDArray:
    """The square root.

    >>> nd.sqrt(nd.asarray([4.0, 2.25], dtype=nd.float64)).tolist()
    [2.0, 1.5]
    """
    return _core.sqrt(x)


def exp(x: NDArray, /) -> NDArray:
    """e to the power x.

    >>> nd.exp(nd.asarray([0.0, 1.0], dtype=nd.float64)).tolist()
    [1.0, 2.718281828459045]
    """
    return _core.exp(x)


def exp2(x: NDArray, /) -> NDArray:
    """2 to the power x.

    >>> nd.exp2(nd.asarray([3.0, -1.0], dtype=nd.float64)).tolist()
    [8.0, 0.5]
    """
    return _core.exp2(x)


def expm1(x: NDArray, /) -> NDArray:
    """exp(x) - 1, exact also where x is near 0.

    >>> nd.expm1(nd.asarray([0.0, 1e-12], dtype=nd.float64)).tolist()
    [0.0, 1.0000000000005e-12]
    """
    return _core.expm1(x)


def log(x: NDArray, /) -> NDArray:
    """The natural logarithm.

    >>> nd.log(nd.asarray([1.0, 0.0], dtype=nd.float64)).tolist()
    [0.0, -inf]
    """
    return _core.log(x)


def log1p(x: NDArray, /) -> NDArray:
    """log(1 + x), exact also where x is near 0.

    >>> nd.log1p(nd.asarray([0.0, -1.0], dtype=nd.float64)).tolist()
    [0.0, -inf]
    """
    return _core.log1p(x)


def log2(x: NDArray, /) -> NDArray:
    """The logarithm to base 2.

    >>> nd.log2(nd.asarray([8.0, 0.5], dtype=nd.float64)).tolist()
    [3.0, -1.0]
    """
    return _core.log2(x)


def log10(x: NDArray, /) -> NDArray:
    """The logarithm to base 10.

    >>> nd.log10(nd.asarray([1000.0, 1.0], dtype=nd.float64)).tolist()
    [3.0, 0.0]
    """
    return _core.log10(x)


def sin(x: NDArray, /) -> NDArray:
    """The sine of an angle in radians.

    >>> nd.sin(nd.asarray([0.0], dtype=nd.float64)).tolist()
    [0.0]
    """
    return _core.sin(x)


def cos(x: NDArray, /) -> NDArray:
    """The cosine of an angle in radians.

    >>> nd.cos(nd.asarray([0.0], dtype=nd.float64)).tolist()
    [1.0]
    """
    return _core.cos(x)


def tan(x: NDArray, /) -> NDArray:
    """The tangent of an angle in radians.

    >>> nd.tan(nd.asarray([0.0], dtype=nd.float64)).tolist()
    [0.0]
    """
    return _core.tan(x)


def asin(x: NDArray, /) -> NDArray:
    """The angle in [-pi/2, pi/2] whose sine is x.

    >>> nd.asin(nd.asarray([0.0, 2.0], dtype=nd.float64)).tolist()
    [0.0, nan]
    """
    return _core.asin(x)


def acos(x: NDArray, /) -> NDArray:
    """The angle in [0, pi] whose cosine is x.

    >>> nd.acos(nd.asarray([1.0, 2.0], dtype=nd.float64)).tolist()
    [0.0, nan]
    """
    return _core.acos(x)


def atan(x: NDArray, /) -> NDArray:
    """The angle in [-pi/2, pi/2] whose tangent is x.

    >>> nd.atan(nd.asarray([0.0], dtype=nd.float64)).tolist()
    [0.0]
    """
    return _core.atan(x)


def sinh(x: NDArray, /) -> NDArray:
    """The hyperbolic sine.

    >>> nd.sinh(nd.asarray([0.0], dtype=nd.float64)).tolist()
    [0.0]
    """
    return _core.sinh(x)


def cosh(x: NDArray, /) -> NDArray:
    """The hyperbolic cosine.

    >>> nd.cosh(nd.asarray([0.0], dtype=nd.float64)).tolist()
    [1.0]
    """
    return _core.cosh(x)


def tanh(x: NDArray, /) -> NDArray:
    """The hyperbolic tangent.

    >>> nd.tanh(nd.asarray([0.0, 1000.0], dtype=nd.float64)).tolist()
    [0.0, 1.0]
    """
    return _core.tanh(x)


def asinh(x: NDArray, /) -> NDArray:
    """The inverse of the hyperbolic sine.

    >>> nd.asinh(nd.asarray([0.0], dtype=nd.float64)).tolist()
    [0.0]
    """
    return _core.asinh(x)


def acosh(x: NDArray, /) -> NDArray:
    """The inverse of the hyperbolic cosine.

    >>> nd.acosh(nd.asarray([1.0, 0.0], dtype=nd.float64)).tolist()
    [0.0, nan]
    """
    return _core.acosh(x)


def atanh(x: NDArray, /) -> NDArray:
    """The inverse of the hyperbolic tangent.

    >>> nd.atanh(nd.asarray([0.0, 1.0], dtype=nd.float64)).tolist()
    [0.0, inf]
    """
    return _core.atanh(x)


def sigmoid(x: NDArray, /) -> NDArray:
    """The logistic function 1 / (1 + exp(-x)).

    >>> nd.sigmoid(nd.asarray([0.0, 1000.0], dtype=nd.float64)).tolist()
    [0.5, 1.0]
    """
    return _core.sigmoid(x)


def logit(x: NDArray, /) -> NDArray:
    """log(x / (1 - x)), the inverse of `sigmoid`; NaN outside [0, 1].

    >>> nd.logit(nd.asarray([0.5, 1.0], dtype=nd.float64)).tolist()
    [0.0, inf]
    """
    return _core.logit(x)


def atan2(x1: Operand, x2: Operand, /) -> NDArray:
    """The angle of the point (x2, x1), in [-pi, pi].

    >>> nd.atan2(nd.asarray([0.0, 0.0]), 1.0).tolist()
    [0.0, 0.0]
    """
    return _core.atan2(x1, x2)


def hypot(x1: Operand, x2: Operand, /) -> NDArray:
    """sqrt(x1 * x1 + x2 * x2), without overflow on the way.

    >>> nd.hypot(nd.asarray([3.0, 5.0]), nd.asarray([4.0, 12.0])).tolist()
    [5.0, 13.0]
    """
    return _core.hypot(x1, x2)


def logaddexp(x1: Operand, x2: Operand, /) -> NDArray:
    """log(exp(x1) + exp(x2)), without overflow on the way.

    A float32 is within two units in the last place where the larger operand is 1 or more; around 0,
    where terms cancel, it is as exact as they are, to 1e-7 or so.

    >>> nd.logaddexp(nd.asarray([1000.0]), 0.0).tolist()
    [1000.0]
    """
    return _core.logaddexp(x1, x2)


def copysign(x1: Operand, x2: Operand, /) -> NDArray:
    """|x1| with the sign of x2, that of -0.0 included.

    >>> nd.copysign(nd.asarray([1.0, -2.0]), -0.0).tolist()
    [-1.0, -2.0]
    """
    return _core.copysign(x1, x2)


def nextafter(x1: Operand, x2: Operand, /) -> NDArray:
    """The floating number next to x1 on the way to x2; x2 itself where they are equal.

    float32 and float64.

    >>> nd.nextafter(nd.asarray([1.0]), 2.0).tolist()
    [1.0000001192092896]
    """
    return _core.nextafter(x1, x2)
