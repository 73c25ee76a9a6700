"""Switching recording on and off, and the writes that a gradient would have to know of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

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


class TestModesAsDecorators:
    def test_of_generators_rule_their_code_and_only_that(self) -> None:
        closed: list[bool] = []

        @ta.no_grad()
        def generate() -> Generator[bool, str, str]:
            try:
                sent = yield ta.is_grad_enabled()
                assert sent == "sent"
                try:
                    yield ta.is_grad_enabled()
                except KeyError:
                    yield ta.is_grad_enabled()
                return "returned"
            finally:
                closed.append(ta.is_grad_enabled())

        generator = generate()
        assert next(generator) is False
        assert ta.is_grad_enabled()
        assert generator.send("sent") is False
        assert generator.throw(KeyError()) is False
        with pytest.raises(StopIteration, match="returned"):
            next(generator)
        assert ta.is_grad_enabled()
        unfinished = generate()
        next(unfinished)
        unfinished.close()
        assert closed == [False, False]

    def test_without_parentheses(self) -> None:
        @ta.no_grad
        def off() -> bool:
            """Documented."""
            return ta.is_grad_enabled()

        @ta.enable_grad
        def on() -> bool:
            return ta.is_grad_enabled()

        assert off() is False
        assert off.__doc__ == "Documented."
        with ta.no_grad():
            assert on() is True
        assert isinstance(ta.no_grad(), ta.no_grad)

    def test_of_what_is_no_function(self) -> None:
        with pytest.raises(TypeError, match="decorates a function, not bool"):
            ta.no_grad(True)  # type: ignore[arg-type]


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

    def test_a_saved_parameter_that_was_written_to_is_noticed(self) -> None:
        @ta.op()
        def scaled(x: Any, /, *, factor: Any) -> Any:
            return x * factor

        scaled.vjp(x=lambda g, x, factor: g * factor)
        factor = ta.tensor([2.0], dtype=ta.float64)
        y = scaled(leaf(1.0), factor=factor.array)
        factor.mul_(2)
        with pytest.raises(RuntimeError, match=r"scaled: parameter 'factor'.*modified"):
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

    def test_on_a_recorded_result_is_recorded(self) -> None:
        def in_place(x: ta.Tensor) -> ta.Tensor:
            y = x.exp()  # whose rule needs the result, as it was
            y += x
            y *= y
            y[0] = x[1] * 3
            y.sigmoid_().clamp_(max=0.9)
            return y

        def out_of_place(x: ta.Tensor) -> ta.Tensor:
            y = (x.exp() + x) ** 2
            return ta.cat([x[1:2] * 3, y[1:]]).sigmoid().clamp(max=0.9)

        x = leaf(-1.0, 0.3, -2.0)
        assert in_place(x).tolist() == out_of_place(x).tolist()
        (ours,) = ta.grad(in_place(x).sum(), x)
        (expected,) = ta.grad(out_of_place(x).sum(), x)
        assert ours.tolist() == pytest.approx(expected.tolist())
        assert ta.testing.gradcheck(in_place, x) and ta.testing.gradgradcheck(in_place, x)

    def test_with_a_recorded_operand_is_recorded(self) -> None:
        x = leaf(1.0, 2.0)
        total = ta.zeros(2, dtype=ta.float64)
        for factor in (1, 2):
            total += x * factor
        buffer = ta.zeros(2, 2, dtype=ta.float64)
        buffer[1] = x * 10
        (total.sum() + buffer.sum()).backward()
        assert x.grad is not None and x.grad.tolist() == [13.0, 13.0]

    def test_numbers_written_over_a_result_end_its_history(self) -> None:
        x = leaf(1.0)
        for write in ("zero_", "normal_", "uniform_"):
            y = x * 2
            getattr(y, write)()
            (g,) = ta.grad(y.sum(), x)
            assert g.tolist() == [0.0]
        y = x * 2
        y.copy_(x.detach() * 5).add_(x)
        (g,) = ta.grad(y.sum(), x)
        assert y.tolist() == [6.0] and g.tolist() == [1.0]

    @pytest.mark.parametrize("look", [lambda y: y[0], lambda y: y.detach(), lambda y: y.view(-1)])
    def test_a_write_that_views_would_have_to_see_is_refused(
        self, look: Callable[[ta.Tensor], ta.Tensor]
    ) -> None:
        y = leaf(1.0, 2.0) * 2
        other = look(y)
        with pytest.raises(RuntimeError, match=r"add_: .* look at the same memory.*out-of-place"):
            y += 1
        del other
        y += 1
        assert y.tolist() == [3.0, 5.0]

    def test_results_that_do_not_fit_are_refused(self) -> None:
        x, whole = leaf(1.0), ta.ones(1, dtype=ta.int64)
        y = x * 1
        with pytest.raises(ta.errors.ShapeError, match=r"add_: the result has shape \(3,\)"):
            y += ta.ones(3)
        with pytest.raises(ta.errors.DTypeError, match=r"mul_: the result is float64.* into int64"):
            whole *= x
        with pytest.raises(ta.errors.DTypeError, match=r"exp_: the result is float32.* into int64"):
            whole.exp_()

    def test_a_replaced_leaf_is_noticed_with_create_graph(self) -> None:
        x = leaf(1.0)
        y = (x * x).sum()
        x.data = ta.zeros(1, dtype=ta.float64)
        with pytest.raises(RuntimeError, match="replaced"):
            ta.grad(y, x, create_graph=True)
