"""What holds for any shapes and layouts: un-broadcasting, linearity of a vjp, views."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.op_cases import CASES, OpCase
from tests.strategies import (
    FLOATING,
    ArrayCase,
    arrays,
    axes_of,
    broadcastable_arrays,
    shapes,
)

import ndarray_core as nd
import tiny_autograd as ta
from tiny_autograd import ops

LINEAR = [pytest.param(case, id=case.name) for case in CASES if case.orders == 2]


def tensor_of(case: ArrayCase, device: nd.Device) -> ta.Tensor:
    return ta.Tensor(case.on(device).array, requires_grad=True)


@given(cases=broadcastable_arrays(2, dtypes=FLOATING))
def test_gradients_of_broadcast_operands_are_sums(
    device: nd.Device, cases: tuple[ArrayCase, ...]
) -> None:
    x, y = (tensor_of(case, device) for case in cases)
    out = x + y
    weights = np.random.default_rng(0).standard_normal(out.shape)
    out.backward(ta.tensor(weights, dtype=out.dtype, device=device))
    for operand in (x, y):
        assert operand.grad is not None
        assert (operand.grad.shape, operand.grad.dtype) == (operand.shape, operand.dtype)
        added = weights.ndim - operand.ndim
        repeated = tuple(
            i
            for i, n in enumerate(weights.shape)
            if i < added or (operand.shape[i - added] == 1 and n != 1)
        )
        expected = weights.sum(axis=repeated, keepdims=True).reshape(operand.shape)
        np.testing.assert_allclose(operand.grad.numpy(), expected, rtol=1e-4, atol=1e-4)


@given(shape=shapes(max_dims=3), data=st.data())
def test_sum_to_undoes_expand(shape: tuple[int, ...], data: st.DataObject) -> None:
    narrow = tuple(data.draw(st.sampled_from([1, n])) for n in shape)
    dropped = data.draw(st.integers(0, len(narrow)))
    if any(n != 1 for n in narrow[:dropped]):
        dropped = 0
    x = ta.ones(narrow[dropped:])
    repeats = np.prod(shape) / max(np.prod(narrow), 1) if np.prod(shape) else 0
    result = ops.sum_to(ops.expand(x, shape), narrow[dropped:])
    np.testing.assert_array_equal(result.numpy(), np.full(narrow[dropped:], repeats))


@given(case=arrays(dtypes=("float64",)), data=st.data())
def test_sum_over_any_dims(device: nd.Device, case: ArrayCase, data: st.DataObject) -> None:
    dims = data.draw(axes_of(len(case.shape)))
    x = tensor_of(case, device)
    total = x.sum(dims)
    axis = None if dims == () else dims  # PyTorch reduces all for (), NumPy none
    np.testing.assert_allclose(
        total.detach().numpy(), case.on(device).host.sum(axis=axis), atol=1e-12
    )
    total.backward(ta.ones_like(total) * 3)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), np.full(x.shape, 3.0))


@pytest.mark.parametrize("case", LINEAR)
@settings(max_examples=3)
@given(seed=st.integers(0, 2**16))
def test_a_vjp_is_linear(case: OpCase, seed: int) -> None:
    """vjp(a u + b v) = a vjp(u) + b vjp(v)."""
    inputs = case.make("numpy")
    wanted = [x for x in inputs if x.requires_grad]
    result = case.call(list(inputs))
    outputs = [result] if isinstance(result, ta.Tensor) else list(result)
    outputs = [y for y in outputs if y.requires_grad]
    random = np.random.default_rng(seed)
    a, b = random.standard_normal(2)
    u, v = ([random.standard_normal(y.shape) for y in outputs] for _ in range(2))

    def vjp(directions: list[np.ndarray]) -> list[np.ndarray]:
        given = [ta.tensor(d, device="numpy") for d in directions]
        return [g.numpy() for g in ta.grad(outputs, wanted, given, retain_graph=True)]

    both = vjp([a * p + b * q for p, q in zip(u, v, strict=True)])
    for found, p, q in zip(both, vjp(u), vjp(v), strict=True):
        np.testing.assert_allclose(found, a * p + b * q, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", LINEAR)
def test_a_jvp_is_the_transpose_of_the_vjp(case: OpCase) -> None:
    """w.(J v) = (J^T w).v, for any directions; and a checkpoint has the gradients of the call."""
    inputs = case.make("numpy")
    wanted = [i for i, x in enumerate(inputs) if x.requires_grad]

    def outputs_at(*at: ta.Tensor) -> tuple[ta.Tensor, ...]:
        given = [x.detach() for x in inputs]
        for i, x in zip(wanted, at, strict=True):
            given[i] = x
        result = case.call(given)
        results = [result] if isinstance(result, ta.Tensor) else list(result)
        return tuple(y for y in results if y.is_floating_point())

    at = tuple(inputs[i].detach() for i in wanted)
    random = np.random.default_rng(0)
    along = tuple(ta.tensor(random.standard_normal(x.shape), device="numpy") for x in at)
    outputs, moved = ta.func.jvp(outputs_at, at, along)
    weights = tuple(ta.tensor(random.standard_normal(y.shape), device="numpy") for y in outputs)
    _, pull = ta.func.vjp(outputs_at, *at)
    pulled = pull(weights)
    pulled = (pulled,) if isinstance(pulled, ta.Tensor) else pulled
    left = sum(float((w * m).sum()) for w, m in zip(weights, moved, strict=True))
    right = sum(float((p * v).sum()) for p, v in zip(pulled, along, strict=True))
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9)

    leaves = [x.clone().requires_grad_() for x in at]
    again = ta.checkpoint(outputs_at, *leaves)
    recorded = [i for i, y in enumerate(again) if y.requires_grad]
    gradients = ta.grad([again[i] for i in recorded], leaves, [weights[i] for i in recorded])
    for found, expected in zip(gradients, pulled, strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12, atol=1e-12)


@given(case=arrays(dtypes=("float64",)), data=st.data())
def test_permute_and_its_inverse(case: ArrayCase, data: st.DataObject) -> None:
    x = tensor_of(case, nd.device("numpy"))
    order = data.draw(st.permutations(range(x.ndim)))
    y = x.permute(order)
    back = y.permute(tuple(np.argsort(order)))
    np.testing.assert_array_equal(back.detach().numpy(), x.detach().numpy())
    y.backward(y.detach())
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), x.detach().numpy())


@given(
    size=st.integers(1, 8),
    window=st.integers(1, 4),
    step=st.integers(1, 3),
    dilation=st.integers(1, 3),
)
def test_fold_windows_is_the_transpose_of_windows(
    size: int, window: int, step: int, dilation: int
) -> None:
    """<windows(x), y> = <x, fold_windows(y)>."""
    if dilation * (window - 1) + 1 > size:
        return
    random = np.random.default_rng(size)
    x = ta.tensor(random.standard_normal((2, size)))
    windows = ops.windows(x, (1,), (window,), (step,), (dilation,))
    y = ta.tensor(random.standard_normal(windows.shape))
    folded = ops.fold_windows(y, (2, size), (1,), (window,), (step,), (dilation,))
    assert (windows * y).sum().item() == pytest.approx((x * folded).sum().item())
