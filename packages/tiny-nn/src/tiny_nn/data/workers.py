"""The worker processes of a DataLoader, seen from the main process."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
import time
from collections import deque
from collections.abc import Iterator
from itertools import cycle
from multiprocessing import connection, reduction
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np

from tiny_autograd import empty, uint8
from tiny_nn.data import worker
from tiny_nn.data.fetch import END
from tiny_nn.data.worker import Result, Slot, StartPass, Task, WorkerOptions

# Bytes of tasks that a worker has not answered. They fit into a pipe, so that sending never waits
# for a worker that waits itself, for room for its results.
_MOST_UNANSWERED_BYTES = 32768
_JOIN_SECONDS = 5.0


class WorkerError(RuntimeError):
    """A worker has gone, or has not made its batch in time."""


class WorkerTraceback(Exception):
    """The text of a traceback in a worker; the cause of the exception that is raised here."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def start_context(wanted: str | BaseContext | None) -> BaseContext:
    """How processes start. None is "forkserver" where it exists: a process that forks without
    having threads, which is safe; else "spawn", which starts an interpreter."""
    if isinstance(wanted, BaseContext):
        return wanted
    methods = multiprocessing.get_all_start_methods()
    if wanted is None:
        wanted = "forkserver" if "forkserver" in methods else "spawn"
    if wanted not in methods:
        raise ValueError(
            f"DataLoader: multiprocessing_context is one of {', '.join(methods)}, got {wanted!r}"
        )
    context = multiprocessing.get_context(wanted)
    if wanted == "forkserver":
        # Imported once instead of by each worker. Its threads start when they are first needed,
        # so that the server has none.
        context.set_forkserver_preload(["tiny_nn"])
    return context


class _Worker:
    """One process, its pipes, its slots, and what it has been asked for."""

    def __init__(self, worker_id: int, options: bytes, context: BaseContext, slots: int) -> None:
        self.id = worker_id
        task_reader, self.tasks = context.Pipe(duplex=False)
        # Both ways, because descriptors travel through sockets only.
        self.results, result_writer = context.Pipe(duplex=True)
        others = (self.tasks, self.results) if context.get_start_method() == "fork" else ()
        arguments = (worker_id, options, task_reader, result_writer, others)
        self.process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            target=worker.run, args=arguments, name=f"DataLoader worker {worker_id}", daemon=True
        )
        self.process.start()
        task_reader.close()
        result_writer.close()
        self.slots: dict[int, Slot] = {}
        self.free_slots = deque(range(slots))
        self.unanswered: deque[tuple[Task, int]] = deque()  # with the message's size
        self.ended = False  # for this pass: its share of an iterable dataset

    @property
    def unanswered_bytes(self) -> int:
        return sum(size for _, size in self.unanswered)

    def send(self, message: bytes) -> None:
        # Who has died is told when the batch is due: those before it may be there.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.tasks.send_bytes(message)

    def receive(self) -> Result:
        """The next result; the slot of its task has been filled, or has grown."""
        try:
            result = self.results.recv()
            if result.slot_size is not None:
                descriptor = reduction.recv_handle(self.results)
                self.slots[self.unanswered[0][0].slot] = Slot(descriptor, result.slot_size)
        except (EOFError, ConnectionResetError):
            raise self.died() from None
        assert isinstance(result, Result)
        return result

    def died(self) -> WorkerError:
        """What to raise for a process that has gone."""
        self.process.join(_JOIN_SECONDS)
        code = self.process.exitcode
        how = f"exit code {code}"
        if code is not None and code < 0:
            how = f"signal {signal.Signals(-code).name}"
        hint = ""
        if code == 1:
            hint = (
                "; its error is above. A script that makes a DataLoader with workers needs "
                "if __name__ == '__main__': around what it runs"
            )
        return WorkerError(
            f"DataLoader worker {self.id} (pid {self.process.pid}) exited unexpectedly with "
            f"{how}{hint}"
        )

    def close(self) -> None:
        self.tasks.close()  # which ends the worker's loop, at the latest with its next batch
        self.results.close()


