"""MultiheadAttention of tiny_nn against torch.nn's, with every kind of mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.parity.layer_rows import images
from tests.parity.test_nn_parity import assert_close, pair

import tiny_nn as nn

torch = pytest.importorskip("torch")

N, L, S, E, HEADS = 2, 3, 5, 8, 2
CAUSAL = np.triu(np.ones((L, L), bool), 1)
PADDED = np.zeros((N, S), bool)
PADDED[0, 3:] = True

# A row: how to make the module; the inputs, of which one stands for all three; the options.
ROWS: dict[str, tuple[Callable[[Any], Any], list[np.ndarray], dict[str, Any]]] = {
    "self": (lambda m: m.MultiheadAttention(E, HEADS), [images(L, N, E)], {}),
    "cross, batch first": (
        lambda m: m.MultiheadAttention(E, HEADS, bias=False, batch_first=True),
        [images(N, L, E), images(N, S, E), images(N, S, E)[::-1]],
        {"key_padding_mask": PADDED},
    ),
    "other widths": (
        lambda m: m.MultiheadAttention(E, HEADS, kdim=6, vdim=7),
        [images(L, N, E), images(S, N, 6), images(S, N, 7)],
        {"average_attn_weights": False},
    ),
    "causal": (
        lambda m: m.MultiheadAttention(E, HEADS, batch_first=True),
        [images(N, L, E)],
        {"attn_mask": CAUSAL, "is_causal": True},
    ),
    "no batch": (
        lambda m: m.MultiheadAttention(E, HEADS),
        [images(L, E), images(S, E), images(S, E)],
        {"attn_mask": images(L, S), "key_padding_mask": PADDED[0]},
    ),
    "a mask for each head": (
        lambda m: m.MultiheadAttention(E, HEADS),
        [images(L, N, E), images(S, N, E), images(S, N, E)],
        {"attn_mask": images(N * HEADS, L, S), "key_padding_mask": images(N, S)},
    ),
    "appended": (
        lambda m: m.MultiheadAttention(E, HEADS, add_bias_kv=True, add_zero_attn=True),
        [images(L, N, E), images(S, N, E), images(S, N, E)],
        {"key_padding_mask": PADDED},
    ),
}


@pytest.mark.filterwarnings("ignore:Support for mismatched:UserWarning")
@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("name", ROWS)
def test_attention(name: str, need_weights: bool) -> None:
    make, arrays, options = ROWS[name]
    ours, theirs = pair(make)
    # torch's projection is of a class of its own, which says something about quantisation.
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")
    results, leaves = [], []
    for module, tensor in ((ours, nn.tensor), (theirs, torch.tensor)):
        inputs = [tensor(np.ascontiguousarray(x), requires_grad=True) for x in arrays]
        masks = {
            key: tensor(value) if isinstance(value, np.ndarray) else value
            for key, value in options.items()
        }
        given = inputs * 3 if len(inputs) == 1 else inputs
        results.append(module(*given, need_weights=need_weights, **masks))
        leaves.append(inputs)
    (y_ours, w_ours), (y_theirs, w_theirs) = results
    assert_close(y_ours, y_theirs, atol=1e-5)
    assert (w_ours is None) == (w_theirs is None) == (not need_weights)
    if need_weights:
        assert_close(w_ours, w_theirs, atol=1e-5)
    direction = images(*y_theirs.shape)
    (y_ours * nn.tensor(direction)).sum().backward()
    (y_theirs * torch.tensor(direction)).sum().backward()
    for one, other in zip(*leaves, strict=True):
        assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5)


def test_causal_without_a_mask_is_the_causal_mask() -> None:
    ours, theirs = pair(lambda m: m.MultiheadAttention(E, HEADS, batch_first=True))
    x = images(N, L, E)
    expected, _ = theirs(*[torch.tensor(x)] * 3, attn_mask=torch.tensor(CAUSAL))
    for need_weights in (True, False):
        y, _ = ours(*[nn.tensor(x)] * 3, need_weights=need_weights, is_causal=True)
        assert_close(y, expected, atol=1e-5)


BLOCK = {"dim_feedforward": 12, "dropout": 0.0, "batch_first": True}
TRANSFORMERS: dict[str, tuple[Callable[[Any], Any], list[np.ndarray], dict[str, Any]]] = {
    "encoder layer": (
        lambda m: m.TransformerEncoderLayer(E, HEADS, **BLOCK),
        [images(N, L, E)],
        {"src_mask": CAUSAL},
    ),
    "encoder layer, norm first": (
        lambda m: m.TransformerEncoderLayer(
            E, HEADS, 12, 0.0, "gelu", 1e-3, norm_first=True, bias=False
        ),
        [images(L, N, E)],
        {},
    ),
    "decoder layer": (
        lambda m: m.TransformerDecoderLayer(E, HEADS, **BLOCK),
        [images(N, L, E), images(N, S, E)],
        {"tgt_mask": CAUSAL, "memory_key_padding_mask": PADDED},
    ),
    "encoder": (
        lambda m: m.TransformerEncoder(
            m.TransformerEncoderLayer(E, HEADS, **BLOCK), 2, m.LayerNorm(E)
        ),
        [images(N, S, E)],
        {"src_key_padding_mask": PADDED},
    ),
    "transformer": (
        lambda m: m.Transformer(E, HEADS, 1, 2, norm_first=True, **BLOCK),
        [images(N, S, E), images(N, L, E)],
        {"tgt_mask": CAUSAL},
    ),
}


@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers(name: str) -> None:
    make, arrays, masks = TRANSFORMERS[name]
    ours, theirs = pair(make)
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")
    results = []
    for module, tensor in ((ours, nn.tensor), (theirs, torch.tensor)):
        given = {key: tensor(mask) for key, mask in masks.items()}
        results.append(module(*map(tensor, arrays), **given))
    assert_close(*results, atol=1e-5)
    direction = images(*results[1].shape)
    (results[0] * nn.tensor(direction)).sum().backward()
    (results[1] * torch.tensor(direction)).sum().backward()
    for (key, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert one.grad is not None, key
        assert_close(one.grad, other.grad, rtol=1e-3, atol=2e-5)
