"""Transposed convolutions: the gradients of convolutions by their input, as functions (Dumoulin
and Visin 2016, "A guide to convolution arithmetic").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ndarray_core.errors import ShapeError

from .. import ops
from .arguments import require_tensors, require_tensors_or_none
from .conv import Size, per_dim

if TYPE_CHECKING:
    from ..tensor import Tensor


def _check(
    name: str, input: Tensor, weight: Tensor, bias: Tensor | None, groups: int, count: int
) -> None:
    if weight.ndim != count + 2 or input.ndim != count + 2:
        raise ShapeError(
            f"{name}: input {input.shape} and weight {weight.shape}: expected {count + 2} "
            f"dimensions each (the input may lack the batch)"
        )
    if groups < 1 or weight.shape[0] != input.shape[1] or weight.shape[0] % groups:
        raise ShapeError(
            f"{name}: input {input.shape} has {input.shape[1]} channels, weight {weight.shape} "
            f"takes {weight.shape[0]}; they must be equal, and divisible by groups={groups}"
        )
    if bias is not None and bias.shape != (weight.shape[1] * groups,):
        raise ShapeError(
            f"{name}: bias {bias.shape} for {weight.shape[1] * groups} output channels"
        )


def _transposed(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Size,
    padding: Size,
    output_padding: Size,
    groups: int,
    dilation: Size,
    count: int,
) -> Tensor:
    """A transposed convolution over `count` spatial dimensions."""
    require_tensors(name, input=input, weight=weight)
    require_tensors_or_none(name, bias=bias)
    batched = input.ndim != count + 1
    if not batched:
        input = ops.unsqueeze(input, 0)
    _check(name, input, weight, bias, groups, count)
    kernel = weight.shape[2:]
    steps = per_dim(f"{name}: stride", stride, count, 1)
    dilations = per_dim(f"{name}: dilation", dilation, count, 1)
    pads = per_dim(f"{name}: padding", padding, count, 0)
    extra = per_dim(f"{name}: output_padding", output_padding, count, 0)
    if any(e >= max(s, d) for e, s, d in zip(extra, steps, dilations, strict=True)):
        raise ValueError(
            f"{name}: output_padding {extra} must be smaller than stride {steps} or "
            f"dilation {dilations}"
        )
    positions = input.shape[2:]
    reached = tuple(
        (n - 1) * s + d * (k - 1) + 1
        for n, s, d, k in zip(positions, steps, dilations, kernel, strict=True)
    )
    sizes = tuple(r - 2 * p + e for r, p, e in zip(reached, pads, extra, strict=True))
    if any(n < 1 for n in positions) or any(size < 1 for size in sizes):
        raise ShapeError(
            f"{name}: input {input.shape} with kernel {kernel}, stride {steps} and padding {pads} "
            f"leaves an output of size {sizes}"
        )

    # Of what is added behind, a part takes back the padding there, and the rest gets no window.
    widths = tuple((p, max(p - e, 0)) for p, e in zip(pads, extra, strict=True))
    untouched = tuple(max(e - p, 0) for p, e in zip(pads, extra, strict=True))
    touched = tuple(size - u for size, u in zip(sizes, untouched, strict=True))
    out = ops.transposed_convolution(input, weight, touched, steps, widths, dilations, groups)
    if any(untouched):
        out = ops.pad_constant(out, ((0, 0), (0, 0), *((0, u) for u in untouched)))
    if bias is not None:
        out = out + ops.reshape(bias, (-1, *(1,) * count))
    return out if batched else ops.squeeze(out, 0)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """The transposed convolution along one dimension, as `conv_transpose2d`.

    input: (N, C, L) or (C, L); weight: (C, O / groups, K); bias: (O) -> (N, O, L') or (O, L').

    >>> import tiny_autograd as ta
    >>> ta.functional.conv_transpose1d(ta.tensor([[1.0, 2.0]]), ta.tensor([[[1.0, 10.0]]]))
    tensor([[ 1., 12., 20.]])
    """
    name = "conv_transpose1d"
    return _transposed(
        name, input, weight, bias, stride, padding, output_padding, groups, dilation, 1
    )


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """The gradient of `conv2d` by its input: each element adds the weight, times it, to a window.

    input: (N, C, H, W) or (C, H, W); weight: (C, O / groups, KH, KW); bias: (O) ->
    (N, O, H', W'), H' = (H - 1) stride - 2 padding + dilation (KH - 1) + output_padding + 1.
    padding: how much is taken off on both sides; output_padding: how much is added behind, where
    several sizes lead to one of a convolution. Raises ShapeError when sizes do not fit, ValueError
    for arguments out of range.

    >>> import tiny_autograd as ta
    >>> ta.functional.conv_transpose2d(ta.ones(1, 1, 2), ta.ones(1, 1, 2, 2), stride=(1, 2))
    tensor([[[1., 1., 1., 1.],
             [1., 1., 1., 1.]]])
    """
    name = "conv_transpose2d"
    return _transposed(
        name, input, weight, bias, stride, padding, output_padding, groups, dilation, 2
    )


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """The transposed convolution over three dimensions, as `conv_transpose2d`.

    input: (N, C, D, H, W) or (C, D, H, W); weight: (C, O / groups, KD, KH, KW); bias: (O).

    >>> import tiny_autograd as ta
    >>> ta.functional.conv_transpose3d(ta.ones(1, 1, 1, 1), ta.ones(1, 1, 2, 2, 2)).shape
    (1, 2, 2, 2)
    """
    name = "conv_transpose3d"
    return _transposed(
        name, input, weight, bias, stride, padding, output_padding, groups, dilation, 3
    )
