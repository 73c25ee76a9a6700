"""Devices, and the one that new arrays are made on.

The default is looked up in this order: the innermost `with use_device(...)` of this thread (or of
this asynchronous task), the last `set_default_device(...)` of the process, the environment variable
NDARRAY_CORE_DEVICE as it was at import, and "numpy". The name "auto" stands for the fastest device
that there is, wherever a device is named: "cuda" where there is a GPU, else "cpu".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from . import _core
from ._core import Device
from ._cuda_loader import find_devices
from ._typing import DeviceLike
from .errors import DeviceError

__all__ = [
    "Device",
    "default_device",
    "device",
    "devices",
    "set_default_device",
    "use_device",
]


def device(name: DeviceLike | None = None, /) -> Device:
    """The device of that name; "auto" is the fastest one, None the default one. DeviceError lists
    the known ones.

    >>> nd.device("cpu") == "cpu", nd.device("auto")
    (True, Device('cpu'))
    """
    if name is None:
        return default_device()
    return _core.get_device(name) if isinstance(name, str) else name


def devices() -> list[Device]:
    """The devices that this process can use.

    >>> "numpy" in nd.devices() and "cpu" in nd.devices()
    True
    """
    return [_core.get_device(name) for name in _core.device_names()]


# The name "cuda", and "auto", look for such devices when they are first used.
_core.set_device_finder(find_devices)


def _initial_device() -> Device:
    name = os.environ.get("NDARRAY_CORE_DEVICE", "numpy")
    try:
        return _core.get_device(name)
    except DeviceError as error:
        raise DeviceError(
            f"the environment variable NDARRAY_CORE_DEVICE is {name!r}: {error}"
        ) from None


_process_default: Device = _initial_device()
# Set in a context and not in a global: threads and tasks do not disturb each other.
_scoped_default: ContextVar[Device | None] = ContextVar("ndarray_core_device", default=None)


def default_device() -> Device:
    """The device of arrays that are made without a `device=`.

    >>> nd.default_device() == "numpy"
    True
    """
    scoped = _scoped_default.get()
    return _process_default if scoped is None else scoped


def set_default_device(name: DeviceLike, /) -> None:
    """Sets the default of the whole process. A `use_device` that is in force goes before it.

    >>> nd.set_default_device("numpy")
    """
    global _process_default
    _process_default = device(name)


@contextmanager
def use_device(name: DeviceLike, /) -> Iterator[Device]:
    """Makes a device the default inside a with-statement, in this thread alone.

    >>> with nd.use_device("cpu"):
    ...     nd.zeros(2).device == "cpu"
    True
    """
    chosen = device(name)
    token = _scoped_default.set(chosen)
    try:
        yield chosen
    finally:
        _scoped_default.reset(token)
