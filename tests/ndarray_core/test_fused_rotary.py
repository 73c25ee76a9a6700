"""Rotary embedding: the kernel, and what a rotation is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fused import assert_as_defined, assert_close, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused


def operands(
    lead: tuple[int, ...], steps: int, half: int, dtype: str = "float32", device: Any = "cpu"
) -> list[nd.NDArray]:
    """x, whose steps lie before its heads as a projection leaves them, and the angles'."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((steps, *lead, 2 * half))
    angles = rng.uniform(-9, 9, (steps, half))
    kind = nd.as_dtype(dtype)
    made = [nd.asarray(a, dtype=kind, device=device) for a in (x, np.cos(angles), np.sin(angles))]
    return [nd.moveaxis(made[0], 0, -2), *made[1:]]


@given(
    lead=st.lists(st.integers(1, 3), max_size=3).map(tuple),
    steps=st.integers(1, 6),
    half=st.integers(1, 40),
    dtype=st.sampled_from(("float32", "float64", "float16", "bfloat16")),
)
@settings(max_examples=30)
def test_is_as_defined(lead: tuple[int, ...], steps: int, half: int, dtype: str) -> None:
    x, cos, sin = operands(lead, steps, half, dtype)
    assert_as_defined(fused.rotary_embedding, x, cos, sin)
    assert_as_defined(fused.rotary_embedding, x[..., ::-1], cos, sin)


def test_is_a_rotation(device: nd.Device) -> None:
    x, cos, sin = operands((2, 3), 4, 5, "float64", device)
    out = fused.rotary_embedding(x, cos, sin)
    pairs, turned = (a.numpy()[..., :5] + 1j * a.numpy()[..., 5:] for a in (x, out))
    np.testing.assert_allclose(turned, pairs * (cos.numpy() + 1j * sin.numpy()), atol=1e-14)
    assert_close(fused.rotary_embedding(out, cos, -sin), x, slack=4)


def test_has_a_kernel_whose_threads_agree() -> None:
    assert fused.rotary_embedding.has_kernel("cpu")
    all_of_them = operands((4, 6), 50, 32)
    assert_threads_agree(lambda: fused.rotary_embedding(*all_of_them))


def test_wrong(device: nd.Device) -> None:
    x, cos, sin = operands((2,), 4, 5, device=device)
    for given_x, given_cos, given_sin, message in (
        (x[..., :9], cos, sin, r"\(2, 4, 9\) and cos of shape \(4, 5\): expected"),
        (x, cos[:3], sin[:3], r"expected \(\.\.\., T, D\) and \(T, D / 2\)"),
        (x, cos, sin[:3], "must have one shape"),
    ):
        with pytest.raises(errors.ShapeError, match=message):
            fused.rotary_embedding(given_x, given_cos, given_sin)
    assert fused.rotary_embedding(x[:0], cos, sin).shape == (0, 4, 10)
