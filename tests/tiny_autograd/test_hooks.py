"""Hooks on tensors: when they are called, with what, and what they change; and retain_grad."""

from __future__ import annotations

import weakref

import pytest

import tiny_autograd as ta


def leaf(*values: float) -> ta.Tensor:
    return ta.tensor(list(values), dtype=ta.float64, requires_grad=True)


def gradient(x: ta.Tensor) -> list[float]:
    assert x.grad is not None
    return x.grad.tolist()


class TestHooks:
    def test_on_a_leaf_sees_the_sum(self) -> None:
        x = leaf(1.0)
        seen: list[float] = []
        x.register_hook(lambda g: seen.append(g.item()))
        (x * 2 + x * 3).sum().backward()
        assert seen == [5.0]

    def test_on_a_result_may_replace_the_gradient(self) -> None:
        x = leaf(1.0)
        y = x * 2
        y.register_hook(lambda g: g * 10)
        y.sum().backward()
        assert gradient(x) == [20.0]

    def test_run_in_order_and_can_be_removed(self) -> None:
        x = leaf(1.0)
        x.register_hook(lambda g: g + 1)
        handle = x.register_hook(lambda g: g * 100)
        (x * 1).sum().backward()
        assert gradient(x) == [200.0]
        handle.remove()
        handle.remove()
        x.grad = None
        (x * 1).sum().backward()
        assert gradient(x) == [2.0]

    def test_of_another_shape_are_refused(self) -> None:
        x = leaf(1.0, 2.0)
        x.register_hook(lambda g: g.sum())
        with pytest.raises(RuntimeError, match="result of a hook has shape"):
            (x * 1).sum().backward()

    def test_of_another_dtype_are_refused(self) -> None:
        x = leaf(1.0, 2.0)
        x.register_hook(lambda g: g.float())
        with pytest.raises(RuntimeError, match="has dtype float32, its gradient has float64"):
            (x * 1).sum().backward()

    def test_registered_twice_are_removed_one_by_one(self) -> None:
        def add_one(gradient: ta.Tensor) -> ta.Tensor:
            return gradient + 1

        x = leaf(1.0)
        first, _second = x.register_hook(add_one), x.register_hook(add_one)
        first.remove()
        first.remove()
        (x * 1).sum().backward()
        assert gradient(x) == [2.0]

    @pytest.mark.parametrize("retained_first", [True, False])
    def test_are_over_when_retain_grad_keeps_the_gradient(self, retained_first: bool) -> None:
        x = leaf(1.0)
        y = x * 3
        if retained_first:
            y.retain_grad()
        y.register_hook(lambda g: g * 5)
        y.retain_grad()
        (y * 2).sum().backward()
        assert gradient(y) == [10.0]
        assert gradient(x) == [30.0]

    def test_return_tensors(self) -> None:
        x = leaf(1.0)
        x.register_hook(lambda g: 3)  # type: ignore[arg-type, return-value]
        with pytest.raises(TypeError, match="returns a Tensor or None, not int"):
            (x * 1).sum().backward()

    def test_need_a_gradient(self) -> None:
        with pytest.raises(RuntimeError, match="does not require a gradient"):
            ta.ones(1).register_hook(lambda g: None)

    def test_are_differentiable_with_create_graph(self) -> None:
        x = leaf(3.0)
        y = x * x
        y.register_hook(lambda g: g * x)
        (g,) = ta.grad(y.sum(), x, create_graph=True)  # 2 x * x
        (second,) = ta.grad(g.sum(), x)
        assert second.tolist() == [12.0]


def test_retain_grad_keeps_the_gradient_of_a_result(no_garbage_collection: None) -> None:
    x = leaf(2.0)
    y = x * x
    assert not y.retains_grad
    y.retain_grad()
    y.retain_grad()
    assert y.retains_grad
    (y * 5).sum().backward()
    assert gradient(y) == [5.0]
    alive = weakref.ref(y)
    del y
    assert alive() is None, "the graph does not keep the tensor"
