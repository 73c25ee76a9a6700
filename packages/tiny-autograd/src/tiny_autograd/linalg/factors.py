"""Operations with several results: one record for each, over a factorisation computed once.

A gradient is linear in the gradients of the results, so each result can have a record of its own,
with the rule for it alone, and the gradients add up at the operand. What the records share is a
`Factors`: the first one that runs computes all of them, the others hand theirs over. A rule calls
the records again with the same `Factors`, which costs nothing, and makes tensors with a history of
what it needs where the gradient is itself to be differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ndarray_core import NDArray

__all__ = ["Factors"]


class Factors:
    """The results of `compute`, which runs once, for the first operation that asks for one."""

    __slots__ = ("_arrays", "_compute", "_name", "_versions")

    def __init__(self, name: str, compute: Callable[[NDArray], Sequence[NDArray]]) -> None:
        self._name = name
        self._compute = compute
        self._arrays: tuple[NDArray, ...] | None = None
        self._versions: tuple[int, ...] = ()

    def of(self, x: NDArray, position: int) -> NDArray:
        """One of the results. RuntimeError if it has been written to since it was computed."""
        if self._arrays is None:
            self._arrays = tuple(self._compute(x))
            self._versions = tuple(array.version for array in self._arrays)
        array = self._arrays[position]
        if array.version != self._versions[position]:
            raise RuntimeError(
                f"{self._name}: result {position} (shape {array.shape}), which the gradient needs, "
                "has been modified by an in-place operation since; clone() it before"
            )
        return array
