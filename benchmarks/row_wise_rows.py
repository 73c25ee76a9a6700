"""Softmax, losses, norms, activations and attention, forward alone, and forward and backward; and
the steps of optimizers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from row import Row, both, pair

import tiny_autograd as ta
import tiny_nn as nn

# name: query, key and value heads, length, width.
ATTENTION = {
    "attention 8 x 8 heads, 256 x 64": (8, 8, 256, 64),
    "attention 1 x 8 heads, 1024 x 64": (1, 8, 1024, 64),
}


def _attention_rows() -> list[Row]:
    rows = []
    for name, shape in ATTENTION.items():
        for causal in (False, True):
            rows += both(
                f"{name}, causal" if causal else name,
                1,
                lambda q, k, v, c=causal: ta.functional.scaled_dot_product_attention(
                    q, k, v, is_causal=c
                ),
                lambda q, k, v, c=causal: F.scaled_dot_product_attention(q, k, v, is_causal=c),
                [pair(*shape)] * 3,
            )
    return rows


def _cross_entropy_rows(rows: int, classes: int) -> list[Row]:
    target = np.random.default_rng(0).integers(0, classes, rows)
    ours, theirs = ta.tensor(target, device="cpu"), torch.from_numpy(target)
    return both(
        f"cross entropy {rows} x {classes}",
        2,
        lambda x: ta.functional.cross_entropy(x, ours),
        lambda x: F.cross_entropy(x, theirs),
        [pair(rows, classes)],
    )


def _optimizer_row(kind: str, size: int, **options: Any) -> Row:
    def build(lib: Any, parameter: Any) -> Any:
        parameter.grad = parameter.detach() * 0.01
        return getattr(lib.optim, kind)([parameter], lr=1e-3, **options)

    ours, theirs = pair(size)
    our_optimizer, their_optimizer = build(nn, ours), build(torch, theirs)
    name = ", ".join([f"{kind} step, {size // 1_000_000}M", *options])
    return Row(name, 2, our_optimizer.step, {"torch": their_optimizer.step})


def row_wise_rows() -> list[Row]:
    rows, wide, images = pair(4096, 1024), pair(1024), pair(32, 64, 56, 56)
    channels = pair(64)
    f = ta.functional
    return [
        *both(
            "softmax 4096 x 1024", 2, lambda x: f.softmax(x, -1), lambda x: F.softmax(x, -1), [rows]
        ),
        *both(
            "log softmax 4096 x 1024",
            2,
            lambda x: f.log_softmax(x, -1),
            lambda x: F.log_softmax(x, -1),
            [rows],
        ),
        *both(
            "layer norm 4096 x 1024",
            2,
            lambda x, w, b: f.layer_norm(x, 1024, w, b),
            lambda x, w, b: F.layer_norm(x, (1024,), w, b),
            [rows, wide, wide],
        ),
        *both(
            "rms norm 4096 x 1024",
            2,
            lambda x, w: f.rms_norm(x, 1024, w),
            lambda x, w: F.rms_norm(x, (1024,), w),
            [rows, wide],
        ),
        *both(
            "batch norm 64 @56, 32 images",
            2,
            lambda x, w, b: f.batch_norm(x, None, None, w, b, training=True),
            lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
            [images, channels, channels],
        ),
        *both(
            "group norm 8 of 64 @56, 32 images",
            2,
            lambda x, w, b: f.group_norm(x, 8, w, b),
            lambda x, w, b: F.group_norm(x, 8, w, b),
            [images, channels, channels],
        ),
        *both("gelu 4096 x 1024", 2, f.gelu, F.gelu, [rows]),
        *both(
            "gelu by tanh 4096 x 1024",
            2,
            lambda x: f.gelu(x, approximate="tanh"),
            lambda x: F.gelu(x, approximate="tanh"),
            [rows],
        ),
        *both("silu 4096 x 1024", 2, f.silu, F.silu, [rows]),
        *_cross_entropy_rows(2048, 8192),
        *_attention_rows(),
        _optimizer_row("SGD", 10_000_000, momentum=0.9),
        _optimizer_row("Adam", 10_000_000),
        _optimizer_row("AdamW", 10_000_000),
    ]
