"""Switching recording on and off, and the writes that a gradient would have to know of."""

from __future__ import annotations

import threading

import pytest

import tiny_autograd as ta


def leaf(*values: float) -> ta.Tensor:
    return ta.tensor(list(values), dtype=ta.float64, requires_grad=True)


class TestGradModes:
    def test_no_grad_records_nothing(self) -> None:
        x = leaf(1.0)
        with ta.no_grad():
            assert not ta.is_grad_enabled()
            y = x * 2
        assert ta.is_grad_enabled()
        assert not y.requires_grad and y.is_leaf

    def test_modes_nest(self) -> None:
        with ta.no_grad():
            with ta.enable_grad():
                assert ta.is_grad_enabled()
                with ta.set_grad_enabled(False):
                    assert not ta.is_grad_enabled()
                assert ta.is_grad_enabled()
            assert not ta.is_grad_enabled()

    def test_modes_are_restored_after_an_error(self) -> None:
        with pytest.raises(ZeroDivisionError), ta.no_grad():
            raise ZeroDivisionError
        assert ta.is_grad_enabled()

    def test_decorators(self) -> None:
        @ta.no_grad()
        def off(depth: int) -> list[bool]:
            return [ta.is_grad_enabled(), *(on(depth - 1) if depth else [])]

        @ta.enable_grad()
        def on(depth: int) -> list[bool]:
            return [ta.is_grad_enabled(), *(off(depth - 1) if depth else [])]

        assert off(4) == [False, True, False, True, False]
        assert ta.is_grad_enabled()

    def test_set_grad_enabled_as_a_decorator_and_as_a_call(self) -> None:
        @ta.set_grad_enabled(False)
        def off() -> bool:
            return ta.is_grad_enabled()

        assert ta.is_grad_enabled()
        assert not off()
        ta.set_grad_enabled(False)
        assert not ta.is_grad_enabled()
        ta.set_grad_enabled(True)
        assert ta.is_grad_enabled()

    def test_each_thread_has_its_own_mode(self) -> None:
        seen: list[bool] = []
        with ta.no_grad():
            thread = threading.Thread(target=lambda: seen.append(ta.is_grad_enabled()))
            thread.start()
            thread.join()
        assert seen == [True]

    def test_rules_are_not_recorded_without_create_graph(self) -> None:
        x = leaf(2.0)
        (g,) = ta.grad((x * x).sum(), x)
        assert not g.requires_grad

    def test_the_mode_survives_an_error_in_a_rule(self) -> None:
        x = leaf(1.0)
        x.register_hook(lambda g: 1 / 0)  # type: ignore[arg-type, return-value]
        with pytest.raises(ZeroDivisionError):
            (x * x).sum().backward()
        assert ta.is_grad_enabled()


class TestInPlace:
    def test_a_saved_operand_that_was_written_to_is_noticed(self) -> None:
        x, factor = leaf(1.0), ta.tensor([2.0], dtype=ta.float64)
        y = (x * factor).sum()
        factor.mul_(2)
        with pytest.raises(RuntimeError, match=r"mul: operand 'y'.*modified by an in-place"):
            y.backward()

    def test_a_saved_result_that_was_written_to_is_noticed(self) -> None:
        x = leaf(1.0)
        y = x.exp()
        y.detach().zero_()
        with pytest.raises(RuntimeError, match=r"exp: its result.*modified by an in-place"):
            y.sum().backward()

    def test_a_write_through_a_view_is_noticed(self) -> None:
        x, factor = leaf(1.0, 1.0), ta.ones(2, dtype=ta.float64)
        y = (x * factor).sum()
        factor[0] = 5
        with pytest.raises(RuntimeError, match="modified"):
            y.backward()

    def test_writes_to_what_no_rule_needs_are_fine(self) -> None:
        x, other = leaf(1.0), ta.ones(1, dtype=ta.float64)
        y = (x + other).sum()
        other.zero_()
        y.backward()
        assert x.grad is not None and x.grad.tolist() == [1.0]

    def test_on_a_leaf_that_requires_a_gradient_is_refused(self) -> None:
        x = leaf(1.0)
        with pytest.raises(RuntimeError, match=r"leaf tensor.*no_grad"):
            x.add_(1)
        with pytest.raises(RuntimeError, match="leaf"):
            x[0] = 1
        with ta.no_grad():
            x += 1
        assert x.tolist() == [2.0] and x.requires_grad

    def test_on_a_recorded_result_is_refused(self) -> None:
        y = leaf(1.0) * 2
        with pytest.raises(RuntimeError, match=r"<MulBackward>.*out-of-place"):
            y += 1

    def test_with_a_recorded_operand_is_refused(self) -> None:
        total = ta.zeros(1, dtype=ta.float64)
        with pytest.raises(RuntimeError, match="would be lost"):
            total += leaf(1.0)

    def test_a_replaced_leaf_is_noticed_with_create_graph(self) -> None:
        x = leaf(1.0)
        y = (x * x).sum()
        x.data = ta.zeros(1, dtype=ta.float64)
        with pytest.raises(RuntimeError, match="replaced"):
            ta.grad(y, x, create_graph=True)
