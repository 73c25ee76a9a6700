"""Clipping gradients."""

import math

import numpy as np
import pytest

import tiny_nn as nn
from tiny_nn.utils import clip_grad_norm_, clip_grad_value_

GRADIENTS = ([[3.0, -4.0], [0.5, 0.0]], [12.0], 1.0)


def parameters(device=None) -> list[nn.Parameter]:
    made = [nn.Parameter(nn.zeros(np.shape(g), device=device)) for g in GRADIENTS]
    for parameter, gradient in zip(made, GRADIENTS, strict=True):
        parameter.grad = nn.tensor(gradient, device=device)
    return [*made, nn.Parameter(nn.zeros((2,), device=device))]  # the last has no gradient


def flat(tensors) -> np.ndarray:
    return np.concatenate([t.grad.cpu().numpy().ravel() for t in tensors if t.grad is not None])


@pytest.mark.parametrize("order", [1, 2.0, 3, 0.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 1e6])
def test_norm(device, order, max_norm) -> None:
    given = parameters(device)
    before = flat(given)
    magnitudes = np.abs(before)
    norm = magnitudes.max() if order == math.inf else (magnitudes**order).sum() ** (1 / order)
    held = given[0].grad
    found = clip_grad_norm_((p for p in given), max_norm, order)
    assert found.shape == ()
    assert found.item() == pytest.approx(norm, rel=1e-5)
    np.testing.assert_allclose(flat(given), before * min(1, max_norm / norm), rtol=1e-5)
    assert given[0].grad is held  # in place
    assert given[-1].grad is None


def test_norm_of_one_tensor_of_none_and_of_zeros() -> None:
    weight = nn.Parameter(nn.zeros((2,)))
    assert clip_grad_norm_(weight, 1.0).item() == 0.0
    assert clip_grad_norm_([], 1.0).item() == 0.0
    weight.grad = nn.zeros((2,))
    assert clip_grad_norm_(weight, 1.0).item() == 0.0
    assert weight.grad.tolist() == [0.0, 0.0]


def test_norm_over_devices_and_dtypes() -> None:
    one = nn.Parameter(nn.zeros((1,), device="numpy"))
    other = nn.Parameter(nn.zeros((1,), device="cpu", dtype=nn.float64))
    one.grad = nn.tensor([3.0], device="numpy")
    other.grad = nn.tensor([4.0], device="cpu", dtype=nn.float64)
    assert clip_grad_norm_([one, other], 1.0).item() == pytest.approx(5.0)
    assert one.grad.dtype == nn.float32
    assert one.grad.item() == pytest.approx(0.6)
    assert other.grad.item() == pytest.approx(0.8)


def test_a_norm_that_is_not_finite() -> None:
    given = parameters()
    given[1].grad = nn.tensor([math.inf])
    before = flat(given)
    with pytest.raises(RuntimeError, match="non-finite"):
        clip_grad_norm_(given, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(flat(given), before)
    assert clip_grad_norm_(given, 1.0).item() == math.inf
    assert flat(given)[0] == 0.0


def test_value(device) -> None:
    given = parameters(device)
    before, held = flat(given), given[0].grad
    assert clip_grad_value_(given, 1.5) is None
    np.testing.assert_array_equal(flat(given), before.clip(-1.5, 1.5))
    assert given[0].grad is held
    clip_grad_value_(given[1], 1)
    assert given[1].grad.tolist() == [1.0]


def test_options() -> None:
    with pytest.raises(ValueError, match="norm_type must be positive"):
        clip_grad_norm_(parameters(), 1.0, 0)
    for clip in (clip_grad_norm_, clip_grad_value_):
        clip(parameters(), 1.0, foreach=False)
        with pytest.raises(ValueError, match="foreach=True"):
            clip(parameters(), 1.0, foreach=True)
