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
