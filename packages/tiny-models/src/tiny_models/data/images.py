"""What the sets of images have in common."""

from __future__ import annotations

from typing import NamedTuple

import tiny_nn as nn


class Images(NamedTuple):
    """Images (N, 1, H, W) as they are stored, and their classes (N,), int64."""

    images: nn.Tensor
    labels: nn.Tensor
