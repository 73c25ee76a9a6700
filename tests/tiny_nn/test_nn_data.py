"""Datasets, samplers, batches."""

from collections import Counter, namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_nn as nn
from tiny_nn.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)


def numbers(count: int) -> TensorDataset:
    return TensorDataset(nn.arange(count))


@given(
    count=st.integers(0, 40),
    batch_size=st.integers(1, 12),
    shuffle=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_index_comes_exactly_once(count, batch_size, shuffle, seed) -> None:
    loader = DataLoader(
        numbers(count), batch_size=batch_size, shuffle=shuffle, generator=nn.Generator(seed)
    )
    batches = [batch.tolist() for (batch,) in loader]
    assert len(batches) == len(loader)
    assert sorted(index for batch in batches for index in batch) == list(range(count))
    assert all(len(batch) == batch_size for batch in batches[:-1])
    if not shuffle:
        assert [index for batch in batches for index in batch] == list(range(count))


@given(count=st.integers(0, 40), batch_size=st.integers(1, 12))
def test_drop_last_gives_whole_batches_only(count, batch_size) -> None:
    loader = DataLoader(numbers(count), batch_size=batch_size, drop_last=True)
    batches = [batch.tolist() for (batch,) in loader]
    assert len(batches) == len(loader) == count // batch_size
    assert all(len(batch) == batch_size for batch in batches)


def test_order_depends_on_the_generator_alone() -> None:
    def passes(seed):
        loader = DataLoader(numbers(20), 20, shuffle=True, generator=nn.Generator(seed))
        return [[batch.tolist() for (batch,) in loader] for _ in range(2)]

    first = passes(3)
    nn.manual_seed(99)
    assert passes(3) == first
    assert passes(4) != first
    assert first[0] != first[1]  # a new order in each pass


def test_shuffling_without_generator_uses_the_default_one() -> None:
    def order():
        nn.manual_seed(5)
        return list(RandomSampler(range(10)))

    assert order() == order()


def test_weights_are_proportions() -> None:
    generator = nn.Generator(0)
    drawn = Counter(WeightedRandomSampler([1.0, 0.0, 3.0], 4000, generator=generator))
    assert set(drawn) == {0, 2}
    assert drawn[2] / 4000 == pytest.approx(0.75, abs=0.03)
    once = WeightedRandomSampler(nn.tensor([1.0, 2.0, 3.0]), 3, replacement=False)
    assert (sorted(once), len(once)) == ([0, 1, 2], 3)
    for weights, number, replacement, message in (
        ([1.0], 0, True, "positive integer"),
        ([1.0], 2, False, "need replacement=True"),
        ([[1.0]], 1, True, "1d sequence"),
    ):
        with pytest.raises(ValueError, match=message):
            WeightedRandomSampler(weights, number, replacement)


def test_a_subset_in_random_order() -> None:
    sampler = SubsetRandomSampler([3, 1, 4, 15], generator=nn.Generator(2))
    orders = {tuple(sampler) for _ in range(30)}
    assert len(orders) > 10
    assert {tuple(sorted(order)) for order in orders} == {(1, 3, 4, 15)}
    loader = DataLoader(numbers(20), batch_size=4, sampler=sampler)
    assert sorted(next(iter(loader))[0].tolist()) == [1, 3, 4, 15]


def test_datasets_one_behind_the_other() -> None:
    both = ConcatDataset([numbers(3), TensorDataset(nn.arange(5) + 10), numbers(0), numbers(1)])
    assert [both[k][0].item() for k in range(-9, 9)] == [0, 1, 2, 10, 11, 12, 13, 14, 0] * 2
    for index in (9, -10):
        with pytest.raises(IndexError, match=f"index {index} of 9"):
            both[index]
    with pytest.raises(ValueError, match="empty iterable"):
        ConcatDataset([])
    with pytest.raises(TypeError, match="IterableDataset"):
        ConcatDataset([IterableDataset()])


def test_a_batch_of_tensors_at_once_is_the_collated_one(device) -> None:
    tensors = nn.rand((12, 2, 3), device=device), nn.arange(12, device=device)
    dataset = Subset(TensorDataset(*tensors), [7, 0, 11, 3, 5])
    at_once = list(DataLoader(dataset, batch_size=2))
    collated = list(DataLoader(dataset, batch_size=2, collate_fn=lambda b: default_collate(b)))
    for one, other in zip(at_once, collated, strict=True):
        assert type(one) is type(other) is list
        for x, y in zip(one, other, strict=True):
            assert (x.dtype, x.device, x.tolist()) == (y.dtype, y.device, y.tolist())


def test_orders_are_uniform() -> None:
    generator = nn.Generator(0)
    counts = Counter(tuple(RandomSampler(range(3), generator=generator)) for _ in range(600))
    assert len(counts) == 6
    # Chi-squared with 5 degrees of freedom exceeds 20.5 once in a thousand seeds.
    assert sum((count - 100) ** 2 / 100 for count in counts.values()) < 20.5


def test_random_sampler() -> None:
    generator = nn.Generator(0)
    drawn = list(RandomSampler(range(3), replacement=True, num_samples=50, generator=generator))
    assert len(drawn) == 50
    assert set(drawn) == {0, 1, 2}
    longer = list(RandomSampler(range(3), num_samples=7, generator=generator))
    assert sorted(longer[:3]) == sorted(longer[3:6]) == [0, 1, 2]
    assert len(longer) == len(RandomSampler(range(3), num_samples=7)) == 7
    assert list(RandomSampler([])) == []
    assert list(RandomSampler([], replacement=True)) == []
    with pytest.raises(ValueError, match="empty dataset"):
        list(RandomSampler([], num_samples=2))
    with pytest.raises(ValueError, match="can't be negative"):
        RandomSampler([], num_samples=-1)


def test_batch_sampler() -> None:
    assert list(BatchSampler(SequentialSampler(range(3)), 2, drop_last=True)) == [[0, 1]]
    for size in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="positive integer"):
            BatchSampler(range(3), size, drop_last=False)
    with pytest.raises(ValueError, match="boolean"):
        BatchSampler(range(3), 2, drop_last=1)
    with pytest.raises(TypeError, match="has no length"):
        len(BatchSampler(iter(range(3)), 2, drop_last=False))