class WorkerPool:
    """Workers that make the batches of one loader, in the order of their numbers.

    Batch k comes from worker k modulo their number, or the next one that still has samples; so
    the order is the same however fast each of them is.
    """

    def __init__(
        self,
        options: WorkerOptions,
        context: BaseContext,
        prefetch_factor: int,
        timeout: float,
    ) -> None:
        try:
            message = pickle.dumps(options, protocol=5)
        except Exception as error:
            raise TypeError(
                f"DataLoader: num_workers={options.num_workers} sends the dataset, collate_fn and "
                f"worker_init_fn to other processes, but they can't be pickled: {error}. Define "
                "them at the top of a module, or pass num_workers=0"
            ) from error
        self.timeout = timeout
        self.passes = 0
        self.workers: list[_Worker] = []
        try:
            for worker_id in range(options.num_workers):
                self.workers.append(_Worker(worker_id, message, context, prefetch_factor))
        except BaseException:
            self.close()
            raise

    def run(self, tasks: Iterator[Any], first: int, seed: int) -> Iterator[Any]:
        """A pass: the batches of the tasks, which are numbered from ``first`` on.

        Raises what a worker raised, with its traceback as the cause, and RuntimeError for a worker
        that has gone or, if there is a timeout, takes longer.
        """
        self.passes += 1
        own = self.passes
        self._finish_last_pass()
        for one in self.workers:
            one.ended = False
            one.send(pickle.dumps(StartPass(seed)))
        order = cycle(self.workers)
        numbered = enumerate(tasks, start=first)
        waiting: deque[tuple[_Worker, int]] = deque()  # in the order of the batches to come
        batches: dict[int, Any] = {}
        exhausted = False
        turn: _Worker | None = None
        while True:
            while not exhausted:
                turn = turn or next((w for w in self._once_round(order) if not w.ended), None)
                if turn is None or not self._has_room(turn):
                    break
                entry = next(numbered, None)
                if entry is None:
                    exhausted = True
                    break
                waiting.append((turn, entry[0]))
                self._ask(turn, *entry)
                turn = None
            if not waiting:
                return
            expected, number = waiting[0]
            while number not in batches:
                self._receive(expected, batches)
            waiting.popleft()
            batch = batches.pop(number)
            if batch is not END:
                yield batch
                if self.passes != own:
                    raise RuntimeError(
                        "DataLoader: another pass over this loader has begun; with "
                        "persistent_workers there is one at a time"
                    )

    def _once_round(self, order: Iterator[_Worker]) -> Iterator[_Worker]:
        return (next(order) for _ in self.workers)

    def _has_room(self, one: _Worker) -> bool:
        few = not one.unanswered or one.unanswered_bytes < _MOST_UNANSWERED_BYTES // 2
        return bool(one.free_slots) and few

    def _ask(self, one: _Worker, number: int, indices: Any) -> None:
        task = Task(number, indices, one.free_slots.popleft())
        message = pickle.dumps(task)
        one.unanswered.append((task, len(message)))
        one.send(message)

    def _receive(self, one: _Worker, batches: dict[int, Any]) -> None:
        """Wait for the next result of a worker and keep its batch."""
        if not one.results.poll(0):
            ready = connection.wait(
                [one.results, one.process.sentinel], self.timeout if self.timeout > 0 else None
            )
            if not ready:
                raise WorkerError(
                    f"DataLoader timed out after {self.timeout} seconds: worker {one.id} (pid "
                    f"{one.process.pid}) has not made its batch"
                )
            if one.results not in ready and not one.results.poll(0):
                raise one.died()
        result = one.receive()
        if result.error_text:
            self._raise(one, result)
        task, _ = one.unanswered.popleft()
        if result.ended:
            one.ended = True
            batches[result.number] = END
        else:
            batches[result.number] = _unpacked(result, one.slots.get(task.slot))
        one.free_slots.append(task.slot)

    def _raise(self, one: _Worker, result: Result) -> None:
        if one.unanswered and result.number == one.unanswered[0][0].number:
            one.free_slots.append(one.unanswered.popleft()[0].slot)
        cause = WorkerTraceback(result.error_text)
        if result.error is None:
            raise RuntimeError(f"in DataLoader worker {one.id}") from cause
        result.error.add_note(f"in DataLoader worker {one.id}")
        raise result.error from cause

    def _finish_last_pass(self) -> None:
        """Take in what an earlier pass asked for and nobody fetched."""
        dropped: dict[int, Any] = {}
        for one in self.workers:
            while one.unanswered:
                try:
                    self._receive(one, dropped)
                except WorkerError:
                    raise
                except Exception:  # of a batch that nobody wants any more
                    continue

    def close(self, patience: float = _JOIN_SECONDS) -> None:
        """End all workers: gently, and by force those that take longer than ``patience``, in
        seconds, for the batch at which they are."""
        for one in self.workers:
            one.close()
        deadline = time.monotonic() + patience
        for one in self.workers:
            one.process.join(max(0.0, deadline - time.monotonic()))
            if one.process.is_alive():
                one.process.kill()
                one.process.join()
            one.process.close()
        self.workers = []


def _unpacked(result: Result, slot: Slot | None) -> Any:
    if result.inline is not None:
        stream, *beside = result.inline
        return pickle.loads(stream, buffers=[bytearray(part) for part in beside])
    assert slot is not None
    memory = memoryview(slot.memory)
    (start, stop), *spans = result.spans
    buffers = []
    for first, last in spans:
        # The allocator's memory, which has been touched before, and not fresh pages.
        own = empty((last - first,), dtype=uint8, device="cpu").numpy()
        own[:] = np.frombuffer(memory[first:last], np.uint8)
        buffers.append(own)
    return pickle.loads(memory[start:stop], buffers=buffers)
