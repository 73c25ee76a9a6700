"""Convolutions and pools, forward alone, and forward and backward."""

from __future__ import annotations

import torch.nn.functional as F
from row import Row, both, pair

import tiny_autograd as ta

# name: images, their channels and size; channels out, window, stride, padding, groups.
CONVOLUTIONS = {
    "conv 3x3 64-64 @56, 8 images": (8, 64, 56, 64, 3, 1, 1, 1),
    "conv 3x3 64-64 @32, 32 images": (32, 64, 32, 64, 3, 1, 1, 1),
    "conv 3x3 128-128 @16, 32 images": (32, 128, 16, 128, 3, 1, 1, 1),
    "conv 3x3 256-256 @14, 32 images": (32, 256, 14, 256, 3, 1, 1, 1),
    "conv 3x3 512-512 @4, 32 images": (32, 512, 4, 512, 3, 1, 1, 1),
    "conv 3x3 32-64 @28, 128 images": (128, 32, 28, 64, 3, 1, 1, 1),
    "conv 3x3 stride 2 64-128 @32, 32 images": (32, 64, 32, 128, 3, 2, 1, 1),
    "conv 1x1 256-64 @56, 8 images": (8, 256, 56, 64, 1, 1, 0, 1),
    "conv 1x1 stride 2 64-128 @32, 32 images": (32, 64, 32, 128, 1, 2, 0, 1),
    "conv 7x7 stride 2 3-64 @224, 8 images": (8, 3, 224, 64, 7, 2, 3, 1),
    "conv 3x3 depthwise 64 @56, 32 images": (32, 64, 56, 64, 3, 1, 1, 64),
}
# name: the kind, window, stride, padding.
POOLS = {
    "max pool 2x2 64 @56, 32 images": ("max_pool2d", 2, 2, 0),
    "max pool 3x3 stride 2 64 @56, 32 images": ("max_pool2d", 3, 2, 1),
    "avg pool 2x2 64 @56, 32 images": ("avg_pool2d", 2, 2, 0),
}


def image_rows() -> list[Row]:
    rows = []
    for name, (n, c, size, out, window, stride, padding, groups) in CONVOLUTIONS.items():
        inputs = pair(n, c, size, size), pair(out, c // groups, window, window)
        options = {"stride": stride, "padding": padding, "groups": groups}
        rows += both(
            name,
            1,
            lambda x, w, options=options: ta.functional.conv2d(x, w, **options),
            lambda x, w, options=options: F.conv2d(x, w, **options),
            inputs,
        )
    for name, (kind, *options) in POOLS.items():
        rows += both(
            name,
            1,
            lambda x, kind=kind, options=options: getattr(ta.functional, kind)(x, *options),
            lambda x, kind=kind, options=options: getattr(F, kind)(x, *options),
            [pair(32, 64, 56, 56)],
        )
    return rows
