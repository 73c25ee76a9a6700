"""Layers against closed forms, on every device."""

import math

import numpy as np
import pytest

import tiny_nn as nn


def values(tensor: nn.Tensor) -> np.ndarray:
    return np.asarray(tensor.detach().cpu().numpy())


def assert_close(tensor: nn.Tensor, expected) -> None:
    np.testing.assert_allclose(values(tensor), expected, rtol=1e-5, atol=1e-6)


def test_linear_is_the_affine_map(device) -> None:
    layer = nn.Linear(3, 2, device=device)
    x = nn.randn((4, 5, 3), device=device)
    expected = values(x) @ values(layer.weight).T + values(layer.bias)
    assert_close(layer(x), expected)
    plain = nn.Linear(3, 2, bias=False, device=device)
    assert plain.bias is None
    assert_close(plain(x), values(x) @ values(plain.weight).T)


def test_linear_gradient(device) -> None:
    layer = nn.Linear(3, 2, device=device)
    x = nn.randn((4, 3), device=device)
    layer(x).sum().backward()
    assert_close(layer.bias.grad, [4.0, 4.0])
    assert_close(layer.weight.grad, np.tile(values(x).sum(0), (2, 1)))


@pytest.mark.parametrize(
    ("layer", "bound"),
    [
        (lambda: nn.Linear(64, 500), 1 / 8),
        (lambda: nn.Conv1d(16, 500, 4), 1 / 8),
        (lambda: nn.Conv2d(8, 500, (2, 4)), 1 / 8),
        (lambda: nn.Conv2d(16, 500, (2, 4), groups=2), 1 / 8),
    ],
)
def test_initial_values_are_uniform_within_the_bound(layer, bound) -> None:
    nn.manual_seed(3)
    made = layer()
    for parameter in (made.weight, made.bias):
        drawn = values(parameter)
        assert np.abs(drawn).max() <= bound
        assert np.abs(drawn).max() > 0.98 * bound
        assert abs(drawn.mean()) < 0.1 * bound
        assert drawn.std() == pytest.approx(bound / math.sqrt(3), rel=0.1)


def test_linear_without_inputs_or_outputs() -> None:
    assert values(nn.Linear(0, 2).bias).tolist() == [0.0, 0.0]
    assert nn.Linear(0, 2)(nn.zeros((3, 0))).tolist() == [[0.0, 0.0]] * 3
    assert nn.Linear(2, 0)(nn.zeros((3, 2))).shape == (3, 0)


def naive_conv2d(x, weight, stride, padding, dilation, groups):
    """The sum of section 9.1 of Goodfellow, Bengio & Courville, with loops."""
    n, _, h, w = x.shape
    c_out, c_group, kh, kw = weight.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    h = (h + 2 * padding[0] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    w = (w + 2 * padding[1] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    out = np.zeros((n, c_out, h, w))
    for o in range(c_out):
        first = o // (c_out // groups) * c_group
        for i in range(h):
            for j in range(w):
                top, left = i * stride[0], j * stride[1]
                window = x[
                    :,
                    first : first + c_group,
                    top : top + dilation[0] * (kh - 1) + 1 : dilation[0],
                    left : left + dilation[1] * (kw - 1) + 1 : dilation[1],
                ]
                out[:, o, i, j] = (window * weight[o]).sum((1, 2, 3))
    return out


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "groups"),
    [
        ((3, 3), (1, 1), (1, 1), (1, 1), 1),
        ((3, 2), (2, 1), (0, 2), (1, 2), 2),
        ((1, 1), (2, 2), (0, 0), (1, 1), 1),
        ((2, 3), (1, 3), (1, 0), (2, 1), 4),
    ],
)
def test_conv2d_is_the_sum_over_the_window(
    device, kernel, stride, padding, dilation, groups
) -> None:
    layer = nn.Conv2d(4, 8, kernel, stride, padding, dilation, groups, device=device)
    x = nn.randn((2, 4, 7, 8), device=device)
    expected = naive_conv2d(values(x), values(layer.weight), stride, padding, dilation, groups)
    assert_close(layer(x), expected + values(layer.bias)[:, None, None])


def test_conv1d_is_conv2d_with_one_row(device) -> None:
    one = nn.Conv1d(2, 3, 3, stride=2, padding=1, bias=False, device=device)
    x = nn.randn((2, 2, 9), device=device)
    expected = naive_conv2d(
        values(x)[:, :, None], values(one.weight)[:, :, None], (1, 2), (0, 1), (1, 1), 1
    )
    assert_close(one(x), expected[:, :, 0])


