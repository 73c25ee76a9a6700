"""How arrays print themselves."""

from __future__ import annotations

import numpy as np

from ._core import NDArray

__all__ = ["array_repr"]

# From this many elements on, only the first and last three along each axis are printed.
SUMMARY_THRESHOLD = 1000
EDGE_ITEMS = 3
LINE_WIDTH = 88


def array_repr(x: NDArray) -> str:
    """The elements as nested lists, summarised if there are many, with their type and device.

    >>> nd.asarray([[1.0, 2.5], [3.0, 4.0]])
    array([[1. , 2.5],
           [3. , 4. ]], dtype=float32, device='numpy')
    >>> nd.zeros((0, 3))
    array([], shape=(0, 3), dtype=float32, device='numpy')
    """
    suffix = f", dtype={x.dtype.name}, device='{x.device}')"
    if x.size == 0:
        return f"array([], shape={x.shape}{suffix}"
    elements = np.array2string(
        x.numpy(),
        max_line_width=LINE_WIDTH,
        separator=", ",
        prefix="array(",
        suffix=suffix,
        threshold=SUMMARY_THRESHOLD,
        edgeitems=EDGE_ITEMS,
    )
    return f"array({elements}{suffix}"
