"""Functions of probability theory: error functions, and the gamma function's logarithm and kin.

Integers and bool are converted to float32 first. Outside a function's domain the result is NaN, and
at a pole an infinity; neither is an error. Definitions: https://dlmf.nist.gov (chapters 5, 7, 25).

Of a float32 the results are within 0.51 units in the last place on `cpu` (`erf` 1.2, `polygamma`
2). Of a float64 they are within a few, but for roots, beside which the terms of a sum cancel: of
`digamma` at 1.46 and between its poles, of `lgamma` between its poles.
"""

from __future__ import annotations

import math

from .. import _core
from .._core import NDArray
from .._typing import Operand

__all__ = ["digamma", "erf", "erfc", "erfinv", "lgamma", "polygamma", "zeta"]


def erf(x: NDArray, /) -> NDArray:
    """The error function, 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x.

    >>> nd.erf(nd.asarray([0.0, 10.0], dtype=nd.float64)).tolist()
    [0.0, 1.0]
    """
    return _core.erf(x)


def erfc(x: NDArray, /) -> NDArray:
    """1 - erf(x), accurate also where that is almost 0.

    >>> nd.erfc(nd.asarray([0.0, -10.0], dtype=nd.float64)).tolist()
    [1.0, 2.0]
    """
    return _core.erfc(x)


def erfinv(x: NDArray, /) -> NDArray:
    """The inverse of `erf`; infinite at -1 and 1, NaN outside.

    >>> nd.erfinv(nd.asarray([0.0, 1.0, 2.0], dtype=nd.float64)).tolist()
    [0.0, inf, nan]
    """
    return _core.erfinv(x)


def lgamma(x: NDArray, /) -> NDArray:
    """The logarithm of the absolute value of the gamma function; infinite at 0, -1, -2, ...

    >>> nd.lgamma(nd.asarray([1.0, 0.0], dtype=nd.float64)).tolist()
    [0.0, inf]
    """
    return _core.lgamma(x)


def digamma(x: NDArray, /) -> NDArray:
    """The derivative of `lgamma`; -inf at 0, inf at -0, NaN at -1, -2, ...

    >>> nd.digamma(nd.asarray([1.0, 0.0], dtype=nd.float64)).numpy().round(6).tolist()
    [-0.577216, -inf]
    """
    return _core.digamma(x)


def zeta(s: Operand, q: Operand, /) -> NDArray:
    """Hurwitz's zeta function, the sum of (q + k) ** -s over k = 0, 1, 2, ...

    For s > 1: infinite for s = 1 and for q = 0, -1, -2, ..., NaN below, and for other negative q
    unless s is whole.

    >>> nd.zeta(nd.asarray([2.0, 4.0], dtype=nd.float64), 1.0).numpy().round(6).tolist()
    [1.644934, 1.082323]
    """
    return _core.zeta(s, q)


def polygamma(n: int, x: NDArray, /) -> NDArray:
    """The n-th derivative of `digamma`; infinite at 0, -1, -2, ... for n > 0. ValueError for n < 0.

    >>> nd.polygamma(1, nd.asarray([1.0, 0.0], dtype=nd.float64)).numpy().round(6).tolist()
    [1.644934, inf]
    """
    if n < 0:
        raise ValueError(f"polygamma: n is a number of derivatives, and not {n}")
    if n == 0:
        return _core.digamma(x)
    # https://dlmf.nist.gov/25.11#E12
    return _core.multiply(_core.zeta(float(n + 1), x), (-1.0) ** (n + 1) * math.factorial(n))