def test_conv_padding_words() -> None:
    x = nn.randn((1, 2, 5, 6))
    assert nn.Conv2d(2, 3, (2, 3), padding="same", dilation=2)(x).shape == (1, 3, 5, 6)
    assert nn.Conv2d(2, 3, (2, 3), padding="valid")(x).shape == (1, 3, 4, 4)
    assert nn.Conv1d(2, 3, 4, padding="same")(x[:, :, 0]).shape == (1, 3, 6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": 0}, "groups must be a positive integer"),
        ({"groups": 3}, "in_channels must be divisible by groups"),
        ({"padding": "full"}, "Invalid padding string 'full'"),
        ({"padding": "same", "stride": 2}, "not supported for strided"),
        ({"padding_mode": "mirror"}, "padding_mode must be one of zeros, reflect"),
        ({"stride": (1, 2, 3)}, "stride should be an int or 2"),
    ],
)
def test_conv_refuses(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        nn.Conv2d(4, 6, 3, **options)
    with pytest.raises(ValueError, match="out_channels must be divisible"):
        nn.Conv2d(4, 3, 3, groups=2)


def test_batch_norm_in_training_and_evaluation(device) -> None:
    layer = nn.BatchNorm2d(3, device=device)
    with nn.no_grad():
        layer.weight.copy_(nn.tensor([1.0, 2.0, 3.0]))
        layer.bias.copy_(nn.tensor([0.0, 1.0, -1.0]))
    x = nn.randn((4, 3, 5, 2), device=device)
    host = values(x)
    mean, variance = host.mean((0, 2, 3)), host.var((0, 2, 3))
    scale, shift = values(layer.weight)[:, None, None], values(layer.bias)[:, None, None]

    def normalised(mean, variance):
        centred = host - mean[:, None, None]
        return centred / np.sqrt(variance[:, None, None] + 1e-5) * scale + shift

    assert_close(layer(x), normalised(mean, variance))
    unbiased = variance * 40 / 39
    assert_close(layer.running_mean, 0.1 * mean)
    assert_close(layer.running_var, 0.9 + 0.1 * unbiased)
    assert layer.num_batches_tracked.item() == 1
    layer.eval()
    assert_close(layer(x), normalised(0.1 * mean, 0.9 + 0.1 * unbiased))
    assert layer.num_batches_tracked.item() == 1
    layer.reset_running_stats()
    assert values(layer.running_var).tolist() == [1.0, 1.0, 1.0]
    assert layer.num_batches_tracked.item() == 0


def test_batch_norm_cumulative_average() -> None:
    layer = nn.BatchNorm1d(1, momentum=None)
    for mean in (1.0, 2.0, 6.0):
        layer(nn.tensor([[mean - 1], [mean + 1]]))
    assert layer.running_mean.item() == pytest.approx(3.0)


def test_batch_norm_without_running_statistics_uses_the_batch_always() -> None:
    layer = nn.BatchNorm1d(2, affine=False, track_running_stats=False).eval()
    assert layer.state_dict() == {}
    assert_close(layer(nn.tensor([[1.0, 0.0], [3.0, 8.0]])), [[-1, -1], [1, 1]])


def test_batch_norm_wants_its_dimensions() -> None:
    with pytest.raises(ValueError, match=r"expected 4D input \(got 3D input\)"):
        nn.BatchNorm2d(2)(nn.zeros((1, 2, 3)))
    with pytest.raises(ValueError, match="expected 2D or 3D input"):
        nn.BatchNorm1d(2)(nn.zeros((2,)))


def test_layer_norm(device) -> None:
    layer = nn.LayerNorm((3, 4), device=device)
    x = nn.randn((5, 3, 4), device=device)
    host = values(x)
    mean, variance = host.mean((1, 2), keepdims=True), host.var((1, 2), keepdims=True)
    assert_close(layer(x), (host - mean) / np.sqrt(variance + 1e-5))
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert list(nn.LayerNorm(3, bias=False).state_dict()) == ["weight"]
    assert list(nn.LayerNorm(3, elementwise_affine=False).state_dict()) == []


def test_pooling(device) -> None:
    x = nn.arange(16, dtype=nn.float32, device=device).reshape((1, 1, 4, 4))
    assert nn.MaxPool2d(2)(x).tolist() == [[[[5.0, 7.0], [13.0, 15.0]]]]
    assert nn.AvgPool2d(2)(x).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    assert nn.MaxPool2d(3, stride=1)(x).tolist() == [[[[10.0, 11.0], [14.0, 15.0]]]]
    assert nn.MaxPool2d(3, 2, 1)(-x).tolist() == [[[[0.0, -1.0], [-4.0, -5.0]]]]
    assert nn.AvgPool2d(2, 2, 1)(x)[0, 0, 0, 0].item() == 0.0
    assert nn.AvgPool2d(2, 2, 1, count_include_pad=False)(x)[0, 0, 0, 1].item() == 1.5
    assert nn.AdaptiveAvgPool2d(1)(x).item() == 7.5
    assert nn.AdaptiveMaxPool2d((2, 1))(x).tolist() == [[[[7.0], [15.0]]]]
    assert nn.AdaptiveAvgPool2d((None, 1))(x).tolist() == [[[[1.5], [5.5], [9.5], [13.5]]]]
    assert nn.AdaptiveAvgPool2d((3, 4))(x)[0, 0, :, 0].tolist() == [2.0, 6.0, 10.0]


def erf(x):
    return np.vectorize(math.erf)(x)


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        (nn.ReLU(), lambda x: np.maximum(x, 0)),
        (nn.ReLU(inplace=True), lambda x: np.maximum(x, 0)),
        (nn.ReLU6(), lambda x: np.clip(x, 0, 6)),
        (nn.LeakyReLU(0.1), lambda x: np.where(x > 0, x, 0.1 * x)),
        (nn.ELU(2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x))),
        (nn.GELU(), lambda x: x / 2 * (1 + erf(x / np.sqrt(2)))),
        (
            nn.GELU("tanh"),
            lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        ),
        (nn.SiLU(), lambda x: x / (1 + np.exp(-x))),
        (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
        (nn.Tanh(), np.tanh),
        (nn.Softplus(2.0), lambda x: np.log1p(np.exp(2 * x)) / 2),
        (nn.Hardtanh(-2.0, 1.0), lambda x: np.clip(x, -2, 1)),
        (nn.Softmax(1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
        (nn.LogSoftmax(0), lambda x: x - np.log(np.exp(x).sum(0, keepdims=True))),
        (nn.Identity(3, anything=4), lambda x: x),
    ],
    ids=lambda value: repr(value) if isinstance(value, nn.Module) else "",
)
def test_activations(device, layer, formula) -> None:
    x = nn.randn((5, 7), device=device) * 4
    host = values(x).copy()
    assert_close(layer(x), formula(host.astype(np.float64)))
    assert values(x).tolist() == host.tolist()


def test_softmax_wants_a_dimension() -> None:
    with pytest.raises(ValueError, match="say along which dimension"):
        nn.Softmax()(nn.zeros((2,)))
    with pytest.raises(ValueError, match="max_val"):
        nn.Hardtanh(1.0, 1.0)


def test_dropout(device) -> None:
    nn.manual_seed(1)
    layer = nn.Dropout(0.25)
    out = values(layer(nn.ones((100, 100), device=device)))
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / 0.75)}
    assert (out == 0).mean() == pytest.approx(0.25, abs=0.02)
    assert values(layer.eval()(nn.ones((3,), device=device))).tolist() == [1.0, 1.0, 1.0]
    assert values(nn.Dropout(1.0)(nn.ones((3,)))).tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="between 0 and 1"):
        nn.Dropout(1.5)


