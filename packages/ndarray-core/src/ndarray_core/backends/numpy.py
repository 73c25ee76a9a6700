"""The `numpy` device: the default, and the readable reference that every other backend must equal.

The core calls these methods with NumPy views of its buffers, of any strides. Broadcasting, element
types and arguments have been settled before (native/core/backend.hpp states the contracts), so
each method is the plain NumPy way to say what its family does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import OutOfMemoryError
from . import philox

__all__ = ["NumpyBackend"]

Array = npt.NDArray[Any]

_erf = np.frompyfunc(math.erf, 1, 1)  # NumPy has none


def erf(x: Array, out: Array) -> Array:
    out[...] = _erf(x)
    return out


def sigmoid(x: Array, out: Array) -> Array:
    np.reciprocal(1 + np.exp(-x), out=out)
    return out


def logit(x: Array, out: Array) -> Array:
    np.log(x / (1 - x), out=out)
    return out


UNARY: dict[str, Callable[..., Any]] = {
    "negative": np.negative,
    "absolute": np.absolute,
    "sign": np.sign,
    "square": np.square,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,  # half to even; np.rint would turn integers into float64
    "trunc": np.trunc,
    "reciprocal": np.reciprocal,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "erf": erf,
    "sigmoid": sigmoid,
    "logit": logit,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
    "logical_not": np.logical_not,
    "bitwise_invert": np.invert,
}

BINARY: dict[str, np.ufunc] = {
    "add": np.add,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "subtract": np.subtract,
    "floor_divide": np.floor_divide,
    "remainder": np.remainder,
    "pow": np.power,
    "divide": np.divide,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "copysign": np.copysign,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "bitwise_left_shift": np.left_shift,
    "bitwise_right_shift": np.right_shift,
}

REDUCE: dict[str, np.ufunc] = {
    "sum": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "any": np.logical_or,
    "all": np.logical_and,
}

SCAN: dict[str, np.ufunc] = {
    "cumulative_sum": np.add,
    "cumulative_prod": np.multiply,
    "cumulative_max": np.maximum,
    "cumulative_min": np.minimum,
}

ARG_REDUCE: dict[str, Callable[..., Any]] = {"argmax": np.argmax, "argmin": np.argmin}


def _quiet() -> np.errstate:
    # Infinities and NaN are results here and not events: NumPy's warnings about them are off.
    return np.errstate(all="ignore")


def _positions(indices: Array, axis: int, size: int) -> tuple[Array, ...]:
    """NumPy's index to the elements [i, indices[i, j, k], k] of an array with `size` along axis."""
    outside = (indices < -size) | (indices >= size)
    if outside.any():
        index = indices[outside].flat[0]
        raise IndexError(f"index {index} is out of bounds for axis {axis} with size {size}")
    grid: list[Array] = list(np.ogrid[tuple(map(slice, indices.shape))])
    grid[axis] = indices
    return tuple(grid)


class NumpyBackend:
    """One method per family of operations. Each writes into `out`, which has the right shape."""

    def allocate(self, dtype: str, size: int) -> Array:
        try:
            return np.empty(size, dtype)
        except (MemoryError, ValueError) as error:  # ValueError: more bytes than can be addressed
            nbytes = size * np.dtype(dtype).itemsize
            raise OutOfMemoryError(
                f"numpy: no memory for {size} elements of {dtype} ({nbytes / 2**30:.1f} GiB)"
            ) from error

    def copy(self, out: Array, x: Array) -> None:
        with _quiet():
            np.copyto(out, x, casting="unsafe")

    def fill(self, out: Array, value: bool | int | float) -> None:
        with _quiet():
            out[...] = np.asarray(value).astype(out.dtype)

    def unary(self, op: str, out: Array, x: Array) -> None:
        with _quiet():
            UNARY[op](x, out=out)

    def binary(self, op: str, out: Array, x: Array, y: Array) -> None:
        with _quiet():
            BINARY[op](x, y, out=out)

    def where(self, out: Array, condition: Array, x: Array, y: Array) -> None:
        out[...] = np.where(condition, x, y)

    def reduce(self, op: str, out: Array, x: Array, axes: tuple[int, ...]) -> None:
        with _quiet():
            REDUCE[op].reduce(x, axis=axes, dtype=out.dtype, out=out, keepdims=True)

    def arg_reduce(self, op: str, out: Array, x: Array, axis: int) -> None:
        out[...] = ARG_REDUCE[op](x, axis=axis).reshape(out.shape)

    def scan(self, op: str, out: Array, x: Array, axis: int) -> None:
        with _quiet():
            SCAN[op].accumulate(x, axis=axis, dtype=out.dtype, out=out)

    def sort(self, out: Array, x: Array, axis: int, descending: bool) -> None:
        # Turned around before and after, so that equal elements keep their order.
        source = np.flip(x, axis) if descending else x
        ordered = np.sort(source, axis=axis, kind="stable")
        out[...] = np.flip(ordered, axis) if descending else ordered

    def arg_sort(self, out: Array, x: Array, axis: int, descending: bool) -> None:
        if descending:
            order = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
            out[...] = x.shape[axis] - 1 - np.flip(order, axis)
        else:
            out[...] = np.argsort(x, axis=axis, kind="stable")

    def search_sorted(self, out: Array, ordered: Array, values: Array, right: bool) -> None:
        out[...] = np.searchsorted(ordered, values, side="right" if right else "left")

    def matmul(self, out: Array, x: Array, y: Array) -> None:
        with _quiet():
            np.matmul(x, y, out=out)

    def gather(self, out: Array, x: Array, indices: Array, axis: int) -> None:
        out[...] = x[_positions(indices, axis, x.shape[axis])]

    def scatter(self, op: str, out: Array, indices: Array, values: Array, axis: int) -> None:
        # NumPy assigns in the order of the memory, which is to be row-major order.
        positions = _positions(np.ascontiguousarray(indices), axis, out.shape[axis])
        with _quiet():
            if op == "assign":
                out[positions] = np.ascontiguousarray(values)
            else:
                BINARY[op].at(out, positions, values)

    def nonzero(self, out: Array, x: Array) -> None:
        out[...] = np.nonzero(x)

    def random(self, distribution: str, out: Array, seed: int, offset: int) -> None:
        if distribution == "bits":
            numbers: Array = philox.bits(out.size, seed, offset)
        elif distribution == "uniform":
            numbers = philox.uniform(out.size, out.dtype, seed, offset)
        else:
            numbers = philox.normal(out.size, out.dtype, seed, offset)
        out[...] = numbers.reshape(out.shape)
