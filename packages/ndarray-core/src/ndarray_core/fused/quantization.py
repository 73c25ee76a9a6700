"""Products with matrices of few bits, which `ndarray_core.quantization` makes."""

from __future__ import annotations

from .._core import NDArray
from ..linalg.products import matmul
from ..quantization import dequantize
from .definition import fused

__all__ = ["quantized_matmul"]


@fused
def quantized_matmul(x: NDArray, weight: NDArray, scales: NDArray, /) -> NDArray:
    """x times the transposed quantised matrix: (..., K) -> (..., N).

    weight and scales: what `quantization.quantize` gives for a matrix (N, K). A kernel for few rows
    of x makes numbers of it in registers, and reads no more than its bytes; for many rows it
    becomes a matrix of floating-point numbers first. ShapeError where sizes do not fit, DTypeError
    for other types.

    >>> weight, scales = nd.asarray([[2, 1], [0, -4]], dtype=nd.int8), nd.asarray([[0.5], [2.0]])
    >>> nd.fused.quantized_matmul(nd.asarray([1.0, 4.0]), weight, scales).tolist()
    [3.0, -32.0]
    """
    return matmul(x, dequantize(weight, scales).mT)
