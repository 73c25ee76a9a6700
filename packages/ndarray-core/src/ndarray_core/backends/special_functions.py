"""Functions that NumPy does not have, written in NumPy or with Python's `math`.

In the form of NumPy's ufuncs: each writes into `out`. They compute in float64, other ways than the
CPU's kernels (native/ops/elementwise/special_functions.hpp) where there are any.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["digamma", "erf", "erfc", "erfinv", "lgamma", "zeta"]

Array = npt.NDArray[Any]


def _each(function: Callable[[float], float]) -> Callable[[Array, Array], Array]:
    """A function of arrays from one of Python's floats."""
    of_objects = np.frompyfunc(function, 1, 1)

    def apply(x: Array, out: Array) -> Array:
        out[...] = of_objects(x)
        return out

    return apply


def _lgamma(x: float) -> float:
    pole = x <= 0 and x == math.floor(x) if math.isfinite(x) else False
    return math.inf if pole else math.lgamma(x)


_standard_normal = NormalDist()


def _erfinv(x: float) -> float:
    """From the quantiles of the normal distribution, with two steps of Newton's method."""
    size = abs(x)
    if not size < 1:
        return math.copysign(math.inf, x) if size == 1 else math.nan
    y = -_standard_normal.inv_cdf((1 - size) / 2) / math.sqrt(2)
    for _ in range(2):
        # 1 - size is exact from a half on, where the difference of erf and size is not.
        excess = math.erf(y) - size if size < 0.5 else (1 - size) - math.erfc(y)
        y -= excess / (2 / math.sqrt(math.pi) * math.exp(-y * y))
    return math.copysign(y, x)


erf = _each(math.erf)
erfc = _each(math.erfc)
erfinv = _each(_erfinv)
lgamma = _each(_lgamma)


# Bernoulli's numbers B_2, B_4, ...: https://dlmf.nist.gov/24.2#iii
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def _digamma_right(x: Array) -> Array:
    """Of numbers above 0: recurrence from x + 10, where the asymptotic series is exact enough."""
    far = x + 10
    series = sum(b / (2 * k * far ** (2 * k)) for k, b in enumerate(_BERNOULLI, start=1))
    value: Array = np.log(far) - 0.5 / far - series - sum(1 / (x + k) for k in range(10))
    return value


def digamma(x: Array, out: Array) -> Array:
    x = x.astype(np.float64)
    right = _digamma_right(np.where(x > 0, x, 1 - x))
    # On the left by reflection: https://dlmf.nist.gov/5.5#E4
    excess = x - np.rint(x)  # exactly
    left = np.where(excess == 0, np.nan, right - np.pi / np.tan(np.pi * excess))
    out[...] = np.where(x > 0, right, np.where(x == 0, -1 / x, left))
    np.copyto(out, np.inf, where=np.isposinf(x))
    return out


def _zeta_right(s: Array, q: Array) -> Array:
    """The sum of (q + k) ** -s for q > 0: 20 terms, then https://dlmf.nist.gov/25.11#E5."""
    far = q + 20
    total = far ** (1 - s) / (s - 1) + 0.5 * far**-s + sum((q + k) ** -s for k in range(20))
    rising = s * far ** (-s - 1)
    for k, bernoulli in enumerate(_BERNOULLI, start=1):
        total = total + bernoulli / math.factorial(2 * k) * rising
        rising = rising * (s + 2 * k - 1) * (s + 2 * k) / far**2
    value: Array = total
    return value


def zeta(s: Array, q: Array, out: Array) -> Array:
    s, q = np.broadcast_arrays(s.astype(np.float64), q.astype(np.float64))
    whole = np.floor(q)
    fraction, rest = q - whole, np.ceil(q) - q
    # On the left: the sum over all whole numbers without what is left of q, for whole s.
    parity = np.where(s % 2 == 0, 1, -1)
    around = _zeta_right(s, fraction) + parity * _zeta_right(s, rest)
    left = np.where(s == np.floor(s), around - parity * _zeta_right(s, 1 - q), np.nan)
    left = np.where(q == whole, np.inf, left)
    value = np.where(q > 0, _zeta_right(s, q), left)
    value = np.where(np.isposinf(q), 0, np.where(np.isneginf(q) | np.isnan(q), np.nan, value))
    out[...] = np.where(s > 1, value, np.where(s == 1, np.inf, np.nan))
    return out
