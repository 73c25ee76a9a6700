"""Activation functions of one pass: kernels, definitions and gradients."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests import strategies
from tests.fused import assert_as_defined, assert_gradients, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused

TYPES = (*strategies.FLOATING, *strategies.HALVES)
CASES: list[tuple[Any, Any, dict[str, Any]]] = [
    (fused.gelu, fused.gelu_gradient, {"approximate": "none"}),
    (fused.gelu, fused.gelu_gradient, {"approximate": "tanh"}),
    (fused.silu, fused.silu_gradient, {}),
]


@given(case=strategies.arrays(TYPES, low=-10.0, high=10.0, special=True))
def test_is_as_defined(case: strategies.ArrayCase, device: nd.Device) -> None:
    x = case.on(device).array
    gradient = nd.ones(x.shape, dtype=x.dtype, device=device)
    for forward, backward, parameters in CASES:
        for operation in (forward, backward):
            assert operation.has_kernel(device) == (device.name != "numpy")
        with np.errstate(invalid="ignore", over="ignore"):
            assert_as_defined(forward, x, **parameters)
            assert_as_defined(backward, gradient, x, **parameters, slack=4)


def test_gradients(device: nd.Device) -> None:
    x = nd.asarray(np.random.default_rng(0).standard_normal((4, 5)), device=device)
    for forward, backward, parameters in CASES:
        assert_gradients(
            lambda x, f=forward, p=parameters: f(x, **p),
            lambda g, x, b=backward, p=parameters: b(g, x, **p),
            [x],
        )


def test_values_are_within_units_of_the_last_place() -> None:
    """As native/ops/activation/functions.hpp states; far to the left gelu and silu become 0."""
    x = np.concatenate([np.linspace(-7.2, 100, 20_001), np.linspace(-88, -7.2, 2001)])
    x = np.concatenate([x, np.geomspace(1e-30, 1, 500), -np.geomspace(1e-30, 1, 500)])
    for function, exact, constant, of_squares, least in [
        (fused.gelu, _exact_gelu, 3.5, 2, -7.2),
        (partial(fused.gelu, approximate="tanh"), _exact_gelu_by_tanh, 3, 2, -7.2),
        (fused.silu, _exact_silu, 2.1, 0, -88.0),
    ]:
        some = x[x >= least].astype(np.float32)
        found = function(nd.asarray(some, device="cpu")).numpy()
        expected = np.array([exact(value) for value in some.tolist()])
        units = np.abs(found - expected) / np.spacing(np.abs(expected).astype(np.float32))
        excess = units - (constant + of_squares * np.minimum(some, 0) ** 2)
        assert excess.max() <= 0, (function, some[excess.argmax()])
        assert function(nd.asarray([-1e4, -0.0, 1e4], device="cpu")).tolist() == [0.0, 0.0, 1e4]


def _exact_gelu(x: float) -> float:
    return x * math.erfc(-x * math.sqrt(0.5)) / 2


def _exact_gelu_by_tanh(x: float) -> float:
    return _times_sigmoid(x, 2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def _exact_silu(x: float) -> float:
    return _times_sigmoid(x, x)


def _times_sigmoid(x: float, y: float) -> float:
    return x / (1 + math.exp(-y))


def test_what_is_refused(device: nd.Device) -> None:
    with pytest.raises(ValueError, match="approximate must be 'none' or 'tanh', got 'no'"):
        fused.gelu(nd.ones(2, device=device), approximate="no")  # type: ignore[arg-type]
    with pytest.raises(errors.DTypeError, match=r"silu: .*int64"):
        fused.silu(nd.ones(2, dtype=nd.int64, device=device))
    with pytest.raises(errors.ShapeError, match=r"\(2,\).*\(3,\)"):
        fused.silu_gradient(nd.ones(2, device=device), nd.ones(3, device=device))


def test_threads_agree() -> None:
    x = nd.asarray(np.random.default_rng(0).standard_normal(100_000), device="cpu")
    for forward, backward, parameters in CASES:
        assert_threads_agree(lambda f=forward, p=parameters: f(x, **p))
        assert_threads_agree(lambda b=backward, p=parameters: b(x, x, **p))
