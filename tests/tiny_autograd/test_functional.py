"""Functions of neural networks against closed forms and NumPy, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

import ndarray_core as nd
import tiny_autograd as ta
from tiny_autograd import errors
from tiny_autograd import functional as F


def values(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def naive_conv2d(x, w, stride, padding, dilation):  # type: ignore[no-untyped-def]
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    reach = [dilation * (k - 1) + 1 for k in w.shape[2:]]
    rows, columns = ((n - r) // stride + 1 for n, r in zip(x.shape[2:], reach, strict=True))
    out = np.zeros((x.shape[0], w.shape[0], rows, columns))
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            patch = x[:, :, top : top + reach[0] : dilation, left : left + reach[1] : dilation]
            out[:, :, i, j] = np.einsum("ncij,ocij->no", patch, w)
    return out


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (1, 2, 2)])
def test_conv2d(stride: int, padding: int, dilation: int) -> None:
    x, w = values(2, 3, 6, 7), values(4, 3, 3, 2)
    found = F.conv2d(ta.tensor(x), ta.tensor(w), None, stride, padding, dilation)
    np.testing.assert_allclose(
        found.numpy(), naive_conv2d(x, w, stride, padding, dilation), atol=1e-12
    )


def test_a_convolution_is_one_operation_each_way() -> None:
    """Counts, which do not vary: one forward, two backward."""
    from tiny_autograd.op import Op

    calls: list[str] = []
    original = Op.__call__

    def spy(self, *args, **parameters):  # type: ignore[no-untyped-def]
        calls.append(self.name)
        return original(self, *args, **parameters)

    x, w = ta.ones(4, 3, 8, 8, requires_grad=True), ta.ones(5, 3, 3, 3, requires_grad=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Op, "__call__", spy)
        out = F.conv2d(x, w, padding=1)
        assert calls == ["convolution"]
        calls.clear()
        out.sum().backward()
    of_convolutions = [name for name in calls if "convolution" in name]
    assert sorted(of_convolutions) == ["convolution_weight_gradient", "transposed_convolution"]


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("channels", lambda: F.conv2d(ta.zeros(1, 3, 4, 4), ta.zeros(2, 2, 3, 3))),
        ("groups", lambda: F.conv2d(ta.zeros(1, 4, 4, 4), ta.zeros(3, 2, 3, 3), groups=2)),
        ("does not fit", lambda: F.conv2d(ta.zeros(1, 1, 2, 2), ta.zeros(1, 1, 3, 3))),
        ("dimensions", lambda: F.conv2d(ta.zeros(4, 4), ta.zeros(1, 1, 3, 3))),
        ("bias", lambda: F.conv1d(ta.zeros(1, 1, 4), ta.zeros(2, 1, 3), ta.zeros(3))),
        ("does not fit", lambda: F.max_pool2d(ta.zeros(1, 2, 2), 3)),
        ("layer_norm", lambda: F.layer_norm(ta.zeros(2, 3), 4)),
        ("batch_norm", lambda: F.batch_norm(ta.zeros(2, 3), ta.zeros(2), ta.ones(2))),
        ("same shape", lambda: F.binary_cross_entropy(ta.zeros(2), ta.zeros(3))),
        ("needs a target of shape", lambda: F.nll_loss(ta.zeros(2, 3), ta.tensor([1]))),
        ("pairs", lambda: F.pad(ta.zeros(2), (1, 1, 1))),
        ("reflect", lambda: F.pad(ta.zeros(2), (2, 0), mode="reflect")),
    ],
)
def test_wrong_shapes(message: str, call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(errors.ShapeError, match=message):
        call()


@pytest.mark.parametrize(
    ("message", "call"),
    [
        (
            "stride 1",
            lambda: F.conv2d(ta.zeros(1, 1, 4, 4), ta.zeros(1, 1, 3, 3), stride=2, padding="same"),
        ),
        (
            "'same' or 'valid'",
            lambda: F.conv1d(ta.zeros(1, 1, 4), ta.zeros(1, 1, 3), padding="full"),
        ),
        ("stride", lambda: F.conv1d(ta.zeros(1, 1, 4), ta.zeros(1, 1, 3), stride=0)),
        ("half of the kernel", lambda: F.max_pool2d(ta.zeros(1, 4, 4), 2, padding=2)),
        ("reduction", lambda: F.mse_loss(ta.zeros(1), ta.zeros(1), reduction="all")),
        ("approximate", lambda: F.gelu(ta.zeros(1), approximate="erf")),
        (
            "label_smoothing",
            lambda: F.cross_entropy(ta.zeros(1, 2), ta.tensor([0]), label_smoothing=2.0),
        ),
        ("probabilities", lambda: F.binary_cross_entropy(ta.tensor([2.0]), ta.tensor([1.0]))),
        ("probability", lambda: F.dropout(ta.zeros(1), 1.5)),
        ("more than one value", lambda: F.batch_norm(ta.zeros(1, 2), None, None, training=True)),
        ("needed unless training", lambda: F.batch_norm(ta.zeros(2, 2), None, None)),
        ("unknown mode", lambda: F.pad(ta.zeros(2), (1, 0), mode="mirror")),
        ("one_hot", lambda: F.one_hot(ta.tensor([3]), 3)),
        ("divisor_override", lambda: F.avg_pool2d(ta.zeros(1, 4, 4), 2, divisor_override=0)),
        ("delta", lambda: F.huber_loss(ta.zeros(1), ta.zeros(1), delta=0)),
    ],
)
def test_wrong_arguments(message: str, call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call()


def test_wrong_classes() -> None:
    for target in (-1, 3):
        with pytest.raises(IndexError, match="outside of the 3 classes"):
            F.cross_entropy(ta.zeros(1, 3), ta.tensor([target]))
    with pytest.raises(errors.DTypeError, match="integers"):
        F.nll_loss(ta.zeros(1, 3), ta.tensor([1.0]))
    with pytest.raises(errors.DTypeError, match="integers"):
        F.embedding(ta.tensor([1.0]), ta.zeros(2, 2))
    for position in (-1, 2):
        with pytest.raises(IndexError):
            F.embedding(ta.tensor([position]), ta.zeros(2, 2))


def test_losses_warn_of_broadcasting() -> None:
    with pytest.warns(UserWarning, match="mse_loss.*broadcast"):
        F.mse_loss(ta.zeros(2, 1), ta.zeros(2))


def test_extreme_inputs_stay_finite() -> None:
    huge = ta.tensor([[1e4, -1e4, 0.0]], requires_grad=True)
    for function in (
        lambda x: F.softmax(x, 1),
        lambda x: F.log_softmax(x, 1),
        lambda x: F.cross_entropy(x, ta.tensor([1])),
        lambda x: F.softplus(x),
        lambda x: F.logsigmoid(x),
        lambda x: F.elu(x),
        lambda x: F.silu(x),
        lambda x: F.gelu(x),
        lambda x: F.binary_cross_entropy_with_logits(x, ta.ones(1, 3)),
        lambda x: ta.logsumexp(x, 1),
        lambda x: F.normalize(x * 0),
        lambda x: ta.norm(x * 0),
        lambda x: ta.std(x * 0),
        lambda x: F.binary_cross_entropy(ta.sigmoid(x), ta.tensor([[0.0, 1.0, 1.0]])),
    ):
        huge.grad = None
        y = function(huge)
        y.sum().backward()
        assert huge.grad is not None
        assert bool(ta.isfinite(y).all()) and bool(ta.isfinite(huge.grad).all())


def test_logsumexp_of_infinities() -> None:
    inf = float("inf")
    x = ta.tensor([[-inf, -inf], [inf, 0.0], [-inf, 1.0]])
    assert ta.logsumexp(x, 1).tolist() == [-inf, inf, 1.0]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_ignored_targets_do_not_count_even_where_infinite(loss, reduction: str) -> None:  # type: ignore[no-untyped-def]
    rows = [[-math.inf, 0.0], [0.0, 1.0]]
    x = ta.tensor(rows, requires_grad=True)
    counted = ta.tensor(rows[1:], requires_grad=True)
    found = loss(x, ta.tensor([-100, 0]), reduction=reduction)
    expected = loss(counted, ta.tensor([0]), reduction=reduction)
    found.sum().backward()
    expected.sum().backward()
    assert found.reshape(-1).tolist()[-1] == expected.reshape(-1).tolist()[-1]
    assert x.grad is not None and counted.grad is not None
    assert x.grad.tolist() == [[0.0, 0.0], *counted.grad.tolist()]


def test_label_smoothing_skips_ignored_targets() -> None:
    x = ta.tensor([[-math.inf, 0.0], [0.0, 1.0]])
    found = F.cross_entropy(x, ta.tensor([-100, 0]), label_smoothing=0.1)
    expected = F.cross_entropy(x[1:], ta.tensor([0]), label_smoothing=0.1)
    assert found.item() == expected.item()


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.kl_div])
def test_the_options_of_losses_go_by_keyword(loss) -> None:  # type: ignore[no-untyped-def]
    x = ta.ones(1, 2)
    with pytest.raises(TypeError, match="positional"):
        loss(x, x, "sum")
    loss(x, x, reduction="sum")


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (F.cross_entropy, ta.tensor([0])),
        (F.nll_loss, ta.tensor([0])),
        (F.binary_cross_entropy, ta.ones(1, 2)),
        (F.binary_cross_entropy_with_logits, ta.ones(1, 2)),
    ],
)
def test_the_options_of_weighted_losses_go_by_keyword(loss, target: ta.Tensor) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError, match="positional"):
        loss(ta.ones(1, 2), target, None, False)
    loss(ta.ones(1, 2), target, None, reduction="sum")


def test_cross_entropy_of_certainty_and_of_ignorance() -> None:
    assert F.cross_entropy(ta.zeros(5, 8), ta.arange(5)).item() == pytest.approx(math.log(8))
    certain = ta.eye(3) * 100
    assert F.cross_entropy(certain, ta.arange(3)).item() == pytest.approx(0, abs=1e-6)
    assert math.isnan(F.cross_entropy(ta.zeros(1, 2), ta.tensor([-100])).item())


class TestBatchNorm:
    def test_normalises_each_channel(self) -> None:
        x = ta.tensor(values(8, 3, 4, 4) * 5 + 2)
        out = F.batch_norm(x, None, None, training=True, eps=0.0).numpy()
        np.testing.assert_allclose(out.mean((0, 2, 3)), 0, atol=1e-12)
        np.testing.assert_allclose(out.var((0, 2, 3)), 1, atol=1e-12)

    def test_running_values_move_by_momentum(self) -> None:
        x = values(8, 3)
        mean, variance = ta.zeros(3, dtype=ta.float64), ta.ones(3, dtype=ta.float64)
        F.batch_norm(ta.tensor(x), mean, variance, training=True, momentum=0.25)
        np.testing.assert_allclose(mean.numpy(), 0.25 * x.mean(0))
        np.testing.assert_allclose(variance.numpy(), 0.75 + 0.25 * x.var(0, ddof=1))

    def test_running_values_do_not_move_outside_training(self) -> None:
        mean, variance = ta.zeros(3), ta.ones(3)
        x = ta.randn(4, 3, requires_grad=True)
        F.batch_norm(x, mean, variance).sum().backward()
        assert mean.tolist() == [0.0] * 3 and variance.tolist() == [1.0] * 3

    def test_of_parameters_that_require_gradients(self) -> None:
        weight, bias = ta.ones(2, requires_grad=True), ta.zeros(2, requires_grad=True)
        mean, variance = ta.zeros(2), ta.ones(2)
        F.batch_norm(ta.randn(4, 2), mean, variance, weight, bias, True).sum().backward()
        assert bias.grad is not None and bias.grad.tolist() == [4.0, 4.0]
        assert not mean.requires_grad


class TestDropout:
    def test_keeps_the_mean(self) -> None:
        x = ta.ones(100_000)
        out = F.dropout(x, 0.25, generator=ta.Generator(1))
        assert out.mean().item() == pytest.approx(1, abs=0.02)
        np.testing.assert_allclose(np.unique(out.numpy()), [0.0, 4 / 3], rtol=1e-6)

    def test_limits(self) -> None:
        x = ta.ones(5)
        assert F.dropout(x, 0.0) is x
        assert F.dropout(x, 1.0).tolist() == [0.0] * 5
        assert F.dropout(x, 0.9, training=False) is x

    def test_passes_gradients_where_it_kept(self) -> None:
        x = ta.ones(50, requires_grad=True)
        out = F.dropout(x, 0.5, generator=ta.Generator(2))
        out.sum().backward()
        assert x.grad is not None
        assert x.grad.tolist() == out.tolist()

    def test_keeps_no_mask(self) -> None:
        x = ta.ones(1 << 18, requires_grad=True, device="cpu")
        before = nd.memory_stats("cpu")["in_use"]
        out = F.dropout(x, 0.5)
        assert nd.memory_stats("cpu")["in_use"] - before == out.array.nbytes
        out.sum().backward()
        assert x.grad is not None
        np.testing.assert_array_equal(x.grad.numpy(), out.detach().numpy())


def test_max_pool_takes_the_first_of_equals() -> None:
    x = ta.ones(1, 2, 4, requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[[1.0, 0.0, 1.0, 0.0], [0.0] * 4]]


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 2, 0), (3, 2, 1), (2, 3, 1)])
def test_pools_take_their_arguments_in_the_usual_order(
    kernel: int, stride: int, padding: int, ceil_mode: bool
) -> None:
    rows, columns = 6, 8
    x = values(rows, columns)

    def spans(size: int) -> list[tuple[int, int]]:
        """From where to where the windows reach, the padding included."""
        found, start = [], -padding
        while start + kernel <= size + padding or (ceil_mode and start < size):
            whole = start - stride + kernel >= size + padding
            if start > -padding and whole:
                break  # the window before it has reached the end
            found.append((start, min(start + kernel, size + padding)))
            start += stride
        return found

    largest, where, with_pads, without = [], [], [], []
    for top, bottom in spans(rows):
        for left, right in spans(columns):
            window = x[max(top, 0) : bottom, max(left, 0) : right]
            largest.append(window.max())
            where.append(int(np.argmax(x == window.max())))
            with_pads.append(window.sum() / ((bottom - top) * (right - left)))
            without.append(window.mean())
    image = ta.tensor(x[None])
    found, indices = F.max_pool2d(image, kernel, stride, padding, 1, ceil_mode, return_indices=True)
    shape = (1, len(spans(rows)), len(spans(columns)))
    assert found.shape == indices.shape == shape
    assert indices.dtype is ta.int64
    assert indices.reshape(-1).tolist() == where
    np.testing.assert_array_equal(found.numpy().ravel(), largest)
    for count_include_pad, expected in ((True, with_pads), (False, without)):
        mean = F.avg_pool2d(image, kernel, stride, padding, ceil_mode, count_include_pad)
        assert mean.shape == shape
        np.testing.assert_allclose(mean.numpy().ravel(), expected, atol=1e-12)


def test_a_pool_drops_the_window_that_starts_in_the_padding_behind() -> None:
    x = ta.ones(1, 3, 3)
    assert F.max_pool2d(x, 2, 2, 1, ceil_mode=True).shape == (1, 2, 2)
    assert F.avg_pool2d(ta.ones(1, 2, 2), 3, 2, ceil_mode=True).tolist() == [[[1.0]]]


def test_pools_of_overlapping_parts() -> None:
    x = values(1, 5, 7)
    out = F.adaptive_avg_pool2d(ta.tensor(x), (2, 3)).numpy()
    expected = [
        [x[0, a:b, c:d].mean() for c, d in ((0, 3), (2, 5), (4, 7))] for a, b in ((0, 3), (2, 5))
    ]
    np.testing.assert_allclose(out[0], expected)


def test_embedding_leaves_the_padding_row_alone() -> None:
    weight = ta.ones(3, 2, requires_grad=True)
    F.embedding(ta.tensor([0, 1, 1, 2]), weight, padding_idx=1).sum().backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]]


def test_empty_batches() -> None:
    assert F.conv2d(ta.zeros(0, 3, 4, 4), ta.zeros(2, 3, 3, 3)).shape == (0, 2, 2, 2)
    assert F.max_pool2d(ta.zeros(0, 3, 4, 4), 2).shape == (0, 3, 2, 2)
    assert F.linear(ta.zeros(0, 3), ta.zeros(2, 3)).shape == (0, 2)
    assert F.one_hot(ta.zeros(0, dtype=ta.int64), 3).shape == (0, 3)
    for function in (F.softmax, F.log_softmax):
        for dim in (0, 1):
            x = ta.zeros(0, 3, requires_grad=True)
            (first,) = ta.grad(function(x, dim).sum(), [x], create_graph=True)
            (second,) = ta.grad(first.sum(), [x])
            assert second.shape == (0, 3)


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("mse_loss: target is a Tensor, not int", lambda: F.mse_loss(ta.ones(1), 0)),  # type: ignore[arg-type]
        (
            "cross_entropy: target is a Tensor, not list",
            lambda: F.cross_entropy(ta.ones(2, 2), [0, 1]),  # type: ignore[arg-type]
        ),
        (
            "nll_loss: weight is a Tensor, not float",
            lambda: F.nll_loss(ta.ones(1, 2), ta.tensor([0]), 0.5),  # type: ignore[arg-type]
        ),
        ("linear: input is a Tensor, not int", lambda: F.linear(5, ta.ones(1, 1))),  # type: ignore[arg-type]
        (
            "conv2d: weight is a Tensor, not ndarray",
            lambda: F.conv2d(ta.ones(1, 1, 2, 2), np.ones((1, 1, 1, 1))),  # type: ignore[arg-type]
        ),
        ("max_pool2d: input", lambda: F.max_pool2d([[[1.0]]], 1)),  # type: ignore[call-overload]
        ("layer_norm: bias", lambda: F.layer_norm(ta.ones(2), 2, None, 1.0)),  # type: ignore[arg-type]
        ("relu: input", lambda: F.relu(-1.0)),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_tensor_is_named(message: str, call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError, match=message):
        call()


def test_cosine_similarity_broadcasts() -> None:
    x, y = values(2, 3), values(3, seed=1)
    expected = x @ y / np.linalg.norm(x, axis=1) / np.linalg.norm(y)
    for dim in (1, -1):
        found = F.cosine_similarity(ta.tensor(x), ta.tensor(y), dim)
        np.testing.assert_allclose(found.numpy(), expected)


@pytest.mark.parametrize(
    ("name", "points", "expected"),
    [
        ("relu6", [0.0, 3.0, 6.0], [0.0, 1.0, 0.0]),
        ("hardtanh", [-1.0, 0.0, 1.0], [0.0, 1.0, 0.0]),
        ("hardsigmoid", [-3.0, 0.0, 3.0], [0.0, 1 / 6, 0.0]),
        ("hardswish", [-3.0, 0.0, 3.0], [0.0, 0.5, 1.0]),
    ],
)
def test_slopes_where_activations_bend(
    name: str, points: list[float], expected: list[float]
) -> None:
    """The slope at a corner is PyTorch's choice among the two."""
    x = ta.tensor(points, requires_grad=True)
    getattr(F, name)(x).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-6)
