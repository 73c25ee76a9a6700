"""Every row of the op-case table: devices, layouts, types, derivatives of two orders, costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.op_cases import CASES, LAYOUTS, OpCase

import ndarray_core as nd
import tiny_autograd as ta
from tiny_autograd.op import Op, registry
from tiny_autograd.testing import gradcheck, gradgradcheck

ROWS = [pytest.param(case, id=case.name) for case in CASES]
DIFFERENTIABLE = [pytest.param(case, id=case.name) for case in CASES if case.orders]
TWICE = [pytest.param(case, id=case.name) for case in CASES if case.orders > 1]

# Differences between correct implementations: a few roundings of sums of up to a few dozen terms.
TOLERANCE = {"float64": 1e-11, "float32": 2e-4}


def outputs_of(case: OpCase, inputs: list[ta.Tensor]) -> list[ta.Tensor]:
    result = case.call(list(inputs))
    return [result] if isinstance(result, ta.Tensor) else list(result)


def run(case: OpCase, inputs: list[ta.Tensor]) -> tuple[list[Any], list[Any]]:
    """The values of all outputs, and the gradients of the inputs along a fixed direction."""
    outputs = outputs_of(case, inputs)
    values = [y.detach().numpy() for y in outputs]
    recorded = [y for y in outputs if y.requires_grad]
    if not recorded:
        return values, []
    random = np.random.default_rng(99)
    directions = [
        ta.tensor(random.standard_normal(y.shape), dtype=y.dtype, device=y.device) for y in recorded
    ]
    wanted = [x for x in inputs if x.requires_grad]
    gradients = ta.grad(recorded, wanted, directions)
    for x, gradient in zip(wanted, gradients, strict=True):
        assert gradient.shape == x.shape
        assert gradient.dtype == x.dtype
        assert gradient.device == x.device
    return values, [g.numpy() for g in gradients]


def assert_close(found: list[Any], expected: list[Any], dtype: str) -> None:
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        if b.dtype.kind != "f":
            np.testing.assert_array_equal(a, b)
        else:
            np.testing.assert_allclose(a, b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", ROWS)
def test_devices_and_layouts_agree(case: OpCase, layout: str, device: nd.Device) -> None:
    inputs = case.make(device, layout=layout)
    # The same numbers, dense, on the reference device.
    reference = [
        ta.tensor(x.detach().numpy(), device="numpy", requires_grad=x.requires_grad) for x in inputs
    ]
    values, gradients = run(case, inputs)
    expected_values, expected_gradients = run(case, reference)
    assert_close(values, expected_values, "float64")
    assert_close(gradients, expected_gradients, "float64")


@pytest.mark.parametrize("case", ROWS)
def test_float32(case: OpCase, device: nd.Device) -> None:
    single = case.make(device, dtype="float32")
    values, gradients = run(case, single)
    expected_values, expected_gradients = run(case, case.make(device))
    if case.covers != "to_floating":
        assert not any(value.dtype == np.float64 for value in values)
    assert_close(values, expected_values, "float32")
    assert_close(gradients, expected_gradients, "float32")


@pytest.mark.parametrize("case", DIFFERENTIABLE)
def test_first_derivative(case: OpCase, device: nd.Device) -> None:
    assert gradcheck(lambda *xs: case.call(list(xs)), case.make(device))


@pytest.mark.parametrize("case", TWICE)
def test_second_derivative(case: OpCase, device: nd.Device) -> None:
    inputs = case.make(device)
    assert gradgradcheck(lambda *xs: case.call(list(xs)), inputs, atol=1e-4, fast_mode=True)


@pytest.mark.parametrize("case", ROWS)
def test_first_derivative_is_the_same_with_create_graph(case: OpCase) -> None:
    if not case.orders:
        return
    inputs = case.make("numpy")
    wanted = [x for x in inputs if x.requires_grad]
    outputs = [y for y in outputs_of(case, inputs) if y.requires_grad]
    ones = [ta.ones_like(y) for y in outputs]
    plain = ta.grad(outputs, wanted, ones, retain_graph=True)
    recorded = ta.grad(outputs, wanted, ones, create_graph=True)
    for a, b in zip(plain, recorded, strict=True):
        np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", ROWS)
def test_costs(case: OpCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each operation a row calls states what it costs, and that it writes what it returns."""
    calls: list[tuple[Op[Any], tuple[Any, ...], dict[str, Any], Any]] = []
    original = Op.__call__

    def spy(self: Op[Any], *args: Any, **parameters: Any) -> Any:
        out = original(self, *args, **parameters)
        calls.append((self, args, parameters, out))
        return out

    monkeypatch.setattr(Op, "__call__", spy)
    case.call(list(case.make("numpy", requires_grad=False)))
    monkeypatch.undo()
    for operation, args, parameters, result in calls:
        out = getattr(result, "array", result)
        count = len(args) if operation.variadic else len(operation.operands)
        shapes = [() if x is None else np.shape(getattr(x, "array", x)) for x in args[:count]]
        if args[:count] and args[:count][-1] is None:
            shapes.pop()
        bound = {} if operation.variadic else operation._bind(args, {})
        cost = operation.cost(*shapes, itemsize=out.itemsize, **{**bound, **parameters})
        assert cost.flops >= 0
        assert cost.bytes_read >= 0
        if cost.bytes_written:
            assert cost.bytes_written >= out.nbytes
        elif out.size:
            assert cost == ta.Cost(0, 0, 0), "what reads or computes also writes"


def test_every_operation_declares_its_gradient_and_its_cost() -> None:
    for name, operation in registry.items():
        if operation.__module__.startswith("tiny_autograd."):
            assert operation.differentiable is not None, name
            assert operation.formula is not None, name


def test_every_operation_has_a_row() -> None:
    ours = {
        name: operation
        for name, operation in registry.items()
        if operation.__module__.startswith("tiny_autograd.")
    }
    covered = {case.covers for case in CASES if case.covers}
    assert covered <= set(ours)
    assert set(ours) - covered == {"empty_like"}, "its result is not defined, so no row has it"
    derived = {case.covers for case in CASES if case.covers and case.orders == 2}
    assert {name for name, operation in ours.items() if operation.differentiable} <= derived