def test_dropout_repeats_with_the_seed() -> None:
    def drawn():
        nn.manual_seed(7)
        return nn.Dropout()(nn.ones((20,))).tolist()

    assert drawn() == drawn()


def test_flatten_and_unflatten() -> None:
    x = nn.zeros((2, 3, 4, 5))
    assert nn.Flatten()(x).shape == (2, 60)
    assert nn.Flatten(0, -2)(x).shape == (24, 5)
    assert nn.Flatten(2, 2)(x).shape == (2, 3, 4, 5)
    assert nn.Unflatten(1, (1, 3))(x).shape == (2, 1, 3, 4, 5)
    assert nn.Unflatten(-1, (-1, 5))(x).shape == (2, 3, 4, 1, 5)
    assert nn.Flatten()(nn.zeros((0, 3, 4))).shape == (0, 12)
    with pytest.raises(IndexError, match="Dimension out of range"):
        nn.Flatten(4)(x)
    with pytest.raises(RuntimeError, match="start_dim cannot come after"):
        nn.Flatten(2, 1)(x)
    with pytest.raises(RuntimeError, match="don't multiply up"):
        nn.Unflatten(1, (2, 2))(x)
    with pytest.raises(RuntimeError, match="don't multiply up"):
        nn.Unflatten(1, (2, -1))(x)


