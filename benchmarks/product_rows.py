"""Matrix products: square, transposed, batched, narrow, with a vector, and of halves."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from row import Contest, Row, arrays, contest

import ndarray_core as nd

GROUP = "matrix products"


def _product(
    m: int, k: int, n: int, batch: int = 0, dtype: str = "float32", transposed: bool = False
) -> Contest:
    lead = (batch,) if batch else ()
    itemsize = 8 if dtype == "float64" else 4
    size = max(batch, 1)

    def multiply(x: Any, y: Any) -> Any:
        return x @ (y.T if transposed else y)

    right = (n, k) if transposed else (k, n)
    return contest(
        multiply,
        multiply,
        multiply,
        arrays(*lead, m, k, dtype=dtype),
        arrays(*lead, *right, dtype=dtype, seed=1),
        flops=2.0 * size * m * k * n,
        read=itemsize * size * (m * k + k * n),
        written=itemsize * size * m * n,
        dtype=dtype,
    )


def _vector(m: int, k: int) -> Contest:
    def multiply(x: Any, y: Any) -> Any:
        return x @ y

    operands = arrays(m, k), arrays(k, seed=1)
    return contest(
        multiply, multiply, multiply, *operands, flops=2.0 * m * k, read=4 * m * k, written=4 * m
    )


def _quantized(n: int, k: int, bits: int) -> Contest:
    """A matrix of few bits times a vector; the peers' has the same numbers in float32."""
    (matrix, _, _), (x, host, tensor) = arrays(n, k), arrays(1, k, seed=1)
    numbers, scales = nd.quantization.quantize(matrix, bits=bits)
    weight = nd.quantization.dequantize(numbers, scales).numpy()
    theirs = torch.tensor(weight)
    return Contest(
        {
            "ours": lambda: nd.fused.quantized_matmul(x, numbers, scales),
            "numpy": lambda: host @ weight.T,
            "torch": lambda: tensor @ theirs.T,
        },
        flops=2.0 * n * k,
        read=n * k * bits // 8 + 4 * scales.size,
        written=4 * n,
        tolerance=1e-4,
    )


def _halves(n: int) -> Contest:
    (ours, _, theirs), (our_right, _, their_right) = arrays(n, n), arrays(n, n, seed=1)
    mine = ours.astype(nd.bfloat16), our_right.astype(nd.bfloat16)
    other = theirs.to(torch.bfloat16), their_right.to(torch.bfloat16)
    return Contest(
        {"ours": lambda: mine[0] @ mine[1], "torch": lambda: other[0] @ other[1]},
        flops=2.0 * n**3,
        read=4 * n * n,
        written=2 * n * n,
        tolerance=1e-2,
    )


def _row(
    name: str, full: tuple[int, ...], tiny: tuple[int, ...], goal: float = 0.75, **options: Any
) -> Row:
    return Row(GROUP, name, partial(_product, **options), full, tiny, goal)


PRODUCT_ROWS = [
    _row("matmul 512", (512, 512, 512), (13, 7, 21)),
    _row("matmul 1024", (1024, 1024, 1024), (13, 8, 21)),
    _row("matmul 2048", (2048, 2048, 2048), (17, 5, 21)),
    _row("matmul 1024, right one transposed", (1024,) * 3, (13, 7, 21), transposed=True),
    _row("matmul 1024 float64", (1024,) * 3, (13, 7, 21), 1.0, dtype="float64"),
    _row("matmul 64 x 256 x 256 @ 256 x 256", (256, 256, 256, 64), (9, 5, 7, 3), 0.65),
    _row("matmul 512 x 64 x 64 @ 64 x 64", (64, 64, 64, 512), (9, 5, 7, 3), 0.65),
    _row("matmul 100,000 x 64 @ 64 x 64", (100_000, 64, 64), (33, 8, 8), 1.0),
    _row("matmul 64 x 100,000 @ 100,000 x 64", (64, 100_000, 64), (8, 33, 8), 1.0),
    Row(GROUP, "matmul 4096 x 4096 @ 4096", _vector, (4096, 4096), (13, 21), 0.5),
    *(
        Row(
            GROUP,
            f"matmul 4096 x 4096 of {bits} bits @ 4096; peers: of 32",
            partial(_quantized, bits=bits),
            (4096, 4096),
            (13, 64),
            0.35,
        )
        for bits in (8, 4)
    ),
    Row(GROUP, "matmul 256 bfloat16", _halves, (256,), (16,)),
]
