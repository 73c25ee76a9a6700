"""Attention: kernel, definition and gradients."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies
from tests.fused import assert_as_defined, assert_gradients, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused

TYPES = (*strategies.FLOATING, *strategies.HALVES)


def test_has_kernels(device: nd.Device) -> None:
    for operation in (fused.attention, fused.attention_gradient):
        assert operation.has_kernel(device) == (device.name != "numpy")


@given(
    heads=st.sampled_from([(1, 1), (4, 4), (4, 2), (3, 1)]),
    # Fewer queries than the kernel is made for; about one block; several blocks.
    queries=st.sampled_from([1, 8, 64, 150]),
    keys=st.sampled_from([1, 3, 70, 300]),
    widths=st.sampled_from([(1, 1), (16, 24), (70, 33)]),
    dtype=st.sampled_from(TYPES),
    layout=st.sampled_from(strategies.LAYOUTS),
    masked=st.sampled_from(["no", "causal", "bools", "added", "keys", "one"]),
    needs=st.tuples(*[st.booleans()] * 3),
    seed=strategies.seeds(),
)
def test_is_as_defined(
    heads: tuple[int, int],
    queries: int,
    keys: int,
    widths: tuple[int, int],
    dtype: str,
    layout: str,
    masked: str,
    needs: tuple[bool, bool, bool],
    seed: int,
    device: nd.Device,
) -> None:
    def array(i: int, *shape: int) -> nd.NDArray:
        return strategies.ArrayCase(shape, dtype, layout, seed + i, -1.0, 1.0).on(device).array

    query = array(0, 2, heads[0], queries, widths[0])
    key, value = array(1, 2, heads[1], keys, widths[0]), array(2, 2, heads[1], keys, widths[1])
    random = np.random.default_rng(seed)
    shapes = {"bools": (queries, keys), "keys": (2, 1, 1, keys), "added": (2, 1, queries, keys)}
    mask = None
    if masked in shapes:
        mask = nd.asarray(random.random(shapes[masked]) < 0.7, device=device)
    if masked == "added":
        mask = nd.astype(nd.where(mask, nd.ones_like(mask, dtype=dtype), -math.inf), dtype)
    if masked == "one":
        mask = nd.asarray(True, device=device)
    parameters = {"scale": 1 / math.sqrt(widths[0]), "causal": masked == "causal"}
    operands = (query, key, value, mask)
    out, logsumexp = assert_as_defined(fused.attention, *operands, **parameters, slack=4)
    assert_as_defined(
        fused.attention_gradient,
        *(array(3, *out.shape), *operands, out, logsumexp),
        **parameters,
        needs=needs,
        slack=16,
    )


@pytest.mark.parametrize("widths", [(5, 140), (140, 5), (100, 300)])
@pytest.mark.parametrize("dtype", strategies.FLOATING)
def test_wide_heads_are_as_defined(widths: tuple[int, int], dtype: str, device: nd.Device) -> None:
    generator = np.random.default_rng(0)
    shapes = [(1, 2, 9, widths[0]), (1, 2, 70, widths[0]), (1, 2, 70, widths[1])]
    operands = [nd.asarray(generator.uniform(-1, 1, s), dtype=dtype, device=device) for s in shapes]
    out, logsumexp = assert_as_defined(fused.attention, *operands, None, scale=0.2, slack=4)
    assert_as_defined(
        fused.attention_gradient, out, *operands, None, out, logsumexp, scale=0.2, slack=16
    )


@pytest.mark.parametrize("heads", [(2, 2), (4, 2)])
@pytest.mark.parametrize("causal", [False, True])
def test_gradients(heads: tuple[int, int], causal: bool, device: nd.Device) -> None:
    generator = np.random.default_rng(0)
    shapes = [(2, heads[0], 9, 3), (2, heads[1], 7, 3), (2, heads[1], 7, 4)]
    operands = [nd.asarray(generator.standard_normal(s), device=device) for s in shapes]
    blind = nd.asarray(generator.random((9, 7)) < 0.6, device=device)
    blind[3] = False  # this query sees no key

    def forward(*given: nd.NDArray) -> tuple[nd.NDArray, nd.NDArray]:
        return fused.attention(*given, blind, scale=0.7, causal=causal)

    assert_gradients(
        lambda *given: forward(*given)[0],
        lambda g, *given: fused.attention_gradient(
            g, *given, blind, *forward(*given), scale=0.7, causal=causal
        ),
        operands,
    )


def test_blind_queries_and_large_scores(device: nd.Device) -> None:
    x = nd.asarray(np.full((1, 1, 8, 4), 1e4), dtype=nd.float32, device=device)
    out, _ = fused.attention(x, x, x, scale=1.0)
    np.testing.assert_allclose(out.numpy(), 1e4, rtol=1e-6)
    nothing = nd.zeros((8, 8), dtype=nd.bool, device=device)
    out, logsumexp = fused.attention(x, x, x, nothing, scale=1.0)
    assert np.all(out.numpy() == 0) and np.all(logsumexp.numpy() == -math.inf)
    gradients = fused.attention_gradient(x, x, x, x, nothing, out, logsumexp, scale=1.0)
    assert all(y is not None and np.all(y.numpy() == 0) for y in gradients)


def test_wrong_sizes(device: nd.Device) -> None:
    x = nd.ones((1, 3, 4, 2), device=device)
    with pytest.raises(errors.ShapeError, match=r"attention: query \(1, 3, 4, 2\), key"):
        fused.attention(x, x[:, :2], x[:, :2], scale=1.0)
    with pytest.raises(errors.ShapeError, match=r"mask of shape \(3, 4\).*\(1, 3, 4, 4\)"):
        fused.attention(x, x, x, nd.ones((3, 4), device=device), scale=1.0)
    with pytest.raises(errors.DTypeError, match="mask holds int64"):
        fused.attention(x, x, x, nd.ones((4, 4), dtype=nd.int64, device=device), scale=1.0)
    assert fused.attention(x[:0], x[:0], x[:0], scale=1.0)[0].shape == (0, 3, 4, 2)


def test_threads_agree() -> None:
    generator = np.random.default_rng(0)
    query, key = (
        nd.asarray(generator.standard_normal(s), dtype=nd.float32, device="cpu")
        for s in [(1, 4, 200, 16), (1, 2, 300, 16)]
    )
    out, logsumexp = fused.attention(query, key, key, scale=0.25)
    assert_threads_agree(lambda: fused.attention(query, key, key, scale=0.25, causal=True))
    assert_threads_agree(
        lambda: fused.attention_gradient(query, query, key, key, None, out, logsumexp, scale=0.25)
    )
