"""Recurrent layers over 64 steps of 32 sequences, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from row import Row

import tiny_autograd as ta
import tiny_nn as nn

STEPS, BATCH, SIZE = 64, 32, 256


def _row(kind: str, layers: int) -> Row:
    host = np.random.default_rng(0).standard_normal((STEPS, BATCH, SIZE), dtype=np.float32)
    with ta.use_device("cpu"):
        ours, x = getattr(nn, kind)(SIZE, SIZE, layers), ta.tensor(host, requires_grad=True)
        gradient = ta.ones(*x.shape)
    theirs = getattr(torch.nn, kind)(SIZE, SIZE, layers)
    peer, their_gradient = torch.tensor(host, requires_grad=True), torch.ones(*host.shape)

    def step(model: Any, operand: Any, of_output: Any) -> None:
        model.zero_grad()
        model(operand)[0].backward(of_output)
        operand.grad = None

    return Row(
        f"{kind} {layers} x {SIZE}, and back",
        1,
        lambda: step(ours, x, gradient),
        {"torch": lambda: step(theirs, peer, their_gradient)},
    )


def recurrent_rows() -> list[Row]:
    return [_row("LSTM", 1), _row("LSTM", 2), _row("GRU", 1)]
