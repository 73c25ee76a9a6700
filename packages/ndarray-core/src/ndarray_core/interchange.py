"""Arrays from and to other element types, devices and libraries.

Array API standard, "Data type functions" (astype) and "Array object" (to_device):
https://data-apis.org/array-api/latest/API_specification/data_type_functions.html
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from . import _core
from ._core import Device, DType, NDArray
from ._typing import DeviceLike, DTypeLike
from .device import device as as_device
from .dtypes import as_dtype, to_numpy_dtype

__all__ = ["astype", "from_dlpack", "from_numpy", "to_device"]


def is_regular(array: npt.NDArray[Any]) -> bool:
    """Whether the core can read a NumPy array as it is: native numbers, whole-element strides."""
    whole = all(stride % array.itemsize == 0 for stride in array.strides)
    return whole and array.dtype.isnative and array.flags.aligned


def from_host(array: npt.NDArray[Any], device: Device, copy: bool | None = None) -> NDArray:
    """An array of the device with the elements of a NumPy array.

    copy: True makes one. False raises ValueError where one is needed, and shares read-only memory
    for reading. None shares memory that may be written to, and copies otherwise.
    """
    dtype = as_dtype(array.dtype)  # raises for those that do not exist here
    regular = is_regular(array)
    shareable = regular and device.is_host_memory
    if not copy and shareable and (array.flags.writeable or copy is False):
        return _core.view_of_numpy(_as_bits(array), dtype, device)
    if copy is False:
        raise ValueError(
            f"a NumPy array of {array.dtype} and strides {array.strides} cannot be used on "
            f"'{device}' without a copy; drop copy=False"
        )
    if not regular:
        array = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
    return _core.upload(_as_bits(array), dtype, device)


def _as_bits(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """bfloat16 numbers under a name that the core can read from NumPy; others as they are."""
    return array.view(np.uint16) if array.dtype == ml_dtypes.bfloat16 else array


def from_numpy(array: npt.NDArray[Any], /) -> NDArray:
    """An array that shares its memory with a NumPy array, on the default device.

    Both see what is written into either; of read-only memory it is a read-only array. ValueError
    where memory cannot be shared: it has a foreign byte order, or elements at odd addresses, or
    lies on another device; `asarray` copies such arrays.

    >>> host = np.zeros(2)
    >>> x = nd.from_numpy(host)
    >>> x[0] = 7.0
    >>> host.tolist()
    [7.0, 0.0]
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: takes a NumPy array, not {type(array).__name__}; use asarray")
    return from_host(array, as_device(), copy=False)


def from_dlpack(
    x: Any, /, *, device: DeviceLike | None = None, copy: bool | None = None
) -> NDArray:
    """An array on the memory of any library's array that speaks DLPack.

    Array API standard: https://data-apis.org/array-api/latest/API_specification/generated/array_api.from_dlpack.html

    copy: True always copies; False never does, None only where it must. What the other library
    shares for reading only is a read-only array here (`x.buffer.readonly`), and so is what comes
    from a library that speaks DLPack from before 1.0, which cannot say. device=None is x's own
    if it is an array of this package, else the default one. AttributeError if x does not speak
    DLPack, BufferError for memory that cannot be shared, DTypeError for an element type that does
    not exist here.

    >>> host = np.arange(3.0)
    >>> x = nd.from_dlpack(host)
    >>> x += 1
    >>> host.tolist()
    [1.0, 2.0, 3.0]
    """
    if not hasattr(x, "__dlpack__") or not hasattr(x, "__dlpack_device__"):
        raise AttributeError(
            f"from_dlpack: {type(x).__name__} has no __dlpack__ and __dlpack_device__; use asarray"
        )
    own = x.device if isinstance(x, NDArray) and device is None else as_device(device)
    shared = _core.from_capsule(_request_capsule(x, copy), own)
    return shared.copy() if copy else shared


_HOST_MEMORY = (1, 0)  # DLPack's kDLCPU


def _request_capsule(x: Any, copy: bool | None) -> Any:
    """A capsule of x's memory, as new a version of DLPack as x's library knows."""
    request: dict[str, Any] = {"max_version": (1, 1)}
    device_type, device_number = x.__dlpack_device__()
    if (int(device_type), device_number) != _HOST_MEMORY:
        if copy is False:
            raise ValueError(
                f"from_dlpack: the memory of this {type(x).__name__} is not the host's, so it has "
                "to be copied; drop copy=False"
            )
        request["dl_device"] = _HOST_MEMORY
    try:
        return x.__dlpack__(**request)
    except TypeError:  # a library from before DLPack 1.0, as the standard describes
        if "dl_device" in request:
            raise
        return x.__dlpack__()


def astype(
    x: NDArray, dtype: DTypeLike, /, *, copy: bool = True, device: DeviceLike | None = None
) -> NDArray:
    """x with its elements converted; the same object if copy=False and nothing changes.

    A floating number loses its fraction on its way to an integer type. DTypeError from complex to
    real types, which would drop the imaginary parts: `real` and `imag` take one of them.

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


def rebuild(elements: npt.NDArray[Any], dtype: DType, device_name: str) -> NDArray:
    """What a pickled array is made of again: its elements, on the device that it came from."""
    return from_host(elements.view(to_numpy_dtype(dtype)), as_device(device_name))
