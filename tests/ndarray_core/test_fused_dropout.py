"""Dropout: the mask is a place in the stream of random numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fused import assert_as_defined, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused

TYPES = ("float32", "float64", "float16", "bfloat16")
STATES = {"seed": st.integers(0, 2**64 - 1), "offset": st.sampled_from((0, 7, 2**32 - 3, 2**63))}


@given(size=st.integers(1, 5000), dtype=st.sampled_from(TYPES), p=st.floats(0, 0.99), **STATES)
@settings(max_examples=40)
def test_is_as_defined(size: int, dtype: str, p: float, seed: int, offset: int) -> None:
    host = np.random.default_rng(0).standard_normal((size, 2))
    x = nd.asarray(host, dtype=nd.as_dtype(dtype), device="cpu").T
    out = assert_as_defined(fused.dropout, x, p=p, seed=seed, offset=offset, slack=4)
    if dtype in ("float32", "float64"):
        expected = fused.dropout(x.to_device("numpy"), p=p, seed=seed, offset=offset)
        np.testing.assert_array_equal(out.numpy(), expected.numpy())


def test_is_where_the_generator_says(device: nd.Device) -> None:
    generator = nd.random.Generator(3)
    state = generator.reserve(1000)
    again = nd.random.Generator(3)
    kept = again.bernoulli(0.75, (10, 100), device=device)
    assert again.state == generator.state
    x = nd.ones((10, 100), device=device)
    out = fused.dropout(x, p=0.25, **state)
    np.testing.assert_array_equal(out.numpy(), kept.numpy() * np.float32(1 / 0.75))


def test_has_a_kernel_whose_threads_agree() -> None:
    assert fused.dropout.has_kernel("cpu")
    x = nd.ones((100_001,), device="cpu")
    assert_threads_agree(lambda: fused.dropout(x, p=0.5, seed=1, offset=2))


def test_wrong(device: nd.Device) -> None:
    x = nd.ones((3,), device=device)
    for p in (-0.1, 1.0, float("nan")):
        with pytest.raises(ValueError, match="dropout: p is a probability below 1"):
            fused.dropout(x, p=p, seed=0, offset=0)
    with pytest.raises(errors.DTypeError, match="int64"):
        fused.dropout(nd.astype(x, nd.int64), p=0.5, seed=0, offset=0)
    with pytest.raises(ValueError, match="-1 words are less than none"):
        nd.random.Generator(0).reserve(-1)
    assert fused.dropout(x[:0], p=0.5, seed=0, offset=0).shape == (0,)
