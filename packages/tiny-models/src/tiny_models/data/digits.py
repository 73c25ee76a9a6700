"""The embedded handwritten digits: 8 x 8 images, ten classes (source and licence: README.md here).

>>> from tiny_models.data import digits
>>> train, test = digits.load()
>>> train.images.shape, test.images.shape
((1437, 1, 8, 8), (360, 1, 8, 8))
"""

from __future__ import annotations

import gzip
from importlib import resources
from typing import Any, NamedTuple

import numpy as np

import tiny_nn as nn

SIZE = 8  # height and width
CLASSES = 10
INK = 16.0  # the largest pixel value: paper is 0
TEST_EVERY = 5  # images 0, 5, 10, ... are for testing


class Digits(NamedTuple):
    """Images (N, 1, 8, 8), float32 from 0 (paper) to 1 (ink), and classes (N,), int64."""

    images: nn.Tensor
    labels: nn.Tensor


def load(device: Any = None) -> tuple[Digits, Digits]:
    """The training and the test images: 1,437 and 360, by a fixed rule, in a fixed order."""
    packed = resources.files(__package__).joinpath("digits.csv.gz").read_bytes()
    table = np.loadtxt(
        gzip.decompress(packed).decode("ascii").splitlines(), delimiter=",", dtype=np.int64
    )  # (1797, 65): 64 pixels and the class
    is_test = np.arange(len(table)) % TEST_EVERY == 0
    return _digits(table[~is_test], device), _digits(table[is_test], device)


def _digits(table: np.ndarray[Any, Any], device: Any) -> Digits:
    pixels = (table[:, :-1] / INK).astype(np.float32).reshape(-1, 1, SIZE, SIZE)
    return Digits(
        nn.tensor(pixels, device=device),
        nn.tensor(np.ascontiguousarray(table[:, -1]), device=device),
    )


def shift(images: nn.Tensor, generator: nn.Generator, reach: int = 1) -> nn.Tensor:
    """Move each image at random by up to ``reach`` pixels in each direction; paper comes in.

    images: (N, 1, 8, 8) -> (N, 1, 8, 8). The moves come from ``generator`` alone.
    """
    side = SIZE + 2 * reach
    padded = nn.functional.pad(images, (reach, reach, reach, reach))  # (N, 1, side, side)
    count = images.shape[0]
    # Where each image's window begins, and where its pixels stand, in a flattened padded image.
    move_down = nn.randint(0, 2 * reach + 1, (count, 1), generator=generator, device=images.device)
    move_right = nn.randint(0, 2 * reach + 1, (count, 1), generator=generator, device=images.device)
    begin = move_down * side + move_right  # (N, 1)
    rows = nn.arange(SIZE, device=images.device).reshape((SIZE, 1))
    columns = nn.arange(SIZE, device=images.device).reshape((1, SIZE))
    window = (rows * side + columns).reshape((1, SIZE * SIZE))
    moved = nn.gather(padded.reshape((count, side * side)), 1, begin + window)
    return moved.reshape((count, 1, SIZE, SIZE))
