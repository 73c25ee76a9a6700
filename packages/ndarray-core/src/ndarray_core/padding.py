"""Borders around arrays: `pad`, with the common modes of numpy.pad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._core import NDArray
from ._typing import Scalar
from .errors import ShapeError
from .interchange import from_host

__all__ = ["pad"]

Positions = npt.NDArray[np.int64]


def _triangle(positions: Positions, last: int) -> Positions:
    """Positions folded into 0, 1, ..., last, ..., 1, 0, 1, ...: a triangle wave."""
    if last == 0:
        return np.zeros_like(positions)
    folded = positions % (2 * last)
    return np.minimum(folded, 2 * last - folded)


# For each mode the element that stands at a position left of 0 or right of size - 1.
MODES: dict[str, Callable[[Positions, int], Positions]] = {
    "edge": lambda positions, size: np.clip(positions, 0, size - 1),
    "wrap": lambda positions, size: positions % size,
    "reflect": lambda positions, size: _triangle(positions, size - 1),
    # The edge is repeated: the wave 0, 0, 1, 1, ... of half steps, halved.
    "symmetric": lambda positions, size: _triangle(2 * positions + 1, 2 * size) // 2,
}


def pad(
    x: NDArray,
    /,
    pad_width: int | tuple[int, int] | Sequence[tuple[int, int]],
    mode: str = "constant",
    *,
    constant_value: Scalar = 0,
) -> NDArray:
    """x with a border around it.

    pad_width: how many elements, the same everywhere, or (before, after) for every axis, or such a
    pair for each axis.

    mode: what the border holds. "constant": one number; "edge": the nearest element of x; "wrap":
    what one meets when x repeats itself; "reflect": x mirrored at its edge elements; "symmetric":
    x mirrored at its edges, so that the edge elements repeat.

    ShapeError for negative widths, and for a mode other than "constant" along an axis of size 0.

    >>> nd.pad(nd.asarray([[1, 2]]), ((0, 1), (1, 0))).tolist()
    [[0, 1, 2], [0, 0, 0]]
    >>> nd.pad(nd.asarray([1, 2, 3]), 2, "reflect").tolist()
    [3, 2, 1, 2, 3, 2, 1]
    """
    if mode != "constant" and mode not in MODES:
        raise ValueError(f"pad: no mode {mode!r}; there are constant, {', '.join(MODES)}")
    widths = _widths(x, pad_width)
    if mode == "constant":
        return _pad_constant(x, widths, constant_value)
    result = x
    for axis, (size, (before, after)) in enumerate(zip(x.shape, widths, strict=True)):
        if before == after == 0:
            continue
        if size == 0:
            raise ShapeError(
                f"pad: axis {axis} of shape {x.shape} has no element to continue it with; "
                'mode "constant" needs none'
            )
        positions = MODES[mode](np.arange(-before, size + after), size)
        result = _core.take(result, from_host(positions, x.device), axis)
    return x.copy() if result is x else result


def _widths(x: NDArray, pad_width: Any) -> list[tuple[int, int]]:
    """Elements (before, after) each axis."""
    if x.ndim == 0:
        return []
    try:
        given = np.asarray(pad_width)
        if given.dtype.kind not in "iu":
            raise TypeError(f"{given.dtype} are no numbers of elements")
        widths = np.broadcast_to(given.astype(np.int64), (x.ndim, 2)).tolist()
    except (ValueError, TypeError) as error:
        raise ShapeError(
            f"pad: {pad_width} is not a width, a pair, or a pair per axis of shape {x.shape}"
        ) from error
    if any(before < 0 or after < 0 for before, after in widths):
        raise ShapeError(f"pad: widths {pad_width} are negative; take a slice to make x smaller")
    return [(before, after) for before, after in widths]


def _pad_constant(x: NDArray, widths: list[tuple[int, int]], value: Scalar) -> NDArray:
    sizes = zip(x.shape, widths, strict=True)
    shape = tuple(size + before + after for size, (before, after) in sizes)
    out = _core.full(shape, value, x.dtype, x.device)
    sizes = zip(x.shape, widths, strict=True)
    out[tuple(slice(before, before + size) for size, (before, _) in sizes)] = x
    return out
