"""A kind of work that compare.py measures, and a function of tensors as two such kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import tiny_autograd as ta

Work = Callable[[], object]


@dataclass
class Row:
    """One kind of work, done by each contestant; `calls` of it are timed together."""

    name: str
    calls: int
    ours: Work
    peers: dict[str, Work]


def pair(*shape: int) -> tuple[ta.Tensor, torch.Tensor]:
    """The same numbers for both, as leaves."""
    host = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    return ta.tensor(host, device="cpu", requires_grad=True), torch.tensor(host, requires_grad=True)


def both(name: str, calls: int, ours: Any, theirs: Any, inputs: Any) -> list[Row]:
    """A row for the forward pass and one for both: `ours` and `theirs` take one of `inputs`."""
    our_inputs, their_inputs = zip(*inputs, strict=True)

    def forward(lib: Any, function: Any, operands: Any) -> Any:
        with lib.no_grad():
            return function(*operands)

    def step(function: Any, operands: Any, gradient: Any) -> None:
        function(*operands).backward(gradient)
        for x in operands:
            x.grad = None

    shape = tuple(forward(torch, theirs, their_inputs).shape)
    gradient, their_gradient = (x.detach() for x in pair(*shape))
    return [
        Row(
            name,
            calls,
            lambda: forward(ta, ours, our_inputs),
            {"torch": lambda: forward(torch, theirs, their_inputs)},
        ),
        Row(
            f"{name}, and back",
            calls,
            lambda: step(ours, our_inputs, gradient),
            {"torch": lambda: step(theirs, their_inputs, their_gradient)},
        ),
    ]
