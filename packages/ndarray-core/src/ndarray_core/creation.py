"""Making arrays.

Array API standard, "Creation functions":
https://data-apis.org/array-api/latest/API_specification/creation_functions.html

`device=None` is the default device, or that of the given array. `dtype=None` is float32 for
floating numbers, int64 for integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import _core, manipulation
from ._core import NDArray
from ._typing import DeviceLike, DTypeLike, Scalar, Shape, shape_tuple
from .device import device as as_device
from .dtypes import (
    as_dtype,
    default_complex,
    default_float,
    dtype_of_scalar,
    float_dtype,
    iinfo,
    to_numpy_dtype,
)
from .errors import DTypeError, OutOfMemoryError, ShapeError
from .interchange import from_dlpack, from_host
from .objects import array_of_object, array_of_sequence, is_sequence

__all__ = [
    "arange",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "linspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tril",
    "triu",
    "zeros",
    "zeros_like",
]


def asarray(
    obj: Any,
    /,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    copy: bool | None = None,
) -> NDArray:
    """An array of a number, nested sequences, or another library's array or memory.

    Memory is shared with whatever speaks DLPack, has `__array__`, or exports a buffer (bytes,
    memoryview, array.array). Typed elements keep their type; Python floats become float32 and
    complex numbers complex64, or take the type of typed elements beside them. copy: True always
    copies; False never (ValueError where it must), and read-only memory gives a read-only array;
    None shares what may be written to.
    DTypeError for what has no element type here, ShapeError for ragged sequences.

    >>> nd.asarray([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [3., 4.]], dtype=float32, device='numpy')
    >>> nd.asarray(np.arange(3), dtype="float64").tolist()
    [0.0, 1.0, 2.0]
    >>> nd.asarray(b"abc").tolist()
    [97, 98, 99]
    """
    if isinstance(obj, NDArray):
        return _asarray_of_ndarray(obj, dtype, device, copy)
    target = as_device(device)
    if isinstance(obj, bool | int | float | complex) and not isinstance(obj, np.generic):
        if copy is False:
            raise ValueError("asarray: a Python number has no memory to share; drop copy=False")
        chosen = dtype_of_scalar(obj) if dtype is None else as_dtype(dtype)
        return _core.full((), obj, chosen, target)
    if is_sequence(obj):
        if copy is False:
            raise ValueError("asarray: a sequence has no memory to share; drop copy=False")
        return from_host(array_of_sequence(obj, dtype), target)
    if hasattr(obj, "__dlpack__") and not isinstance(obj, np.ndarray):
        shared = from_dlpack(obj, device=target)
        if shared.buffer.readonly and copy is None:
            copy = True
        return _asarray_of_ndarray(shared, dtype, target, copy)
    host = array_of_object(obj)
    if dtype is not None and host.dtype != (wanted := to_numpy_dtype(dtype)):
        if copy is False:
            raise ValueError(f"asarray: {host.dtype} to {wanted} needs a copy; drop copy=False")
        with np.errstate(all="ignore"):
            return from_host(host.astype(wanted), target)
    return from_host(host, target, copy)


def _asarray_of_ndarray(
    x: NDArray, dtype: DTypeLike | None, device: DeviceLike | None, copy: bool | None
) -> NDArray:
    chosen = x.dtype if dtype is None else as_dtype(dtype)
    target = x.device if device is None else as_device(device)
    if x.dtype == chosen and x.device == target:
        return x.copy() if copy else x
    if copy is False:
        raise ValueError(
            f"asarray: {x.dtype.name} on '{x.device}' to {chosen.name} on '{target}' needs a copy; "
            "drop copy=False"
        )
    return x.astype(chosen, copy=False).to_device(target)


def empty(
    shape: Shape, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None
) -> NDArray:
    """An array whose elements are whatever the memory held.

    >>> nd.empty((2, 3)).shape
    (2, 3)
    """
    return _core.empty(shape_tuple(shape), float_dtype(dtype), as_device(device))


def full(
    shape: Shape,
    fill_value: Scalar,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> NDArray:
    """An array of one number.

    >>> nd.full((2, 2), 7).tolist()
    [[7, 7], [7, 7]]
    """
    chosen = dtype_of_scalar(fill_value) if dtype is None else as_dtype(dtype)
    return _core.full(shape_tuple(shape), fill_value, chosen, as_device(device))


def zeros(
    shape: Shape, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None
) -> NDArray:
    """An array of zeros.

    >>> nd.zeros(3).tolist()
    [0.0, 0.0, 0.0]
    """
    return _core.full(shape_tuple(shape), 0, float_dtype(dtype), as_device(device))


def ones(
    shape: Shape, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None
) -> NDArray:
    """An array of ones.

    >>> nd.ones(2, dtype=nd.int8).tolist()
    [1, 1]
    """
    return _core.full(shape_tuple(shape), 1, float_dtype(dtype), as_device(device))


def empty_like(
    x: NDArray, /, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None
) -> NDArray:
    """`empty` with the shape, type and device of x.

    >>> nd.empty_like(nd.zeros((2, 3))).shape
    (2, 3)
    """
    return _core.empty(
        x.shape,
        x.dtype if dtype is None else as_dtype(dtype),
        x.device if device is None else as_device(device),
    )


def full_like(
    x: NDArray,
    /,
    fill_value: Scalar,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> NDArray:
    """`full` with the shape, type and device of x.

    >>> nd.full_like(nd.zeros(2), 5).tolist()
    [5.0, 5.0]
    """
    return _core.full_like(x, fill_value, dtype, device)


def zeros_like(
    x: NDArray, /, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None
) -> NDArray:
    """`zeros` with the shape, type and device of x.

    >>> nd.zeros_like(nd.ones(2)).tolist()
    [0.0, 0.0]
    """
    return _core.full_like(x, 0, dtype, device)


def ones_like(
    x: NDArray, /, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None
) -> NDArray:
    """`ones` with the shape, type and device of x.

    >>> nd.ones_like(nd.zeros(2)).tolist()
    [1.0, 1.0]
    """
    return _core.full_like(x, 1, dtype, device)


@contextmanager
def _out_of_memory(what: str) -> Iterator[None]:
    try:
        yield
    except (MemoryError, ValueError) as error:  # ValueError: more than can be addressed
        raise OutOfMemoryError(f"{what} do not fit into memory ({error})") from error


def arange(
    start: int | float,
    /,
    stop: int | float | None = None,
    step: int | float = 1,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> NDArray:
    """The numbers from start on, step apart, up to but without stop; from 0 to `start` if alone.

    ShapeError if step is 0, OverflowError for numbers that an integer dtype does not hold.

    >>> nd.arange(3).tolist(), nd.arange(1.0, 2.0, 0.5).tolist()
    ([0, 1, 2], [1.0, 1.5])
    """
    if step == 0:
        raise ShapeError(f"arange: from {start} to {stop} in steps of 0 never ends")
    if any(isinstance(x, complex) for x in (start, stop, step)):
        raise TypeError("arange: complex numbers have no order; linspace makes steps of them")
    if any(math.isnan(x) for x in (start, stop or 0, step)):
        raise ValueError(f"arange: from {start} to {stop} in steps of {step}: NaN is no bound")
    if dtype is None:
        floating = any(isinstance(x, float) for x in (start, stop, step))
        dtype = default_float if floating else "int64"
    if stop is None:
        start, stop = 0, start
    # In the numbers' own type first: float32 steps would add up their rounding errors.
    with _out_of_memory(f"arange: from {start} to {stop} in steps of {step}"):
        numbers = np.arange(start, stop, step)
    chosen = as_dtype(dtype)
    if chosen.kind in ("int", "uint") and numbers.size:
        limits = iinfo(chosen)
        if min(numbers[0], numbers[-1]) < limits.min or max(numbers[0], numbers[-1]) > limits.max:
            raise OverflowError(
                f"arange: not all numbers from {numbers[0]} to {numbers[-1]} fit into {chosen.name}"
            )
    return from_host(numbers.astype(to_numpy_dtype(dtype), copy=False), as_device(device))


def linspace(
    start: int | float | complex,
    stop: int | float | complex,
    /,
    num: int,
    *,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
    endpoint: bool = True,
) -> NDArray:
    """`num` numbers at equal distances from start to stop, which is left out if not endpoint.

    >>> nd.linspace(0.0, 1.0, 5).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    if num < 0:
        raise ShapeError(f"linspace: {num} numbers cannot be made")
    if dtype is None and (isinstance(start, complex) or isinstance(stop, complex)):
        dtype = default_complex
    chosen = to_numpy_dtype(float_dtype(dtype))
    if chosen.kind != "c" and (isinstance(start, complex) or isinstance(stop, complex)):
        raise DTypeError(f"linspace: from {start} to {stop} does not fit into {chosen}")
    with _out_of_memory(f"linspace: {num} numbers"):
        numbers = np.linspace(start, stop, num, endpoint=endpoint, dtype=chosen)
    return from_host(numbers, as_device(device))


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> NDArray:
    """Ones on the k-th diagonal (above the main one if k > 0) of a matrix of zeros.

    >>> nd.eye(2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    matrix = zeros((n_rows, n_rows if n_cols is None else n_cols), dtype=dtype, device=device)
    rows, columns = matrix.shape
    matrix.diagonal(max(-rows, min(k, columns)))[...] = 1
    return matrix


def _keep(x: NDArray, rows_minus_columns: Any, op: str) -> NDArray:
    """x (..., M, N) where the condition on (row - column) holds, and zero elsewhere."""
    if x.ndim < 2:
        raise ShapeError(f"{op}: takes a matrix or a stack of them, not shape {x.shape}")
    rows, columns = np.ogrid[: x.shape[-2], : x.shape[-1]]
    mask = from_host(np.asarray(rows_minus_columns(rows - columns)), x.device)
    return _core.where(mask, x, _core.full((), 0, x.dtype, x.device))


def tril(x: NDArray, /, *, k: int = 0) -> NDArray:
    """The lower triangles of x (..., M, N), up to the k-th diagonal, with zeros above.

    >>> nd.tril(nd.ones((2, 3))).tolist()
    [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
    """
    return _keep(x, lambda difference: difference >= -k, "tril")


def triu(x: NDArray, /, *, k: int = 0) -> NDArray:
    """The upper triangles of x (..., M, N), from the k-th diagonal on, with zeros below.

    >>> nd.triu(nd.ones((2, 3))).tolist()
    [[1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    return _keep(x, lambda difference: difference <= -k, "triu")


def meshgrid(*arrays: NDArray, indexing: str = "xy") -> tuple[NDArray, ...]:
    """Coordinate arrays of the grid that vectors span.

    Vectors of sizes (N1, N2, N3, ...) give arrays of shape (N1, N2, N3, ...) for indexing "ij" and
    (N2, N1, N3, ...) for "xy".

    >>> x, y = nd.meshgrid(nd.asarray([1, 2, 3]), nd.asarray([10, 20]))
    >>> x.tolist(), y.tolist()
    ([[1, 2, 3], [1, 2, 3]], [[10, 10, 10], [20, 20, 20]])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is 'xy' or 'ij', not {indexing!r}")
    for x in arrays:
        if x.ndim != 1:
            raise ShapeError(f"meshgrid: takes vectors, not shape {x.shape}")
    axes = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        axes[:2] = [1, 0]
    lone = [
        x.reshape(tuple(x.size if i == axis else 1 for i in range(len(arrays))))
        for axis, x in zip(axes, arrays, strict=True)
    ]
    return tuple(x.copy() for x in manipulation.broadcast_arrays(*lone))
