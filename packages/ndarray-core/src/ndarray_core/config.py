"""What this build can do, and its knobs: threads, memory, instruction sets."""

from __future__ import annotations

import os

from . import _core
from ._typing import DeviceLike
from .device import default_device
from .device import device as as_device
from .errors import DeviceError

__all__ = [
    "empty_cache",
    "isa",
    "memory_stats",
    "num_threads",
    "reset_peak_memory",
    "set_cache_limit",
    "set_num_threads",
    "show_config",
]

# Everything that this package reads from the environment, each once, at import.
ENVIRONMENT = ("NDARRAY_CORE_DEVICE", "NDARRAY_CORE_ISA", "NDARRAY_CORE_NUM_THREADS")


def num_threads() -> int:
    """How many threads one operation of the `cpu` device uses at most.

    At first as many as the process may use processors, or NDARRAY_CORE_NUM_THREADS.

    >>> nd.num_threads() >= 1
    True
    """
    return _core.num_threads()


def set_num_threads(count: int, /) -> None:
    """Sets `num_threads`. Results do not depend on it. ValueError for less than 1.

    >>> nd.set_num_threads(nd.num_threads())
    """
    if count < 1:
        raise ValueError(f"set_num_threads: takes 1 or more threads, not {count}")
    _core.set_num_threads(count)


def isa() -> str:
    """The instruction set whose kernels the `cpu` device uses.

    The best one that the processor has, or the lower one named by NDARRAY_CORE_ISA.

    >>> nd.isa() in ("baseline", "avx2", "avx512")
    True
    """
    return _core.active_isa()


def _allocator(device: DeviceLike) -> None:
    name = as_device(device).name
    if name != "cpu":
        raise DeviceError(f"device '{name}' has no allocator of its own; 'cpu' has one")


def memory_stats(device: DeviceLike = "cpu", /) -> dict[str, int]:
    """Bytes in_use, peak_in_use and cached, the cache_limit, and how many allocations and
    system_requests there were.

    DeviceError for the `numpy` device, whose memory is NumPy's.

    >>> sorted(nd.memory_stats("cpu"))[:3]
    ['allocations', 'cache_limit', 'cached']
    """
    _allocator(device)
    return _core.memory_statistics()


def reset_peak_memory(device: DeviceLike = "cpu", /) -> None:
    """Starts peak_in_use of `memory_stats` anew, from what is in use now.

    >>> nd.config.reset_peak_memory("cpu")
    """
    _allocator(device)
    _core.reset_peak_memory()


def empty_cache(device: DeviceLike = "cpu", /) -> None:
    """Gives the memory that was kept for later arrays back to the system.

    >>> nd.empty_cache()
    >>> nd.memory_stats()["cached"]
    0
    """
    _allocator(device)
    _core.empty_cache()


def set_cache_limit(nbytes: int, device: DeviceLike = "cpu", /) -> None:
    """Sets how many bytes may be kept for later arrays.

    >>> nd.config.set_cache_limit(nd.memory_stats()["cache_limit"])
    """
    _allocator(device)
    if nbytes < 0:
        raise ValueError(f"set_cache_limit: takes 0 or more bytes, not {nbytes}")
    _core.set_cache_limit(nbytes)


def show_config() -> None:
    """Prints the devices, instruction sets, threads and environment variables in force.

    >>> nd.show_config()  # doctest: +ELLIPSIS
    ndarray_core ...
    devices          ...
    """
    from . import __version__

    rows = {
        "devices": f"{', '.join(_core.device_names())} (default: {default_device()})",
        "instruction set": f"{isa()} (of {', '.join(_core.supported_isas())})",
        "threads": str(num_threads()),
        **{name: os.environ.get(name, "not set") for name in ENVIRONMENT},
    }
    print(f"ndarray_core {__version__}")
    for name, value in rows.items():
        print(f"{name:<24} {value}")
