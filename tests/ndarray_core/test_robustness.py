"""Many threads on shared arrays, and many operations in a row: right results, and no leak."""

from __future__ import annotations

import copy
import gc
import pickle
import resource
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ndarray_core as nd

THREADS = 8


def on_many_threads(work: Callable[[int], None]) -> None:
    """Runs work(0), work(1), ... at the same time, and raises what one of them raised."""
    start = threading.Barrier(THREADS)
    failures: list[BaseException] = []

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


# Below and above the sizes from which the kernels give up the interpreter lock and use the pool.
SIZES = (5, 40_000, 300_000)

READING: list[Callable[[nd.NDArray], Any]] = [
    lambda x: (x + x.flip()).tolist(),
    lambda x: nd.exp(x).sum().item(),
    lambda x: (x[::2] * 2.0).max().item(),
    lambda x: x.astype("int64").tolist(),
    lambda x: nd.where(x > 0.5, x, 0.0).tolist(),
    lambda x: nd.take(x, nd.asarray([0, -1, 2], device=x.device)).tolist(),
    lambda x: int(x.argmax()),
    lambda x: nd.concat([x[3:], x[:3]]).tolist(),
    lambda x: bytes(x),
    lambda x: np.from_dlpack(x).tolist(),
    lambda x: copy.deepcopy(x).tolist(),
    lambda x: pickle.loads(pickle.dumps(x)).tolist(),
    lambda x: repr(x),
]


@pytest.mark.parametrize("size", SIZES)
def test_threads_read_a_shared_array(device: nd.Device, size: int) -> None:
    x = nd.random.Generator(0).random(size, device=device)
    expected = [read(x) for read in READING]

    def work(number: int) -> None:
        for step in range(len(READING)):
            place = (number + step) % len(READING)  # every thread in another order
            assert READING[place](x) == expected[place]

    on_many_threads(work)


@pytest.mark.parametrize("size", SIZES)
def test_threads_write_their_parts_of_a_shared_array(device: nd.Device, size: int) -> None:
    x = nd.zeros((THREADS, size), device=device)
    before = x.version

    def work(number: int) -> None:
        row = x[number]
        for _ in range(5):
            row += number
            row[1:3] = nd.asarray([1.0, 2.0], device=device)
            row[[0]] = float(number)
            row[row > 1e6] = 0.0

    on_many_threads(work)
    expected = np.repeat(np.arange(THREADS, dtype="float32")[:, None] * 5, size, axis=1)
    expected[:, 1:3] = [1.0, 2.0]
    expected[:, 0] = np.arange(THREADS)
    np.testing.assert_array_equal(x.numpy(), expected)
    assert x.version - before == THREADS * 5 * 3  # the mask selects nothing


def test_threads_make_and_drop_arrays(host_device: nd.Device) -> None:
    shared = nd.arange(100, device=host_device)
    gc.collect()
    before = nd.memory_stats("cpu")["in_use"]
    dropped: list[Any] = []

    def work(number: int) -> None:
        for step in range(200):
            x = nd.full((step % 7 + 1, 50), number, device=host_device)
            dropped.append(np.from_dlpack(x @ x.mT))  # another thread may be the last to let go
            assert int(x.sum()) == x.size * number
            assert (shared + number)[7].item() == 7 + number
            if step % 50 == number:
                dropped.clear()

    on_many_threads(work)
    dropped.clear()
    gc.collect()
    assert nd.memory_stats("cpu")["in_use"] == before


def test_each_thread_has_its_own_default_device_and_options(device: nd.Device) -> None:
    def work(number: int) -> None:
        for _ in range(50):
            with nd.use_device(device), nd.printoptions(precision=number):
                assert nd.zeros(2).device == device
                assert nd.get_printoptions()["precision"] == number

    on_many_threads(work)


OPERATIONS = 100_000


def a_round_of_operations(x: nd.NDArray) -> int:
    """Some of everything, errors included; how many operations that were."""
    y = x + x.T
    y *= 2.0
    y[0] = 1.0
    y[1, 2] = x[0, 0]
    y[[0, 1]] = x[:2]
    z = nd.exp(y.reshape(-1)).sum()
    z.item()
    (x @ y).max(axis=0)
    nd.asarray([1.0, 2.0], device=x.device)
    np.from_dlpack(y)
    nd.from_dlpack(x.numpy(), device=x.device)
    memoryview(x).release()
    x.__dlpack__()
    for wrong in (lambda: x + nd.zeros(7, device=x.device), lambda: x[99]):
        with pytest.raises((nd.errors.ShapeError, IndexError)):
            wrong()
    return 20


def test_nothing_is_left_of_many_operations(
    host_device: nd.Device, capsys: pytest.CaptureFixture[str]
) -> None:
    x = nd.random.Generator(0).random((8, 8), device=host_device)
    for _ in range(100):
        a_round_of_operations(x)
    gc.collect()
    in_use, blocks = nd.memory_stats("cpu")["in_use"], sys.getallocatedblocks()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = 0
    while done < OPERATIONS:
        done += a_round_of_operations(x)
    gc.collect()
    assert nd.memory_stats("cpu")["in_use"] == in_use
    assert sys.getallocatedblocks() - blocks < 1000  # one array of each round would be 5000
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024
    with capsys.disabled():
        print(
            f" {host_device}: peak {peak / 1024:.0f} MiB,"
            f" {growth:.1f} MiB more after {done} operations"
        )
    if not nd.config.configuration()["build"]["sanitizer"]:  # which keep what was freed
        assert growth < 16
