"""Convolutions, pools, interpolation and attention beyond the rows of the op-case table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import ndarray_core as nd
import tiny_autograd as ta
from ndarray_core.errors import DTypeError, ShapeError
from tiny_autograd import functional as F

CONVOLUTIONS = ((F.conv1d, F.conv_transpose1d), (F.conv2d, F.conv_transpose2d))


@given(
    count=st.integers(1, 2),
    size=st.integers(1, 6),
    kernel=st.integers(1, 3),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    groups=st.integers(1, 2),
)
def test_the_transposed_convolution_is_the_adjoint(
    count: int, size: int, kernel: int, stride: int, padding: int, dilation: int, groups: int
) -> None:
    """<conv(x), y> = <x, conv_transpose(y)>."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    assume(room >= 0)
    convolve, transposed = CONVOLUTIONS[count - 1]
    random = np.random.default_rng(0)
    x = ta.tensor(random.standard_normal((2, 2 * groups, *[size] * count)))
    weight = ta.tensor(random.standard_normal((3 * groups, 2, *[kernel] * count)))
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    forward = convolve(x, weight, **options)
    y = ta.tensor(random.standard_normal(forward.shape))
    left_over = room % stride
    assume(left_over < max(stride, dilation))
    back = transposed(y, weight, output_padding=left_over, **options)
    assert back.shape == x.shape
    assert (forward * y).sum().item() == pytest.approx((x * back).sum().item(), abs=1e-9)


def raises(kind: type[Exception], match: str, function: Any, *args: Any, **options: Any) -> None:
    with pytest.raises(kind, match=match):
        function(*args, **options)


def test_transposed_convolutions_say_what_does_not_fit() -> None:
    x, weight = ta.ones(1, 2, 3), ta.ones(2, 1, 2)
    f = F.conv_transpose1d
    raises(ShapeError, r"conv_transpose1d.*\(2, 3\)", f, ta.ones(3), ta.ones(2, 3))
    raises(ShapeError, "channels", f, x, ta.ones(3, 1, 2))
    raises(ShapeError, "groups=2", f, ta.ones(1, 3, 3), ta.ones(3, 1, 2), groups=2)
    raises(ShapeError, "bias", f, x, weight, ta.ones(2))
    raises(ValueError, "output_padding", f, x, weight, output_padding=1)
    raises(ShapeError, "leaves an output", f, x, weight, padding=2)
    raises(TypeError, "weight is a Tensor", f, x, [1.0])


def test_pools_say_what_does_not_fit() -> None:
    raises(ShapeError, r"max_pool1d.*\(N, C, L\)", F.max_pool1d, ta.ones(3), 2)
    raises(ShapeError, r"avg_pool3d.*\(N, C, D, H, W\)", F.avg_pool3d, ta.ones(1, 2, 2), 2)
    raises(ShapeError, "does not fit", F.max_pool3d, ta.ones(1, 2, 2, 2), 3)
    raises(ValueError, "padding", F.avg_pool1d, ta.ones(1, 4), 2, padding=2)
    raises(ShapeError, "adaptive_avg_pool1d", F.adaptive_avg_pool1d, ta.ones(1, 0), 1)
    raises(ValueError, "adaptive_max_pool3d", F.adaptive_max_pool3d, ta.ones(1, 2, 2, 2), (1, 2))


def test_indices_of_maxima_point_at_them() -> None:
    x = ta.tensor(np.random.default_rng(0).permutation(120).astype(float).reshape(1, 2, 3, 4, 5))
    for values, indices in (
        F.max_pool3d(x, 2, return_indices=True),
        F.adaptive_max_pool3d(x, (2, 1, 3), return_indices=True),
    ):
        picked = ta.gather(x.flatten(2), 2, indices.flatten(2))
        assert picked.tolist() == values.flatten(2).tolist()


@pytest.mark.parametrize("mode", ["nearest", "linear", "area"])
def test_interpolation_to_the_same_size_is_a_copy(mode: str) -> None:
    x = ta.tensor([[[1.0, 2.0, 4.0]]])
    same = F.interpolate(x, 3, mode=mode)
    assert same.tolist() == x.tolist()
    same.mul_(2)
    assert x.tolist() == [[[1.0, 2.0, 4.0]]]


