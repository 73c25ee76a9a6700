"""Names for the kinds of arguments that the public functions share."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

from ._core import Device, DType, NDArray

Scalar: TypeAlias = bool | int | float | complex
Operand: TypeAlias = NDArray | Scalar
Shape: TypeAlias = int | Sequence[int]
Axis: TypeAlias = int | tuple[int, ...] | None
DeviceLike: TypeAlias = Device | str
# A DType, its name, a numpy dtype or scalar type, or Python's own float, int or bool.
DTypeLike: TypeAlias = DType | str | Any


def shape_tuple(shape: Shape) -> tuple[int, ...]:
    """A shape given as one size or as a sequence of sizes, as a tuple."""
    if isinstance(shape, Sequence):
        return tuple(operator.index(size) for size in shape)
    return (operator.index(shape),)


def expect_array(x: Any, op: str) -> NDArray:
    """x, if it is an array; TypeError that says what it is if it is not."""
    if isinstance(x, NDArray):
        return x
    raise TypeError(f"{op}: expected an array, got {type(x).__name__}; asarray(...) makes one")
