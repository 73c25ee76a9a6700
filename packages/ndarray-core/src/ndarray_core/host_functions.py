"""What the core leaves to NumPy: LAPACK and the FFT, on the memory of our arrays.

NumPy reads an array's memory where it lies, and the memory of its result becomes that of the new
array, on every device of the host: nothing is copied on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ._core import NDArray
from ._typing import expect_array
from .dtypes import default_float
from .errors import DTypeError
from .interchange import from_host

__all__ = ["apply", "as_floating"]


def as_floating(x: NDArray, op: str, library: str) -> NDArray:
    """x in a type that the library has: integers and bool become the default floating type.

    DTypeError for floating types of 16 bits, in which neither LAPACK nor the FFT computes.
    """
    if expect_array(x, op).dtype.kind in ("bool", "int", "uint"):
        return x.astype(default_float)
    if x.dtype.itemsize < 4:
        raise DTypeError(
            f"{op}: {library} does not compute in {x.dtype.name}; convert with astype('float32')"
        )
    return x


def apply(function: Callable[..., Any], *operands: NDArray, **options: Any) -> Any:
    """What NumPy's function makes of the operands: an array, or as many as it returns."""
    result = function(*(operand.numpy() for operand in operands), **options)
    device = operands[0].device
    if isinstance(result, tuple):
        return tuple(from_host(np.asarray(part), device) for part in result)
    return from_host(np.asarray(result), device)
