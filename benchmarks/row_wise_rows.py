"""Softmax, losses, norms, activations and attention, forward alone, and forward and backward; and
the steps of optimizers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from row import Contest, Row, differentiated, leaves

import tiny_autograd as ta
import tiny_nn as nn

f = ta.functional
MILLION = 1_000_000


def _each(operation: Any) -> int:
    """What one element costs, as the operation states it."""
    return operation.cost((1,)).flops


def _of_rows(name: str, ours: Any, theirs: Any, flops: int, **options: Any) -> list[Row]:
    """A function of rows, and of `parameters` vectors of their length."""
    parameters = options.pop("parameters", 0)

    def make(rows: int, columns: int) -> tuple[Any, Any, list[Any], float]:
        vectors = [leaves(columns, seed=1 + i) for i in range(parameters)]
        return ours, theirs, [leaves(rows, columns), *vectors], float(flops * rows * columns)

    return differentiated(
        "rows", f"{name} 4096 x 1024", make, (4096, 1024), (5, 12), products=False, **options
    )


def _of_images(name: str, ours: Any, theirs: Any, goal: float) -> list[Row]:
    def make(n: int, c: int, size: int) -> tuple[Any, Any, list[Any], float]:
        operands = [leaves(n, c, size, size), leaves(c, seed=1), leaves(c, seed=2)]
        return ours, theirs, operands, float(7 * n * c * size**2)

    return differentiated(
        "images", name, make, (32, 64, 56), (3, 8, 5), goal, products=False, tolerance=1e-3
    )


def _dropout(rows: int, columns: int) -> Contest:
    """Everybody draws numbers of their own, so that only shapes can be compared."""
    (ours, theirs), (gradient, their_gradient) = leaves(rows, columns), leaves(rows, columns)

    def step(function: Any, x: Any, of_result: Any) -> Any:
        function(x, 0.1).backward(of_result)
        shape, x.grad = x.grad.shape, None
        return tuple(shape)

    return Contest(
        {
            "ours": lambda: step(f.dropout, ours, gradient.detach()),
            "torch": lambda: step(F.dropout, theirs, their_gradient.detach()),
        },
        read=2.0 * theirs.nbytes,
        written=2.0 * theirs.nbytes,
    )


def _rotary(batch: int, heads: int, length: int, width: int) -> tuple[Any, Any, list[Any], float]:
    angles = np.outer(np.arange(length), 1e4 ** -(np.arange(0, width, 2) / width))
    cos, sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    ours = ta.tensor(cos, device="cpu"), ta.tensor(sin, device="cpu")
    theirs = [torch.from_numpy(np.concatenate([each, each], -1)) for each in (cos, sin)]

    def turn(x: torch.Tensor) -> torch.Tensor:  # as Hugging Face's models do
        first, second = x.chunk(2, -1)
        return x * theirs[0] + torch.cat((-second, first), -1) * theirs[1]

    operands = [leaves(batch, heads, length, width)]
    flops = 3.0 * batch * heads * length * width
    return lambda x: f.rotary_embedding(x, *ours), turn, operands, flops


def _cross_entropy(rows: int, classes: int) -> tuple[Any, Any, list[Any], float]:
    target = np.random.default_rng(0).integers(0, classes, rows)
    ours, theirs = ta.tensor(target, device="cpu"), torch.from_numpy(target)
    return (
        lambda x: f.cross_entropy(x, ours),
        lambda x: F.cross_entropy(x, theirs),
        [leaves(rows, classes)],
        float(20 * rows * classes),
    )


def _attention(causal: bool) -> Callable[..., tuple[Any, Any, list[Any], float]]:
    def make(batch: int, heads: int, length: int, width: int) -> tuple[Any, Any, list[Any], float]:
        operands = [leaves(batch, heads, length, width, seed=i) for i in range(3)]
        # Two products, of which a causal mask leaves half; a softmax costs little beside them.
        flops = 4.0 * batch * heads * length * length * width / (2 if causal else 1)
        return (
            lambda q, k, v: f.scaled_dot_product_attention(q, k, v, is_causal=causal),
            lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=causal),
            operands,
            flops,
        )

    return make


def _optimizer(kind: str, vectors: int, **options: Any) -> Callable[[int], Contest]:
    """A step; `vectors` of the parameter's size are read, all but the gradient written again."""

    def build(size: int) -> Contest:
        def make(library: Any, parameter: Any) -> tuple[Any, Any]:
            parameter.grad = parameter.detach() * 0.01
            return parameter, getattr(library.optim, kind)([parameter], lr=1e-3, **options)

        def step(parameter: Any, optimizer: Any) -> Any:
            optimizer.step()
            return parameter

        ours, theirs = leaves(size)
        our_pair, their_pair = make(nn, ours), make(torch, theirs)
        return Contest(
            {"ours": lambda: step(*our_pair), "torch": lambda: step(*their_pair)},
            flops=10 * size,
            read=4 * vectors * size,
            written=4 * (vectors - 1) * size,
        )

    return build


