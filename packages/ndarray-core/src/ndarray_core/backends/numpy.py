"""The `numpy` device: the default, and the readable reference that every other backend must equal.

The core calls these methods with NumPy views of its buffers, of any strides. Broadcasting, element
types and arguments have been settled before (native/core/backend.hpp states the contracts), so
each method is the plain NumPy way to say what its family does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import ml_dtypes
import numpy as np
import numpy.typing as npt

from ..dtypes import to_numpy_dtype
from ..errors import OutOfMemoryError
from . import philox, special_functions

__all__ = ["NumpyBackend"]

Array = npt.NDArray[Any]

HALF_TYPES = (np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16))


def sign(x: Array, out: Array) -> Array:
    if x.dtype.kind != "c":
        return np.sign(x, out=out)
    scaled = x / 2 if np.abs(x).max(initial=0) == np.inf else x  # parts that are too large for abs
    magnitude = np.abs(scaled)
    # Part by part: a complex quotient of infinities is NaN in both parts.
    out.real = np.where(magnitude == 0, 0, scaled.real / magnitude)
    out.imag = np.where(magnitude == 0, 0, scaled.imag / magnitude)
    return out


def log1p(x: Array, out: Array) -> Array:
    if x.dtype.kind != "c":
        return np.log1p(x, out=out)
    a, b = x.real, x.imag
    small = (np.abs(a) < 0.5) & (np.abs(b) < 0.5)
    # ln|1 + x| from what is left of 1: NumPy's own loses small real parts.
    near = np.log1p(a * (2 + a) + b * b) / 2
    out.real = np.where(small, near, np.log(x + 1).real)
    out.imag = np.arctan2(b, 1 + a)
    return out


def real(x: Array, out: Array) -> Array:
    out[...] = x.real
    return out


def imag(x: Array, out: Array) -> Array:
    out[...] = x.imag
    return out


def sigmoid(x: Array, out: Array) -> Array:
    np.reciprocal(1 + np.exp(-x), out=out)
    return out


def logit(x: Array, out: Array) -> Array:
    np.log(x / (1 - x), out=out)
    return out


def expm1(x: Array, out: Array) -> Array:
    if out.dtype.kind != "c":
        return np.expm1(x, out=out)
    # NumPy's makes NaN of infinities, and -0 of the real part of -0 + 0j.
    finite = np.isfinite(x)
    exponential = np.exp(x) - 1
    np.expm1(x, out=out)
    out += 0.0
    np.copyto(out, exponential, where=~finite)
    return out


def tanh(x: Array, out: Array) -> Array:
    if out.dtype.kind != "c":
        return np.tanh(x, out=out)
    # By the standard the imaginary zero at infinity has the sign of x's, in C11 that of sin(2 x).
    at_infinity = np.isinf(x.real) & np.isfinite(x.imag)
    real, imaginary = np.copysign(1, x.real), np.copysign(0, x.imag)
    np.tanh(x, out=out)
    np.copyto(out.real, real, where=at_infinity)
    np.copyto(out.imag, imaginary, where=at_infinity)
    return out


def floor_divide(x: Array, y: Array, out: Array) -> Array:
    if out.dtype.kind != "f":
        return np.floor_divide(x, y, out=out)
    # As the Array API standard has it: of infinite operands the quotient, rounded down. NumPy says
    # NaN for infinity // 2, and -1 for 1 // -infinity.
    finite = np.isfinite(x) & np.isfinite(y)
    quotient = np.floor(np.divide(x, y))
    np.floor_divide(x, y, out=out)
    np.copyto(out, quotient, where=~finite)
    return out


UNARY: dict[str, Callable[..., Any]] = {
    "negative": np.negative,
    "absolute": np.absolute,
    "sign": sign,
    "square": np.square,
    "conj": np.conjugate,
    "real": real,
    "imag": imag,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,  # half to even; np.rint would turn integers into float64
    "trunc": np.trunc,
    "reciprocal": np.reciprocal,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": expm1,
    "log": np.log,
    "log1p": log1p,
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
    "tanh": tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "erf": special_functions.erf,
    "erfc": special_functions.erfc,
    "erfinv": special_functions.erfinv,
    "lgamma": special_functions.lgamma,
    "digamma": special_functions.digamma,
    "sigmoid": sigmoid,
    "logit": logit,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
    "signbit": np.signbit,
    "logical_not": np.logical_not,
    "bitwise_invert": np.invert,
}

BINARY: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "fmax": np.fmax,
    "fmin": np.fmin,
    "subtract": np.subtract,
    "floor_divide": floor_divide,
    "remainder": np.remainder,
    "fmod": np.fmod,
    "pow": np.power,
    "divide": np.divide,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "zeta": special_functions.zeta,
    "copysign": np.copysign,
    "nextafter": np.nextafter,
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

# What a scatter does with the element that is there.
ACCUMULATE: dict[str, np.ufunc] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
}

ARG_REDUCE: dict[str, Callable[..., Any]] = {"argmax": np.argmax, "argmin": np.argmin}


def _quiet() -> np.errstate:
    # Infinities and NaN are results here and not events: NumPy's warnings about them are off.
    return np.errstate(all="ignore")


def _is_half(x: Array) -> bool:
    return x.dtype in HALF_TYPES


def _wide(x: Array) -> Array:
    """float16 and bfloat16 are for storage: whatever is computed, is computed in float32."""
    return x.astype(np.float32) if _is_half(x) else x


@contextmanager
def _rounded_into(out: Array) -> Iterator[Array]:
    """Where to put a result on its way to out: out itself, but float32 for the types that round."""
    wide = np.empty(out.shape, np.float32) if _is_half(out) else out
    yield wide
    if wide is not out:
        out[...] = wide


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
            return np.empty(size, to_numpy_dtype(dtype))
        except (MemoryError, ValueError) as error:  # ValueError: more bytes than can be addressed
            nbytes = size * to_numpy_dtype(dtype).itemsize
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
        with _quiet(), _rounded_into(out) as wide:
            UNARY[op](_wide(x), out=wide)

    def binary(self, op: str, out: Array, x: Array, y: Array) -> None:
        with _quiet(), _rounded_into(out) as wide:
            BINARY[op](_wide(x), _wide(y), out=wide)

    def where(self, out: Array, condition: Array, x: Array, y: Array) -> None:
        out[...] = np.where(condition, x, y)

    def reduce(self, op: str, out: Array, x: Array, axes: tuple[int, ...]) -> None:
        with _quiet(), _rounded_into(out) as wide:
            REDUCE[op].reduce(_wide(x), axis=axes, dtype=wide.dtype, out=wide, keepdims=True)

    def arg_reduce(self, op: str, out: Array, x: Array, axis: int) -> None:
        out[...] = ARG_REDUCE[op](_wide(x), axis=axis).reshape(out.shape)

    def scan(self, op: str, out: Array, x: Array, axis: int) -> None:
        with _quiet(), _rounded_into(out) as wide:
            SCAN[op].accumulate(_wide(x), axis=axis, dtype=wide.dtype, out=wide)

    def sort(self, out: Array, x: Array, axis: int, descending: bool) -> None:
        # Turned around before and after, so that equal elements keep their order.
        source = np.flip(_wide(x), axis) if descending else _wide(x)
        ordered = np.sort(source, axis=axis, kind="stable")
        out[...] = np.flip(ordered, axis) if descending else ordered

    def arg_sort(self, out: Array, x: Array, axis: int, descending: bool) -> None:
        if descending:
            order = np.argsort(np.flip(_wide(x), axis), axis=axis, kind="stable")
            out[...] = x.shape[axis] - 1 - np.flip(order, axis)
        else:
            out[...] = np.argsort(_wide(x), axis=axis, kind="stable")

    def search_sorted(self, out: Array, ordered: Array, values: Array, right: bool) -> None:
        side: Literal["left", "right"] = "right" if right else "left"
        out[...] = np.searchsorted(_wide(ordered), _wide(values), side=side)

    def matmul(self, out: Array, x: Array, y: Array) -> None:
        with _quiet(), _rounded_into(out) as wide:
            np.matmul(_wide(x), _wide(y), out=wide)

    def gather(self, out: Array, x: Array, indices: Array, axis: int) -> None:
        out[...] = x[_positions(indices, axis, x.shape[axis])]

    def scatter(self, op: str, out: Array, indices: Array, values: Array, axis: int) -> None:
        # NumPy assigns in the order of the memory, which is to be row-major order.
        positions = _positions(np.ascontiguousarray(indices), axis, out.shape[axis])
        with _quiet():
            if op == "assign":
                out[positions] = np.ascontiguousarray(values)
            else:
                ACCUMULATE[op].at(out, positions, values)

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
