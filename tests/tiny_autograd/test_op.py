"""Operations as records: what a declaration may say, and what a call costs."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import ndarray_core as nd
import tiny_autograd as ta
from tiny_autograd import ops


def test_operations_on_arrays_give_arrays() -> None:
    out = ops.add(nd.ones((2,)), 1)
    assert isinstance(out, nd.NDArray)
    assert isinstance(ops.add(ta.ones(2), nd.ones((2,))), ta.Tensor)
    assert isinstance(nd.ones((2,)) * ta.ones(2), ta.Tensor)
    with pytest.raises(TypeError):
        np.ones(2) + ta.ones(2)


def test_a_rule_for_an_unknown_operand_is_refused() -> None:
    @ta.op()
    def twice(x, /):
        return x * 2

    with pytest.raises(TypeError, match=r"twice.vjp: no operand 'y'; it has x"):
        twice.vjp(y=lambda g: g)


def test_a_rule_that_asks_for_an_unknown_name_is_refused() -> None:
    @ta.op()
    def twice(x, /, factor=2):
        return x * factor

    with pytest.raises(TypeError, match=r"twice.vjp\(x=...\): a rule cannot ask for 'y'"):
        twice.vjp(x=lambda g, y: g)


def test_a_gradient_is_declared_once() -> None:
    @ta.op()
    def same(x, /):
        return x

    same.no_vjp()
    for declare in (same.no_vjp, lambda: same.vjp(x=lambda g: g)):
        with pytest.raises(TypeError, match="declared already"):
            declare()


def test_parameters_reach_a_rule_however_they_are_given() -> None:
    @ta.op()
    def scaled(x, /, factor=2.0, *, shift=0.0):
        return x * factor + shift

    seen = []

    def rule(g, factor, shift):
        seen.append((factor, shift))
        return g * factor

    scaled.vjp(x=rule)
    for call in (
        lambda x: scaled(x),
        lambda x: scaled(x, 3.0),
        lambda x: scaled(x, factor=4.0, shift=1.0),
    ):
        call(ta.ones((), requires_grad=True)).backward()
    assert seen == [(2.0, 0.0), (3.0, 0.0), (4.0, 1.0)]


def test_operands_without_a_rule_get_no_gradient() -> None:
    @ta.op()
    def weighted(x, weight, /):
        return x * weight

    weighted.vjp(x=lambda g, weight: g * weight)
    x, weight = ta.ones(1, requires_grad=True), ta.ones(1, requires_grad=True)
    weighted(x, weight).backward()
    assert x.grad is not None
    assert weight.grad is None
    assert not weighted(x.detach(), weight).requires_grad


def test_costs() -> None:
    assert ta.ops.plus.cost((3, 4), (4,)) == ta.Cost(12, (12 + 4) * 4, 12 * 4)
    assert ta.ops.plus.cost((3, 4), (4,), itemsize=8) == ta.Cost(12, 128, 96)
    assert ta.matmul.cost((2, 3, 4), (4, 5)) == ta.Cost(2 * 2 * 3 * 4 * 5, 4 * 44, 4 * 30)
    assert ta.amax.cost((3, 4), dim=1) == ta.Cost(12, 48, 12)
    assert ta.reshape.cost((3, 4)) == ta.Cost(0, 0, 0)
    assert ta.linear.cost((8, 3), (5, 3), (5,)).flops == 2 * 8 * 5 * 3 + 8 * 5


def test_an_operation_without_a_cost_says_so() -> None:
    @ta.op()
    def free(x, /):
        return x

    with pytest.raises(TypeError, match="free states no cost"):
        free.cost((1,))


def test_methods_have_the_operations_signature_and_documentation() -> None:
    signature = inspect.signature(ta.Tensor.amax)
    assert list(signature.parameters) == ["self", "dim", "keepdim"]
    assert list(inspect.signature(ta.Tensor.sum).parameters) == ["self", "dim", "keepdim", "dtype"]
    assert ta.Tensor.amax.__doc__ == ta.amax.__doc__
    assert ta.Tensor.amax.__qualname__ == "Tensor.amax"
    assert "amax(x: 'Operand', /" in repr(ta.amax)


def test_an_operation_may_have_another_name_than_its_function() -> None:
    assert ta.ops.plus.name == "add"
    assert "<op add(" in repr(ta.ops.plus)


def test_everything_public_is_documented() -> None:
    for name in ta.__all__:
        member = getattr(ta, name)
        assert isinstance(member, ta.DType) or inspect.getdoc(member), name
    for name in ta.functional.__all__:
        assert inspect.getdoc(getattr(ta.functional, name)), name
    for name, member in vars(ta.Tensor).items():
        if not name.startswith("_"):
            assert inspect.getdoc(member), name
