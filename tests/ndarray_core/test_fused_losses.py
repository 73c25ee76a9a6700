"""Losses of one pass: kernels, definitions and gradients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies
from tests.fused import assert_as_defined, assert_gradients, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused

TYPES = (*strategies.FLOATING, *strategies.HALVES)


@given(
    case=strategies.arrays(
        TYPES, shape=strategies.shapes(1, 3, min_side=1, max_side=70), low=-30.0, high=30.0
    ),
    dtype=st.sampled_from(["int64", "int32", "uint8"]),
    ignored=st.sampled_from([-100, 0]),
)
def test_cross_entropy_is_as_defined(
    case: strategies.ArrayCase, dtype: str, ignored: int, device: nd.Device
) -> None:
    logits = case.on(device).array
    generator = np.random.default_rng(case.seed)
    classes = generator.integers(0, logits.shape[-1], logits.shape[:-1])
    target = nd.asarray(classes, dtype=dtype, device=device)
    _, logsumexp = assert_as_defined(
        fused.cross_entropy, logits, target, ignore_index=ignored, slack=2
    )
    gradient = nd.ones(target.shape, dtype=logits.dtype, device=device)
    assert_as_defined(
        fused.cross_entropy_gradient,
        *(gradient, logits, target, logsumexp),
        ignore_index=ignored,
        slack=30,
    )


@pytest.mark.parametrize("classes", [3001, 20_000])
def test_cross_entropy_of_many_classes(classes: int, device: nd.Device) -> None:
    generator = np.random.default_rng(0)
    logits = nd.asarray(generator.uniform(-9, 9, (3, classes)), dtype="float32", device=device)
    target = nd.asarray([0, classes - 1, 2000], device=device)
    losses, logsumexp = assert_as_defined(fused.cross_entropy, logits, target, slack=4)
    assert_as_defined(fused.cross_entropy_gradient, losses, logits, target, logsumexp, slack=30)


def test_cross_entropy_gradient(device: nd.Device) -> None:
    for operation in (fused.cross_entropy, fused.cross_entropy_gradient):
        assert operation.has_kernel(device) == (device.name != "numpy")
    logits = nd.asarray(np.random.default_rng(0).standard_normal((2, 3, 5)), device=device)
    target = nd.asarray([[0, 4, -1], [2, 2, 1]], device=device)
    assert_gradients(
        lambda x: fused.cross_entropy(x, target, ignore_index=-1)[0],
        lambda g, x: fused.cross_entropy_gradient(
            g, x, target, fused.cross_entropy(x, target, ignore_index=-1)[1], ignore_index=-1
        ),
        [logits],
    )


def test_cross_entropy_of_extreme_logits(device: nd.Device) -> None:
    inf = float("inf")
    logits = nd.asarray([[1e30, 0.0], [-inf, 3.0], [-inf, 3.0]], device=device)
    target = nd.asarray([0, 1, 0], device=device)
    losses, logsumexp = fused.cross_entropy(logits, target)
    assert losses.tolist() == [0.0, 0.0, inf]
    assert logsumexp.tolist() == [np.float32(1e30), 3.0, 3.0]
    # An ignored target does not count, whatever the logits are.
    assert fused.cross_entropy(logits, target, ignore_index=0)[0].tolist() == [0.0, 0.0, 0.0]


def test_wrong_targets(device: nd.Device) -> None:
    logits = nd.zeros((2, 3), device=device)
    with pytest.raises(IndexError, match=r"a target is 3, outside of the 3 classes"):
        fused.cross_entropy(logits, nd.asarray([0, 3], device=device))
    with pytest.raises(IndexError, match=r"a target is -1"):
        fused.cross_entropy(logits, nd.asarray([0, -1], device=device))
    losses, logsumexp = fused.cross_entropy(logits, nd.asarray([0, 1], device=device))
    with pytest.raises(IndexError, match=r"cross_entropy_gradient: a target is 5, outside"):
        fused.cross_entropy_gradient(losses, logits, nd.asarray([5, 7], device=device), logsumexp)
    with pytest.raises(errors.ShapeError, match=r"a target of shape \(2,\), got \(3,\)"):
        fused.cross_entropy(logits, nd.asarray([0, 1, 2], device=device))
    with pytest.raises(errors.DTypeError, match=r"float32.*integers"):
        fused.cross_entropy(logits, nd.zeros(2, device=device))
    losses, _ = fused.cross_entropy(
        nd.zeros((0, 3), device=device), nd.asarray([0], device=device)[:0]
    )
    assert losses.shape == (0,)


def test_threads_agree() -> None:
    generator = np.random.default_rng(0)
    logits = nd.asarray(generator.standard_normal((300, 700)), device="cpu")
    target = nd.asarray(generator.integers(0, 700, 300), device="cpu")
    assert_threads_agree(lambda: fused.cross_entropy(logits, target))
    losses, logsumexp = fused.cross_entropy(logits, target)
    assert_threads_agree(lambda: fused.cross_entropy_gradient(losses, logits, target, logsumexp))
