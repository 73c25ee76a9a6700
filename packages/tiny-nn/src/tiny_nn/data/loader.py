"""DataLoader: batches of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from typing import Any

from tiny_autograd import Generator
from tiny_nn.data.collate import default_collate
from tiny_nn.data.dataset import Dataset
from tiny_nn.data.sampler import BatchSampler, RandomSampler, SequentialSampler


class DataLoader:
    """An iterable of collated batches; each pass is a new iteration.

    ``shuffle`` draws a new order per pass from ``generator``, and from nothing else: the same seed
    gives the same batches. ``sampler`` gives the order instead, ``batch_sampler`` the batches
    themselves, and ``batch_size=None`` turns batching off. Samples are read in this process:
    torch's options for worker processes and pinned memory take their defaults only. Raises
    ValueError for other values, and for options that contradict each other.

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
        multiprocessing_context: object = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
    ) -> None:
        _refuse_workers(
            num_workers=(num_workers, 0),
            timeout=(timeout, 0),
            worker_init_fn=(worker_init_fn, None),
            multiprocessing_context=(multiprocessing_context, None),
            prefetch_factor=(prefetch_factor, None),
            persistent_workers=(persistent_workers, False),
        )
        if pin_memory:
            raise ValueError(
                "DataLoader: pin_memory=True speeds up copies to a GPU, and there is no such "
                "device yet; pass pin_memory=False"
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
        if sampler is None:
            sampler = (
                RandomSampler(dataset, generator=generator)
                if shuffle
                else SequentialSampler(dataset)
            )
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        self.collate_fn = default_collate if collate_fn is None else collate_fn

    def __iter__(self) -> Iterator[Any]:
        if self.batch_sampler is None:
            for index in self.sampler:
                yield self.dataset[index]
            return
        for indices in self.batch_sampler:
            yield self.collate_fn([self.dataset[index] for index in indices])

    def __len__(self) -> int:
        """The number of batches in a pass."""
        counted = self.sampler if self.batch_sampler is None else self.batch_sampler
        if not isinstance(counted, Sized):
            raise TypeError(f"DataLoader: {type(counted).__name__} has no length")
        return len(counted)


def _refuse_workers(**options: tuple[object, object]) -> None:
    """Raise ValueError for an option, given with its default, that needs worker processes."""
    for name, (value, default) in options.items():
        if value != default:
            raise ValueError(
                f"DataLoader: {name}={value!r} is for worker processes, which are not there yet: "
                f"samples are read in this one; pass {name}={default!r}"
            )
