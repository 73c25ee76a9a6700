"""Samplers: in which order, and in which batches, a dataset's indices come."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized

from tiny_autograd import Generator, Tensor, as_tensor, float64, multinomial, randint, randperm


class Sampler:
    """An iterable of indices with a length."""

    def __iter__(self) -> Iterator[int]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} has no __len__")


class SequentialSampler(Sampler):
    """0, 1, 2, ...

    >>> import tiny_nn as nn
    >>> list(nn.data.SequentialSampler(range(3)))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """A new random order in each pass; with ``replacement``, ``num_samples`` independent draws.

    Without replacement, ``num_samples`` beyond the dataset's length goes on with further orders.
    The order depends on ``generator`` alone (None: the default generator).

    >>> import tiny_nn as nn
    >>> sorted(nn.data.RandomSampler(range(4), generator=nn.Generator(0)))
    [0, 1, 2, 3]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if num_samples is not None and num_samples < 0:
            raise ValueError(f"RandomSampler: num_samples can't be negative, got {num_samples}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator

    @property
    def num_samples(self) -> int:
        """How many indices a pass gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        size, wanted = len(self.data_source), self.num_samples
        if size == 0 and wanted > 0:
            raise ValueError(f"RandomSampler: can't draw {wanted} samples from an empty dataset")
        # All is drawn before the first index is given: who draws from the same generator later
        # does not change the order.
        if self.replacement:
            yield from randint(0, max(size, 1), (wanted,), generator=self.generator).tolist()
            return
        orders = [
            randperm(size, generator=self.generator).tolist()
            for _ in range(-(-wanted // max(size, 1)))
        ]
        yield from itertools.islice(itertools.chain.from_iterable(orders), wanted)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """The given indices in a new random order in each pass.

    >>> import tiny_nn as nn
    >>> sorted(nn.data.SubsetRandomSampler([2, 5, 7], generator=nn.Generator(0)))
    [2, 5, 7]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        order = randperm(len(self.indices), generator=self.generator).tolist()
        return (self.indices[position] for position in order)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """``num_samples`` indices, each drawn with a probability in proportion to its weight: rare
    classes come as often as frequent ones if they weigh more.

    Raises ValueError for weights that are not a sequence of numbers, and for a ``num_samples``
    that is not positive or, without ``replacement``, larger than the number of weights.

    >>> import tiny_nn as nn
    >>> set(nn.data.WeightedRandomSampler([0.0, 1.0, 3.0], 50, generator=nn.Generator(0)))
    {1, 2}
    """

    def __init__(
        self,
        weights: Sequence[float] | Tensor,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if isinstance(num_samples, bool) or not isinstance(num_samples, int) or num_samples <= 0:
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={num_samples}"
            )
        self.weights = as_tensor(weights, dtype=float64, device="numpy")
        if self.weights.ndim != 1:
            raise ValueError(f"weights should be a 1d sequence but given shape {weights!r}")
        if not replacement and num_samples > len(self.weights):
            raise ValueError(
                f"WeightedRandomSampler: {num_samples} of {len(self.weights)} samples need "
                "replacement=True"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler:
    """Groups another sampler's indices into lists of ``batch_size``; the last may be shorter, or
    with ``drop_last`` is left out.

    >>> import tiny_nn as nn
    >>> list(nn.data.BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size <= 0:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        if not isinstance(self.sampler, Sized):
            raise TypeError(f"{type(self.sampler).__name__} has no length")
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full + (1 if rest and not self.drop_last else 0)
