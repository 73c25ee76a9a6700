"""DataLoader: batches of a dataset."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from typing import Any

from tiny_autograd import Generator, default_generator, randint
from tiny_nn.data.collate import default_collate
from tiny_nn.data.dataset import Dataset, IterableDataset
from tiny_nn.data.fetch import END, Fetcher
from tiny_nn.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from tiny_nn.data.worker import WorkerOptions
from tiny_nn.data.workers import WorkerError, WorkerPool, start_context

_SEEDS = 2**62


@dataclass
class _Pass:
    """The pass that began last: the source's state before it, and how many batches were given."""

    start: dict[str, Any]
    position: int = 0


class DataLoader:
    """An iterable of collated batches; each pass is a new iteration.

    ``shuffle`` draws a new order per pass from ``generator``, and from nothing else: the same seed
    gives the same batches. ``sampler`` gives the order instead, ``batch_sampler`` the batches
    themselves, and ``batch_size=None`` turns batching off.

    ``num_workers`` processes make the batches, each ``prefetch_factor`` (2) ahead; 0 makes them in
    this process, when they are asked for. They are the same ones, and in the same order, however
    many workers there are, and so is what the dataset draws from the default generator: it is
    seeded for each batch. (Only an ``IterableDataset`` splits its samples among the workers.)
    ``persistent_workers`` keeps the processes from one pass to the next, until ``close()``.
    ``worker_init_fn(worker_id)`` runs first in each of them. ``timeout`` in seconds limits the
    wait for a batch. ``multiprocessing_context`` is "forkserver", where it exists, else "spawn":
    both take the dataset to the workers by pickle, and want ``if __name__ == "__main__":`` in a
    script. ``pin_memory`` asks for memory that a GPU copies from faster: accepted, and without
    effect, since there is no such device here.

    An exception in a worker is raised here, with its traceback as the cause; a worker that is gone
    is a RuntimeError with its exit code. Raises ValueError for options that contradict each other,
    and TypeError for a dataset that can't be pickled, if there are workers.

    >>> import tiny_nn as nn
    >>> dataset = nn.data.TensorDataset(nn.arange(5))
    >>> loader = nn.data.DataLoader(dataset, batch_size=2)
    >>> len(loader), [batch.tolist() for batch, in loader]
    (3, [[0, 1], [2, 3], [4]])
    """

    def __init__(
        self,
        dataset: Dataset | Sequence[Any],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Sequence[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: str | BaseContext | None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
    ) -> None:
        _check_worker_options(
            num_workers, timeout, multiprocessing_context, prefetch_factor, persistent_workers
        )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None and (
            batch_size != 1 or shuffle or sampler is not None or drop_last
        ):
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                "and drop_last"
            )
        if batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        iterable = isinstance(dataset, IterableDataset)
        if iterable and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError(
                "DataLoader: an IterableDataset gives its own order; shuffle, sampler and "
                "batch_sampler are not for it"
            )
        if sampler is None and not iterable:
            sampler = (
                RandomSampler(dataset, generator=generator)
                if shuffle
                else SequentialSampler(dataset)
            )
        if batch_sampler is None and batch_size is not None and sampler is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.pin_memory = pin_memory
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.prefetch_factor = 2 if prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.collate_fn = default_collate if collate_fn is None else collate_fn
        self._fetcher = Fetcher(
            dataset,
            self.collate_fn,
            batch_sampler is not None or (iterable and batch_size is not None),
            batch_size,
            drop_last,
        )
        self._pass: _Pass | None = None
        self._resumed: dict[str, Any] | None = None
        self._pool: WorkerPool | None = None

    def __iter__(self) -> Iterator[Any]:
        # All that is drawn for the pass is drawn here: its seed and, with the first task, its
        # order. So a pass that is resumed draws the same again, and leaves the source where the
        # training had left it.
        source = self.generator or default_generator()
        resumed, self._resumed = self._resumed, None
        left = source.state
        if resumed is not None:
            source.state = resumed["start"]
        current = self._pass = _Pass(dict(source.state))
        seed = int(randint(0, _SEEDS, (), generator=source, device="numpy").item())
        tasks = self._tasks()
        if resumed is None:
            return self._batches(tasks, seed, current, skipped=0)
        current.position = resumed["position"]
        if not isinstance(self.dataset, IterableDataset):
            for _ in itertools.islice(tasks, current.position):
                pass
        source.state = left
        return self._batches(tasks, seed, current, skipped=current.position)

    def _tasks(self) -> Iterator[Any]:
        if isinstance(self.dataset, IterableDataset):
            return itertools.repeat(None)
        order = self.batch_sampler if self.batch_sampler is not None else self.sampler
        assert order is not None
        tasks = iter(order)
        return itertools.chain(list(itertools.islice(tasks, 1)), tasks)

    def _batches(
        self, tasks: Iterator[Any], seed: int, current: _Pass, skipped: int
    ) -> Iterator[Any]:
        # The samples of an iterable dataset can't be skipped, only passed over.
        passed_over = skipped if isinstance(self.dataset, IterableDataset) else 0
        first = skipped - passed_over
        made = self._made_here if self.num_workers == 0 else self._made_by_workers
        batches = made(tasks, first, seed)
        for _ in itertools.islice(batches, passed_over):
            pass
        for batch in batches:
            current.position += 1
            yield batch
        if self._pass is current:
            self._pass = None

    def _made_here(self, tasks: Iterator[Any], first: int, seed: int) -> Iterator[Any]:
        self._fetcher.start_pass()
        for number, task in enumerate(tasks, start=first):
            batch = self._fetcher.fetch(task, number, seed)
            if batch is END:
                return
            yield batch

    def _made_by_workers(self, tasks: Iterator[Any], first: int, seed: int) -> Iterator[Any]:
        pool = self._pool
        if pool is None:
            options = WorkerOptions(self._fetcher, self.worker_init_fn, self.num_workers)
            context = start_context(self.multiprocessing_context)
            pool = WorkerPool(options, context, self.prefetch_factor, self.timeout)
            if self.persistent_workers:
                self._pool = pool
        try:
            yield from pool.run(tasks, first, seed)
        except WorkerError:
            # One is gone, or waits for ever. The next pass starts new ones.
            self._pool = None
            pool.close(patience=0)
            raise
        finally:
            if not self.persistent_workers:
                pool.close()

    def close(self) -> None:
        """End persistent workers; the next pass starts new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def __del__(self) -> None:
        if getattr(self, "_pool", None) is not None:
            self.close()

    def state_dict(self) -> dict[str, Any]:
        """Where the loader stands: what ``load_state_dict`` needs to give, in its next pass, the
        batches that are left of this one (and all, if no pass is under way).

        The default generator is not in it, of which a loader without ``generator`` draws.
        """
        return {
            "generator": None if self.generator is None else dict(self.generator.state),
            "start": None if self._pass is None else dict(self._pass.start),
            "position": 0 if self._pass is None else self._pass.position,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on, in the next pass, from a saved ``state_dict()``.

        Raises ValueError if one of the two loaders has a generator and the other has none.
        """
        state = state_dict["generator"]
        if (state is None) != (self.generator is None):
            raise ValueError(
                "DataLoader: the saved state is of a loader "
                f"{'without' if state is None else 'with'} a generator, unlike this one"
            )
        if self.generator is not None:
            self.generator.state = state
        self._resumed = None if state_dict["start"] is None else dict(state_dict)

    def __len__(self) -> int:
        """The number of batches in a pass."""
        if isinstance(self.dataset, IterableDataset):
            samples = len(self.dataset)
            if self.batch_size is None:
                return samples
            whole = samples // self.batch_size
            return whole if self.drop_last else math.ceil(samples / self.batch_size)
        counted = self.sampler if self.batch_sampler is None else self.batch_sampler
        if not isinstance(counted, Sized):
            raise TypeError(f"DataLoader: {type(counted).__name__} has no length")
        return len(counted)


def _check_worker_options(
    num_workers: int,
    timeout: float,
    multiprocessing_context: str | BaseContext | None,
    prefetch_factor: int | None,
    persistent_workers: bool,
) -> None:
    if num_workers < 0:
        raise ValueError(f"num_workers option should be non-negative, got {num_workers}")
    if timeout < 0:
        raise ValueError(f"timeout option should be non-negative, got {timeout}")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError("prefetch_factor option could only be specified with num_workers > 0")
    if num_workers > 0:
        start_context(multiprocessing_context)
    elif multiprocessing_context is not None:
        raise ValueError("multiprocessing_context option needs num_workers > 0")
    if num_workers == 0 and persistent_workers:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if prefetch_factor is not None and prefetch_factor < 1:
        raise ValueError(f"prefetch_factor option should be positive, got {prefetch_factor}")