def test_interpolation_says_what_does_not_fit() -> None:
    x = ta.ones(1, 1, 2, 2)
    f = F.interpolate
    raises(ValueError, "mode is one of", f, x, 2, mode="lanczos")
    raises(ShapeError, "bilinear", f, ta.ones(1, 1, 2), 2, mode="bilinear")
    raises(ShapeError, "interpolate", f, ta.ones(2, 2), 2)
    raises(ValueError, "align_corners", f, x, 2, align_corners=True)
    raises(ValueError, "either size or scale_factor", f, x)
    raises(ValueError, "either size or scale_factor", f, x, 2, 2.0)
    raises(ValueError, r"size \(1, 2, 3\)", f, x, (1, 2, 3))
    raises(ValueError, "positive number", f, x, scale_factor=-1.0)
    raises(ValueError, "recompute", f, x, 2, recompute_scale_factor=True)
    raises(ShapeError, "cannot resize", f, x, scale_factor=0.1)


def test_a_query_that_sees_nothing_gets_zeros_and_gives_zeros() -> None:
    q = ta.tensor(np.ones((2, 3)), requires_grad=True)
    k, v = ta.ones(4, 3, dtype=ta.float64), ta.ones(4, 2, dtype=ta.float64)
    mask = ta.tensor([[False] * 4, [True] * 4])
    out = F.scaled_dot_product_attention(q, k, v, mask)
    assert out.tolist() == [[0.0, 0.0], [1.0, 1.0]]
    out.sum().backward()
    assert q.grad is not None
    assert bool(ta.isfinite(q.grad).all())


def test_attention_drops_weights(device: nd.Device) -> None:
    x = ta.ones(64, 4, device=device)
    generator = ta.Generator(0)
    out = F.scaled_dot_product_attention(x, x, x, dropout_p=0.5, generator=generator)
    assert out.device == device
    assert 0.5 < out.mean().item() < 1.5
    assert len(set(out[:, 0].tolist())) > 1


def test_attention_says_what_does_not_fit() -> None:
    x, f = ta.ones(2, 3, 4), F.scaled_dot_product_attention
    raises(ValueError, "not both", f, x, x, x, ta.ones(3, 3), is_causal=True)
    raises(ShapeError, r"query \(2, 3, 4\)", f, x, ta.ones(2, 3, 5), x)
    raises(ShapeError, "attn_mask", f, x, x, x, ta.ones(2, 3))
    raises(DTypeError, "bools or floats", f, x, x, x, ta.ones(3, 3, dtype=ta.int64))
    raises(ShapeError, "heads", f, x, ta.ones(3, 3, 4), ta.ones(3, 3, 4), enable_gqa=True)


def test_instance_norm_keeps_running_values() -> None:
    x = ta.tensor(np.random.default_rng(0).standard_normal((3, 2, 5)))
    mean, var = ta.zeros(2, dtype=ta.float64), ta.ones(2, dtype=ta.float64)
    F.instance_norm(x, mean, var, momentum=0.5)
    np.testing.assert_allclose(mean.numpy(), x.numpy().mean((0, 2)) / 2)
    np.testing.assert_allclose(var.numpy(), 0.5 + x.numpy().var(2, ddof=1).mean(0) / 2)


def test_normalizations_say_what_does_not_fit() -> None:
    x = ta.ones(2, 4, 3)
    raises(ValueError, "3 groups", F.group_norm, x, 3)
    raises(ShapeError, "group_norm: weight", F.group_norm, x, 2, ta.ones(3))
    raises(ShapeError, "rms_norm", F.rms_norm, x, 4)
    raises(ValueError, "running_mean", F.instance_norm, x, use_input_stats=False)
    raises(ValueError, "more than one value", F.instance_norm, ta.ones(2, 4, 1))
    raises(ShapeError, "local_response_norm", F.local_response_norm, ta.ones(2, 4), 2)
    raises(ValueError, "size", F.local_response_norm, x, 0)


def test_losses_say_what_does_not_fit() -> None:
    x, y = ta.ones(2, 3), ta.ones(2)
    raises(ValueError, "margin", F.triplet_margin_loss, x, x, x, 0.0)
    raises(ShapeError, "triplet_margin_loss", F.triplet_margin_loss, x, x, y)
    raises(ShapeError, "margin_ranking_loss", F.margin_ranking_loss, x, x, y)
    raises(ShapeError, "cosine_embedding_loss", F.cosine_embedding_loss, x, x, x)
    raises(ShapeError, "var", F.gaussian_nll_loss, x, x, ta.ones(3))
    raises(ValueError, "negative", F.gaussian_nll_loss, x, x, -x)
    raises(ValueError, "reduction", F.soft_margin_loss, x, x, reduction="max")


def test_a_variance_below_eps_counts_as_eps() -> None:
    x, zero = ta.ones(2), ta.zeros(2, requires_grad=True)
    loss = F.gaussian_nll_loss(x, x, zero, eps=0.5, reduction="sum")
    assert loss.item() == pytest.approx(np.log(0.5))
    loss.backward()
    assert zero.grad is not None
    assert zero.grad.tolist() == pytest.approx([1.0, 1.0])
