"""Layers that parity rows can't describe: random ones, adjoints, masks; and what is refused."""

import math

import numpy as np
import pytest

import tiny_nn as nn


def values(tensor: nn.Tensor) -> np.ndarray:
    return np.asarray(tensor.detach().cpu().numpy())


@pytest.mark.parametrize(
    ("layer", "shape", "channels"),
    [
        (nn.Dropout1d, (64, 8, 5), 2),
        (nn.Dropout1d, (512, 5), 1),
        (nn.Dropout2d, (64, 8, 3, 3), 2),
        (nn.Dropout3d, (64, 8, 2, 2, 2), 2),
        (nn.Dropout3d, (512, 2, 2, 2), 1),
    ],
)
def test_channels_are_dropped_whole(layer, shape, channels, device) -> None:
    nn.manual_seed(0)
    y = values(layer(0.25)(nn.ones(shape, device=device)))
    flat = y.reshape(math.prod(shape[:channels]), -1)
    assert np.all(flat == flat[:, :1])
    np.testing.assert_allclose(np.unique(flat), [0, 1 / 0.75], rtol=1e-6)
    assert (flat[:, 0] == 0).mean() == pytest.approx(0.25, abs=0.07)


def test_alpha_dropout_keeps_mean_and_variance(device) -> None:
    nn.manual_seed(0)
    x = nn.randn((200, 500), device=device)
    y = values(nn.AlphaDropout(0.3)(x))
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.std() == pytest.approx(1, abs=0.02)
    assert values(nn.AlphaDropout(1.0)(x)).any() == False  # noqa: E712