def test_loader_with_samplers() -> None:
    assert [b.tolist() for (b,) in DataLoader(numbers(4), 2, sampler=[3, 1])] == [[3, 1]]
    given_batches = DataLoader(numbers(4), batch_sampler=[[0], [1, 2, 3]])
    assert [batch.tolist() for (batch,) in given_batches] == [[0], [1, 2, 3]]
    assert len(given_batches) == 2
    single = DataLoader(numbers(3), batch_size=None)
    assert [sample.item() for (sample,) in single] == [0, 1, 2]
    assert len(single) == 3
    assert list(DataLoader([1, 2, 3], 2, collate_fn=sum)) == [3, 3]


@pytest.mark.parametrize(
    "options",
    [
        {"sampler": [0], "shuffle": True},
        {"batch_sampler": [[0]], "batch_size": 2},
        {"batch_sampler": [[0]], "shuffle": True},
        {"batch_sampler": [[0]], "drop_last": True},
        {"batch_sampler": [[0]], "sampler": [0]},
        {"batch_size": None, "drop_last": True},
        {"batch_size": 0},
    ],
)
def test_options_that_contradict_each_other(options) -> None:
    with pytest.raises(ValueError):
        DataLoader(numbers(3), **options)


def test_tensor_dataset() -> None:
    dataset = TensorDataset(nn.zeros((3, 2)), nn.arange(3))
    x, y = dataset[-1]
    assert (x.shape, y.item(), len(dataset)) == ((2,), 2, 3)
    with pytest.raises(IndexError):
        dataset[3]
    with pytest.raises(ValueError, match=r"first sizes differ between tensors: \(3, 2\), \(4,\)"):
        TensorDataset(nn.zeros((3, 2)), nn.arange(4))
    with pytest.raises(ValueError, match="at least one"):
        TensorDataset()
    with pytest.raises(ValueError, match="0-d"):
        TensorDataset(nn.tensor(1.0))


