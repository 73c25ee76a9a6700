"""Arrays from and to other element types, devices and libraries.

Array API standard, "Data type functions" (astype) and "Array object" (to_device):
https://data-apis.org/array-api/latest/API_specification/data_type_functions.html
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._core import Device, NDArray
from ._typing import DeviceLike, DTypeLike
from .device import device as as_device
from .dtypes import as_dtype

__all__ = ["astype", "from_numpy", "to_device"]


def is_regular(array: npt.NDArray[Any]) -> bool:
    """Whether the core can read a NumPy array as it is: native numbers, whole-element strides."""
    whole = all(stride % array.itemsize == 0 for stride in array.strides)
    return whole and array.dtype.isnative and array.flags.aligned


def from_host(array: npt.NDArray[Any], device: Device, copy: bool | None = None) -> NDArray:
    """An array of the device with the elements of a NumPy array.

    copy: True makes one, False raises ValueError where one is needed, None shares memory where it
    can.
    """
    as_dtype(array.dtype)  # raises for those that do not exist here
    regular = is_regular(array)
    if not copy and regular and array.flags.writeable and device.is_host_memory:
        return _core.view_of_numpy(array, device)
    if copy is False:
        raise ValueError(
            f"a NumPy array of {array.dtype} and strides {array.strides} (writable: "
            f"{array.flags.writeable}) cannot be used on '{device}' without a copy; drop copy=False"
        )
    if not regular:
        array = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
    return _core.upload(array, device)


def from_numpy(array: npt.NDArray[Any], /) -> NDArray:
    """An array that shares its memory with a NumPy array, on the default device.

    Both see what is written into either. ValueError where that cannot be: the memory is read-only,
    has a foreign byte order, or lies on another device; `asarray` copies such arrays.

    >>> host = np.zeros(2)
    >>> x = nd.from_numpy(host)
    >>> x[0] = 7.0
    >>> host.tolist()
    [7.0, 0.0]
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: takes a NumPy array, not {type(array).__name__}; use asarray")
    return from_host(array, as_device(), copy=False)


def astype(
    x: NDArray, dtype: DTypeLike, /, *, copy: bool = True, device: DeviceLike | None = None
) -> NDArray:
    """x with its elements converted; the same object if copy=False and nothing changes.

    A floating number loses its fraction on its way to an integer type.

    >>> nd.astype(nd.asarray([1.7, -1.7]), nd.int64).tolist()
    [1, -1]
    """
    converted = x.astype(as_dtype(dtype), copy=copy)
    return converted if device is None else converted.to_device(as_device(device))


def to_device(x: NDArray, device: DeviceLike, /) -> NDArray:
    """x on another device; x itself if it is there already.

    >>> nd.to_device(nd.zeros(2), "cpu").device == "cpu"
    True
    """
    return x.to_device(as_device(device))


def rebuild(array: npt.NDArray[Any], device_name: str) -> NDArray:
    """What a pickled array is made of again: its elements, on the device that it came from."""
    return from_host(array, as_device(device_name), copy=True)
