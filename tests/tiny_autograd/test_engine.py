"""The engine: order, accumulation, freeing, hooks, higher derivatives, and what it refuses."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import ndarray_core as nd
import tiny_autograd as ta
from tiny_autograd.node import Node


def leaf(*values: float) -> ta.Tensor:
    return ta.tensor(list(values), dtype=ta.float64, requires_grad=True)


def gradient(x: ta.Tensor) -> list[float]:
    assert x.grad is not None
    return x.grad.tolist()


def test_a_sum_of_ways_is_the_sum_of_gradients() -> None:
    x = leaf(3.0)
    left, right = x * 2, x * x
    (left * right + x).sum().backward()
    assert gradient(x) == [6 * 9 + 1]  # (2 x ** 3 + x)'


def test_one_tensor_as_both_operands() -> None:
    x = leaf(1.0, 2.0)
    (x * x + x + x).sum().backward()
    assert gradient(x) == [4.0, 6.0]


def test_gradients_add_up_over_backwards_until_cleared() -> None:
    x = leaf(1.0)
    for expected in (2.0, 4.0):
        (x * 2).sum().backward()
        assert gradient(x) == [expected]
    x.grad = None
    (x * 2).sum().backward()
    assert gradient(x) == [2.0]


def test_a_chain_of_100_000_operations() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.sum().backward()
    assert gradient(x) == [1.0]
    del y  # and it is freed without overflowing the stack


def test_a_chain_of_100_000_operations_is_freed_without_backward(
    no_garbage_collection: None,
) -> None:
    y = leaf(1.0)
    first = weakref.ref(y)
    for _ in range(100_000):
        y = y * 1.0
    assert first() is not None
    del y
    assert first() is None


def test_a_deep_diamond_takes_linear_time() -> None:
    y = x = leaf(1.0)
    for _ in range(200):
        y = y + y  # 2 ** 200 ways from end to start
    y.sum().backward()
    assert gradient(x) == [2.0**200]


def test_graphs_are_freed_by_reference_counts_alone(no_garbage_collection: None) -> None:
    x = leaf(1.0, 2.0)
    y = (x * x).exp()
    z = (y.sum() + y.softmax(0).max(0).values) ** 2
    z.backward(retain_graph=True)
    tensors = [weakref.ref(t) for t in (x, y, z)]
    del x, y, z
    assert [t() for t in tensors] == [None, None, None]
    assert gc.collect() == 0


def test_a_recorded_gradient_is_freed_by_reference_counts_alone(
    no_garbage_collection: None,
) -> None:
    x = leaf(1.0, 2.0)
    (first,) = ta.grad((x.exp() * x).sum(), x, create_graph=True)
    (second,) = ta.grad(first.sum(), x, create_graph=True)
    tensors = [weakref.ref(t) for t in (x, first, second)]
    del x, first, second
    assert [t() for t in tensors] == [None] * 3
    assert gc.collect() == 0


def test_backward_frees_what_was_saved() -> None:
    before = nd.memory_stats("cpu")["in_use"]
    x = ta.ones(1000, device="cpu", requires_grad=True)
    y = (x.exp() * x.sin()).sum()
    node = y.grad_fn
    assert node is not None
    y.backward()
    (product,) = node.next_functions
    assert product.saved is None  # type: ignore[union-attr]
    assert x.grad is not None
    # Of all that was computed, the graph holds nothing: x, its gradient and y are left.
    assert nd.memory_stats("cpu")["in_use"] - before < 3 * x.array.nbytes


def test_memory_and_nodes_stay_flat_over_steps(no_garbage_collection: None) -> None:
    """Counted after each of many training steps: nothing is left of one but its numbers."""
    random = np.random.default_rng(0)
    weight, scale = (
        ta.tensor(random.standard_normal(shape), device="cpu", requires_grad=True)
        for shape in ((16, 16), (16,))
    )
    images = ta.tensor(random.standard_normal((8, 16)), device="cpu")
    counts = []
    for _ in range(20):
        hidden = ta.functional.layer_norm(images @ weight, (16,), scale).tanh()
        loss = ta.functional.cross_entropy(hidden, ta.zeros(8, dtype=ta.int64, device="cpu"))
        loss.backward()
        with ta.no_grad():
            for x in (weight, scale):
                assert x.grad is not None
                x.sub_(x.grad, alpha=0.1)
                x.grad = None
        del hidden, loss
        nodes = sum(isinstance(x, Node) for x in gc.get_objects())
        counts.append((nodes, nd.memory_stats("cpu")["in_use"]))
    assert len(set(counts[1:])) == 1, counts
    assert nd.memory_stats("cpu")["in_use"] < 2**30


def test_only_what_a_rule_names_is_kept(no_garbage_collection: None) -> None:
    x, y = leaf(1.0), ta.tensor([2.0], dtype=ta.float64)
    product = x * y
    assert product.grad_fn is not None
    assert len(product.grad_fn.saved) == 1, "x's rule needs y alone"
    total = x + y
    assert total.grad_fn is not None
    assert not total.grad_fn.saved


def test_a_second_backward_is_refused() -> None:
    x = leaf(1.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"mul.*second time.*retain_graph=True"):
        y.backward()


def test_retain_graph_allows_a_second_backward() -> None:
    x = leaf(3.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert gradient(x) == [12.0]


def test_third_derivative_of_a_fourth_power() -> None:
    x = leaf(2.0)
    y = x**4
    for expected in (32.0, 48.0, 48.0, 24.0, 0.0):
        (y,) = ta.grad(y.sum(), x, create_graph=True)
        assert y.tolist() == [expected]


def test_create_graph_leaves_a_differentiable_grad() -> None:
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    assert x.grad is not None and x.grad.requires_grad
    penalty = (x.grad**2).sum()  # (3 x ** 2) ** 2
    x.grad = None
    penalty.backward()
    assert gradient(x) == [36 * 2.0**3]


def test_higher_derivatives_of_results_that_rules_save() -> None:
    x = leaf(0.3)
    y = x.tanh()
    (first,) = ta.grad(y, x, ta.ones_like(y), create_graph=True)
    (second,) = ta.grad(first.sum(), x, create_graph=True)
    (third,) = ta.grad(second.sum(), x)
    t = y.item()
    assert second.item() == pytest.approx(-2 * t * (1 - t * t))
    assert third.item() == pytest.approx((1 - t * t) * (6 * t * t - 2))


def test_grad_touches_no_grad_attribute() -> None:
    x, y = leaf(1.0), leaf(5.0)
    (g,) = ta.grad((x * y).sum(), x)
    assert g.tolist() == [5.0]
    assert x.grad is None and y.grad is None


def test_grad_with_respect_to_a_result() -> None:
    x = leaf(1.0, 2.0)
    y = x * 3
    gx, gy = ta.grad((y * y).sum(), [x, y])
    assert gy.tolist() == [6.0, 12.0]
    assert gx.tolist() == [18.0, 36.0]


def test_grad_of_the_output_itself() -> None:
    x = leaf(1.0)
    (g,) = ta.grad(x, x, ta.tensor([4.0], dtype=ta.float64))
    assert g.tolist() == [4.0]


def test_grad_of_unused_inputs() -> None:
    x, unused = leaf(1.0), leaf(1.0)
    with pytest.raises(RuntimeError, match=r"input 1.*allow_unused"):
        ta.grad((x * 2).sum(), [x, unused])
    _, none = ta.grad((x * 2).sum(), [x, unused], allow_unused=True)
    assert none is None


def test_backward_with_inputs_reaches_only_them() -> None:
    x, y = leaf(1.0), leaf(2.0)
    product = x * y
    (product * 3).sum().backward(inputs=[x, product])
    assert gradient(x) == [6.0]
    assert gradient(product) == [3.0]
    assert y.grad is None


def test_backward_of_several_tensors() -> None:
    x = leaf(1.0)
    ta.backward([x * 2, x * 3], [ta.tensor([1.0]).double(), ta.tensor([10.0]).double()])
    assert gradient(x) == [32.0]


def test_gradients_of_one_graph_do_not_share_memory() -> None:
    x, y = leaf(1.0, 1.0), leaf(1.0, 1.0)
    (x + y).sum().backward()
    assert x.grad is not None and y.grad is not None
    x.grad.mul_(7)
    assert gradient(y) == [1.0, 1.0]
    given = ta.ones(2, dtype=ta.float64)
    z = leaf(1.0, 1.0)
    z.backward(given)
    assert z.grad is not None
    z.grad.zero_()
    assert given.tolist() == [1.0, 1.0]


def test_gradients_are_dense() -> None:
    x = ta.ones(3, 2, requires_grad=True)
    x.T.sum().backward()
    assert x.grad is not None and x.grad.is_contiguous()


def test_a_gradient_takes_its_operands_dtype() -> None:
    x = ta.ones(2, requires_grad=True)
    y = ta.ones(2, dtype=ta.float64, requires_grad=True)
    product = x * y
    assert product.dtype == ta.float64
    product.sum().backward()
    assert x.grad is not None and y.grad is not None
    assert (x.grad.dtype, y.grad.dtype) == (ta.float32, ta.float64)


def test_an_implied_gradient_needs_a_single_element() -> None:
    with pytest.raises(RuntimeError, match=r"shape \(2,\).*gradient="):
        (leaf(1.0, 2.0) * 2).backward()


def test_a_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"\(3,\).*\(2,\)"):
        (leaf(1.0, 2.0) * 2).backward(ta.ones(3))


def test_backward_without_history_is_refused() -> None:
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        ta.ones(()).backward()


def test_backward_in_several_threads_at_once() -> None:
    x = leaf(1.0)
    shared = x * 3
    results: list[float] = []

    def work() -> None:
        for _ in range(20):
            (g,) = ta.grad((shared * shared).sum(), x, retain_graph=True)
            results.append(g.item())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [18.0] * 80


def test_requires_grad_of_what_cannot_have_one() -> None:
    with pytest.raises(RuntimeError, match=r"floating-point.*int64"):
        ta.tensor([1], requires_grad=True)
    y = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match="leaf"):
        y.requires_grad = False
    y.requires_grad = True


def test_nothing_flows_through_integers_and_comparisons() -> None:
    x = leaf(1.0, 2.0)
    assert not (x > 1).requires_grad
    assert not x.argmax().requires_grad
    assert not x.long().requires_grad
    assert not (x // 1).requires_grad


def test_node_names() -> None:
    y = (leaf(1.0) * 2).log_softmax(0)
    assert repr(y.grad_fn) == "<LogSoftmaxBackward>"
    assert y.grad_fn is not None
    assert [repr(node) for node in y.grad_fn.next_functions] == ["<MulBackward>"]


class TestAssigningGrad:
    @pytest.mark.parametrize(
        ("error", "message", "value"),
        [
            (TypeError, "not list", [1.0, 2.0]),
            (TypeError, "not float", 1.0),
            (RuntimeError, r"shape \(3,\), the tensor has \(2,\)", ta.ones(3)),
            (RuntimeError, "dtype float32, the tensor has float64", ta.ones(2, dtype=ta.float32)),
        ],
    )
    def test_what_does_not_match_is_refused(
        self, error: type[Exception], message: str, value: object
    ) -> None:
        x = leaf(1.0, 2.0)
        with pytest.raises(error, match=message):
            x.grad = value  # type: ignore[assignment]
        assert x.grad is None

    def test_of_another_device_is_refused(self) -> None:
        x = ta.ones(2, device="cpu")
        with pytest.raises(RuntimeError, match="device numpy, the tensor has cpu"):
            x.grad = ta.ones(2, device="numpy")

    def test_of_itself_is_refused(self) -> None:
        x = leaf(1.0)
        with pytest.raises(RuntimeError, match="its own gradient"):
            x.grad = x

    def test_and_deleting(self) -> None:
        x = leaf(1.0, 2.0)
        x.grad = ta.tensor([3.0, 4.0], dtype=ta.float64)
        assert gradient(x) == [3.0, 4.0]
        del x.grad
        assert x.grad is None

    def test_data_of_a_tensor_that_requires_a_gradient_is_floating(self) -> None:
        x = leaf(1.0)
        with pytest.raises(RuntimeError, match="not int64"):
            x.data = ta.tensor([1])
        with pytest.raises(TypeError, match="not list"):
            x.data = [1.0]  # type: ignore[assignment]
        x.data = ta.tensor([5.0])
        assert x.tolist() == [5.0]


def test_a_tensor_read_in_parts_has_one_gradient_array() -> None:
    """Each part's gradient is added in place: the memory does not grow with the number of parts."""

    def peak(parts: int) -> int:
        x = ta.ones(parts, 4096 // parts, 64, device="cpu", requires_grad=True)
        total = sum((row * row).sum() for row in ta.unbind(x))
        assert isinstance(total, ta.Tensor)
        nd.config.reset_peak_memory("cpu")
        before = nd.memory_stats("cpu")["in_use"]
        total.backward()
        assert x.grad is not None and bool((x.grad == 2).all())
        return nd.memory_stats("cpu")["peak_in_use"] - before

    assert peak(256) <= peak(4) + 4096


@pytest.mark.parametrize("device", ["numpy", "cpu"])
def test_parts_meet_whole_gradients_in_any_order(device: str) -> None:
    values = nd.random.Generator(0).normal(0, 1, (5, 3), dtype="float64", device=device)
    x = ta.Tensor(values, requires_grad=True)
    y = x * 1  # not a leaf
    result = (
        y.sum() + (y[1:3] * 2).sum() + (y[:, 0] * y[-1, 0]).sum() + (y[::-2].exp() * y[0]).sum()
    )
    (gradient,) = ta.grad(result, x, retain_graph=True)
    (again,) = ta.grad(result, x, create_graph=True)
    assert again.requires_grad and gradient.tolist() == again.tolist()
    assert ta.testing.gradcheck(
        lambda x: (x[0] * x[0, 1]).sum() + x.narrow(0, 1, 2).sum() + x[None, ..., 2].exp().sum(), x
    )
