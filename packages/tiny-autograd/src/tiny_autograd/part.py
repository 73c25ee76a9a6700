"""The gradient of a part of an array."""

from __future__ import annotations

from typing import Any

import ndarray_core as nd
from ndarray_core import NDArray


class Part:
    """A gradient that is `array` at `key`, a basic one, of an array of `shape`, and zero elsewhere.

    The engine adds it to what has arrived from other parts, in place: so the gradient of a tensor
    that was taken apart, or read step by step, costs as much as the parts, and not as many arrays
    of its size as there are parts.
    """

    __slots__ = ("array", "key", "shape")

    def __init__(self, array: NDArray, shape: tuple[int, ...], key: Any) -> None:
        self.array = array
        self.shape = shape
        self.key = key

    def whole(self) -> NDArray:
        """The gradient with its zeros, in memory of its own."""
        array = nd.zeros(self.shape, dtype=self.array.dtype, device=self.array.device)
        array[self.key] = self.array
        return array

    def add_to(self, held: NDArray) -> None:
        """Add to the gradient of the whole array."""
        target = held[self.key]
        target += self.array
