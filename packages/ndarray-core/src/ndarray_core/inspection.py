"""What this package can do, as data: the standard's way for a library to ask before it computes.

Array API standard, "Inspection":
https://data-apis.org/array-api/latest/API_specification/inspection.html
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TypedDict

from . import _core
from ._core import Device, DType
from ._typing import DeviceLike
from .device import default_device, devices
from .device import device as as_device
from .dtypes import KINDS, as_dtype, default_complex, default_float, default_int, int64, isdtype

__all__ = ["__array_api_version__", "__array_namespace_info__"]

# The version of the standard whose names, signatures and rules this package follows, and the
# earlier ones that it contains. What a later version changed is told apart by neither name nor
# signature, so one namespace serves them all.
__array_api_version__ = "2025.12"
SUPPORTED_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", __array_api_version__)

# The standard's names of element types; those that are ours alone are not to be listed.
STANDARD_DTYPES = (
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "complex64",
    "complex128",
)

Capabilities = TypedDict(
    "Capabilities",
    {"boolean indexing": bool, "data-dependent shapes": bool, "max dimensions": int},
)


def array_namespace(api_version: str | None = None) -> ModuleType:
    """The package, which is the namespace of its arrays for every version that it implements.

    ValueError for a version of the standard that it does not.

    >>> nd.zeros(2).__array_namespace__(api_version="2024.12") is nd
    True
    """
    if api_version is not None and api_version not in SUPPORTED_VERSIONS:
        raise ValueError(
            f"__array_namespace__: no version {api_version!r} of the array API; "
            f"there are {', '.join(SUPPORTED_VERSIONS)}"
        )
    return sys.modules[__package__]


class Info:
    """The functions of the standard's inspection namespace."""

    def capabilities(self) -> Capabilities:
        """Which optional behaviour of the standard there is: all of it.

        >>> nd.__array_namespace_info__().capabilities()["boolean indexing"]
        True
        """
        return {
            "boolean indexing": True,
            "data-dependent shapes": True,
            "max dimensions": _core.max_ndim,
        }

    def default_device(self) -> Device:
        """The device of arrays that are made without a `device=`.

        >>> nd.__array_namespace_info__().default_device() == nd.default_device()
        True
        """
        return default_device()

    def devices(self) -> tuple[Device, ...]:
        """The devices that this process can use.

        >>> "cpu" in nd.__array_namespace_info__().devices()
        True
        """
        return tuple(devices())

    def default_dtypes(self, *, device: DeviceLike | None = None) -> dict[str, DType]:
        """The element types of arrays that are made without a `dtype=`, by kind.

        They are the same on every device. DeviceError for a device that does not exist.

        >>> nd.__array_namespace_info__().default_dtypes()["real floating"].name
        'float32'
        """
        as_device(device)  # raises for those that do not exist
        return {
            "real floating": default_float,
            "complex floating": default_complex,
            "integral": default_int,
            "indexing": int64,
        }

    def dtypes(
        self, *, device: DeviceLike | None = None, kind: str | tuple[str, ...] | None = None
    ) -> dict[str, DType]:
        """The standard's element types of a kind (as in `isdtype`), of several, or all, by name.

        They are the same on every device. ValueError for an unknown kind, DeviceError for a device
        that does not exist.

        >>> list(nd.__array_namespace_info__().dtypes(kind="real floating"))
        ['float32', 'float64']
        """
        as_device(device)  # raises for those that do not exist
        kinds = KINDS if kind is None else kind if isinstance(kind, tuple) else (kind,)
        for one in kinds:
            if one not in KINDS:
                raise ValueError(f"dtypes: no kind {one!r}; there are {', '.join(KINDS)}")
        return {
            dtype.name: dtype
            for dtype in map(as_dtype, STANDARD_DTYPES)
            if any(isdtype(dtype, one) for one in kinds)
        }


def __array_namespace_info__() -> Info:
    """The standard's inspection functions: capabilities, devices, dtypes and their defaults.

    >>> sorted(nd.__array_namespace_info__().capabilities())
    ['boolean indexing', 'data-dependent shapes', 'max dimensions']
    """
    return Info()
