"""How far the functions that kernels vectorise are from the exact results.

    python -m tests.ndarray_core.accuracy       # a hundred thousand numbers, as JSON
    python -m tests.ndarray_core.accuracy 1000  # so many times as many

Of a float for bit patterns at equal distances, subnormal numbers, infinities and NaN among them, of
a double for random bit patterns, of two numbers for pairs of such. The result is compared with that
in the next wider precision; a double's, therefore, only where NumPy has one. Errors are in units
of the last place of the exact result, which may be subnormal.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable

import numpy as np

import ndarray_core as nd

Function = Callable[..., np.ndarray]

STEP = 80_021
HAS_LONG_DOUBLES = np.finfo(np.longdouble).nmant > np.finfo(np.float64).nmant


def _sigmoid(x: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def _logit(x: np.ndarray) -> np.ndarray:
    near = np.abs(x - 0.5) < 0.25
    return np.where(near, np.log1p((2 * x - 1) / (1 - x)), np.log(x / (1 - x)))


def _each(function: Callable[[float], float]) -> Function:
    return lambda x: np.array([function(each) for each in x.tolist()])


def _lgamma(x: float) -> float:
    is_pole = x <= 0 and x.is_integer()
    return math.inf if is_pole else math.lgamma(x)


def _ours(name: str) -> Function:
    """Of a double, as tests/ndarray_core/test_special_functions.py tests it."""
    return lambda *operands: getattr(nd, name)(*map(nd.asarray, operands)).numpy()


# Of a float, by what is exact enough of a double.
FLOAT32: dict[str, Function] = {
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "erf": _each(math.erf),
    "erfc": _each(math.erfc),
    "erfinv": _ours("erfinv"),
    "lgamma": _each(_lgamma),
    "digamma": _ours("digamma"),
    "sigmoid": _sigmoid,
    "logit": _logit,
    "pow": np.power,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "zeta": _ours("zeta"),
}
# Of a double, by a long double's.
FLOAT64: dict[str, Function] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "logit": _logit,
}
BINARY = ("pow", "atan2", "hypot", "logaddexp", "zeta")
SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 0.5, -0.5, 2.0, 3.0, -3.0]


def numbers(dtype: type[np.floating], count: int) -> np.ndarray:
    """Numbers that are special, some all over the range, and some of medium size."""
    tiny = np.finfo(dtype).smallest_subnormal
    special = np.array([*SPECIAL, tiny, -tiny], dtype)
    generator = np.random.default_rng(0)
    if dtype is np.float32:
        patterns = np.arange(count, dtype=np.uint64) * (2**32 // count)
        everywhere = patterns.astype(np.uint32).view(np.float32)
    else:
        everywhere = generator.integers(2**64, size=count, dtype=np.uint64).view(np.float64)
    medium = generator.uniform(-1, 1, count) * 2.0 ** generator.integers(-20, 8, count)
    return np.concatenate([special, everywhere, medium.astype(dtype)])


def pairs(dtype: type[np.floating], count: int) -> tuple[np.ndarray, np.ndarray]:
    special = np.array(SPECIAL, dtype)
    x, y = numbers(dtype, count), np.random.default_rng(1).permutation(numbers(dtype, count))
    with np.errstate(invalid="ignore"):  # of signalling NaN
        whole = np.where(np.arange(y.size) % 2 == 0, y.round(), y)
    several = np.repeat(special, special.size), np.tile(special, special.size)
    return np.concatenate([several[0], x]), np.concatenate([several[1], whole])


def error_in_units(name: str, reference: Function, *operands: np.ndarray) -> float:
    """The largest error of nd.<name>; infinite where infinity, NaN or a zero's sign is wrong."""
    dtype = operands[0].dtype
    wider = np.float64 if dtype == np.float32 else np.longdouble
    found = getattr(nd, name)(*(nd.asarray(x, device="cpu") for x in operands)).numpy()
    with np.errstate(all="ignore"):
        exact = reference(*(x.astype(wider) for x in operands))
        expected = exact.astype(dtype)
    regular = np.isfinite(expected)
    # A result that overflows may be the largest number, within the units allowed.
    largest = np.finfo(dtype).max
    nearly = np.isinf(expected) & np.isfinite(exact) & (np.abs(found) >= largest)
    wrong = ~regular & ~nearly & ~((found == expected) | (np.isnan(found) & np.isnan(expected)))
    wrong |= regular & ~np.isfinite(found) & ~(np.abs(expected) >= largest)
    wrong |= (exact == 0) & (np.signbit(found) != np.signbit(exact))
    if wrong.any():
        return math.inf
    regular &= np.isfinite(found)
    distance = np.abs(found[regular].astype(wider) - exact[regular])
    return float((distance / np.spacing(np.abs(expected[regular])).astype(wider)).max())


def errors(times: int = 1) -> dict[str, float]:
    """By "function dtype"."""
    count = times * 2**32 // STEP
    tables = [(np.float32, FLOAT32, count)]
    if HAS_LONG_DOUBLES:
        tables.append((np.float64, FLOAT64, count // 4))  # long doubles are slow
    found = {}
    for dtype, references, enough in tables:
        one, two = (numbers(dtype, enough),), pairs(dtype, enough)
        for name, reference in references.items():
            operands = two if name in BINARY else one
            found[f"{name} {dtype.__name__}"] = error_in_units(name, reference, *operands)
    return found


if __name__ == "__main__":
    print(json.dumps(errors(int(sys.argv[1]) if len(sys.argv) > 1 else 1)))
