"""Normalisation: kernels, definitions and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies
from tests.fused import assert_as_defined, assert_gradients, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused

TYPES = (*strategies.FLOATING, *strategies.HALVES)


def vector(size: int | tuple[int, ...], seed: int, like: nd.NDArray) -> nd.NDArray:
    values = np.random.default_rng(seed).uniform(0.5, 1.5, size)
    return nd.astype(nd.asarray(values, device=like.device), like.dtype)


def test_have_kernels(device: nd.Device) -> None:
    for operation in (
        fused.layer_norm,
        fused.layer_norm_gradient,
        fused.rms_norm,
        fused.rms_norm_gradient,
        fused.group_norm,
        fused.group_norm_gradient,
        fused.batch_norm,
        fused.batch_norm_gradient,
        fused.channel_affine,
        fused.channel_affine_gradient,
    ):
        assert operation.has_kernel(device) == (device.name != "numpy")


@given(
    case=strategies.arrays(
        TYPES, shape=strategies.shapes(min_dims=1, max_dims=3, min_side=1, max_side=70)
    ),
    data=st.data(),
)
def test_rows_are_as_defined(
    case: strategies.ArrayCase, data: st.DataObject, device: nd.Device
) -> None:
    x = case.on(device).array
    gradient = vector(x.shape, case.seed, x)
    axes = data.draw(st.integers(1, len(case.shape)))
    sizes = x.shape[x.ndim - axes :]
    weight, bias = (
        vector(sizes, seed, x) if data.draw(st.booleans()) else None for seed in range(2)
    )
    needs = data.draw(st.tuples(*[st.booleans()] * 3))
    # One element has deviation 0, which eps hides.
    given_to = {"axes": axes, "eps": 1e-2}
    assert_as_defined(fused.layer_norm, x, weight, bias, **given_to, slack=20)
    assert_as_defined(fused.rms_norm, x, weight, **given_to, slack=20)
    slack = 40 * (1 + x.size // nd.astype(x, nd.float32)[..., 0].size)
    operands: tuple[Any, ...] = (gradient, x, weight)
    assert_as_defined(fused.layer_norm_gradient, *operands, **given_to, needs=needs, slack=slack)
    assert_as_defined(fused.rms_norm_gradient, *operands, **given_to, needs=needs[:2], slack=slack)


@given(
    shape=st.tuples(
        st.integers(1, 5), st.integers(1, 6), st.integers(1, 9), st.integers(1, 9)
    ).flatmap(lambda shape: st.integers(2, 4).map(lambda ndim: shape[:ndim])),
    data=st.data(),
)
def test_channels_are_as_defined(
    shape: tuple[int, ...], data: st.DataObject, device: nd.Device
) -> None:
    case = data.draw(strategies.arrays(TYPES, shape=shape))
    x = case.on(device).array
    gradient = vector(shape, case.seed, x)
    weight, bias = (
        vector(shape[1], seed, x) if data.draw(st.booleans()) else None for seed in range(2)
    )
    needs = data.draw(st.tuples(*[st.booleans()] * 3))
    slack = 1000.0
    _, mean, variance = assert_as_defined(fused.batch_norm, x, weight, bias, eps=1e-2, slack=slack)
    assert_as_defined(
        fused.batch_norm_gradient,
        *(gradient, x, weight, mean, variance),
        eps=1e-2,
        needs=needs,
        slack=slack,
    )
    groups = data.draw(st.sampled_from([g for g in range(1, 7) if shape[1] % g == 0]))
    parameters = {"groups": groups, "eps": 1e-2}
    assert_as_defined(fused.group_norm, x, weight, bias, **parameters, slack=slack)
    assert_as_defined(
        fused.group_norm_gradient, gradient, x, weight, **parameters, needs=needs, slack=slack
    )
    scale, shift = (vector(shape[1], seed, x) for seed in range(2))
    assert_as_defined(fused.channel_affine, x, scale, shift, slack=slack)
    assert_as_defined(fused.channel_affine_gradient, gradient, x, scale, needs=needs, slack=slack)


@pytest.mark.parametrize("shape", [(130, 2000), (2, 9001)])
def test_long_rows_are_as_defined(shape: tuple[int, ...], device: nd.Device) -> None:
    generator = np.random.default_rng(0)
    x, gradient = (
        nd.asarray(generator.uniform(-2, 2, shape), dtype="float32", device=device)
        for _ in range(2)
    )
    weight = vector(shape[1], 0, x)
    slack = 100.0
    assert_as_defined(fused.layer_norm, x, weight, weight, slack=slack)
    assert_as_defined(fused.layer_norm_gradient, gradient, x, weight, slack=slack)
    assert_as_defined(fused.rms_norm_gradient, gradient, x, weight, slack=slack)


@pytest.mark.parametrize("shape", [(130, 4, 40), (1, 2, 9000), (2, 6, 33, 41)])
def test_large_channels_are_as_defined(shape: tuple[int, ...], device: nd.Device) -> None:
    generator = np.random.default_rng(0)
    x, gradient = (
        nd.asarray(generator.uniform(-2, 2, shape), dtype="float32", device=device)
        for _ in range(2)
    )
    weight, slack = vector(shape[1], 0, x), 100.0
    _, mean, variance = assert_as_defined(fused.batch_norm, x, weight, weight, slack=slack)
    moments = (mean, variance)
    assert_as_defined(fused.batch_norm_gradient, gradient, x, weight, *moments, slack=slack)
    assert_as_defined(fused.group_norm, x, weight, weight, groups=2, slack=slack)
    assert_as_defined(fused.group_norm_gradient, gradient, x, weight, groups=2, slack=slack)
    assert_as_defined(fused.channel_affine_gradient, gradient, x, weight, slack=slack)


def test_gradients(device: nd.Device) -> None:
    generator = np.random.default_rng(0)

    def normal(*shape: int) -> nd.NDArray:
        return nd.asarray(generator.standard_normal(shape), device=device)

    rows, channels = normal(4, 3, 5), [normal(4, 6, 3, 2), normal(6), normal(6)]
    assert_gradients(
        lambda *given: fused.layer_norm(*given, axes=2),
        lambda g, x, weight, _: fused.layer_norm_gradient(g, x, weight, axes=2),
        [rows, normal(3, 5), normal(3, 5)],
    )
    assert_gradients(fused.rms_norm, fused.rms_norm_gradient, [rows, normal(5)])
    assert_gradients(
        lambda *given: fused.batch_norm(*given)[0],
        lambda g, x, weight, _: fused.batch_norm_gradient(g, x, weight, *fused.batch_norm(x)[1:]),
        channels,
    )
    assert_gradients(
        lambda *given: fused.group_norm(*given, groups=3),
        lambda g, x, weight, _: fused.group_norm_gradient(g, x, weight, groups=3),
        channels,
    )
    assert_gradients(
        fused.channel_affine,
        lambda g, x, scale, _: fused.channel_affine_gradient(g, x, scale),
        channels,
    )


def test_deviation_is_exact_far_from_zero(device: nd.Device) -> None:
    """The mean is not lost in the squares."""
    values = np.random.default_rng(0).standard_normal((8, 3, 50)) + 1e4
    x = nd.asarray(values, dtype=nd.float32, device=device)
    expected = np.var(x.numpy().astype("float64"), axis=(0, 2))
    variance = fused.batch_norm(x)[2]
    np.testing.assert_allclose(variance.numpy(), expected, rtol=1e-3)
    out = fused.layer_norm(x).numpy()
    np.testing.assert_allclose(out.std(-1), 1.0, rtol=1e-3)


def test_empty_and_wrong(device: nd.Device) -> None:
    empty = nd.zeros((0, 3, 4), device=device)
    assert fused.layer_norm(empty).shape == (0, 3, 4)
    gradients = fused.layer_norm_gradient(empty, empty, None)
    assert gradients[1] is not None and gradients[1].tolist() == [0.0] * 4
    assert (
        fused.channel_affine(empty, nd.ones(3, device=device), nd.ones(3, device=device)).size == 0
    )
    x = nd.ones((2, 3), device=device)
    with pytest.raises(errors.ShapeError, match=r"layer_norm: .*\(2,\).*\(2, 3\)"):
        fused.layer_norm(x, nd.ones(2, device=device))
    with pytest.raises(errors.ShapeError, match="axes is 3"):
        fused.rms_norm(x, axes=3)
    with pytest.raises(errors.ShapeError, match=r"batch_norm: .*3 channels"):
        fused.batch_norm(x, nd.ones(2, device=device))
    with pytest.raises(errors.ShapeError, match="2 groups do not divide the 3 channels"):
        fused.group_norm(x, groups=2)
    with pytest.raises(errors.ShapeError, match=r"gradient of shape \(3,\)"):
        fused.layer_norm_gradient(nd.ones(3, device=device), x, None)
    with pytest.raises(errors.DTypeError, match=r"layer_norm: .*int64"):
        fused.layer_norm(nd.ones((2, 3), dtype=nd.int64, device=device))


# The threads share the rows of a batch, or its channels, where there are enough for all of them:
# never; with one thread; with one, some at a time; with one or three.
@pytest.mark.parametrize("shape", [(70, 24, 70), (3, 8, 1500), (4, 48, 100), (2, 40, 600)])
def test_threads_agree(shape: tuple[int, ...]) -> None:
    x = nd.asarray(np.random.default_rng(0).standard_normal(shape), device="cpu")
    weight = nd.asarray(np.random.default_rng(1).standard_normal(shape[1]), device="cpu")
    _, mean, variance = fused.batch_norm(x)
    assert_threads_agree(lambda: fused.layer_norm_gradient(x, x, None))
    assert_threads_agree(lambda: fused.rms_norm_gradient(x, x, None))
    assert_threads_agree(lambda: fused.batch_norm(x, weight))
    assert_threads_agree(lambda: fused.batch_norm_gradient(x, x, weight, mean, variance))
    assert_threads_agree(lambda: fused.group_norm_gradient(x, x, weight, groups=4))
    assert_threads_agree(lambda: fused.channel_affine_gradient(x, x, weight))
