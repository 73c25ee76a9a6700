"""How far the float32 functions that kernels vectorise are from the exact results.

    python -m tests.ndarray_core.accuracy       # every 20011th float, as JSON
    python -m tests.ndarray_core.accuracy 257   # more of them

For every so many bit patterns, subnormal numbers, infinities and NaN among them, the result is
compared with that in float64. Errors are in units of the last place of the exact result.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable

import numpy as np

import ndarray_core as nd

STEP = 20_011


def _sigmoid(x: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1.0) / (1.0 + small)


def _erf(x: np.ndarray) -> np.ndarray:
    return np.array([math.erf(each) for each in x.tolist()])


REFERENCES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "sqrt": np.sqrt,
    "erf": _erf,
    "sigmoid": _sigmoid,
}


def floats(step: int) -> np.ndarray:
    """Every so many floats, and those that are special."""
    patterns = np.arange(0, 2**32, step, dtype=np.uint64).astype(np.uint32)
    special = np.float32([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45])
    return np.concatenate([special, patterns.view(np.float32)])


def error_in_units(name: str, x: np.ndarray) -> float:
    """The largest error of nd.<name>(x); infinite where infinity, NaN or a zero's sign is wrong."""
    found = getattr(nd, name)(nd.asarray(x, device="cpu")).numpy()
    with np.errstate(all="ignore"):
        exact = REFERENCES[name](x.astype(np.float64))
        expected = exact.astype(np.float32)
    regular = np.isfinite(expected)
    # A result that overflows in float32 may be the largest float, within the units allowed.
    largest = np.finfo(np.float32).max
    nearly = np.isinf(expected) & np.isfinite(exact) & (np.abs(found) >= largest)
    wrong = ~regular & ~nearly & ~((found == expected) | (np.isnan(found) & np.isnan(expected)))
    wrong |= regular & ~np.isfinite(found) & ~(np.abs(expected) >= largest)
    wrong |= (exact == 0) & (np.signbit(found) != np.signbit(exact))
    if wrong.any():
        return math.inf
    regular &= np.isfinite(found)
    distance = np.abs(found[regular].astype(np.float64) - exact[regular])
    return float((distance / np.spacing(np.abs(expected[regular])).astype(np.float64)).max())


def errors(step: int) -> dict[str, float]:
    x = floats(step)
    return {name: error_in_units(name, x) for name in REFERENCES}


if __name__ == "__main__":
    print(json.dumps(errors(int(sys.argv[1]) if len(sys.argv) > 1 else STEP)))
