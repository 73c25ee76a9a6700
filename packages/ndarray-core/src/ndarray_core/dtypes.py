"""Element types, their limits, and the rules by which they mix.

Array API standard, "Data types", "Data type functions" and "Type promotion rules":
https://data-apis.org/array-api/latest/API_specification/type_promotion.html

Types of one kind promote to the wider one, signed with unsigned integers to the narrowest signed
type that holds both. Where the standard leaves it open: an integer type with a floating or complex
type gives that type, whatever their widths, and a signed type with uint64 is an error.
A Python number takes the type of the array it meets: `x * 2.0` has x's type if that is floating,
float32 if it is an integer type.

float16 (IEEE 754 binary16) and bfloat16 (the upper half of a float32) are for storage: operations
compute in float32 and round the result once. Towards NumPy, which has no bfloat16, that type is
ml_dtypes' one.
"""

from __future__ import annotations

import builtins
import functools
from dataclasses import dataclass

import ml_dtypes
import numpy as np

from . import _core
from ._core import DType, NDArray
from ._typing import DTypeLike, Scalar
from .errors import DTypeError

__all__ = [
    "DType",
    "as_dtype",
    "bfloat16",
    "bool",
    "can_cast",
    "complex64",
    "complex128",
    "default_complex",
    "default_float",
    "default_int",
    "finfo",
    "float16",
    "float32",
    "float64",
    "float_dtype",
    "iinfo",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "promote_types",
    "result_type",
    "to_numpy_dtype",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]

_BY_NAME: dict[str, DType] = {dtype.name: dtype for dtype in DType}

bool = _BY_NAME["bool"]
int8 = _BY_NAME["int8"]
int16 = _BY_NAME["int16"]
int32 = _BY_NAME["int32"]
int64 = _BY_NAME["int64"]
uint8 = _BY_NAME["uint8"]
uint16 = _BY_NAME["uint16"]
uint32 = _BY_NAME["uint32"]
uint64 = _BY_NAME["uint64"]
float16 = _BY_NAME["float16"]
bfloat16 = _BY_NAME["bfloat16"]
float32 = _BY_NAME["float32"]
float64 = _BY_NAME["float64"]
complex64 = _BY_NAME["complex64"]
complex128 = _BY_NAME["complex128"]

default_float = float32
default_int = int64
default_complex = complex64

_OF_PYTHON_TYPE: dict[type, DType] = {
    builtins.bool: bool,
    builtins.int: default_int,
    builtins.float: default_float,
    builtins.complex: default_complex,
}

_PYTHON_NUMBERS = (builtins.bool, int, float, complex)
# A Python number changes the type of an array that it meets only if its kind has a higher rank.
_KIND_RANKS = {"bool": 0, "uint": 1, "int": 1, "float": 2, "complex": 3}

# The kinds of the standard's isdtype, in terms of DType.kind.
KINDS: dict[str, frozenset[str]] = {
    "bool": frozenset({"bool"}),
    "signed integer": frozenset({"int"}),
    "unsigned integer": frozenset({"uint"}),
    "integral": frozenset({"int", "uint"}),
    "real floating": frozenset({"float"}),
    "complex floating": frozenset({"complex"}),
    "numeric": frozenset({"int", "uint", "float", "complex"}),
}


def as_dtype(dtype: DTypeLike, /) -> DType:
    """The element type that `dtype` names: a DType, a name, a NumPy dtype, or a Python type.

    Python's float is float32, its int int64 and its complex complex64, the defaults of this
    package. DTypeError for anything else.

    >>> nd.as_dtype("float64").name, nd.as_dtype(float).name, nd.as_dtype(np.uint8).name
    ('float64', 'float32', 'uint8')
    """
    if isinstance(dtype, DType):
        return dtype
    found = None
    if isinstance(dtype, str):
        found = _BY_NAME.get(dtype)
    elif isinstance(dtype, type) and dtype in _OF_PYTHON_TYPE:
        found = _OF_PYTHON_TYPE[dtype]
    elif isinstance(dtype, np.dtype) or (isinstance(dtype, type) and issubclass(dtype, np.generic)):
        found = _BY_NAME.get(np.dtype(dtype).name)
    if found is None:
        raise DTypeError(f"no element type {dtype!r}; there are {', '.join(_BY_NAME)}")
    return found


def _equals(self: DType, other: object) -> builtins.bool:
    """Whether the other is this type, its name, or NumPy's type of the same name."""
    if isinstance(other, DType):
        return self is other
    if isinstance(other, str | np.dtype) or (
        isinstance(other, type) and issubclass(other, np.generic)
    ):
        try:
            return as_dtype(other) is self
        except DTypeError:
            return False
    return False


# x.dtype == "float32" is what it says, and not quietly False. The core makes the class.
DType.__eq__ = _equals  # type: ignore[method-assign, assignment]


def float_dtype(dtype: DTypeLike | None) -> DType:
    """The given element type; the default floating one for None, as in `zeros(3, dtype=None)`."""
    return default_float if dtype is None else as_dtype(dtype)


