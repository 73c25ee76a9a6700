"""Convolutions and pools, forward alone, and forward and backward."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from row import Row, differentiated, leaves

import tiny_autograd as ta

# name: images, their channels and size; channels out, window, stride, padding, groups; the goal.
CONVOLUTIONS = {
    "conv 3x3 64-64 @56, 8 images": ((8, 64, 56, 64, 3, 1, 1, 1), 0.8),
    "conv 3x3 64-64 @32, 32 images": ((32, 64, 32, 64, 3, 1, 1, 1), 0.8),
    "conv 3x3 128-128 @16, 32 images": ((32, 128, 16, 128, 3, 1, 1, 1), 0.8),
    "conv 3x3 256-256 @14, 32 images": ((32, 256, 14, 256, 3, 1, 1, 1), 0.8),
    "conv 3x3 512-512 @4, 32 images": ((32, 512, 4, 512, 3, 1, 1, 1), 0.8),
    "conv 3x3 32-64 @28, 128 images": ((128, 32, 28, 64, 3, 1, 1, 1), 0.8),
    "conv 3x3 stride 2 64-128 @32, 32 images": ((32, 64, 32, 128, 3, 2, 1, 1), 0.8),
    "conv 1x1 256-64 @56, 8 images": ((8, 256, 56, 64, 1, 1, 0, 1), 0.6),
    "conv 1x1 stride 2 64-128 @32, 32 images": ((32, 64, 32, 128, 1, 2, 0, 1), 0.6),
    "conv 7x7 stride 2 3-64 @224, 8 images": ((8, 3, 224, 64, 7, 2, 3, 1), 0.6),
    "conv 3x3 depthwise 64 @56, 32 images": ((32, 64, 56, 64, 3, 1, 1, 64), 0.45),
}
# name: the kind, window, stride, padding.
POOLS = {
    "max pool 2x2 64 @56, 32 images": ("max_pool2d", 2, 2, 0),
    "max pool 3x3 stride 2 64 @56, 32 images": ("max_pool2d", 3, 2, 1),
    "avg pool 2x2 64 @56, 32 images": ("avg_pool2d", 2, 2, 0),
}


def _convolution(
    n: int, c: int, size: int, out: int, window: int, stride: int, padding: int, groups: int
) -> tuple[Any, Any, list[Any], float]:
    options = {"stride": stride, "padding": padding, "groups": groups}
    operands = [leaves(n, c, size, size), leaves(out, c // groups, window, window, seed=1)]
    places = ((size + 2 * padding - window) // stride + 1) ** 2
    return (
        lambda x, w: ta.functional.conv2d(x, w, **options),
        lambda x, w: F.conv2d(x, w, **options),
        operands,
        2.0 * n * out * places * (c // groups) * window**2,
    )


def _small(n: int, c: int, size: int, out: int, *window: int) -> tuple[int, ...]:
    """As many images and channels as a test needs; the window, stride and groups stay."""
    *rest, groups = window
    if groups > 1:
        return (2, 4, 9, 4, *rest, 4)
    return (2, min(c, 5), max(9, window[0] + 2), 6, *rest, 1)


def _line(n: int, c: int, length: int, window: int) -> tuple[Any, Any, list[Any], float]:
    operands = [leaves(n, c, length), leaves(c, c, window, seed=1)]
    return (
        lambda x, w: ta.functional.conv1d(x, w, padding=window // 2),
        lambda x, w: F.conv1d(x, w, padding=window // 2),
        operands,
        2.0 * n * c * length * c * window,
    )


def _volume(n: int, c: int, size: int, out: int) -> tuple[Any, Any, list[Any], float]:
    operands = [leaves(n, c, size, size, size), leaves(out, c, 3, 3, 3, seed=1)]
    return (
        lambda x, w: ta.functional.conv3d(x, w, padding=1),
        lambda x, w: F.conv3d(x, w, padding=1),
        operands,
        2.0 * n * out * size**3 * c * 27,
    )


def _transposed(n: int, c: int, size: int, out: int) -> tuple[Any, Any, list[Any], float]:
    operands = [leaves(n, c, size, size), leaves(c, out, 2, 2, seed=1)]
    return (
        lambda x, w: ta.functional.conv_transpose2d(x, w, stride=2),
        lambda x, w: F.conv_transpose2d(x, w, stride=2),
        operands,
        2.0 * n * c * size**2 * out * 4,
    )


def _pool(name: str) -> Any:
    kind, *options = POOLS[name]

    def make(n: int, c: int, size: int) -> tuple[Any, Any, list[Any], float]:
        return (
            lambda x: getattr(ta.functional, kind)(x, *options),
            lambda x: getattr(F, kind)(x, *options),
            [leaves(n, c, size, size)],
            float(n * c * size**2),
        )

    return make


IMAGE_ROWS: list[Row] = []
for _name, (_size, _goal) in CONVOLUTIONS.items():
    IMAGE_ROWS += differentiated(
        "convolutions", _name, _convolution, _size, _small(*_size), _goal, 1e-3
    )
IMAGE_ROWS += differentiated(
    "convolutions", "conv1d 5 of 128 @1024, 8 series", _line, (8, 128, 1024, 5), (2, 3, 17, 5)
)
IMAGE_ROWS += differentiated(
    "convolutions", "conv3d 3x3x3 32-32 @16, 4 volumes", _volume, (4, 32, 16, 32), (2, 3, 5, 4)
)
IMAGE_ROWS += differentiated(
    "convolutions",
    "transposed conv 2x2 stride 2 128-64 @28, 16 images",
    _transposed,
    (16, 128, 28, 64),
    (2, 3, 5, 4),
)
for _name in POOLS:
    IMAGE_ROWS += differentiated(
        "pools", _name, _pool(_name), (32, 64, 56), (2, 3, 10), 0.25, products=False
    )
