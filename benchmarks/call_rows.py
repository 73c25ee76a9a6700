"""Small work, where all time goes into the calls themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from row import Contest, Row, arrays, contest

import tiny_autograd as ta
import tiny_nn as nn

GROUP = "calls"
SMALL = 0.35  # the goal of a small call


def _call(name: str, shape: tuple[int, ...], function: Callable[[Any], Any]) -> Row:
    def build(*size: int) -> Contest:
        return contest(function, function, function, arrays(*size))

    return Row(GROUP, name, build, shape, shape, SMALL)


def _recorded() -> Contest:
    ours, theirs = ta.ones(4, device="cpu", requires_grad=True), torch.ones(4, requires_grad=True)
    return Contest({"ours": lambda: ours + ours, "torch": lambda: theirs + theirs})


def _expression(step: Callable[[Any], Any], *shape: int) -> Contest:
    """Forward and backward through an expression: `step` returns what to start from."""
    ours = ta.full(shape, 0.5, device="cpu", requires_grad=True)
    theirs = torch.full(shape, 0.5, requires_grad=True)

    def run(x: Any) -> object:
        step(x).backward()
        gradient, x.grad = x.grad, None
        return gradient

    return Contest({"ours": lambda: run(ours), "torch": lambda: run(theirs)})


def _chain(x: Any) -> Any:
    y = x
    for _ in range(10):
        y = (y * x + x).tanh()
    return y


def _perceptron(batch: int) -> Contest:
    """A whole step of a small network: forward, loss, backward, Adam."""
    generator = np.random.default_rng(0)
    images = generator.random((batch, 784), dtype=np.float32)
    labels = generator.integers(0, 10, batch)

    def build(library: Any) -> tuple[Any, Any]:
        model = library.Sequential(
            library.Linear(784, 128), library.ReLU(), library.Linear(128, 10)
        )
        return model, (nn if library is nn else torch).optim.Adam(model.parameters(), lr=1e-3)

    with ta.use_device("cpu"):
        ours, our_optimizer = build(nn)
        our_batch = ta.tensor(images), ta.tensor(labels)
    theirs, their_optimizer = build(torch.nn)
    their_batch = torch.from_numpy(images), torch.from_numpy(labels)
    copy_parameters(ours, theirs)

    def step(model: Any, optimizer: Any, batch: Any, cross_entropy: Any) -> object:
        optimizer.zero_grad()
        loss = cross_entropy(model(batch[0]), batch[1])
        loss.backward()
        optimizer.step()
        return loss

    return Contest(
        {
            "ours": lambda: step(ours, our_optimizer, our_batch, ta.functional.cross_entropy),
            "torch": lambda: step(theirs, their_optimizer, their_batch, F.cross_entropy),
        }
    )


def copy_parameters(ours: nn.Module, theirs: torch.nn.Module) -> None:
    """Gives their model our parameters, in order. ValueError where the models differ."""
    pairs = list(zip(ours.parameters(), theirs.parameters(), strict=True))
    for mine, other in pairs:
        if tuple(mine.shape) != tuple(other.shape):
            raise ValueError(
                f"parameters of {tuple(mine.shape)} and {tuple(other.shape)}: not the same model"
            )
        with torch.no_grad():
            other.copy_(torch.from_numpy(mine.detach().numpy().copy()))


CALL_ROWS = [
    _call("a + a, 4 elements", (4,), lambda x: x + x),
    _call("x[1:], 4 elements", (4,), lambda x: x[1:]),
    _call("x.T, 3 x 4 elements", (3, 4), lambda x: x.T),
    _call("x.reshape(4, 3), 3 x 4 elements", (3, 4), lambda x: x.reshape(4, 3)),
    _call("matmul 16", (16, 16), lambda x: x @ x),
    Row(GROUP, "a + a, 4 elements, recorded", _recorded, (), (), SMALL),
    Row(
        GROUP,
        "(x*x + x).sum().backward(), 4 elements",
        lambda n: _expression(lambda x: (x * x + x).sum(), n),
        (4,),
        (4,),
    ),
    Row(GROUP, "30 operations on numbers, and back", lambda: _expression(_chain), (), ()),
    Row(GROUP, "training step, MLP 784-128-10, batch 32", _perceptron, (32,), (4,)),
]