def test_embedding(device) -> None:
    table = nn.Embedding(5, 3, padding_idx=-1, device=device)
    assert table.padding_idx == 4
    indices = nn.tensor([[0, 4], [2, 2]], device=device)
    out = table(indices)
    assert_close(out, values(table.weight)[values(indices)])
    assert values(table.weight)[4].tolist() == [0.0, 0.0, 0.0]
    out.sum().backward()
    assert values(table.weight.grad)[:, 0].tolist() == [1.0, 0.0, 2.0, 0.0, 0.0]


def test_embedding_from_pretrained() -> None:
    rows = nn.randn((4, 2))
    assert not nn.Embedding.from_pretrained(rows).weight.requires_grad
    table = nn.Embedding.from_pretrained(rows, freeze=False)
    assert table.weight.requires_grad
    assert table(nn.tensor([3])).tolist() == rows[3:4].tolist()
    with pytest.raises(ValueError, match="2-dimensional"):
        nn.Embedding.from_pretrained(nn.zeros((2,)))


@pytest.mark.parametrize("index", [5, -1])
def test_embedding_refuses_indices_out_of_range(device, index) -> None:
    with pytest.raises(IndexError):
        nn.Embedding(5, 3, device=device)(nn.tensor([index], device=device))
    with pytest.raises(ValueError, match="Padding_idx must be within"):
        nn.Embedding(5, 3, padding_idx=5)


def test_wrong_shapes_and_devices_raise() -> None:
    with pytest.raises((ValueError, RuntimeError)):
        nn.Linear(3, 2)(nn.zeros((4, 2)))
    with pytest.raises((ValueError, RuntimeError)):
        nn.Conv2d(3, 2, 3)(nn.zeros((1, 2, 5, 5)))
    with pytest.raises((ValueError, RuntimeError)):
        nn.Conv2d(3, 2, 3)(nn.zeros((1, 3, 2, 2)))
    with pytest.raises(nn.errors.DeviceError):
        nn.Linear(3, 2, device="cpu")(nn.zeros((4, 3), device="numpy"))


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Conv2d(4, 6, 3), "Conv2d(4, 6, kernel_size=(3, 3), stride=(1, 1))"),
        (
            nn.Conv2d(4, 6, (3, 2), 2, (1, 0), 2, 2, False),
            "Conv2d(4, 6, kernel_size=(3, 2), stride=(2, 2), padding=(1, 0), dilation=(2, 2), "
            "groups=2, bias=False)",
        ),
        (
            nn.Conv1d(4, 6, 3, padding="same"),
            "Conv1d(4, 6, kernel_size=(3,), stride=(1,), padding=same)",
        ),
        (nn.LayerNorm(3), "LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)"),
        (
            nn.MaxPool2d(2),
            "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
        ),
        (nn.AvgPool2d(3, 2, 1), "AvgPool2d(kernel_size=3, stride=2, padding=1)"),
        (nn.AdaptiveAvgPool2d((None, 2)), "AdaptiveAvgPool2d(output_size=(None, 2))"),
        (nn.AdaptiveMaxPool2d(1), "AdaptiveMaxPool2d(output_size=1)"),
        (nn.Dropout(0.1), "Dropout(p=0.1, inplace=False)"),
        (nn.Flatten(), "Flatten(start_dim=1, end_dim=-1)"),
        (nn.Unflatten(1, (2, 3)), "Unflatten(dim=1, unflattened_size=(2, 3))"),
        (nn.Embedding(5, 3), "Embedding(5, 3)"),
        (nn.Embedding(5, 3, padding_idx=1), "Embedding(5, 3, padding_idx=1)"),
        (nn.LeakyReLU(inplace=True), "LeakyReLU(negative_slope=0.01, inplace=True)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_layers_print_as_torchs_do(layer, text) -> None:
    assert repr(layer) == text


@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(2, 3),
        nn.Conv1d(2, 3, 1),
        nn.Conv2d(2, 3, 1),
        nn.BatchNorm1d(2),
        nn.LayerNorm(2),
        nn.Embedding(2, 3),
    ],
    ids=lambda layer: type(layer).__name__,
)
@pytest.mark.parametrize("given", [np.zeros((1, 2), np.float32), [[0.0, 0.0]], 1.0])
def test_inputs_that_are_not_tensors(layer, given) -> None:
    name = f"{type(layer).__name__}: input must be a Tensor, not {type(given).__name__}; wrap it"
    with pytest.raises(TypeError, match=name):
        layer(given)
