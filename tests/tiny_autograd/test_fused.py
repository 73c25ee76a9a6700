"""Fused operations: one node, a gradient computed at once, and the definition behind both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ndarray_core as nd
import tiny_autograd as ta
from tiny_autograd import ops
from tiny_autograd.fused import fused
from tiny_autograd.testing import gradcheck, gradgradcheck

COST = ta.cost.elementwise(flops=5)
calls: list[Any] = []


def kernel(x: nd.NDArray, weight: nd.NDArray, bias: Any, *, eps: float) -> Any:
    """x / sqrt(mean(x**2) + eps) * weight + bias, and the factor of each row."""
    calls.append("kernel")
    factor = 1 / nd.sqrt(nd.mean(x * x, axis=-1, keepdims=True) + eps)
    out = x * factor * weight
    return out if bias is None else out + bias, factor


def kernel_gradient(
    gradient: nd.NDArray, x: nd.NDArray, weight: nd.NDArray, factor: nd.NDArray, /, *, needs: Any
) -> Any:
    calls.append(needs)
    dx = dweight = dbias = None
    if needs[0]:
        scaled = gradient * weight
        projection = nd.mean(scaled * x, axis=-1, keepdims=True)
        dx = factor * (scaled - x * projection * factor * factor)
    if needs[1]:
        dweight = nd.sum(gradient * x * factor, axis=0)
    if needs[2]:
        dbias = nd.sum(gradient, axis=0)
    return dx, dweight, dbias


@fused(kernel, gradient=kernel_gradient, extras=["factor"], cost=COST)
def scaled(x: Any, weight: Any, bias: Any, /, *, eps: float) -> Any:
    out = x * ops.rsqrt(ops.mean(ops.square(x), -1, True) + eps) * weight
    return out if bias is None else out + bias


@fused(lambda x, y: x * y * y, cost=COST)
def without_gradient(x: Any, y: Any, /) -> Any:
    return x * y * y


def numbers(*shape: int, seed: int = 0, device: nd.Device | str = "numpy") -> ta.Tensor:
    values = np.random.default_rng(seed).standard_normal(shape)
    return ta.tensor(values, device=device, requires_grad=True)


@pytest.fixture(autouse=True)
def forget_calls() -> None:
    calls.clear()


def test_values_and_derivatives_are_those_of_the_definition(device: nd.Device) -> None:
    inputs = [numbers(3, 4, device=device), numbers(4, seed=1, device=device)]
    inputs.append(numbers(4, seed=2, device=device))
    for bias in (inputs[2], None):
        given = inputs[: 3 if bias is not None else 2]

        def call(*xs: ta.Tensor) -> ta.Tensor:
            return scaled(xs[0], xs[1], xs[2] if len(xs) > 2 else None, eps=1e-3)

        out = scaled(*given[:2], bias, eps=1e-3)
        by_definition = scaled.definition(*given[:2], bias, eps=1e-3)
        np.testing.assert_allclose(out.detach().numpy(), by_definition.detach().numpy())
        assert gradcheck(call, given)
        assert gradgradcheck(call, given)


def test_one_node_and_one_call_of_the_gradient() -> None:
    x, weight = numbers(3, 4), numbers(4, seed=1)
    bias = ta.zeros(4, dtype=ta.float64)
    out = scaled(x, weight, bias, eps=0.0)
    assert repr(out.grad_fn) == "<ScaledBackward>"
    assert out.grad_fn.next_functions == (x, weight)
    out.sum().backward()
    assert calls == ["kernel", (True, True, False)]


def test_only_what_is_wanted_is_computed() -> None:
    x, weight = numbers(3, 4), numbers(4, seed=1)
    ta.grad(scaled(x, weight, None, eps=0.0).sum(), weight)
    assert calls == ["kernel", (False, True, False)]


def test_differentiating_again_runs_the_definition() -> None:
    x, weight = numbers(3, 4), numbers(4, seed=1)
    (first,) = ta.grad(scaled(x, weight, None, eps=0.0).sum(), x, create_graph=True)
    assert calls == ["kernel"]
    assert first.requires_grad


def test_a_gradient_that_no_kernel_computes() -> None:
    x, y = numbers(3), numbers(3, seed=1)
    assert gradcheck(without_gradient, [x, y])
    assert gradgradcheck(without_gradient, [x, y])
    # One tensor as both operands: each counts.
    without_gradient(x, x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 * x.detach().numpy() ** 2)
    (first,) = ta.grad(without_gradient(x, x).sum(), x, create_graph=True)
    (second,) = ta.grad(first.sum(), x)
    np.testing.assert_allclose(second.numpy(), 6 * x.detach().numpy())


def test_arrays_are_computed_on_without_a_graph() -> None:
    x, weight = numbers(3, 4).detach().array, numbers(4, seed=1).detach().array
    out = scaled(x, weight, None, eps=0.0)
    assert isinstance(out, nd.NDArray)


def test_a_write_to_an_operand_is_noticed() -> None:
    x, weight = numbers(3, 4), numbers(4, seed=1)
    scale = weight * 2
    out = scaled(x, scale, None, eps=0.0)
    with ta.no_grad():
        scale.mul_(2)
    with pytest.raises(RuntimeError, match=r"scaled: operand 'weight'.*in-place"):
        out.sum().backward()


def test_inside_a_checkpoint() -> None:
    x, weight = numbers(3, 4), numbers(4, seed=1)
    plain = ta.grad(scaled(x, weight, None, eps=0.1).exp().sum(), [x, weight])
    out = ta.checkpoint(lambda: scaled(x, weight, None, eps=0.1).exp().sum())
    for found, expected in zip(ta.grad(out, [x, weight]), plain, strict=True):
        assert ta.equal(found, expected)


def test_a_gradient_that_asks_for_the_unknown() -> None:
    with pytest.raises(TypeError, match="asks for y"):
        fused(lambda x: x, gradient=lambda g, y, /: g, cost=COST)(lambda x, /: x)


def test_operands_and_parameters_are_told_apart() -> None:
    with pytest.raises(TypeError, match="'eps' must stand before a slash or behind a"):
        fused(lambda x, eps: x, cost=COST)(lambda x, /, eps: x)
