"""What this build can do, and its knobs: threads, memory, instruction sets."""

from __future__ import annotations

import os
import platform
from typing import Any

import numpy as np

from . import _core
from ._typing import DeviceLike
from .device import default_device
from .device import device as as_device
from .errors import DeviceError

__all__ = [
    "configuration",
    "empty_cache",
    "isa",
    "memory_stats",
    "num_threads",
    "reset_peak_memory",
    "set_cache_limit",
    "set_memory_limit",
    "set_num_threads",
    "show_config",
]

# Everything that this package reads from the environment, each once.
ENVIRONMENT = (
    "NDARRAY_CORE_CUDA",
    "NDARRAY_CORE_CUDA_DEBUG",
    "NDARRAY_CORE_DEVICE",
    "NDARRAY_CORE_ISA",
    "NDARRAY_CORE_NUM_THREADS",
)


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
    """Bytes in_use, peak_in_use and cached, the cache_limit, the limit of all that is held, and how
    many allocations and system_requests there were.

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


def set_memory_limit(nbytes: int | None, device: DeviceLike = "cpu", /) -> None:
    """The most bytes that arrays and what is kept for later ones may hold; None for no limit.

    An array beyond it raises OutOfMemoryError. What is held already stays.

    >>> nd.config.set_memory_limit(2**40)
    >>> nd.memory_stats()["limit"]
    1099511627776
    >>> nd.config.set_memory_limit(None)
    """
    _allocator(device)
    if nbytes is not None and nbytes < 0:
        raise ValueError(f"set_memory_limit: takes 0 or more bytes, or None, not {nbytes}")
    _core.set_memory_limit(2**64 - 1 if nbytes is None else nbytes)


def configuration() -> dict[str, Any]:
    """What `show_config` prints, as data: strings, numbers, and lists and dicts of them.

    >>> nd.config.configuration()["instruction_set"]["used"] == nd.isa()
    True
    """
    from . import __version__

    return {
        "version": __version__,
        "build": _core.build_information(),
        "devices": _core.device_names(),
        "default_device": str(default_device()),
        "fastest_device": str(as_device("auto")),
        "instruction_set": {"used": isa(), "found": _core.supported_isas()},
        "threads": num_threads(),
        "memory": memory_stats("cpu"),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "environment": {name: os.environ.get(name) for name in ENVIRONMENT},
    }


def show_config() -> None:
    """Prints the build, devices, instruction sets, threads, memory and environment in force.

    `python -m ndarray_core` does so, too.

    >>> nd.show_config()  # doctest: +ELLIPSIS
    ndarray_core ...
    devices          ...
    """
    found = configuration()
    build, sets, memory = found["build"], found["instruction_set"], found["memory"]
    rows = {
        "devices": f"{', '.join(found['devices'])} (default: {found['default_device']}, "
        f"fastest: {found['fastest_device']})",
        "instruction set": f"{sets['used']} (of {', '.join(sets['found'])})",
        "threads": found["threads"],
        "memory of cpu": f"{memory['in_use']} bytes in use, at most {memory['peak_in_use']}; "
        f"{memory['cached']} of at most {memory['cache_limit']} cached",
        "compiler": f"{build['compiler']}, {build['standard']}",
        "build": f"{build['build_type']} ({build['flags']}), kernels for "
        f"{build['instruction_sets']}",
        "sanitizer": build["sanitizer"] or "none",
        "numpy": found["numpy"],
        "python": found["python"],
        **{name: value or "not set" for name, value in found["environment"].items()},
    }
    print(f"ndarray_core {found['version']}")
    for name, value in rows.items():
        print(f"{name:<24} {value}")
