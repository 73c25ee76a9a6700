"""Fashion-MNIST: 70,000 grey pictures of clothes, 28 x 28 pixels (Xiao, Rasul & Vollgraf 2017).

The four files are not part of this package, and nothing is downloaded. Debian has them as
``dataset-fashion-mnist``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import tiny_nn as nn
from tiny_models.data.images import Images

SIZE = 28  # height and width
CLASSES = nn.data.FashionMNIST.classes
MEAN, STD = 0.2860, 0.3530  # of the training images' pixels, 0 to 1
DEBIANS_FOLDER = Path("/usr/share/datasets/fashion-mnist")


def load(root: str | os.PathLike[str], device: Any = None) -> tuple[Images, Images]:
    """The 60,000 training and the 10,000 test images in the folder ``root``, as uint8.

    Raises OSError, or FileFormatError naming the file.
    """
    return _part(root, True, device), _part(root, False, device)


def _part(root: str | os.PathLike[str], train: bool, device: Any) -> Images:
    data = nn.data.FashionMNIST(root, train, device=device)
    return Images(data.data.unsqueeze(1), data.targets)
