"""Functions with a hand-written gradient, checkpoints, and the search for anomalies."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

import tiny_autograd as ta
from tiny_autograd.testing import gradcheck, gradgradcheck


class Exp(ta.Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx: Any, x: ta.Tensor) -> ta.Tensor:
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: ta.Tensor) -> ta.Tensor:
        (y,) = ctx.saved_tensors
        return gradient * y


class SumAndProduct(ta.Function):
    """Two outputs, and an argument that is no tensor."""

    @staticmethod
    def forward(ctx: Any, x: ta.Tensor, y: ta.Tensor, scale: float) -> tuple[ta.Tensor, ta.Tensor]:
        ctx.save_for_backward(x, y)
        ctx.scale = scale
        return x + y, x * y * scale

    @staticmethod
    def backward(ctx: Any, total: ta.Tensor, product: ta.Tensor) -> tuple[Any, ...]:
        x, y = ctx.saved_tensors
        return total + product * y * ctx.scale, total + product * x * ctx.scale, None


class Returns(ta.Function):
    """Its backward returns what its argument says."""

    @staticmethod
    def forward(ctx: Any, x: ta.Tensor, result: Any) -> ta.Tensor:
        ctx.result = result
        return x * 1

    @staticmethod
    def backward(ctx: Any, gradient: ta.Tensor) -> Any:
        return ctx.result if isinstance(ctx.result, tuple) else (ctx.result, None)


def leaf(*values: float) -> ta.Tensor:
    return ta.tensor(list(values), dtype=ta.float64, requires_grad=True)


def test_functions_have_gradients_of_any_order() -> None:
    x, y = leaf(0.5, -1.0), leaf(2.0, 3.0)
    assert gradcheck(Exp.apply, x) and gradgradcheck(Exp.apply, x)

    def both(x: ta.Tensor, y: ta.Tensor) -> tuple[ta.Tensor, ta.Tensor]:
        total, product = SumAndProduct.apply(x, y, 3.0)
        return total * product, product

    assert gradcheck(both, (x, y)) and gradgradcheck(both, (x, y))


def test_one_output_may_go_unused() -> None:
    x, y = leaf(1.0), leaf(2.0)
    total, _ = SumAndProduct.apply(x, y, 1.0)
    total.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [1.0]


def test_unrecorded_calls_and_contexts() -> None:
    x = leaf(1.0)
    with ta.no_grad():
        assert not Exp.apply(x).requires_grad
    assert not Exp.apply(x.detach()).requires_grad
    assert Exp.apply(x).grad_fn.name() == "ExpBackward"


def test_gradients_that_share_memory_do_not_mix() -> None:
    class Twice(ta.Function):
        @staticmethod
        def forward(ctx: Any, x: ta.Tensor, y: ta.Tensor) -> ta.Tensor:
            return x + y

        @staticmethod
        def backward(ctx: Any, gradient: ta.Tensor) -> tuple[ta.Tensor, ta.Tensor]:
            return gradient, gradient

    x, y = leaf(1.0), leaf(1.0)
    for _ in range(2):
        Twice.apply(x, y).sum().backward()
    Twice.apply(x, y.detach()).sum().backward()
    assert x.grad is not None and y.grad is not None
    assert (x.grad.tolist(), y.grad.tolist()) == ([3.0], [2.0])


@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        ((ta.ones(1),), RuntimeError, "returned 1 gradients, for 2 arguments"),
        (3.0, TypeError, "gradient 0 is float"),
        (ta.ones(3), RuntimeError, r"shape \(3,\), the argument \(1,\)"),
    ],
)
def test_wrong_gradients_are_refused(result: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"Returns.backward.*{message}"):
        Returns.apply(leaf(1.0), result).sum().backward()


def test_none_means_no_gradient() -> None:
    x = leaf(1.0)
    (Returns.apply(x, None) + x).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [1.0]


def test_saved_tensors_that_were_written_to_are_refused() -> None:
    x = leaf(1.0)
    y = x * 1
    total, _ = SumAndProduct.apply(y, y, 1.0)
    with ta.no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match=r"SumAndProduct: saved tensor 0 .* modified"):
        total.sum().backward()
    with pytest.raises(TypeError, match="save_for_backward: takes tensors and None, not int"):
        ta.FunctionContext((True,)).save_for_backward(3)


def test_a_second_backward_needs_a_retained_graph() -> None:
    x = leaf(1.0)
    y = Exp.apply(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_a_function_that_saves_its_output_is_freed() -> None:
    gc.disable()
    try:
        y = Exp.apply(leaf(1.0))
        held = weakref.ref(y)
        del y
        assert held() is None
    finally:
        gc.enable()


# Checkpoints


def block(x: ta.Tensor, weight: ta.Tensor) -> ta.Tensor:
    return (x @ weight).tanh() * ta.functional.dropout(x, 0.5, training=True)


def test_a_checkpoint_has_the_gradients_of_the_plain_call() -> None:
    ta.manual_seed(0)
    weight = ta.randn(4, 4, dtype=ta.float64, requires_grad=True)
    inputs = ta.randn(3, 4, dtype=ta.float64, requires_grad=True)
    gradients = []
    for run in (block, lambda *args: ta.checkpoint(block, *args)):
        ta.manual_seed(1)
        y = inputs
        for _ in range(3):
            y = run(y, weight)
        gradients.append(ta.grad(y.square().sum(), [weight, inputs]))
    for plain, recomputed in zip(*gradients, strict=True):
        assert plain.tolist() == recomputed.tolist()


def test_checkpoints_inside_checkpoints_and_second_derivatives() -> None:
    def nested(x: ta.Tensor) -> ta.Tensor:
        return ta.checkpoint(lambda x: ta.checkpoint(ta.exp, x) * x, x) + x

    x = leaf(0.5, -0.5)
    assert gradcheck(nested, x) and gradgradcheck(nested, x)


def test_what_a_checkpoint_only_refers_to_has_a_gradient() -> None:
    weight, data = leaf(2.0), ta.ones(1, dtype=ta.float64)
    ta.checkpoint(lambda x: (x * weight).exp(), data).sum().backward()
    assert weight.grad is not None and weight.grad.item() == pytest.approx(7.389056098930650)


def test_a_checkpoint_keeps_nothing_of_the_inside() -> None:
    kept: list[weakref.ref[ta.Tensor]] = []

    def function(x: ta.Tensor) -> ta.Tensor:
        inner = x.exp()
        kept.append(weakref.ref(inner))
        return inner.sin()

    x = leaf(1.0)
    before = x.array.buffer
    y = ta.checkpoint(function, x)
    assert type(y.grad_fn.saved).__name__ == "Recomputed"
    y.backward()
    assert len(kept) == 2 and before == x.array.buffer


def test_a_function_that_differs_the_second_time_is_found_out() -> None:
    calls: list[int] = []

    def function(x: ta.Tensor) -> ta.Tensor:
        calls.append(0)
        return x.exp() if len(calls) == 1 else x.sin().cos()

    y = ta.checkpoint(function, leaf(1.0))
    with pytest.raises(
        RuntimeError, match=r"checkpoint: .* 1 operations, and 2 .* sin where .* exp"
    ):
        y.backward()


@pytest.mark.parametrize("recorded", [True, False])
def test_a_checkpoint_refuses_to_run_again_on_an_argument_written_into(recorded: bool) -> None:
    inner = leaf(1.0, 2.0) * 1
    y = ta.checkpoint(ta.exp, inner)
    with ta.set_grad_enabled(recorded):
        inner.add_(1.0)
    with pytest.raises(RuntimeError, match=r"checkpoint: an argument \(shape \(2,\)\) .* clone"):
        y.sum().backward()


def test_a_checkpoint_refuses_to_run_again_with_changed_weights() -> None:
    weight, data = leaf(2.0), ta.ones(1, dtype=ta.float64)
    y = ta.checkpoint(lambda x: (x * weight).exp(), data)
    with ta.no_grad():
        weight.add_(1.0)
    with pytest.raises(
        RuntimeError, match=r"checkpoint: a leaf tensor, operand of mul, .* in-place"
    ):
        y.sum().backward()


# Anomalies


def test_the_line_that_made_a_nan_is_named() -> None:
    x = leaf(-1.0, 1.0)
    with pytest.raises(ta.AnomalyError) as caught, ta.detect_anomaly():
        y = x * 2
        ta.sqrt(y)  # here
    assert "sqrt: nan (element (0,) of shape (2,)) came out of finite numbers" in str(caught.value)
    assert "test_function.py, line" in str(caught.value)
    assert "test_the_line_that_made_a_nan_is_named" in str(caught.value)


def test_the_line_whose_gradient_is_infinite_is_named() -> None:
    x = leaf(0.0)
    with ta.detect_anomaly():
        y = ta.sqrt(x)
        with pytest.raises(ta.AnomalyError, match=r"SqrtBackward: inf .*test_function.py, line"):
            y.sum().backward()
    plain = leaf(0.0)
    ta.sqrt(plain).sum().backward()  # and nothing is raised outside
    assert plain.grad is not None and plain.grad.tolist() == [float("inf")]


def test_infinities_that_were_given_are_no_anomaly() -> None:
    x = leaf(1.0, 2.0)
    with ta.detect_anomaly():
        masked = x.masked_fill(ta.tensor([True, False]), -float("inf"))
        ta.functional.softmax(masked, 0).sum().backward()
    with ta.autograd.detect_anomaly(check_inf=False):
        assert ta.log(ta.zeros(1)).item() == -float("inf")
    assert x.grad is not None and x.grad.tolist() == [0.0, 0.0]


def test_other_threads_are_not_watched() -> None:
    found: list[float] = []
    with ta.detect_anomaly():
        thread = threading.Thread(target=lambda: found.append(ta.log(ta.zeros(1)).item()))
        thread.start()
        thread.join()
    assert found == [-float("inf")]


def test_inference_mode_records_nothing() -> None:
    x = leaf(1.0)
    with ta.inference_mode():
        assert not (x * 2).requires_grad

    @ta.inference_mode()
    def predict() -> ta.Tensor:
        return x * 2

    @ta.inference_mode
    def predict_too() -> ta.Tensor:
        return x * 2

    assert not predict().requires_grad and not predict_too().requires_grad
    with ta.inference_mode(False):
        assert (x * 2).requires_grad
