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
