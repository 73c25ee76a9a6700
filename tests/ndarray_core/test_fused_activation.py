"""Activation functions of one pass: kernels, definitions and gradients."""

from __future__ import annotations

import math
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


def test_gelu_keeps_its_digits_far_out() -> None:
    x = np.linspace(-7.0, 0.0, 2001, dtype=np.float32)
    exact = [value * math.erfc(-value * math.sqrt(0.5)) / 2 for value in x.tolist()]
    found = fused.gelu(nd.asarray(x, device="cpu"), approximate="none").numpy()
    np.testing.assert_allclose(found, exact, rtol=1e-5)


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
