"""Softmax and its logarithm: kernels, definitions and gradients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies
from tests.fused import assert_as_defined, assert_gradients, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused

FORWARD = (fused.softmax, fused.log_softmax)
GRADIENT = (fused.softmax_gradient, fused.log_softmax_gradient)
TYPES = (*strategies.FLOATING, *strategies.HALVES)


def test_has_kernels(device: nd.Device) -> None:
    for operation in FORWARD + GRADIENT:
        assert operation.has_kernel(device) == (device.name != "numpy")


@given(
    case=strategies.arrays(
        TYPES, shape=strategies.shapes(min_dims=1, min_side=1, max_side=70, max_dims=2), high=30.0
    ),
    data=st.data(),
)
def test_is_as_defined(case: strategies.ArrayCase, data: st.DataObject, device: nd.Device) -> None:
    axis = data.draw(st.integers(-len(case.shape), len(case.shape) - 1))
    for forward, gradient in zip(FORWARD, GRADIENT, strict=True):
        x = case.on(device).array
        out = assert_as_defined(forward, x, axis=axis, slack=4)
        assert_as_defined(gradient, x, out, axis=axis, slack=30)


@pytest.mark.parametrize("shape", [(3, 2000), (2, 3001), (2, 20_001), (1, 20_000)])
def test_long_rows_are_as_defined(shape: tuple[int, ...], device: nd.Device) -> None:
    """Rows for a whole block of threads, and those that its memory does not hold."""
    for forward, gradient in zip(FORWARD, GRADIENT, strict=True):
        x = nd.asarray(
            np.random.default_rng(0).uniform(-30, 30, shape), dtype="float32", device=device
        )
        out = assert_as_defined(forward, x, slack=30)
        assert_as_defined(gradient, x, out, slack=1000)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gradients(axis: int, device: nd.Device) -> None:
    x = nd.asarray(np.random.default_rng(0).standard_normal((3, 4, 5)), device=device)
    for forward, gradient in zip(FORWARD, GRADIENT, strict=True):
        assert_gradients(
            lambda x, f=forward: f(x, axis=axis),
            lambda g, x, f=forward, b=gradient: b(g, f(x, axis=axis), axis=axis),
            [x],
        )


def test_extreme_values(device: nd.Device) -> None:
    inf, nan = float("inf"), float("nan")
    x = nd.asarray(
        [[1e30, 0.0, -1e30], [-inf, 2.0, -inf], [-inf] * 3, [1.0, nan, 0.0], [inf, 0.0, 0.0]],
        device=device,
    )
    softmax = [[1, 0, 0], [0, 1, 0], [nan] * 3, [nan] * 3, [nan] * 3]
    np.testing.assert_array_equal(fused.softmax(x).numpy()[:4], softmax[:4])
    logs = fused.log_softmax(x).numpy()
    np.testing.assert_array_equal(logs[:2], np.float32([[0, -1e30, -2e30], [-inf, 0, -inf]]))
    assert np.isnan(logs[2:4]).all()


def test_empty_and_wrong(device: nd.Device) -> None:
    for operation in FORWARD:
        assert operation(nd.zeros((2, 0), device=device)).shape == (2, 0)
        with pytest.raises(errors.DTypeError, match=r"softmax: .*int64.*astype"):
            operation(nd.ones(3, dtype=nd.int64, device=device))
        with pytest.raises(IndexError, match="axis 2"):
            operation(nd.ones((2, 3), device=device), axis=2)
    for operation in GRADIENT:
        with pytest.raises(errors.ShapeError, match=r"\(2,\).*\(3,\)"):
            operation(nd.ones(2, device=device), nd.ones(3, device=device))


def test_threads_agree() -> None:
    x = nd.asarray(np.random.default_rng(0).standard_normal((300, 700)), device="cpu")
    for forward, gradient in zip(FORWARD, GRADIENT, strict=True):
        assert_threads_agree(lambda f=forward: f(x))
        assert_threads_agree(lambda f=forward, b=gradient: b(x, f(x)))