def to_numpy_dtype(dtype: DTypeLike, /) -> np.dtype[np.generic]:
    """NumPy's name for an element type.

    >>> nd.dtypes.to_numpy_dtype(nd.float32)
    dtype('float32')
    """
    found = as_dtype(dtype)
    return np.dtype(ml_dtypes.bfloat16 if found == bfloat16 else found.name)


def dtype_of_scalar(value: Scalar) -> DType:
    """The default element type of an array made of one Python number alone."""
    if isinstance(value, builtins.bool):
        return bool
    if isinstance(value, builtins.int):
        return default_int
    return default_complex if isinstance(value, builtins.complex) else default_float


def promote_types(type1: DTypeLike, type2: DTypeLike, /) -> DType:
    """The type to which operands of two types are converted. DTypeError where no type holds both.

    >>> nd.promote_types(nd.int64, nd.float32).name
    'float32'
    >>> nd.promote_types("int8", "uint8").name
    'int16'
    """
    return _core.promote(as_dtype(type1), as_dtype(type2))


def result_type(*arrays_and_dtypes: NDArray | Scalar | DTypeLike) -> DType:
    """The type that an operation between arrays, types and Python numbers computes in.

    Python numbers are weak: they decide only the kind, never the width.

    >>> nd.result_type(nd.int8, 3).name, nd.result_type(nd.int8, 0.5).name
    ('int8', 'float32')
    """
    if not arrays_and_dtypes:
        raise DTypeError("result_type: takes at least one array, type or number")
    scalars = [x for x in arrays_and_dtypes if isinstance(x, _PYTHON_NUMBERS)]
    types = [
        x.dtype if isinstance(x, NDArray) else as_dtype(x)
        for x in arrays_and_dtypes
        if not isinstance(x, _PYTHON_NUMBERS)
    ]
    if not types:
        return functools.reduce(promote_types, map(dtype_of_scalar, scalars))
    result = functools.reduce(promote_types, types)
    for scalar in scalars:
        kind = dtype_of_scalar(scalar).kind
        if kind == "complex" and result.kind == "float":
            result = promote_types(result, default_complex)
        elif _KIND_RANKS[kind] > _KIND_RANKS[result.kind]:
            result = dtype_of_scalar(scalar)
    return result


def can_cast(from_: NDArray | DTypeLike, to: DTypeLike, /) -> builtins.bool:
    """Whether the promotion rules convert the one type into the other.

    >>> nd.can_cast(nd.int32, nd.float32), nd.can_cast(nd.float32, nd.int32)
    (True, False)
    """
    source = from_.dtype if isinstance(from_, NDArray) else as_dtype(from_)
    target = as_dtype(to)
    try:
        return promote_types(source, target) == target
    except DTypeError:  # no type holds both
        return False


def isdtype(dtype: DTypeLike, kind: DTypeLike | str | tuple[DTypeLike | str, ...]) -> builtins.bool:
    """Whether `dtype` is of the given type or kind, or of one of several.

    Kinds: "bool", "signed integer", "unsigned integer", "integral", "real floating",
    "complex floating", "numeric".

    >>> nd.isdtype(nd.int8, "integral"), nd.isdtype(nd.int8, ("bool", nd.float32))
    (True, False)
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, one) for one in kind)
    if isinstance(kind, str) and kind in KINDS:
        return as_dtype(dtype).kind in KINDS[kind]
    return as_dtype(dtype) == as_dtype(kind)


@dataclass(frozen=True)
class FloatInfo:
    """Limits of a floating type, as the standard's finfo_object."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


@dataclass(frozen=True)
class IntegerInfo:
    """Limits of an integer type, as the standard's iinfo_object."""

    bits: int
    max: int
    min: int
    dtype: DType


def finfo(type: NDArray | DTypeLike, /) -> FloatInfo:
    """Limits of a floating type, or of an array's; of a complex type those of its parts.

    DTypeError for other types.

    >>> nd.finfo(nd.float32).eps
    1.1920928955078125e-07
    """
    dtype = type.dtype if isinstance(type, NDArray) else as_dtype(type)
    if dtype.kind not in ("float", "complex"):
        raise DTypeError(f"finfo: {dtype.name} is not a floating type; iinfo knows integer types")
    info = ml_dtypes.finfo(to_numpy_dtype(dtype))  # type: ignore[no-untyped-call]
    return FloatInfo(
        bits=int(info.bits),
        eps=float(info.eps),
        max=float(info.max),
        min=float(info.min),
        smallest_normal=float(info.smallest_normal),
        dtype=_BY_NAME[str(info.dtype)],
    )


def iinfo(type: NDArray | DTypeLike, /) -> IntegerInfo:
    """Limits of an integer type, or of an array's. DTypeError for other types.

    >>> nd.iinfo(nd.uint8).max
    255
    """
    dtype = type.dtype if isinstance(type, NDArray) else as_dtype(type)
    if dtype.kind not in ("int", "uint"):
        raise DTypeError(f"iinfo: {dtype.name} is not an integer type; finfo knows floating types")
    info = np.iinfo(dtype.name)
    return IntegerInfo(bits=int(info.bits), max=int(info.max), min=int(info.min), dtype=dtype)
