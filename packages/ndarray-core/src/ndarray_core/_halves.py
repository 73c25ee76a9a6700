"""For functions that are made of several operations: float16 and bfloat16 are rounded only once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from ._core import NDArray
from .dtypes import float32

P = ParamSpec("P")


def rounded_once(
    function: Callable[Concatenate[NDArray, P], NDArray],
) -> Callable[Concatenate[NDArray, P], NDArray]:
    """The function, which computes in float32 for an array of halves, and rounds its result."""

    @wraps(function)
    def computed(x: NDArray, /, *args: P.args, **parameters: P.kwargs) -> NDArray:
        if isinstance(x, NDArray) and x.dtype.kind == "float" and x.dtype.itemsize == 2:
            return function(x.astype(float32), *args, **parameters).astype(x.dtype)
        return function(x, *args, **parameters)

    return computed
