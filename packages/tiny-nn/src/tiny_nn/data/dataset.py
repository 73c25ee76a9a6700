"""Datasets: what has a length and an item for each index."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tiny_autograd import Generator, Tensor, randperm


class Dataset:
    """A map from 0 .. len - 1 to samples; a subclass defines ``__getitem__`` and ``__len__``."""

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} has no __len__")


class IterableDataset(Dataset):
    """Samples that come one after the other; a subclass defines ``__iter__``.

    With worker processes every worker iterates over a copy of its own, and gives its share only if
    ``__iter__`` asks ``get_worker_info()`` which one that is. ``__len__`` is optional.

    >>> import tiny_nn as nn
    >>> class Squares(nn.data.IterableDataset):
    ...     def __iter__(self):
    ...         return (k * k for k in range(5))
    >>> [batch.tolist() for batch in nn.data.DataLoader(Squares(), batch_size=2)]
    [[0, 1], [4, 9], [16]]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} has no length")


class TensorDataset(Dataset):
    """Sample ``i`` is the tuple of every tensor's ``[i]``; all have the same first size.

    >>> import tiny_nn as nn
    >>> dataset = nn.data.TensorDataset(nn.zeros((5, 2)), nn.arange(5))
    >>> len(dataset), dataset[3][1].item()
    (5, 3)
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ValueError("TensorDataset: give at least one tensor")
        if any(tensor.ndim == 0 for tensor in tensors):
            raise ValueError("TensorDataset: a 0-d tensor has no samples; reshape it")
        if any(tensor.shape[0] != tensors[0].shape[0] for tensor in tensors):
            shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors)
            raise ValueError(f"TensorDataset: first sizes differ between tensors: {shapes}")
        self.tensors = tensors

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])


class Subset(Dataset):
    """The samples of ``dataset`` at ``indices``.

    >>> import tiny_nn as nn
    >>> subset = nn.data.Subset(nn.data.TensorDataset(nn.arange(5)), [4, 2])
    >>> [sample[0].item() for sample in subset]
    [4, 2]
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset):
    """The samples of one dataset after the other.

    Raises ValueError for no datasets at all, TypeError for an iterable one, which has no indices.

    >>> import tiny_nn as nn
    >>> both = nn.data.ConcatDataset([range(3), range(10, 12)])
    >>> len(both), both[2], both[3], both[-1]
    (5, 2, 10, 11)
    """

    def __init__(self, datasets: Iterable[Dataset | Sequence[Any]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise TypeError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = list(itertools.accumulate(map(len, self.datasets)))

    def __getitem__(self, index: int) -> Any:
        size = len(self)
        if not -size <= index < size:
            raise IndexError(f"ConcatDataset: index {index} of {size} samples")
        index %= size
        which = bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


def random_split(
    dataset: Dataset, lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset]:
    """Split at random into parts of the given lengths, or of the given fractions of one.

    With fractions every part has ``floor(len * fraction)`` samples, and what is left over goes to
    the first parts, one each. Raises ValueError if the parts don't add up to the whole.

    >>> import tiny_nn as nn
    >>> dataset = nn.data.TensorDataset(nn.arange(10))
    >>> [len(part) for part in nn.data.random_split(dataset, [0.75, 0.25])]
    [8, 2]
    """
    total = len(dataset)
    if any(not length >= 0 for length in lengths):
        raise ValueError(f"random_split: a length can't be negative: {list(lengths)}")
    if any(isinstance(length, float) for length in lengths):
        if not math.isclose(sum(lengths), 1):
            raise ValueError(f"random_split: fractions add up to {sum(lengths)}, not to 1")
        sizes = [math.floor(total * fraction) for fraction in lengths]
        for index in range(total - sum(sizes)):
            sizes[index % len(sizes)] += 1
    else:
        sizes = [int(length) for length in lengths]
        if sum(sizes) != total:
            raise ValueError(
                f"random_split: lengths add up to {sum(sizes)}, but the dataset has {total} samples"
            )
    order: list[int] = randperm(total, generator=generator).tolist()
    parts: list[Subset] = []
    start = 0
    for size in sizes:
        parts.append(Subset(dataset, order[start : start + size]))
        start += size
    return parts
