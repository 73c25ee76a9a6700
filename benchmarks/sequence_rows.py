"""Recurrent layers over a batch of sequences, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from call_rows import copy_parameters
from row import Contest, Row, numbers

import tiny_autograd as ta
import tiny_nn as nn

GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


def _recurrent(kind: str) -> Callable[..., Contest]:
    def build(layers: int, steps: int, batch: int, size: int) -> Contest:
        host = numbers(steps, batch, size)
        with ta.use_device("cpu"):
            ours, x = getattr(nn, kind)(size, size, layers), ta.tensor(host, requires_grad=True)
            gradient = ta.ones(*x.shape)
        theirs = getattr(torch.nn, kind)(size, size, layers)
        peer, their_gradient = torch.tensor(host, requires_grad=True), torch.ones(*host.shape)
        copy_parameters(ours, theirs)

        def step(model: Any, operand: Any, of_output: Any) -> list[Any]:
            model.zero_grad()
            output = model(operand)[0]
            output.backward(of_output)
            gradient, operand.grad = operand.grad, None
            return [output, gradient, *(p.grad for p in model.parameters())]

        return Contest(
            {
                "ours": lambda: step(ours, x, gradient),
                "torch": lambda: step(theirs, peer, their_gradient),
            },
            # Forward and two products of the same size back, of inputs and of hidden vectors.
            flops=3 * 2 * 2.0 * layers * steps * batch * size * size * GATES[kind],
        )

    return build


RECURRENT_ROWS = [
    Row(
        "sequences",
        f"{kind} {layers} x 256, 64 steps, 32 sequences, and back",
        _recurrent(kind),
        (layers, 64, 32, 256),
        (layers, 4, 3, 8),
        0.65,
    )
    for kind, layers in (("RNN", 1), ("LSTM", 1), ("LSTM", 2), ("GRU", 1))
]
