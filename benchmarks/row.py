"""What a benchmark is: a row, which builds the same work for each contestant at any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import ndarray_core as nd
import tiny_autograd as ta

# What is timed. It returns what it has computed, so that a test can compare the contestants.
Work = Callable[[], object]


@dataclass(frozen=True)
class Contest:
    """Work on the same numbers, as each contestant spells it, and what it takes at the least.

    `flops` are floating-point operations of `dtype`; `read` and `written` the bytes that have to
    come from and go to memory, each once a pass: what a machine without overheads would still have
    to do. With neither, only the ratio is of interest. `tolerance` is relative to the largest
    number of a result.
    """

    contestants: Mapping[str, Work]  # "ours" first, then "numpy" and "torch", where they can
    flops: float = 0
    read: float = 0
    written: float = 0
    dtype: str = "float32"
    tolerance: float = 1e-4


@dataclass(frozen=True)
class Row:
    """A benchmark. `build(*full)` is what is measured, `build(*tiny)` what is tested.

    `goal` is what we want our time to be at most, in PyTorch's (or in NumPy's, where PyTorch does
    not take part), with all threads.
    """

    group: str
    name: str
    build: Callable[..., Contest]
    full: tuple[int, ...]
    tiny: tuple[int, ...]
    goal: float = 1.0


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def arrays(*shape: int, dtype: str = "float32", seed: int = 0) -> tuple[Any, np.ndarray, Any]:
    """The same numbers for us, for NumPy and for PyTorch."""
    host = numbers(*shape, seed=seed).astype(dtype)
    return nd.asarray(host, device="cpu", copy=True), host, torch.from_numpy(host.copy())


def leaves(*shape: int, seed: int = 0) -> tuple[ta.Tensor, torch.Tensor]:
    """The same numbers as tensors that want a gradient, for us and for PyTorch."""
    host = numbers(*shape, seed=seed)
    return ta.tensor(host, device="cpu", requires_grad=True), torch.tensor(host, requires_grad=True)


def contest(
    ours: Callable[..., Any],
    numpy: Callable[..., Any] | None,
    theirs: Callable[..., Any] | None,
    *operands: tuple[Any, np.ndarray, Any],
    **costs: Any,
) -> Contest:
    """Functions of arrays as each contestant spells them; None for who does not take part."""
    functions = {"ours": ours, "numpy": numpy, "torch": theirs}
    works = {}
    for index, (name, function) in enumerate(functions.items()):
        if function is not None:
            mine = tuple(each[index] for each in operands)
            works[name] = lambda function=function, mine=mine: function(*mine)
    return Contest(works, **costs)


def differentiated(
    group: str,
    name: str,
    make: Callable[..., tuple[Any, Any, list[Any], float]],
    full: tuple[int, ...],
    tiny: tuple[int, ...],
    goal: float = 1.0,
    tolerance: float = 1e-4,
    products: bool = True,
) -> list[Row]:
    """A row for a function of tensors, and one for the function and its gradient.

    `make(*size)` says our function, PyTorch's, the pairs of operands, and the floating-point
    operations of the function. Its gradient takes twice as many: one product of the same size for
    each factor; or, unless `products`, about as many.
    """

    def forward(*size: int) -> Contest:
        ours, theirs, operands, flops = make(*size)
        our_operands, their_operands = zip(*operands, strict=True)
        shape = _shape_of_result(theirs, their_operands)

        def our_work() -> object:
            with ta.no_grad():
                return ours(*our_operands)

        def their_work() -> object:
            with torch.no_grad():
                return theirs(*their_operands)

        taken, made = _nbytes(operands), 4 * np.prod(shape)
        works = {"ours": our_work, "torch": their_work}
        return Contest(works, flops, taken, made, tolerance=tolerance)

    def forward_and_back(*size: int) -> Contest:
        ours, theirs, operands, flops = make(*size)
        our_operands, their_operands = zip(*operands, strict=True)
        shape = _shape_of_result(theirs, their_operands)
        gradient, their_gradient = (x.detach() for x in leaves(*shape, seed=1))

        def step(function: Any, operands: Any, gradient: Any) -> list[Any]:
            function(*operands).backward(gradient)
            gradients = [x.grad for x in operands]
            for x in operands:
                x.grad = None
            return gradients

        works = {
            "ours": lambda: step(ours, our_operands, gradient),
            "torch": lambda: step(theirs, their_operands, their_gradient),
        }
        taken, made = _nbytes(operands), 4 * np.prod(shape)
        total = flops * (3 if products else 2)
        return Contest(works, total, 2 * taken + made, taken + made, tolerance=tolerance)

    return [
        Row(group, name, forward, full, tiny, goal),
        Row(group, f"{name}, and back", forward_and_back, full, tiny, goal),
    ]


def _shape_of_result(function: Any, operands: Any) -> tuple[int, ...]:
    with torch.no_grad():
        return tuple(function(*operands).shape)


def _nbytes(operands: list[Any]) -> int:
    return sum(theirs.nbytes for _, theirs in operands)


def values(result: Any) -> list[np.ndarray]:
    """The numbers of a result in float64, whoever computed it."""
    if isinstance(result, tuple | list):
        return [array for each in result for array in values(each)]
    if isinstance(result, torch.Tensor):
        return [result.detach().to(torch.float64).numpy()]
    if isinstance(result, ta.Tensor):
        result = result.detach().numpy()
    elif isinstance(result, nd.NDArray):
        result = result.numpy()
    return [np.asarray(result).astype(np.float64)]
