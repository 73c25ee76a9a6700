"""What of CUDA has no place in the interface of all devices: streams, events, memory, waiting.

The names are those of `torch.cuda`. Operations on arrays of a `cuda` device are put into a queue,
the current stream, and run later, in order; reading a number back waits for it. Everything here but
`is_available`, `reason`, `device_count` and `is_emulated` raises DeviceError where there is no
such device.

>>> nd.cuda.is_available() or nd.cuda.reason() != ""
True
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeAlias

from . import _core
from ._core import Device, NDArray
from ._cuda_loader import find
from .creation import asarray
from .dtypes import to_numpy_dtype
from .errors import DeviceError

__all__ = [
    "DeviceProperties",
    "Event",
    "Stream",
    "allow_tf32",
    "current_device",
    "current_stream",
    "debug_mode",
    "device_count",
    "download",
    "empty_cache",
    "get_device_name",
    "get_device_properties",
    "is_available",
    "is_emulated",
    "max_memory_allocated",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "pin_memory",
    "reason",
    "reset_peak_memory_stats",
    "set_allow_tf32",
    "set_debug_mode",
    "set_device",
    "set_memory_limit",
    "stream",
    "synchronize",
    "upload",
    "versions",
]

# A device, its name or its number; None is the current one.
CudaDevice: TypeAlias = Device | str | int | None


def is_available() -> bool:
    """Whether this process can use a `cuda` device, be it emulated.

    >>> nd.cuda.is_available() == (nd.cuda.device_count() > 0)
    True
    """
    return find().module is not None


def reason() -> str:
    """Why there is no `cuda` device, and what would help; "" where there is one."""
    return find().reason


def is_emulated() -> bool:
    """Whether the devices are the emulator's: right, with every check, but slow."""
    module = find().module
    return module is not None and bool(module.is_emulated)


def device_count() -> int:
    """How many `cuda` devices there are."""
    module = find().module
    return 0 if module is None else len(module.backends())


def current_device() -> int:
    """The number of the device that the name "cuda" stands for."""
    return _index(None)


def set_device(device: Device | str | int, /) -> None:
    """Makes "cuda" stand for another device of this process, at first "cuda:0"."""
    _core.set_alias("cuda", _core.get_device(f"cuda:{_index(device)}"))


def get_device_name(device: CudaDevice = None, /) -> str:
    """What its maker calls the device."""
    return get_device_properties(device).name


@dataclass(frozen=True)
class DeviceProperties:
    """What a device has: sizes in bytes."""

    name: str
    major: int
    minor: int
    total_memory: int
    multi_processor_count: int
    max_threads_per_block: int
    shared_memory_per_block: int
    shared_memory_per_block_optin: int
    l2_cache_size: int
    warp_size: int


def get_device_properties(device: CudaDevice = None, /) -> DeviceProperties:
    """The device's compute capability (major, minor), its memory and its limits."""
    return DeviceProperties(**_module().device_properties(_index(device)))


def versions() -> tuple[int, int]:
    """The newest CUDA that the driver knows, and that of the run-time library; 13000 is 13.0."""
    driver, runtime = _module().versions()
    return driver, runtime


def synchronize(device: CudaDevice = None, /) -> None:
    """Returns when all work on the device is done. Raises the error of a kernel that failed."""
    _core.get_device(f"cuda:{_index(device)}").synchronize()


# Memory.


def memory_stats(device: CudaDevice = None, /) -> dict[str, int]:
    """Bytes in_use, peak_in_use, cached and limit; how many allocations there were, how many of
    them asked the driver (system_requests), and how many of those only got memory after the cache
    was emptied (retries)."""
    statistics: dict[str, int] = _module().memory_statistics(_index(device))
    return statistics


def memory_allocated(device: CudaDevice = None, /) -> int:
    """Bytes of the device that arrays hold now."""
    return memory_stats(device)["in_use"]


