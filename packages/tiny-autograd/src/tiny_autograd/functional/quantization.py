"""Linear maps whose matrix has few bits: for inference, where reading the matrix is the work."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import ndarray_core as nd

from .. import ops
from ..cost import Count, Shape
from ..fused import fused
from ..variable import wrap
from .arguments import require_tensors, require_tensors_or_none

if TYPE_CHECKING:
    from ..tensor import Tensor


def quantize(weight: Tensor, bits: int = 8, group_size: int | None = None) -> tuple[Tensor, Tensor]:
    """The nearest matrix of 8 or 4 bits: (out, in) -> its numbers, int8 (out, in) or two in each
    byte of uint8 (out, in / 2), and their scales (out, in / group_size).

    Each group of neighbours in a row has a scale: a whole row unless told otherwise with 8 bits, 64
    numbers with 4. Raises ValueError for other bits, ShapeError for groups that do not fit.

    >>> import tiny_autograd as ta
    >>> numbers, scales = ta.functional.quantize(ta.tensor([[1.27, -0.5]]))
    >>> numbers.tolist(), scales
    ([[127, -50]], tensor([[0.0100]]))
    """
    require_tensors("quantize", weight=weight)
    numbers, scales = nd.quantization.quantize(weight.array, bits=bits, group_size=group_size)
    return wrap(numbers), wrap(scales)


def quantized_linear(
    input: Tensor, weight: Tensor, scales: Tensor, bias: Tensor | None = None
) -> Tensor:
    """`linear` with a quantised weight: x @ weight.T + bias.

    input: (..., in); weight, scales: as `quantize` makes them of (out, in); bias: (out) ->
    (..., out). The gradient is that of input (and bias) alone. Raises ShapeError, DTypeError.

    >>> import tiny_autograd as ta
    >>> numbers, scales = ta.functional.quantize(ta.tensor([[3.0, 4.0]]))
    >>> ta.functional.quantized_linear(ta.tensor([0.0, 2.0]), numbers, scales)
    tensor([8.])
    """
    require_tensors("quantized_linear", input=input, weight=weight, scales=scales)
    require_tensors_or_none("quantized_linear", bias=bias)
    out = quantized_matmul(input, weight, scales)
    return out if bias is None else out + bias


def _cost(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    x, weight, scales = shapes
    written = prod(x[:-1]) * weight[0]
    return 2 * written * x[-1], prod(x) + prod(weight) + prod(scales), written


def _gradient(gradient: nd.NDArray, weight: nd.NDArray, scales: nd.NDArray, /) -> nd.NDArray:
    return nd.matmul(gradient, nd.quantization.dequantize(weight, scales))


@fused(nd.fused.quantized_matmul, gradient=_gradient, cost=_cost, wrt=("x",))
def quantized_matmul(x: Tensor, weight: Tensor, scales: Tensor, /) -> Tensor:
    """x times the transposed matrix of `quantize`: (..., in) -> (..., out)."""
    return ops.linear(x, wrap(nd.quantization.dequantize(weight.array, scales.array)))
