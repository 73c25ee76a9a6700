"""What `asarray` makes of Python objects that are no arrays: sequences, and memory of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._typing import DTypeLike
from .dtypes import as_dtype, default_complex, default_float, result_type, to_numpy_dtype
from .errors import DTypeError, ShapeError

__all__ = ["array_of_object", "array_of_sequence", "is_sequence"]

_TAKEN = (
    "a number, nested sequences of numbers and arrays, or an object with __dlpack__, __array__ "
    "or the buffer protocol"
)
_TOO_DEEP = (
    f"asarray: sequences are nested more than {_core.max_ndim} deep (or one contains itself); an "
    f"array has at most {_core.max_ndim} dimensions"
)
_NUMBERS = frozenset({bool, int, float, complex})


def is_sequence(obj: Any) -> bool:
    """Whether an object is read element by element: a list, a tuple, a range, ..."""
    if isinstance(obj, list | tuple):
        return True
    if isinstance(obj, str | Mapping) or _has_memory(obj):
        return False
    return hasattr(obj, "__len__") and hasattr(obj, "__getitem__")


def _has_memory(obj: Any) -> bool:
    if any(hasattr(obj, name) for name in ("__array__", "__dlpack__", "__array_interface__")):
        return True
    return _memory_of(obj) is not None


def _memory_of(obj: Any) -> memoryview | None:
    try:
        return memoryview(obj)
    except TypeError:  # the only way to ask whether an object exports a buffer
        return None


def array_of_object(obj: Any) -> npt.NDArray[Any]:
    """A NumPy array on the memory of an object that has `__array__` or exports a buffer.

    DTypeError for objects that have neither.

    >>> nd.objects.array_of_object(bytearray(b"ab")).tolist()
    [97, 98]
    """
    if not hasattr(obj, "__array__") and not hasattr(obj, "__array_interface__"):
        memory = _memory_of(obj)
        if memory is None:
            raise DTypeError(f"asarray: takes {_TAKEN}; not {type(obj).__name__}")
        try:
            return np.asarray(memory)
        except ValueError as error:
            raise DTypeError(
                f"asarray: no element type is the buffer format {memory.format!r} of this "
                f"{type(obj).__name__}"
            ) from error
    return np.asarray(obj)


def array_of_sequence(obj: Any, dtype: DTypeLike | None) -> npt.NDArray[Any]:
    """A NumPy array of nested sequences, with the default types of this package.

    Elements with types of their own, such as arrays, promote by this package's rules.

    >>> nd.objects.array_of_sequence([1.0, np.float64(2.0)], None).dtype
    dtype('float64')
    """
    _check_depth(obj)
    if dtype is None and (typed := _dtypes_within(obj)):
        dtype = result_type(*typed)
    try:
        with np.errstate(all="ignore"):
            host = np.asarray(obj, dtype=None if dtype is None else to_numpy_dtype(dtype))
    except ValueError as error:
        if "NaN" in str(error):  # to an integer type
            raise OverflowError(f"asarray: {error}") from error
        raise ShapeError(f"asarray: {error}; sequences must be rectangular") from error
    except TypeError as error:
        raise DTypeError(f"asarray: {error}; sequences hold numbers and arrays") from error
    if host.dtype == np.object_:
        raise DTypeError(f"asarray: no element type holds what is in this {type(obj).__name__}")
    if dtype is None and host.dtype == np.float64 and _holds_only_integers(obj):
        raise DTypeError(
            f"asarray: no integer type holds both {int(host.min())} and {int(host.max())}; name a "
            "floating one with dtype="
        )
    if dtype is None and host.dtype.kind in "fc":
        return host.astype((default_float if host.dtype.kind == "f" else default_complex).name)
    return host


def _holds_only_integers(obj: Any) -> bool:
    """Whether nested sequences, not all empty, are of Python's integers alone."""
    pending, found = [obj], False
    while pending:
        sequence = pending.pop()
        types = set(map(type, sequence))
        if types & {float, complex}:
            return False
        found = found or bool(types & {int})
        if not types <= {int, bool}:
            pending.extend(filter(is_sequence, sequence))
    return found


def _check_depth(obj: Any) -> None:
    """ShapeError for a list that contains itself, which NumPy may follow forever."""
    for _ in range(_core.max_ndim + 1):
        if not is_sequence(obj) or len(obj) == 0:
            return
        obj = obj[0]
    raise ShapeError(_TOO_DEEP)


def _dtypes_within(obj: Any) -> set[Any]:
    """The element types of the typed elements, and a number of each Python type beside them.

    Nothing at all if no element has a type.
    """
    found: set[Any] = set()
    numbers: set[Any] = set()
    pending = [(obj, 1)]
    while pending:
        sequence, depth = pending.pop()
        if depth > _core.max_ndim:
            raise ShapeError(_TOO_DEEP)
        types = set(map(type, sequence))
        numbers |= {kind(1) for kind in types & _NUMBERS}
        if types <= _NUMBERS:
            continue
        for element in sequence:
            if is_sequence(element):
                pending.append((element, depth + 1))
            elif hasattr(element, "dtype"):
                found.add(as_dtype(_dtype_name(element.dtype)))
    return found | numbers if found else set()


def _dtype_name(dtype: Any) -> Any:
    """A library's element type, by the name that all of them share: torch.int8 is "int8"."""
    return str(dtype).rpartition(".")[2] if type(dtype).__module__ == "torch" else dtype
