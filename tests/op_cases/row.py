"""What a row of the table of operations is, and how its inputs are drawn and laid out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import ndarray_core as nd
import tiny_autograd as ta

# How the elements of an input may lie in memory; "contiguous" first.
LAYOUTS = ("contiguous", "transposed", "strided", "reversed", "broadcast")


@dataclass(frozen=True)
class Input:
    """One operand: its shape, and how its numbers are drawn."""

    shape: tuple[int, ...]
    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray[Any, Any]]
    differentiable: bool = True

    def values(self, seed: int, dtype: str) -> np.ndarray[Any, Any]:
        drawn = np.asarray(self.draw(np.random.default_rng(seed), self.shape))
        return drawn.astype(dtype) if drawn.dtype.kind == "f" else drawn


def normal(*shape: int) -> Input:
    return Input(shape, lambda rng, s: rng.standard_normal(s))


def between(low: float, high: float, *shape: int) -> Input:
    return Input(shape, lambda rng, s: rng.uniform(low, high, s))


def distinct(*shape: int) -> Input:
    """No two elements, nor an element and 0, are closer than finite differences reach."""

    def draw(rng: np.random.Generator, s: tuple[int, ...]) -> np.ndarray[Any, Any]:
        count = int(np.prod(s))
        return (rng.permutation(count).reshape(s) - count / 2 + 0.3) / 2

    return Input(shape, draw)


def fixed(values: Any, differentiable: bool = True) -> Input:
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return Input(array.shape, lambda rng, s: array.copy(), differentiable)
    return Input(array.shape, lambda rng, s: array.copy(), False)


def integers(low: int, high: int, *shape: int) -> Input:
    return Input(shape, lambda rng, s: rng.integers(low, high, s), differentiable=False)


def booleans(*shape: int) -> Input:
    return Input(shape, lambda rng, s: rng.random(s) < 0.5, differentiable=False)


@dataclass(frozen=True)
class OpCase:
    """One function at one choice of inputs and parameters."""

    name: str
    function: Callable[..., Any]
    inputs: tuple[Input, ...]
    torch: str | None  # an expression for the counterpart, which gets the same arguments
    covers: str | None  # the operation's record that the row is there for
    orders: int  # of derivatives to check: 0, 1 or 2
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def call(self, inputs: list[Any]) -> Any:
        return self.function(*inputs, **self.parameters)

    def make(
        self,
        device: nd.Device | str,
        dtype: str = "float64",
        layout: str = "contiguous",
        requires_grad: bool = True,
    ) -> list[ta.Tensor]:
        """The inputs as leaf tensors; those of one seed have equal numbers in every layout.

        A "broadcast" layout repeats the first position of the first dimension, also in its dense
        counterpart `dense(device, dtype)`.
        """
        tensors = []
        for i, spec in enumerate(self.inputs):
            values = spec.values(i + 1, dtype)
            differentiable = spec.differentiable and requires_grad and self.orders > 0
            tensors.append(ta.Tensor(lay_out(values, layout, device), differentiable))
        return tensors


def lay_out(values: np.ndarray[Any, Any], layout: str, device: nd.Device | str) -> nd.NDArray:
    """The values as an array of ours, with the layout."""
    if not values.ndim or layout == "contiguous":
        return nd.asarray(values, device=device)
    if layout == "transposed":
        backwards = tuple(range(values.ndim))[::-1]
        dense = np.ascontiguousarray(values.transpose(backwards))
        return nd.asarray(dense, device=device).permute(*backwards)
    if layout == "strided":  # every other element of something larger, from the second on
        wide = np.zeros(tuple(2 * n + 1 for n in values.shape), values.dtype)
        inside = tuple(slice(1, 2 * n + 1, 2) for n in values.shape)
        wide[inside] = values
        return nd.asarray(wide, device=device)[inside]
    if layout == "reversed":
        return nd.asarray(np.ascontiguousarray(np.flip(values)), device=device).flip()
    if layout == "broadcast":
        first = nd.asarray(np.ascontiguousarray(values[:1]), device=device)
        return first.broadcast_to(values.shape)
    raise ValueError(f"unknown layout {layout!r}")


def case(
    name: str,
    function: Callable[..., Any],
    *inputs: Input,
    torch: str | None = None,
    covers: str | None = None,
    orders: int = 2,
    **parameters: Any,
) -> OpCase:
    if covers is None and isinstance(function, ta.Op):
        covers = function.name
    return OpCase(name, function, inputs, torch, covers, orders, parameters)
