"""What x[key] reads and writes: PyTorch's layout of results, masks, and single positions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ndarray_core as nd
import tiny_autograd as ta

# A key for a tensor of shape (3, 2, 2), and the shape that PyTorch gives what it picks.
KEYS: list[tuple[Any, tuple[int, ...]]] = [
    ((0, slice(None), [0, 1]), (2, 2)),
    ((0, slice(None), [0, 1, 1]), (2, 3)),
    ((np.int64(2), slice(None), np.array([1, 0, 0])), (2, 3)),
    ((ta.tensor(1), slice(None), ta.tensor([1, 0, 0])), (2, 3)),
    (([0, 2, 1], None, slice(None), 1), (3, 1, 2)),
    ((None, [0, 2], slice(None), 0), (1, 2, 2)),
    (([0, 1, 2], slice(None), [1, 1, 0]), (3, 2)),
    ((slice(None), [0, 1], [1, 1]), (3, 2)),
    (([0, 1], None, [0, 1]), (2, 1, 2)),
    ((..., [0, 1, 0]), (3, 2, 3)),
    (([[0, 1, 2]], ..., 0), (1, 3, 2)),
    (ta.tensor([True, False, True]), (2, 2, 2)),
    ((slice(None), ta.tensor([[True, False], [True, True]])), (3, 3)),
    ((0, ta.tensor([True, False])), (1, 2)),
    (True, (1, 3, 2, 2)),
    (False, (0, 3, 2, 2)),
    (ta.tensor(True), (1, 3, 2, 2)),
    ((True, [0, 1]), (2, 2, 2)),
    ([], (0, 2, 2)),
    ((slice(None), []), (3, 0, 2)),
    ((0, 1, 1), ()),
    (np.int64(-1), (2, 2)),
]


@pytest.mark.parametrize(("key", "shape"), KEYS, ids=lambda x: str(x))
def test_what_is_written_is_read(key: Any, shape: tuple[int, ...], device: nd.Device) -> None:
    positions = ta.arange(12, device=device).reshape(3, 2, 2)
    assert positions[key].shape == shape
    x = ta.zeros(3, 2, 2, device=device)
    # Equal positions get equal numbers, so that the order of writing does not matter.
    value = (positions[key] + 1).float()
    x[key] = value
    assert x[key].tolist() == value.tolist()
    touched = set(positions[key].flatten().tolist())
    expected = [float(i + 1) if i in touched else 0.0 for i in range(12)]
    assert x.flatten().tolist() == expected


def test_a_number_is_written_everywhere() -> None:
    x = ta.zeros(3, 2, 2)
    x[0, :, [0, 1]] = 7
    x[x == 0] = -1
    assert x[0].tolist() == [[7.0, 7.0], [7.0, 7.0]]
    assert x[1:].flatten().tolist() == [-1.0] * 8


@pytest.mark.parametrize(
    ("shape", "mask"), [((5,), (3,)), ((5,), (6,)), ((2, 3), (2, 2)), ((2,), (2, 1))]
)
def test_masks_of_another_size_are_refused(shape: tuple[int, ...], mask: tuple[int, ...]) -> None:
    x = ta.zeros(shape)
    key = ta.zeros(mask, dtype=ta.bool)
    with pytest.raises(IndexError, match=r"of shape|too many"):
        x[key]
    with pytest.raises(IndexError, match=r"of shape|too many"):
        x[key] = 1


def test_in_place_operators_write_into_the_same_memory(device: nd.Device) -> None:
    x = ta.tensor([7, 8, 9], device=device)
    alias = x.view(3)
    x //= 2
    assert alias.tolist() == [3, 4, 4]
    x |= 8
    assert alias.tolist() == [11, 12, 12]
    x &= 13
    assert alias.tolist() == [9, 12, 12]
    x ^= 1
    assert alias.tolist() == [8, 13, 13]
    x %= ta.tensor([3, 5, 13], device=device)
    assert alias.tolist() == [2, 3, 0]
    leaf = ta.ones(2, requires_grad=True)
    for write in ("remainder_", "floor_divide_"):
        with pytest.raises(RuntimeError, match=write):
            getattr(leaf, write)(1)