@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1, "groups": 2, "dilation": 2}])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_transposed_convolution_is_the_adjoint(dims: int, options, device) -> None:
    """<conv(x), y> = <x, conv_transpose(y)> for the same weight."""
    make = {"bias": False, "device": device, **options}
    conv = getattr(nn, f"Conv{dims}d")(4, 6, 3, **make)
    back = getattr(nn, f"ConvTranspose{dims}d")(6, 4, 3, **make)
    back.weight.data = conv.weight.data
    x = nn.randn((2, 4, *(7, 8, 6)[:dims]), device=device)
    forth = conv(x)
    y = nn.randn(forth.shape, device=device)
    left = (forth * y).sum().item()
    right = (x * back(y, output_size=x.shape)).sum().item()
    assert left == pytest.approx(right, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_circular_padding_commutes_with_turning(dims: int, device) -> None:
    layer = getattr(nn, f"Conv{dims}d")
    conv = layer(2, 3, 3, padding=1, padding_mode="circular", device=device)
    x = nn.randn((1, 2, *(5, 4, 6)[:dims]), device=device)
    np.testing.assert_allclose(values(conv(x.roll(2, -1))), values(conv(x).roll(2, -1)), atol=1e-5)


def test_instance_norm_keeps_running_statistics(device) -> None:
    layer = nn.InstanceNorm2d(3, momentum=0.5, track_running_stats=True, device=device)
    x = nn.randn((4, 3, 5, 5), device=device) * 2 + 1
    layer(x)
    expected = 0.5 * values(x).mean((0, 2, 3))
    np.testing.assert_allclose(values(layer.running_mean), expected, rtol=1e-5)
    layer.eval()
    shape = (1, 3, 1, 1)
    mean, variance = (values(b).reshape(shape) for b in (layer.running_mean, layer.running_var))
    np.testing.assert_allclose(
        values(layer(x)), (values(x) - mean) / np.sqrt(variance + 1e-5), rtol=1e-4, atol=1e-5
    )


def test_rms_norm_is_scaled_by_its_weight(device) -> None:
    layer = nn.RMSNorm(4, eps=1e-6, device=device)
    with nn.no_grad():
        layer.weight.copy_(nn.tensor([1.0, 2.0, 3.0, 4.0], device=device))
    x = nn.randn((3, 4), device=device)
    root = np.sqrt((values(x) ** 2).mean(-1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(values(layer(x)), values(x) / root * [1, 2, 3, 4], rtol=1e-5)


def test_embedding_shortens_only_the_rows_that_are_used(device) -> None:
    table = nn.Embedding(6, 3, max_norm=1.0, device=device)
    before = 10 * np.ones((6, 3), np.float32)
    before[2] = 0.1
    with nn.no_grad():
        table.weight.copy_(nn.tensor(before, device=device))
    rows = table(nn.tensor([[1, 2], [1, 4]], device=device))
    lengths = np.linalg.norm(values(rows), axis=-1)
    np.testing.assert_allclose(lengths, [[1, np.sqrt(0.03)]] * 1 + [[1, 1]], rtol=1e-5)
    after = values(table.weight)
    np.testing.assert_array_equal(after[[0, 2, 3, 5]], before[[0, 2, 3, 5]])
    rows.sum().backward()
    assert values(table.weight.grad)[1].tolist() == [2.0] * 3


def test_attention_with_and_without_weights_agree(device) -> None:
    attention = nn.MultiheadAttention(8, 2, batch_first=True, device=device)
    x = nn.randn((2, 4, 8), device=device)
    hidden = nn.tensor([[False] * 4, [True] * 4], device=device)  # the second sees nothing
    for options in ({}, {"is_causal": True}, {"key_padding_mask": hidden}):
        output, weights = attention(x, x, x, **options)
        fast, none = attention(x, x, x, need_weights=False, **options)
        assert none is None
        np.testing.assert_allclose(values(fast), values(output), atol=1e-6)
    assert not values(weights)[1].any()
    np.testing.assert_allclose(values(weights)[0].sum(-1), 1, rtol=1e-6)


def test_attention_drops_weights_in_training_only() -> None:
    nn.manual_seed(0)
    attention = nn.MultiheadAttention(8, 2, dropout=0.5)
    x = nn.randn((4, 2, 8))
    assert values(attention(x, x, x)[0]).tolist() != values(attention(x, x, x)[0]).tolist()
    attention.eval()
    assert values(attention(x, x, x)[0]).tolist() == values(attention(x, x, x)[0]).tolist()


def test_a_transformer_sees_no_later_target(device) -> None:
    nn.manual_seed(0)
    model = nn.Transformer(8, 2, 1, 2, dim_feedforward=16, batch_first=True, device=device).eval()
    source, target = (nn.randn((2, length, 8), device=device) for length in (5, 4))
    before = values(model(source, target, tgt_is_causal=True))
    mask = model.generate_square_subsequent_mask(4, device)
    masked = values(model(source, target, tgt_mask=mask))
    np.testing.assert_allclose(masked, before, atol=1e-6)
    changed = nn.cat([target[:, :2], nn.randn((2, 2, 8), device=device)], dim=1)
    after = values(model(source, changed, tgt_is_causal=True))
    np.testing.assert_allclose(after[:, :2], before[:, :2], atol=1e-6)
    assert np.abs(after[:, 2:] - before[:, 2:]).max() > 1e-3
    first, second = model.decoder.layers
    assert first.linear1.weight is not second.linear1.weight
    with pytest.raises(RuntimeError, match="should be relu/gelu, not sine"):
        nn.TransformerEncoderLayer(8, 2, activation="sine")


def test_prelu_trains_its_slope(device) -> None:
    layer = nn.PReLU(2, init=0.5, device=device)
    layer(nn.tensor([[-1.0, 3.0], [-4.0, -2.0]], device=device)).sum().backward()
    assert values(layer.weight.grad).tolist() == [-5.0, -2.0]
    with nn.no_grad():
        layer.weight.zero_()
    layer.reset_parameters()
    assert values(layer.weight).tolist() == [0.5, 0.5]


def test_inplace_activations_print_as_torchs() -> None:
    texts = {repr(make(inplace=True)) for make in (nn.SELU, nn.Mish, nn.Hardswish, nn.Hardsigmoid)}
    assert texts == {"SELU(inplace=True)", "Mish(inplace=True)", "Hardswish()", "Hardsigmoid()"}
    assert repr(nn.CELU(2.0, True)) == "CELU(alpha=2.0, inplace=True)"
    assert repr(nn.Threshold(0.1, 20, True)) == "Threshold(threshold=0.1, value=20, inplace=True)"


X = nn.zeros((2, 4, 6, 6))


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (ValueError, "padding_mode must be one of", lambda: nn.Conv2d(1, 1, 3, padding_mode="x")),
        (ValueError, "Only 'zeros'", lambda: nn.ConvTranspose2d(1, 1, 3, padding_mode="circular")),
        (ValueError, "not 'same'", lambda: nn.ConvTranspose2d(1, 1, 3, padding="same")),
        (
            ValueError,
            r"valid sizes range from \[13, 13\] to \[14, 14\]",
            lambda: nn.ConvTranspose2d(4, 1, 3, stride=2)(X, (15, 13)),
        ),
        (ValueError, "padding is one int or 4, got", lambda: nn.ZeroPad2d((1, 2))),
        (ValueError, "expected 3D or 4D input", lambda: nn.InstanceNorm2d(4)(nn.zeros((2, 4)))),
        (ValueError, "must be divisible by num_groups", lambda: nn.GroupNorm(3, 4)),
        (ValueError, "does not end in", lambda: nn.RMSNorm(5)(X)),
        (ValueError, "dropout2d: .* expected 4 dim", lambda: nn.Dropout2d()(nn.zeros((2, 3)))),
        (ValueError, "between 0 and 1", lambda: nn.AlphaDropout(1.5)),
        (ValueError, "sparse=True", lambda: nn.Embedding(3, 2, sparse=True)),
        (ValueError, "in1_features must be > 0", lambda: nn.Bilinear(0, 1, 1)),
        (ValueError, "3D or 4D, got 2D", lambda: nn.Softmax2d()(nn.zeros((2, 2)))),
        (ValueError, "must not be negative", lambda: nn.Softshrink(-1.0)),
        (ValueError, "divisible by num_heads", lambda: nn.MultiheadAttention(6, 4)),
        (
            ValueError,
            "3 dimensions with a batch, 2 without",
            lambda: nn.MultiheadAttention(4, 2)(X, X, X),
        ),
        *(
            (
                ValueError,
                rf"MultiheadAttention: query \(2, 3, 4\), .*{words}",
                lambda key=key, value=value, batch_first=batch_first: nn.MultiheadAttention(
                    4, 2, batch_first=batch_first
                )(nn.zeros((2, 3, 4)), nn.zeros(key), nn.zeros(value)),
            )
            for key, value, batch_first, words in (
                ((2, 5, 6), (2, 5, 6), True, "expected last sizes of 4, 4 and 4"),
                ((2, 5, 4), (2, 6, 4), True, "keys and values of one length"),
                ((3, 5, 4), (3, 5, 4), True, "one size of the batch, axis 0"),
                ((2, 5, 4), (2, 5, 4), False, "one size of the batch, axis 1"),
            )
        ),
        (
            ValueError,
            r"attn_mask \(2, 2\): expected \(6, 6\) or \(8, 6, 6\)",
            lambda: nn.MultiheadAttention(6, 2)(X[0].transpose(0, 1), *[X[0].transpose(0, 1)] * 2,
                                                attn_mask=nn.zeros((2, 2))),
        ),
        (
            TypeError,
            "key_padding_mask holds bools or floats",
            lambda: nn.MultiheadAttention(6, 2)(X[0], X[0], X[0],
                                                key_padding_mask=nn.zeros((6, 4), dtype=nn.int64)),
        ),
    ],
)  # fmt: skip
def test_what_is_refused(error: type[Exception], message: str, call) -> None:
    with pytest.raises(error, match=message):
        call()