# name: batch, heads, length, width.
ATTENTION = {
    "attention 8 x 8 heads, 256 x 64": (8, 8, 256, 64),
    "attention 1 x 8 heads, 1024 x 64": (1, 8, 1024, 64),
}

ROW_WISE_ROWS = [
    *_of_rows("softmax", lambda x: f.softmax(x, -1), lambda x: F.softmax(x, -1), 20),
    *_of_rows("log softmax", lambda x: f.log_softmax(x, -1), lambda x: F.log_softmax(x, -1), 20),
    *_of_rows(
        "layer norm",
        lambda x, w, b: f.layer_norm(x, x.shape[-1:], w, b),
        lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b),
        8,
        parameters=2,
    ),
    *_of_rows(
        "rms norm",
        lambda x, w: f.rms_norm(x, x.shape[-1:], w),
        lambda x, w: F.rms_norm(x, x.shape[-1:], w),
        5,
        parameters=1,
        goal=0.45,
    ),
    *_of_rows("gelu", f.gelu, F.gelu, _each(ta.erf) + 4, goal=0.45),
    *_of_rows(
        "gelu by tanh",
        lambda x: f.gelu(x, approximate="tanh"),
        lambda x: F.gelu(x, approximate="tanh"),
        _each(ta.tanh) + 8,
        goal=0.45,
    ),
    *_of_rows("silu", f.silu, F.silu, _each(ta.sigmoid) + 1, goal=0.45),
    Row("rows", "dropout 4096 x 1024, and back", _dropout, (4096, 1024), (5, 12), 0.45),
    *differentiated(
        "rows",
        "rotary positions 8 x 8 heads, 256 x 64",
        _rotary,
        (8, 8, 256, 64),
        (2, 3, 7, 8),
        0.45,
        products=False,
    ),
    *differentiated(
        "rows",
        "cross entropy 2048 x 8192",
        _cross_entropy,
        (2048, 8192),
        (5, 12),
        0.25,
        products=False,
    ),
    *_of_images(
        "batch norm 64 @56, 32 images",
        lambda x, w, b: f.batch_norm(x, None, None, w, b, training=True),
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        0.45,
    ),
    *_of_images(
        "group norm 8 of 64 @56, 32 images",
        lambda x, w, b: f.group_norm(x, 8, w, b),
        lambda x, w, b: F.group_norm(x, 8, w, b),
        0.45,
    ),
    *(
        row
        for name, size in ATTENTION.items()
        for causal in (False, True)
        for row in differentiated(
            "attention",
            f"{name}, causal" if causal else name,
            _attention(causal),
            size,
            (2, 3, 17, 8),
            0.5,
        )
    ),
    Row(
        "optimizers",
        "SGD step, 10M, momentum",
        _optimizer("SGD", 3, momentum=0.9),
        (10 * MILLION,),
        (103,),
    ),
    Row("optimizers", "Adam step, 10M", _optimizer("Adam", 4), (10 * MILLION,), (103,), 0.4),
    Row("optimizers", "AdamW step, 10M", _optimizer("AdamW", 4), (10 * MILLION,), (103,), 0.4),
]