def test_the_base_classes_say_what_is_missing() -> None:
    with pytest.raises(NotImplementedError, match="Dataset has no __getitem__"):
        Dataset()[0]
    with pytest.raises(NotImplementedError, match="Dataset has no __len__"):
        len(Dataset())


@given(parts=st.lists(st.integers(0, 10), min_size=1, max_size=4), seed=st.integers(0, 2**32))
def test_random_split_parts_the_whole(parts, seed) -> None:
    dataset = numbers(sum(parts))
    split = random_split(dataset, parts, nn.Generator(seed))
    assert [len(part) for part in split] == parts
    indices = [part[i][0].item() for part in split for i in range(len(part))]
    assert sorted(indices) == list(range(len(dataset)))
    again = random_split(dataset, parts, nn.Generator(seed))
    assert [part.indices for part in again] == [part.indices for part in split]


def test_random_split_by_fractions() -> None:
    assert [len(part) for part in random_split(numbers(10), [0.5, 0.25, 0.25])] == [6, 2, 2]
    with pytest.raises(ValueError, match=r"add up to 0\.75"):
        random_split(numbers(10), [0.5, 0.25])
    with pytest.raises(ValueError, match="add up to 9, but the dataset has 10"):
        random_split(numbers(10), [5, 4])
    with pytest.raises(ValueError, match="negative"):
        random_split(numbers(10), [11, -1])


def test_subset_of_a_subset() -> None:
    subset = Subset(Subset(numbers(10), [5, 6, 7]), [2, 0])
    assert [subset[i][0].item() for i in range(len(subset))] == [7, 5]


def test_collate_by_type() -> None:
    Point = namedtuple("Point", "x y")
    assert default_collate([1, 2]).dtype == nn.int64
    assert default_collate([1.0, 2.0]).dtype == nn.float64
    assert default_collate([True, False]).dtype == nn.bool
    assert default_collate(["a", "b"]) == ["a", "b"]
    assert default_collate([np.float32(1), np.float32(2)]).dtype == nn.float32
    assert default_collate([np.ones((2, 3))] * 4).shape == (4, 2, 3)
    assert default_collate([{"a": 1}, {"a": 2}])["a"].tolist() == [1, 2]
    point = default_collate([Point(1, 2.0), Point(3, 4.0)])
    assert (point.x.tolist(), point.y.tolist()) == ([1, 3], [2.0, 4.0])
    nested = default_collate([(1, [2, 3]), (4, [5, 6])])
    assert nested[1][0].tolist() == [2, 5]


def test_collate_refuses() -> None:
    with pytest.raises(RuntimeError, match=r"equal size, but got lengths \[1, 2\]"):
        default_collate([[1], [1, 2]])
    with pytest.raises(TypeError, match="found <class 'object'>"):
        default_collate([object()])
    with pytest.raises(ValueError, match="empty batch"):
        default_collate([])
    with pytest.raises((ValueError, RuntimeError)):
        default_collate([nn.zeros((2,)), nn.zeros((3,))])


@pytest.mark.parametrize(
    ("batch", "dtype"),
    [
        ([1, 2], nn.int64),
        ([1, 2.5], nn.float32),  # tensor's own choice, as torch's
        ([1.5, 2], nn.float64),
        ([True, False], nn.bool),
        ([True, 2], nn.int64),
    ],
)
def test_numbers_of_different_kinds_keep_their_values(batch, dtype) -> None:
    joined = default_collate(batch)
    assert joined.dtype == dtype
    assert joined.tolist() == batch


def test_positional_arguments_stand_in_torchs_order() -> None:
    loader = DataLoader(numbers(3), 2, None, None, None, 0, len, False, True, 0, None, None)
    assert list(loader) == [2]
