"""Recurrent layers of tiny_nn against torch.nn's: the same weights, states and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.parity.test_nn_parity import assert_close, images, pair

import tiny_nn as nn

torch = pytest.importorskip("torch")

T, N, IN, H = 5, 3, 4, 6

# A row: how to make the module, the input, and the states to start from.
ROWS: dict[str, tuple[Callable[[Any], Any], np.ndarray, list[np.ndarray]]] = {
    "rnn": (lambda m: m.RNN(IN, H), images(T, N, IN), [images(1, N, H)]),
    "rnn all": (
        lambda m: m.RNN(IN, H, 2, "relu", False, True, 0.0, True),
        images(N, T, IN),
        [images(4, N, H)],
    ),
    "rnn, no batch": (lambda m: m.RNN(IN, H, 2), images(T, IN), [images(2, H)]),
    "lstm": (lambda m: m.LSTM(IN, H), images(T, N, IN), [images(1, N, H), images(1, N, H) / 2]),
    "lstm all": (
        lambda m: m.LSTM(IN, H, 3, True, True, 0.0, True),
        images(N, T, IN),
        [images(6, N, H), images(6, N, H) / 2],
    ),
    "lstm, projected": (
        lambda m: m.LSTM(IN, H, 2, bidirectional=True, proj_size=2),
        images(T, N, IN),
        [images(4, N, 2), images(4, N, H)],
    ),
    "lstm, no batch": (
        lambda m: m.LSTM(IN, H, bias=False, batch_first=True),
        images(T, IN),
        [images(1, H), images(1, H)],
    ),
    "gru": (lambda m: m.GRU(IN, H), images(T, N, IN), [images(1, N, H)]),
    "gru all": (
        lambda m: m.GRU(IN, H, 2, False, True, 0.0, True),
        images(N, T, IN),
        [images(4, N, H)],
    ),
    "rnn cell": (lambda m: m.RNNCell(IN, H), images(N, IN), [images(N, H)]),
    "rnn cell all": (lambda m: m.RNNCell(IN, H, False, "relu"), images(IN), [images(H)]),
    "lstm cell": (lambda m: m.LSTMCell(IN, H), images(N, IN), [images(N, H), images(N, H) / 2]),
    "lstm cell, no batch": (
        lambda m: m.LSTMCell(IN, H, False),
        images(IN),
        [images(H), images(H) / 2],
    ),
    "gru cell": (lambda m: m.GRUCell(IN, H), images(N, IN), [images(N, H)]),
    "gru cell, no batch": (lambda m: m.GRUCell(IN, H, bias=False), images(IN), [images(H)]),
}


def flat(result: Any) -> list[Any]:
    if not isinstance(result, tuple):
        return [result]
    return [tensor for part in result for tensor in flat(part)]


@pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")
@pytest.mark.parametrize("with_states", [True, False])
@pytest.mark.parametrize("name", ROWS)
def test_recurrent_layer(name: str, with_states: bool) -> None:
    make, x, states = ROWS[name]
    ours, theirs = pair(make)
    assert repr(ours) == repr(theirs)
    outputs, inputs = [], []
    for module, tensor in ((ours, nn.tensor), (theirs, torch.tensor)):
        leaves = [tensor(array, requires_grad=True) for array in (x, *states)]
        hx = tuple(leaves[1:]) if len(states) > 1 else leaves[1]
        outputs.append(flat(module(leaves[0], hx) if with_states else module(leaves[0])))
        inputs.append(leaves if with_states else leaves[:1])
    assert len(outputs[0]) == len(outputs[1])
    for one, other in zip(*outputs, strict=True):
        assert_close(one, other)
    for found, tensor in zip(outputs, (nn.tensor, torch.tensor), strict=True):
        sum((y * tensor(images(*y.shape))).sum() for y in found).backward()
    for one, other in zip(*inputs, strict=True):
        assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layer", ["RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"])
def test_initial_values_have_torchs_bound(layer: str) -> None:
    nn.manual_seed(0)
    torch.manual_seed(0)
    for ours, theirs in zip(
        getattr(nn, layer)(30, 64).parameters(),
        getattr(torch.nn, layer)(30, 64).parameters(),
        strict=True,
    ):
        for values in (ours.detach().numpy(), theirs.detach().numpy()):
            assert 0.8 / 8 < abs(values).max() <= 1 / 8
