"""The embedded handwritten digits: 8 x 8 images, ten classes (source and licence: README.md here).

>>> from tiny_models.data import digits
>>> train, test = digits.load()
>>> train.images.shape, test.images.shape
((1437, 1, 8, 8), (360, 1, 8, 8))
"""

from __future__ import annotations

import gzip
from importlib import resources
from typing import Any

import numpy as np

import tiny_nn as nn
from tiny_models.data.images import Images

SIZE = 8  # height and width
CLASSES = 10
INK = 16.0  # the largest pixel value: paper is 0
TEST_EVERY = 5  # images 0, 5, 10, ... are for testing


def load(device: Any = None) -> tuple[Images, Images]:
    """The training and the test images: 1,437 and 360, by a fixed rule, in a fixed order.

    float32 from 0 (paper) to 1 (ink).
    """
    packed = resources.files(__package__).joinpath("digits.csv.gz").read_bytes()
    table = np.loadtxt(
        gzip.decompress(packed).decode("ascii").splitlines(), delimiter=",", dtype=np.int64
    )  # (1797, 65): 64 pixels and the class
    is_test = np.arange(len(table)) % TEST_EVERY == 0
    return _images(table[~is_test], device), _images(table[is_test], device)


def _images(table: np.ndarray[Any, Any], device: Any) -> Images:
    pixels = (table[:, :-1] / INK).astype(np.float32).reshape(-1, 1, SIZE, SIZE)
    return Images(
        nn.tensor(pixels, device=device),
        nn.tensor(np.ascontiguousarray(table[:, -1]), device=device),
    )