def max_memory_allocated(device: CudaDevice = None, /) -> int:
    """The most bytes that arrays have held since the start or `reset_peak_memory_stats`."""
    return memory_stats(device)["peak_in_use"]


def memory_reserved(device: CudaDevice = None, /) -> int:
    """Bytes that this process has got from the driver: arrays' own, and those kept for later."""
    statistics = memory_stats(device)
    return statistics["in_use"] + statistics["cached"]


def reset_peak_memory_stats(device: CudaDevice = None, /) -> None:
    """Makes `max_memory_allocated` start from what is in use now."""
    _module().reset_peak_memory(_index(device))


def mem_get_info(device: CudaDevice = None, /) -> tuple[int, int]:
    """(free, total) bytes of the device, all processes counted."""
    free, total = _module().memory_info(_index(device))
    return free, total


def set_memory_limit(nbytes: int | None, device: CudaDevice = None, /) -> None:
    """The most bytes that this process takes from the device; None for as many as there are."""
    if nbytes is not None and nbytes < 0:
        raise ValueError(f"set_memory_limit: takes a number of bytes, not {nbytes}")
    _module().set_memory_limit(_index(device), 2**64 - 1 if nbytes is None else nbytes)


def empty_cache(device: CudaDevice = None, /) -> None:
    """Gives memory that no array holds back to the driver."""
    _module().empty_cache(_index(device))


# Streams and events.


class Event:
    """A point in a stream's work. Others can wait for it; two of them with `enable_timing` measure
    the time between them."""

    def __init__(self, enable_timing: bool = False, *, device: CudaDevice = None) -> None:
        self._event = _module().Event(_index(device), enable_timing)

    def record(self, stream: Stream | None = None) -> None:
        """Marks the end of the work that the stream, or the current one, has now."""
        chosen = stream if stream is not None else current_stream(self._event.device)
        self._event.record(chosen._stream)

    def wait(self, stream: Stream | None = None) -> None:
        """Makes what is put into the stream from now on wait for the event."""
        chosen = stream if stream is not None else current_stream(self._event.device)
        self._event.make_wait(chosen._stream)

    def query(self) -> bool:
        """Whether it has happened."""
        return bool(self._event.query())

    def synchronize(self) -> None:
        """Returns when it has happened."""
        self._event.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this event to the other one. Both with `enable_timing`, and over."""
        return float(self._event.elapsed_ms(end_event._event))


class Stream:
    """A queue of work on a device. Streams know of each other through events only: what is computed
    in one and used in another needs `wait_stream` or an event between them. Memory is safe: it is
    not used again before all streams that have used it are done with it."""

    def __init__(self, device: CudaDevice = None) -> None:
        self._stream = _module().Stream(_index(device))

    @classmethod
    def _of(cls, native: Any) -> Stream:
        stream = cls.__new__(cls)
        stream._stream = native
        return stream

    @property
    def device(self) -> Device:
        """The device that the stream belongs to."""
        return _core.get_device(f"cuda:{self._stream.device}")

    @property
    def cuda_stream(self) -> int:
        """The `cudaStream_t`, as a number."""
        return int(self._stream.handle)

    def query(self) -> bool:
        """Whether all its work is done."""
        return bool(self._stream.query())

    def synchronize(self) -> None:
        """Returns when all its work is done. Raises the error of a kernel that failed."""
        self._stream.synchronize()

    def record_event(self, event: Event | None = None) -> Event:
        """Records the event, or a new one, here."""
        chosen = event if event is not None else Event(device=self.device)
        chosen.record(self)
        return chosen

    def wait_event(self, event: Event) -> None:
        """Makes what is put into this stream from now on wait for the event."""
        event.wait(self)

    def wait_stream(self, stream: Stream) -> None:
        """Makes what is put into this stream from now on wait for the other's present work."""
        self.wait_event(stream.record_event())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and self.cuda_stream == other.cuda_stream

    def __hash__(self) -> int:
        return hash(self.cuda_stream)

    def __repr__(self) -> str:
        return f"Stream(device='{self.device}', cuda_stream={self.cuda_stream:#x})"


