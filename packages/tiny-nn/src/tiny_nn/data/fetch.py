"""How a batch is made of a dataset, in this process or in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from tiny_autograd import default_generator, int64, tensor
from tiny_nn.data.collate import default_collate
from tiny_nn.data.dataset import IterableDataset, Subset, TensorDataset

END: Final = object()  # what ``Fetcher.fetch`` gives when an iterable dataset has ended
_BATCH_STRIDE = 2**32  # random blocks between one batch's numbers and the next one's


@dataclass
class Fetcher:
    """Makes batches. ``batch_size`` and ``drop_last`` matter for an iterable dataset only."""

    dataset: Any
    collate_fn: Callable[[list[Any]], Any]
    batched: bool
    batch_size: int | None
    drop_last: bool

    def start_pass(self) -> None:
        """Begin to read an iterable dataset from its start."""
        if isinstance(self.dataset, IterableDataset):
            self.iterator = iter(self.dataset)

    def fetch(self, task: Any, number: int, seed: int) -> Any:
        """The batch of ``task``: a list of indices, an index, or None for the next samples.

        The numbers that the default generator gives meanwhile depend on the pass's seed and the
        batch's number alone, and so not on who makes the batch.
        """
        with _numbers_of_batch(seed, number):
            if not isinstance(self.dataset, IterableDataset):
                if not self.batched:
                    return self.dataset[task]
                if self.collate_fn is default_collate:
                    batch = _at_once(self.dataset, task)
                    if batch is not None:
                        return batch
                return self.collate_fn([self.dataset[index] for index in task])
            if not self.batched:
                return next(self.iterator, END)
            samples = list(islice(self.iterator, self.batch_size))
            if not samples or (self.drop_last and len(samples) < (self.batch_size or 0)):
                return END
            return self.collate_fn(samples)


def _at_once(dataset: Any, indices: Sequence[int]) -> list[Any] | None:
    """The batch of a dataset of tensors by one look-up in each, many times as fast as by samples
    that are stacked; None for other datasets."""
    if type(dataset) is Subset:
        return _at_once(dataset.dataset, [dataset.indices[index] for index in indices])
    if type(dataset) is not TensorDataset:
        return None
    return [x[tensor(indices, dtype=int64, device=x.device)] for x in dataset.tensors]


@contextmanager
def _numbers_of_batch(seed: int, number: int) -> Iterator[None]:
    generator = default_generator()
    before = generator.state
    generator.state = {"seed": seed, "offset": number * _BATCH_STRIDE}
    try:
        yield
    finally:
        generator.state = before
