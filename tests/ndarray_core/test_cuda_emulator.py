"""The emulated CUDA runtime does what CUDA documents: memory, streams, events, errors."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

# The module that the `cuda` devices of this process are made of: it cannot hold two of them.
MODULE = {
    "emulated": "ndarray_core._cuda_emulated",
    "checked": "ndarray_core._cuda_checked",
}.get(os.environ.get("NDARRAY_CORE_CUDA", ""))
if MODULE is None or importlib.util.find_spec(MODULE) is None:
    pytest.skip(
        "needs a build with the CUDA emulator, and NDARRAY_CORE_CUDA=emulated or checked",
        allow_module_level=True,
    )

OK = "cudaSuccess"
TO_DEVICE, TO_HOST, WITHIN_DEVICE, ANY = 1, 2, 3, 4
NON_BLOCKING, NO_TIMING = 1, 2
NBYTES = 64


@pytest.fixture
def emulator() -> Iterator[ModuleType]:
    """The submodule `emulator`, as before when the test has ended."""
    module = importlib.import_module(str(MODULE)).emulator
    _, total = module.runtime.cudaMemGetInfo()
    yield module
    module.fail_next("", 0)
    module.forget_errors()
    module.set_memory(total)
    assert module.runtime.cudaDeviceSynchronize() == OK


@pytest.fixture
def runtime(emulator: ModuleType) -> ModuleType:
    return emulator.runtime


@pytest.fixture
def new(runtime: ModuleType) -> Iterator[Callable[[str], int]]:
    """Makes memory, streams and events that end with the test."""
    made: list[tuple[Callable[[int], str], int]] = []

    def create(kind: str) -> int:
        makers: dict[str, tuple[Callable[[], Any], Callable[[int], str]]] = {
            "device": (lambda: runtime.cudaMalloc(NBYTES), runtime.cudaFree),
            "pinned": (lambda: runtime.cudaMallocHost(NBYTES), runtime.cudaFreeHost),
            "stream": (
                lambda: runtime.cudaStreamCreateWithFlags(NON_BLOCKING),
                runtime.cudaStreamDestroy,
            ),
            "blocking stream": (
                lambda: runtime.cudaStreamCreateWithFlags(0),
                runtime.cudaStreamDestroy,
            ),
            "event": (lambda: runtime.cudaEventCreateWithFlags(0), runtime.cudaEventDestroy),
        }
        make, end = makers[kind]
        error, handle = make()
        assert error == OK
        made.append((end, handle))
        return handle

    yield create
    for end, handle in reversed(made):
        assert end(handle) == OK


def pageable(fill: int = 0) -> tuple[Any, int]:
    """Ordinary memory of the host, and its address."""
    memory = (ctypes.c_ubyte * NBYTES)(*[fill] * NBYTES)
    return memory, ctypes.addressof(memory)


def contents(runtime: ModuleType, device: int, stream: int = 0) -> set[int]:
    """The bytes at `device`, by a copy on the stream, which waits for what is on it alone."""
    memory, address = pageable()
    assert runtime.cudaMemcpyAsync(address, device, NBYTES, TO_HOST, stream) == OK
    return set(memory)


def test_new_memory_holds_no_zeros_by_luck(runtime: ModuleType, new: Callable[[str], int]) -> None:
    assert contents(runtime, new("device")) == {0xFF}


def test_pointers_of_host_and_device_are_told_apart(
    emulator: ModuleType, runtime: ModuleType, new: Callable[[str], int]
) -> None:
    device, other = new("device"), new("device")
    _memory, host = pageable(7)
    assert emulator.in_arena(device) and not emulator.in_arena(host)
    assert runtime.cudaMemcpy(device, host, NBYTES, TO_DEVICE) == OK
    assert runtime.cudaMemcpy(other, device, NBYTES, ANY) == OK
    assert contents(runtime, other) == {7}
    for to, source, kind in [
        (host, device, TO_DEVICE),
        (device, host, TO_HOST),
        (device, host, WITHIN_DEVICE),
        (host, device, WITHIN_DEVICE),
    ]:
        assert runtime.cudaMemcpy(to, source, NBYTES, kind) == "cudaErrorInvalidValue"
    assert runtime.cudaGetLastError() == "cudaErrorInvalidValue"
    assert runtime.cudaGetLastError() == OK
    assert runtime.cudaMemcpy(device, host, NBYTES, 9) == "cudaErrorInvalidMemcpyDirection"


def test_copies_must_stay_within_an_allocation(
    runtime: ModuleType, new: Callable[[str], int]
) -> None:
    device = new("device")
    _memory, host = pageable()
    assert runtime.cudaMemcpy(device + 1, host, NBYTES, TO_DEVICE) == "cudaErrorInvalidValue"
    assert runtime.cudaMemsetAsync(device, 0, NBYTES + 1, 0) == "cudaErrorInvalidValue"


def test_only_what_was_allocated_can_be_freed_and_once(runtime: ModuleType) -> None:
    _, device = runtime.cudaMalloc(NBYTES)
    _memory, host = pageable()
    assert runtime.cudaFree(device + 8) == "cudaErrorInvalidValue"
    assert runtime.cudaFree(host) == "cudaErrorInvalidValue"
    assert runtime.cudaFree(device) == OK
    assert runtime.cudaFree(device) == "cudaErrorInvalidValue"
    assert runtime.cudaFreeHost(host) == "cudaErrorInvalidValue"
    assert runtime.cudaFree(0) == OK


def test_addresses_are_not_used_again_soon(runtime: ModuleType) -> None:
    addresses = []
    for _ in range(10):
        addresses.append(runtime.cudaMalloc(NBYTES)[1])
        assert runtime.cudaFree(addresses[-1]) == OK
    assert len(set(addresses)) == 10


def test_memory_is_limited(emulator: ModuleType, runtime: ModuleType) -> None:
    free, total = runtime.cudaMemGetInfo()
    used = total - free
    emulator.set_memory(used + 1000)
    assert runtime.cudaMalloc(1001)[0] == "cudaErrorMemoryAllocation"
    error, device = runtime.cudaMalloc(1000)
    assert (error, runtime.cudaMemGetInfo()[0]) == (OK, 0)
    assert runtime.cudaFree(device) == OK
    assert runtime.cudaMalloc(2**63)[0] == "cudaErrorMemoryAllocation"


def test_nothing_runs_before_somebody_waits(runtime: ModuleType, new: Callable[[str], int]) -> None:
    device, stream, other = new("device"), new("stream"), new("stream")
    assert runtime.cudaMemsetAsync(device, 1, NBYTES, stream) == OK
    # Another stream, and the default one, which does not wait for non-blocking streams.
    assert contents(runtime, device, other) == {0xFF}
    assert contents(runtime, device) == {0xFF}
    assert runtime.cudaStreamQuery(stream) == "cudaErrorNotReady"
    assert runtime.cudaStreamQuery(stream) == OK
    assert contents(runtime, device, other) == {1}


def test_the_default_stream_and_blocking_ones_wait_for_each_other(
    runtime: ModuleType, new: Callable[[str], int]
) -> None:
    device, stream = new("device"), new("blocking stream")
    assert runtime.cudaMemsetAsync(device, 1, NBYTES, stream) == OK
    assert contents(runtime, device) == {1}
    assert runtime.cudaMemsetAsync(device, 2, NBYTES, 0) == OK
    assert contents(runtime, device, stream) == {2}


def test_events_order_streams(runtime: ModuleType, new: Callable[[str], int]) -> None:
    device, first, second, event = new("device"), new("stream"), new("stream"), new("event")
    assert runtime.cudaEventQuery(event) == OK  # never recorded
    assert runtime.cudaStreamWaitEvent(second, event) == OK  # so there is nothing to wait for
    assert runtime.cudaMemsetAsync(device, 1, NBYTES, first) == OK
    assert runtime.cudaEventRecord(event, first) == OK
    assert runtime.cudaMemsetAsync(device, 2, NBYTES, first) == OK  # after the event
    assert runtime.cudaStreamWaitEvent(second, event) == OK
    assert contents(runtime, device, second) == {1}
    assert runtime.cudaEventQuery(event) == OK
    assert runtime.cudaStreamSynchronize(first) == OK
    assert contents(runtime, device, second) == {2}


def test_waiting_for_an_event_does_what_is_before_it(
    runtime: ModuleType, new: Callable[[str], int]
) -> None:
    device, stream, start, end = new("device"), new("stream"), new("event"), new("event")
    assert runtime.cudaEventRecord(start, stream) == OK
    assert runtime.cudaMemsetAsync(device, 3, NBYTES, stream) == OK
    assert runtime.cudaEventRecord(end, stream) == OK
    assert runtime.cudaEventElapsedTime(start, end)[0] == "cudaErrorNotReady"
    assert runtime.cudaEventSynchronize(end) == OK
    error, milliseconds = runtime.cudaEventElapsedTime(start, end)
    assert error == OK and milliseconds >= 0
    assert contents(runtime, device, new("stream")) == {3}


def test_pageable_memory_is_read_at_once_and_pinned_memory_later(
    runtime: ModuleType, new: Callable[[str], int]
) -> None:
    from_pageable, from_pinned, stream = new("device"), new("device"), new("stream")
    memory, address = pageable(1)
    pinned = new("pinned")
    ctypes.memset(pinned, 1, NBYTES)
    assert runtime.cudaMemcpyAsync(from_pageable, address, NBYTES, TO_DEVICE, stream) == OK
    assert runtime.cudaMemcpyAsync(from_pinned, pinned, NBYTES, TO_DEVICE, stream) == OK
    memory[:] = [2] * NBYTES
    ctypes.memset(pinned, 2, NBYTES)  # too early: nobody has waited
    assert contents(runtime, from_pageable, stream) == {1}
    assert contents(runtime, from_pinned, stream) == {2}


def test_a_copy_to_pinned_memory_has_to_be_waited_for(
    runtime: ModuleType, new: Callable[[str], int]
) -> None:
    device, stream, pinned = new("device"), new("stream"), new("pinned")
    ctypes.memset(pinned, 0, NBYTES)
    assert runtime.cudaMemsetAsync(device, 5, NBYTES, stream) == OK
    assert runtime.cudaMemcpyAsync(pinned, device, NBYTES, TO_HOST, stream) == OK
    assert ctypes.string_at(pinned, NBYTES) == bytes(NBYTES)
    assert runtime.cudaStreamSynchronize(stream) == OK
    assert ctypes.string_at(pinned, NBYTES) == bytes([5] * NBYTES)


def test_a_full_queue_makes_its_caller_wait(runtime: ModuleType, new: Callable[[str], int]) -> None:
    device, stream = new("device"), new("stream")
    for i in range(1500):
        assert runtime.cudaMemsetAsync(device, i % 251, NBYTES, stream) == OK
    assert contents(runtime, device) != {0xFF}  # the first ones have run
    assert contents(runtime, device, stream) == {1499 % 251}


def test_streams_that_are_gone_are_refused(runtime: ModuleType) -> None:
    _, stream = runtime.cudaStreamCreateWithFlags(NON_BLOCKING)
    assert runtime.cudaStreamDestroy(stream) == OK
    assert runtime.cudaStreamSynchronize(stream) == "cudaErrorInvalidResourceHandle"
    assert runtime.cudaStreamDestroy(0) == "cudaErrorInvalidResourceHandle"
    assert runtime.cudaStreamCreateWithFlags(99)[0] == "cudaErrorInvalidValue"


@pytest.mark.parametrize("calls", [1, 3])
def test_a_failure_can_be_injected(emulator: ModuleType, runtime: ModuleType, calls: int) -> None:
    emulator.fail_next("cudaMalloc", calls)
    made = [runtime.cudaMalloc(NBYTES) for _ in range(calls + 1)]
    expected = [OK] * (calls - 1) + ["cudaErrorMemoryAllocation", OK]
    assert [error for error, _ in made] == expected
    for _, device in made:
        assert runtime.cudaFree(device) == OK
    emulator.fail_next("cudaStreamSynchronize", 1, 719)
    assert runtime.cudaStreamSynchronize(0) == "cudaErrorLaunchFailure"
    assert runtime.cudaStreamSynchronize(0) == OK


def test_a_device_that_is_not_there_is_refused(runtime: ModuleType) -> None:
    assert runtime.cudaSetDevice(7) == "cudaErrorInvalidDevice"
    assert runtime.cudaSetDevice(0) == OK