def current_stream(device: CudaDevice = None, /) -> Stream:
    """The stream that this thread's operations on the device go to."""
    return Stream._of(_module().current_stream(_index(device)))


@contextmanager
def stream(stream: Stream | None, /) -> Iterator[Stream | None]:
    """Makes it the current stream inside a with-statement, in this thread. None changes nothing."""
    if stream is None:
        yield None
        return
    before = _module().current_stream(stream._stream.device)
    _module().set_current_stream(stream._stream)
    try:
        yield stream
    finally:
        _module().set_current_stream(before)


# Copies that do not wait.


def pin_memory(x: NDArray, /) -> NDArray:
    """A copy of `x` on the `cpu` device, in memory that the system never moves: copies from there
    to a `cuda` device and back run beside other work."""
    memory = _module().pinned_memory(x.nbytes).view(to_numpy_dtype(x.dtype)).reshape(x.shape)
    pinned = asarray(memory, device="cpu", copy=False)
    pinned[...] = x.to_device("cpu")
    return pinned


# What copies read or write that are still under way.
_in_flight: deque[tuple[Event, NDArray]] = deque()


def upload(x: NDArray, /, device: CudaDevice = None) -> NDArray:
    """A copy of `x`, which lies in pinned memory, on the device; returns before it is done, so `x`
    must not be written to before the current stream has come that far."""
    chosen = _core.get_device(f"cuda:{_index(device)}")
    with _without_waiting(x, chosen):
        return x.to_device(chosen)


def download(x: NDArray, out: NDArray, /) -> None:
    """Copies `x` from its device into `out`, which lies in pinned memory (`pin_memory`) and has its
    shape and type; returns before it is done: wait for the current stream before reading `out`."""
    if out.shape != x.shape or out.dtype != x.dtype:
        raise ValueError(
            f"download: out is {out.dtype} {out.shape}, and must be {x.dtype} {x.shape} as x"
        )
    with _without_waiting(out, x.device):
        _core.download(x, out)


@contextmanager
def _without_waiting(host: NDArray, device: Device) -> Iterator[None]:
    while _in_flight and _in_flight[0][0].query():
        _in_flight.popleft()
    _module().set_blocking_copies(False)
    try:
        yield
    finally:
        _module().set_blocking_copies(True)
        _in_flight.append((current_stream(device).record_event(), host))


# Speed or precision.


def allow_tf32() -> bool:
    """Whether matrix products of float32 may round the operands to TF32, 10 bits of fraction, as
    `torch.backends.cuda.matmul.allow_tf32` says; at first not."""
    return bool(_module().allow_tf32())


def set_allow_tf32(on: bool, /) -> None:
    """Sets `allow_tf32`: products of float32 are several times as fast on tensor cores, which GPUs
    of compute capability 8.0 have, and as precise as those of float16 (about 1e-3)."""
    _module().set_allow_tf32(on)


# Finding errors.


def debug_mode() -> bool:
    """Whether each kernel is waited for, so that the call that caused an error raises it."""
    return bool(_module().debug_mode())


def set_debug_mode(on: bool, /) -> None:
    """Sets `debug_mode`. At first it is what NDARRAY_CORE_CUDA_DEBUG says."""
    _module().set_debug_mode(on)


def _module() -> ModuleType:
    found = find()
    if found.module is None:
        raise DeviceError(f"cuda: {found.reason}")
    return found.module


def _index(device: CudaDevice) -> int:
    """The number of a device, given as that, as "cuda:1", or as None for the current one."""
    _module()
    if isinstance(device, int):
        name = f"cuda:{device}"
    else:
        name = "cuda" if device is None else str(device)
    chosen = _core.get_device(name)
    kind, _, index = chosen.name.partition(":")
    if kind != "cuda":
        raise DeviceError(f"cuda: '{chosen}' is no cuda device")
    return int(index)
