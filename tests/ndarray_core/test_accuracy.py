"""Functions are within two units of the last place, with every instruction set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.ndarray_core.accuracy import FLOAT32

import ndarray_core as nd
from ndarray_core import _core

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("isa", _core.supported_isas())
def test_functions_are_within_two_units_of_the_last_place(isa: str) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "tests.ndarray_core.accuracy"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NDARRAY_CORE_ISA": isa},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    errors = json.loads(process.stdout)
    assert {f"{name} float32" for name in FLOAT32} <= errors.keys()
    assert {name: error for name, error in errors.items() if not error <= 2.0} == {}


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("sin", "float32"),
        ("cos", "float32"),
        ("tan", "float32"),
        ("sin", "float64"),
        ("cos", "float64"),
    ],
)
def test_large_angles_among_small_ones_change_nothing(name: str, dtype: str) -> None:
    """Loops take another way where there are any."""
    angles = np.linspace(-3e4, 3e4, 2001, dtype=dtype)
    alone = getattr(nd, name)(nd.asarray(angles, device="cpu")).numpy()
    angles = np.append(angles, np.array([3e38, np.inf, np.nan], dtype))
    found = getattr(nd, name)(nd.asarray(angles, device="cpu")).numpy()
    apart = getattr(nd, name)(nd.asarray(np.repeat(angles, 2), device="cpu")[::2]).numpy()
    np.testing.assert_array_equal(found[:2001], alone)
    np.testing.assert_array_equal(found, apart)
    exact = getattr(np, name)(np.longdouble(angles[2001]))
    np.testing.assert_allclose(found[2001], exact, rtol=2 * np.finfo(dtype).eps)
    assert np.isnan(found[2002:]).all()


def test_logaddexp_where_its_terms_nearly_cancel() -> None:
    generator = np.random.default_rng(0)
    x = generator.uniform(-10, -1e-3, 20_001)
    y = np.log(-np.expm1(x)) + generator.normal(0, 1e-4, x.size)  # e^x + e^y is about 1
    operands = x.astype("float32"), y.astype("float32")
    found = nd.logaddexp(*(nd.asarray(each, device="cpu") for each in operands)).numpy()
    exact = np.logaddexp(*(each.astype("float64") for each in operands))
    assert np.median(np.abs(exact)) < 1e-4
    np.testing.assert_array_less(
        np.abs(found - exact)[np.abs(exact) > 1e-8],
        2 * np.spacing(np.abs(exact.astype("float32")))[np.abs(exact) > 1e-8],
    )


@pytest.mark.parametrize("name", ["fmod", "remainder", "floor_divide"])
def test_large_quotients_among_small_ones_change_nothing(name: str) -> None:
    """Loops take another way where there are any. What remains is exact."""
    generator = np.random.default_rng(0)
    x = generator.uniform(-1e3, 1e3, 2001).astype("float32")
    y = (generator.uniform(-1, 1, 2001) * 2.0 ** generator.integers(-15, 12, 2001)).astype(x.dtype)
    large_x = np.array([3e38, np.inf, np.nan, 1, -0.0, 5, 1e-45], x.dtype)
    large_y = np.array([1e-3, 2, 2, 0, 3, np.inf, -3e-45], x.dtype)
    for left, right in ((x, y), (np.append(x, large_x), np.append(y, large_y)), (x, y[:1])):
        operands = (nd.asarray(left, device="cpu"), nd.asarray(right, device="cpu"))
        found = getattr(nd, name)(*operands).numpy()
        with np.errstate(all="ignore"):
            expected = getattr(np, name)(left, right)
            if name == "floor_divide":  # the array API standard's, of infinities
                special = ~np.isfinite(left) | ~np.isfinite(right)
                expected = np.where(special, np.floor(left / right), expected)
        np.testing.assert_array_equal(found, expected)
        is_number = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found)[is_number], np.signbit(expected)[is_number])
