"""Between tensors and the arrays that have no gradient."""

from __future__ import annotations

from typing import Any

from ndarray_core import NDArray

from ..op import Operand
from ..variable import Variable, wrap

__all__ = ["alike", "array_of"]


def array_of(x: Operand) -> NDArray:
    """The array of a tensor, or the array that x is."""
    array: NDArray = x.array if isinstance(x, Variable) else x
    return array


def alike(x: Operand, array: NDArray) -> Any:
    """The array as a tensor without history if x is a tensor."""
    return wrap(array) if isinstance(x, Variable) else array
