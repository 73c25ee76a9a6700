"""A digest of what the `cpu` device computes: run as a script, it prints one line per result.

Other processes run it with other instruction sets and numbers of threads. Integers, comparisons and
whatever has one right answer must agree to the bit; what rounds may differ by rounding.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from tests.strategies import COMPLEX, FLOATING, HALVES, LAYOUTS, REAL, ArrayCase

import ndarray_core as nd
from ndarray_core import fused

# Long enough for every vector length, its remainder, and more than one task for the threads.
SHAPES = ((1,), (67,), (33, 129), (300_001,))

UNARY = ("exp", "log", "sin", "tanh", "erf", "sqrt", "sigmoid", "negative", "floor", "sign")
BINARY = ("add", "multiply", "divide", "maximum", "pow", "remainder", "less", "atan2")
REDUCTIONS = ("sum", "prod", "max", "any", "mean", "argmin")


def results() -> Iterator[tuple[str, nd.NDArray]]:
    """Everything that is compared, by name."""
    for shape in SHAPES:
        for dtype in REAL if shape != SHAPES[-1] else FLOATING:
            for layout in LAYOUTS[:1] if shape == SHAPES[-1] else LAYOUTS:
                yield from of_arrays(shape, dtype, layout)
        for dtype in (*HALVES, *COMPLEX):
            yield from of_composed_types(shape, dtype)
    for m, k, n in ((1, 1, 1), (5, 3, 7), (64, 300, 65), (257, 129, 131)):
        for dtype in ("float32", "float64", "int32", "bfloat16", "complex64"):
            x = ArrayCase((m, k), dtype, seed=1).on("cpu").array
            y = ArrayCase((k, n), dtype, "transposed", seed=2).on("cpu").array
            yield f"matmul {m} {k} {n} {dtype}", storable(x @ y)
    for dtype in FLOATING:
        yield from of_statistics(dtype)
        yield from of_fused(dtype)
        yield f"uniform {dtype}", nd.random.Generator(1).random(100_003, dtype, "cpu")
        yield f"normal {dtype}", nd.random.Generator(1).normal(0, 1, 100_003, dtype, "cpu")


def of_arrays(shape: tuple[int, ...], dtype: str, layout: str) -> Iterator[tuple[str, nd.NDArray]]:
    x = ArrayCase(shape, dtype, layout, seed=3, low=0.25).on("cpu").array
    y = ArrayCase(shape, dtype, layout, seed=4, low=1).on("cpu").array
    where = f"{shape} {dtype} {layout}"
    for name in UNARY:
        if dtype != "bool" or name not in ("negative", "floor", "sign"):
            yield f"{name} {where}", getattr(nd, name)(x)
    for name in BINARY:
        if dtype != "bool" or name not in ("pow", "remainder"):
            yield f"{name} {where}", getattr(nd, name)(x, y)
    for name in REDUCTIONS:
        yield f"{name} {where}", getattr(nd, name)(x, axis=0)
        yield f"{name} {where} all", getattr(nd, name)(x)
    yield f"astype {where}", x.astype("int16")
    yield f"copy {where}", x.copy()
    yield f"where {where}", nd.where(x > y, x, y)
    yield f"take {where}", nd.take(x, nd.arange(x.shape[0], device="cpu"), axis=0)


def of_statistics(dtype: str) -> Iterator[tuple[str, nd.NDArray]]:
    """What adds up many numbers, which several threads may share."""
    for shape in ((300_001,), (1, 70_001), (70_001, 3), (300, 7, 130)):
        x = ArrayCase(shape, dtype, seed=5).on("cpu").array
        for axis in (None, *range(x.ndim)):
            for name in ("sum", "mean", "var", "std"):
                yield f"{name} {shape} {axis} {dtype}", getattr(nd, name)(x, axis=axis)
            yield f"norm {shape} {axis} {dtype}", nd.linalg.vector_norm(x, axis=axis)
        yield f"cumulative_sum {shape} {dtype}", nd.cumulative_sum(x, axis=0)
    for m, k, n in ((1, 300, 4_000), (3, 70_001, 2), (40, 20_000, 50), (300, 290, 280)):
        x = ArrayCase((m, k), dtype, seed=6, low=0.25).on("cpu").array
        y = ArrayCase((k, n), dtype, seed=7, low=0.25).on("cpu").array
        yield f"matmul {m} {k} {n} {dtype}", x @ y


def of_fused(dtype: str) -> Iterator[tuple[str, nd.NDArray]]:
    """Each family of kernels that do several steps, there and back."""

    def normal(*shape: int, seed: int = 0) -> nd.NDArray:
        return nd.random.Generator(seed).normal(0, 1, shape, dtype, "cpu")

    found: dict[str, nd.NDArray | tuple[nd.NDArray | None, ...]] = {}
    x, like_x, weight = normal(40, 133), normal(40, 133, seed=1), normal(133, seed=2)
    target = nd.arange(40, device="cpu")
    found["softmax"] = fused.softmax(x)
    found["log_softmax"] = fused.log_softmax(x)
    found["softmax_gradient"] = fused.softmax_gradient(like_x, fused.softmax(x))
    found["gelu"], found["silu"] = fused.gelu(x), fused.silu(x)
    found["gelu_gradient"] = fused.gelu_gradient(like_x, x, approximate="tanh")
    found["layer_norm"] = fused.layer_norm(x, weight)
    found["layer_norm_gradient"] = fused.layer_norm_gradient(like_x, x, weight)
    found["rms_norm_gradient"] = fused.rms_norm_gradient(like_x, x, weight)
    losses, logsumexp = fused.cross_entropy(x, target)
    found["cross_entropy"] = losses
    found["cross_entropy_gradient"] = fused.cross_entropy_gradient(losses, x, target, logsumexp)

    images, kernel = normal(2, 12, 19, 17), normal(16, 12, 3, 3, seed=1)
    normed, mean, variance = fused.batch_norm(images)
    found["batch_norm"] = normed, mean, variance
    found["batch_norm_gradient"] = fused.batch_norm_gradient(normed, images, None, mean, variance)
    for name, weights, groups in (
        ("convolution", kernel, 1),
        ("pointwise", kernel[:, :, :1, :1], 1),
        ("depthwise", kernel[:12, :1], 12),
    ):
        where = {
            "stride": (1, 1),
            "padding": ((1, 1), (1, 1)),
            "dilation": (1, 1),
            "groups": groups,
        }
        out = fused.convolution(images, weights, **where)
        found[name] = out
        found[f"{name} of images"] = fused.transposed_convolution(
            out, weights, size=images.shape[2:], **where
        )
        found[f"{name} of weight"] = fused.convolution_weight_gradient(
            out, images, size=weights.shape[2:], **where
        )
    windows = {"size": (3, 3), "stride": (2, 1), "padding": (1, 1), "places": (10, 17)}
    pooled, positions = fused.max_pool(images, dilation=(1, 1), **windows)
    found["max_pool"] = pooled
    found["max_pool_gradient"] = fused.max_pool_gradient(pooled, images, positions, size=(3, 3))
    found["avg_pool"] = fused.avg_pool(images, **windows)
    found["avg_pool_gradient"] = fused.avg_pool_gradient(pooled, images, **windows)

    query, key = normal(1, 4, 50, 16), normal(1, 2, 70, 16, seed=1)
    out, logsumexp = fused.attention(query, key, key, scale=0.25)
    found["attention"] = out
    found["attention_gradient"] = fused.attention_gradient(
        query, query, key, key, None, out, logsumexp, scale=0.25
    )
    steps, hidden = normal(5, 3, 4 * 37), normal(3, 37, seed=1)
    states, gates = fused.lstm(steps, hidden, hidden, 0.1 * normal(4 * 37, 37, seed=2))
    found["lstm"] = states, gates
    parameter = normal(1_003)
    fused.adam_step(
        [parameter],
        [normal(1_003, seed=1)],
        [normal(1_003, seed=2)],
        [nd.ones_like(parameter)],
        step=3,
        lr=0.1,
    )
    found["adam_step"] = parameter
    for name, result in found.items():
        for i, part in enumerate(result if isinstance(result, tuple) else (result,)):
            if part is not None:
                yield f"fused {name} {i} {dtype}", part


def storable(x: nd.NDArray) -> nd.NDArray:
    """A NumPy file has no bfloat16."""
    return x.astype("float32") if x.dtype.name in HALVES else x


def of_composed_types(shape: tuple[int, ...], dtype: str) -> Iterator[tuple[str, nd.NDArray]]:
    """Conversions, products and sums of the types that are made of others."""
    x = ArrayCase(shape, dtype, seed=3, low=0.25).on("cpu").array
    where = f"{shape} {dtype}"
    yield f"astype {where}", x.astype("float32" if dtype in HALVES else "complex128")
    yield f"multiply {where}", storable(x * x)
    yield f"sum {where}", storable(x.sum(axis=-1))
    yield f"scan {where}", storable(nd.cumulative_sum(x, axis=-1))
    yield f"exp {where}", storable(nd.exp(x))


if __name__ == "__main__":
    np.savez(sys.argv[1], **{name: result.numpy() for name, result in results()})
