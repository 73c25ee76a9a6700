"""Matrices of few bits: numbers of 8 or 4 bits, and a scale for each group of them.

A product of few vectors with a large matrix takes as long as reading the matrix; one of 4 bits is
read in a seventh of the time of float32 (`nd.fused.quantized_matmul`).

Quantisation is symmetric (Jacob et al. 2018 without zero points): w is about scale * q, where q is
a whole number of at most 127 or 7, and each group of neighbours in a row has a scale of its own. A
matrix (N, K) becomes int8 (N, K), or uint8 (N, K / 2): of two neighbours the first lies in a byte's
lower half, in two's complement.
"""

from __future__ import annotations

from ._core import NDArray
from .dtypes import int8, uint8
from .elementwise.arithmetic import abs, round
from .elementwise.logic import where
from .errors import DTypeError, ShapeError
from .interchange import astype
from .manipulation import stack
from .reductions import max

__all__ = ["dequantize", "quantize"]

_BLOCK = 64  # what groups are multiples of


def quantize(
    weight: NDArray, /, *, bits: int = 8, group_size: int | None = None
) -> tuple[NDArray, NDArray]:
    """The nearest matrix of so few bits: (N, K) -> its numbers, and scales (N, K / group_size).

    bits: 8 or 4, ValueError for others. group_size: a multiple of 64 that divides K, or None: whole
    rows with 8 bits, 64 with 4. ShapeError where it does not fit, DTypeError for integers.

    >>> weight = nd.asarray([[-63.5, 20.0, 0.0]])
    >>> numbers, scales = nd.quantization.quantize(weight)
    >>> numbers.tolist(), scales.tolist()
    ([[-127, 40, 0]], [[0.5]])
    """
    if bits not in (4, 8):
        raise ValueError(f"quantize: numbers have 8 or 4 bits, not {bits}")
    if weight.dtype.kind != "float":
        raise DTypeError(f"quantize: the weight holds {weight.dtype.name}, not floating numbers")
    if weight.ndim != 2 or 0 in weight.shape:
        raise ShapeError(f"quantize: expected a matrix (N, K) with elements, not {weight.shape}")
    rows, size = weight.shape
    whole_rows = bits == 8 and group_size in (None, size)
    group = size if whole_rows else group_size or _BLOCK
    if not whole_rows and (group < 1 or group % _BLOCK or size % group):
        way_out = "; use 8 bits with a scale for each row" if bits == 4 else ""
        raise ShapeError(
            f"quantize: a weight of shape {weight.shape} has no groups of {group} numbers: that "
            f"must be a multiple of {_BLOCK} that divides {size}{way_out}"
        )
    parts = weight.reshape((rows, -1, group))
    scales = max(abs(parts), axis=-1) / (2 ** (bits - 1) - 1)
    divisors = where(scales > 0, scales, 1)  # a group of zeros
    numbers = astype(round(parts / divisors[..., None]), int8).reshape((rows, size))
    return (numbers if bits == 8 else _packed(numbers)), scales


def dequantize(weight: NDArray, scales: NDArray, /) -> NDArray:
    """The matrix (N, K) of the scales' type that `quantize` wrote as these two.

    >>> numbers, scales = nd.asarray([[2, -1]], dtype=nd.int8), nd.asarray([[0.5]])
    >>> nd.quantization.dequantize(numbers, scales).tolist()
    [[1.0, -0.5]]
    """
    numbers = _unpacked(weight) if weight.dtype == uint8 else weight
    parts = astype(numbers, scales.dtype).reshape((*scales.shape, -1))
    return (parts * scales[..., None]).reshape(numbers.shape)


def _packed(numbers: NDArray) -> NDArray:
    """(N, K) int8 from -8 to 7 -> (N, K / 2) uint8."""
    halves = astype(numbers, uint8)
    return (halves[:, ::2] & 15) | (halves[:, 1::2] << 4)


def _unpacked(weight: NDArray) -> NDArray:
    # Shifts of signed numbers keep the sign.
    halves = (astype(weight << 4, int8) >> 4, astype(weight, int8) >> 4)
    return stack(halves, axis=-1).reshape((weight.shape[0], -1))
