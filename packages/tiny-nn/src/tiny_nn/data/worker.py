"""A worker process of the DataLoader: what runs in it, and how a batch travels from it.

A batch is pickled by protocol 5, with its arrays beside the stream. Both go into memory that the
two processes share: a slot, an anonymous file that both have mapped. It has no name, so nothing is
left behind, however a process ends. A slot is used again for a later batch.
"""

from __future__ import annotations

import mmap
import os
import pickle
import random
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from tiny_autograd import set_num_threads
from tiny_nn.data.fetch import END, Fetcher

_ALIGNMENT = 64  # bytes
_INLINE = 8192  # bytes that go through the pipe rather than through a slot


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker this process is: ``id`` of ``num_workers``, with its copy of the dataset.

    ``seed`` is the pass's seed plus ``id``.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process, which one it is; None elsewhere.

    An ``IterableDataset`` asks, to give only its share of the samples.

    >>> import tiny_nn as nn
    >>> nn.data.get_worker_info() is None
    True
    """
    return _info


@dataclass(frozen=True)
class WorkerOptions:
    """What every worker gets at its start."""

    fetcher: Fetcher
    worker_init_fn: Callable[[int], None] | None
    num_workers: int


@dataclass(frozen=True)
class StartPass:
    """A message to a worker: a new pass over the dataset begins."""

    seed: int


@dataclass(frozen=True)
class Task:
    """A message to a worker: make this batch and put it into this slot."""

    number: int
    indices: Any
    slot: int


@dataclass(frozen=True)
class Result:
    """A message from a worker. ``spans`` are where the pickle and its arrays lie in the slot, the
    pickle first; ``inline`` holds them instead if they are small. A slot that had to grow comes
    as a file descriptor right after."""

    number: int
    ended: bool = False
    inline: tuple[bytes, ...] | None = None
    spans: tuple[tuple[int, int], ...] = ()
    slot_size: int | None = None
    error: Exception | None = None
    error_text: str = ""


class Slot:
    """Memory that two processes share."""

    def __init__(self, descriptor: int, size: int) -> None:
        self.size = size
        self.memory = mmap.mmap(descriptor, size)
        os.close(descriptor)


def _anonymous_file(size: int) -> int:
    if sys.platform == "linux":
        descriptor = os.memfd_create("batch")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return descriptor


def run(
    worker_id: int,
    options: bytes,
    tasks: Connection,
    results: Connection,
    others: tuple[Connection, ...],
) -> None:
    """A worker's life: make batches until the other end of ``tasks`` is closed.

    others: the other process's ends of the pipes, which a forked process has too.
    """
    # An interrupt is the main process's business, which closes the pipes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for connection in others:
        connection.close()
    set_num_threads(1)  # the processes are the parallelism
    try:
        _serve(worker_id, pickle.loads(options), tasks, results)
    except (EOFError, BrokenPipeError):
        return  # the main process has closed the pipes, or is gone
    except Exception as error:
        results.send(_failure(-1, error))


def _serve(worker_id: int, options: WorkerOptions, tasks: Connection, results: Connection) -> None:
    global _info
    fetcher = options.fetcher
    slots: dict[int, Slot] = {}
    seed, initialised = 0, False
    while True:
        message = tasks.recv()
        try:
            if isinstance(message, StartPass):
                seed = message.seed
                own = seed + worker_id
                _info = WorkerInfo(worker_id, options.num_workers, own, fetcher.dataset)
                random.seed(own)
                np.random.seed(own % 2**32)
                if not initialised and options.worker_init_fn is not None:
                    options.worker_init_fn(worker_id)
                initialised = True
                fetcher.start_pass()
                continue
            batch = fetcher.fetch(message.indices, message.number, seed)
        except Exception as error:
            number = message.number if isinstance(message, Task) else -1
            results.send(_failure(number, error))
            continue
        if batch is END:
            results.send(Result(message.number, ended=True))
            continue
        try:
            _send_batch(results, message, batch, slots)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            results.send(_failure(message.number, error))


def _send_batch(results: Connection, task: Task, batch: Any, slots: dict[int, Slot]) -> None:
    beside: list[pickle.PickleBuffer] = []
    stream = pickle.dumps(batch, protocol=5, buffer_callback=beside.append)
    parts = [memoryview(stream), *(buffer.raw() for buffer in beside)]
    if sum(part.nbytes for part in parts) <= _INLINE:
        results.send(Result(task.number, inline=tuple(bytes(part) for part in parts)))
        return
    spans, end = [], 0
    for part in parts:
        spans.append((end, end + part.nbytes))
        end += -(-part.nbytes // _ALIGNMENT) * _ALIGNMENT
    slot, descriptor = slots.get(task.slot), None
    if slot is None or slot.size < end:
        descriptor = _anonymous_file(end)
        slot = slots[task.slot] = Slot(os.dup(descriptor), end)
    for (start, stop), part in zip(spans, parts, strict=True):
        slot.memory[start:stop] = part
    grown = None if descriptor is None else end
    results.send(Result(task.number, spans=tuple(spans), slot_size=grown))
    if descriptor is not None:
        reduction.send_handle(results, descriptor, 0)  # a process id matters on Windows only
        os.close(descriptor)


def _failure(number: int, error: Exception) -> Result:
    text = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # an exception of any kind, from code that is not ours: its text will do
        return Result(number, error_text=text)
    return Result(number, error=error, error_text=text)
