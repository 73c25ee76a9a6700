"""Convolutions and pools, forward alone, and forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from row import Row

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


def _pair(*shape: int) -> tuple[ta.Tensor, torch.Tensor]:
    """The same numbers for both, as leaves."""
    host = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    return ta.tensor(host, device="cpu", requires_grad=True), torch.tensor(host, requires_grad=True)


def _both(name: str, calls: int, ours: Any, theirs: Any, inputs: Any) -> list[Row]:
    """A row for the forward pass and one for both: `ours` and `theirs` take one of `inputs`."""
    our_inputs, their_inputs = zip(*inputs, strict=True)

    def forward(lib: Any, function: Any, operands: Any) -> Any:
        with lib.no_grad():
            return function(*operands)

    def step(function: Any, operands: Any, gradient: Any) -> None:
        function(*operands).backward(gradient)
        for x in operands:
            x.grad = None

    shape = tuple(forward(torch, theirs, their_inputs).shape)
    gradient, their_gradient = (x.detach() for x in _pair(*shape))
    return [
        Row(
            name,
            calls,
            lambda: forward(ta, ours, our_inputs),
            {"torch": lambda: forward(torch, theirs, their_inputs)},
        ),
        Row(
            f"{name}, and back",
            calls,
            lambda: step(ours, our_inputs, gradient),
            {"torch": lambda: step(theirs, their_inputs, their_gradient)},
        ),
    ]


def image_rows() -> list[Row]:
    rows = []
    for name, (n, c, size, out, window, stride, padding, groups) in CONVOLUTIONS.items():
        inputs = _pair(n, c, size, size), _pair(out, c // groups, window, window)
        options = {"stride": stride, "padding": padding, "groups": groups}
        rows += _both(
            name,
            1,
            lambda x, w, options=options: ta.functional.conv2d(x, w, **options),
            lambda x, w, options=options: F.conv2d(x, w, **options),
            inputs,
        )
    for name, (kind, *options) in POOLS.items():
        rows += _both(
            name,
            1,
            lambda x, kind=kind, options=options: getattr(ta.functional, kind)(x, *options),
            lambda x, kind=kind, options=options: getattr(F, kind)(x, *options),
            [_pair(32, 64, 56, 56)],
        )
    return rows
