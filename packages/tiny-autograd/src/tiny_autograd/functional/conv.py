"""Convolutions over one, two or three dimensions, with PyTorch's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ndarray_core.errors import ShapeError

from .. import ops
from .arguments import require_tensors, require_tensors_or_none

if TYPE_CHECKING:
    from ..tensor import Tensor

Size: TypeAlias = int | tuple[int, ...] | list[int]


def per_dim(name: str, value: Size, count: int, least: int) -> tuple[int, ...]:
    """One number for each of `count` dimensions, from one for all or from a sequence of them."""
    values = (value,) * count if isinstance(value, int) else tuple(value)
    if len(values) != count or any(v < least for v in values):
        raise ValueError(f"{name}: expected {count} numbers of at least {least}, got {value}")
    return values


def _widths(
    name: str,
    padding: Size | str,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    """How much to pad (before, behind) each spatial dimension."""
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        if any(s != 1 for s in stride):
            raise ValueError(f"{name}: padding='same' needs stride 1, got {stride}")
        totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)
    if isinstance(padding, str):
        raise ValueError(f"{name}: padding must be numbers, 'same' or 'valid', got {padding!r}")
    return tuple((p, p) for p in per_dim(f"{name}: padding", padding, len(kernel), 0))


def _check(
    name: str, input: Tensor, weight: Tensor, bias: Tensor | None, groups: int, count: int
) -> None:
    if weight.ndim != count + 2 or input.ndim != count + 2:
        raise ShapeError(
            f"{name}: input {input.shape} and weight {weight.shape}: expected {count + 2} "
            f"dimensions each (the input may lack the batch)"
        )
    out_channels, channels = weight.shape[:2]
    if groups < 1 or out_channels % groups or input.shape[1] != channels * groups:
        raise ShapeError(
            f"{name}: input {input.shape} has {input.shape[1]} channels; weight {weight.shape} "
            f"with groups={groups} needs {channels * groups}, and {out_channels} output channels "
            "divisible by groups"
        )
    if bias is not None and bias.shape != (out_channels,):
        raise ShapeError(f"{name}: bias {bias.shape} for {out_channels} output channels")


def _convolution(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Size,
    padding: Size | str,
    dilation: Size,
    groups: int,
    count: int,
) -> Tensor:
    """A convolution over `count` spatial dimensions."""
    if input.ndim == count + 1:
        batched = _convolution(
            name, ops.unsqueeze(input, 0), weight, bias, stride, padding, dilation, groups, count
        )
        return ops.squeeze(batched, 0)
    _check(name, input, weight, bias, groups, count)
    kernel = weight.shape[2:]
    steps = per_dim(f"{name}: stride", stride, count, 1)
    dilations = per_dim(f"{name}: dilation", dilation, count, 1)
    widths = _widths(name, padding, kernel, steps, dilations)
    for size, (before, behind), k, d in zip(
        input.shape[2:], widths, kernel, dilations, strict=True
    ):
        if size + before + behind < d * (k - 1) + 1:
            raise ShapeError(
                f"{name}: a kernel of {kernel} with dilation {dilations} does not fit into input "
                f"{input.shape} padded by {widths}"
            )

    out = ops.convolution(input, weight, steps, widths, dilations, groups)
    return out if bias is None else out + ops.reshape(bias, (-1, *(1,) * count))


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """A convolution (cross-correlation) along one dimension.

    input: (N, C, L) or (C, L); weight: (O, C / groups, K); bias: (O) -> (N, O, L') or (O, L'),
    L' = floor((L + 2 padding - dilation (K - 1) - 1) / stride) + 1. As `conv2d` otherwise.

    >>> import tiny_autograd as ta
    >>> ta.functional.conv1d(ta.tensor([[1.0, 2.0, 3.0]]), ta.tensor([[[1.0, -1.0]]]))
    tensor([[-1., -1.]])
    """
    require_tensors("conv1d", input=input, weight=weight)
    require_tensors_or_none("conv1d", bias=bias)
    return _convolution("conv1d", input, weight, bias, stride, padding, dilation, groups, 1)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """A convolution (cross-correlation) over two dimensions.

    input: (N, C, H, W) or (C, H, W); weight: (O, C / groups, KH, KW); bias: (O) ->
    (N, O, H', W'), H' = floor((H + 2 padding - dilation (KH - 1) - 1) / stride) + 1, W' likewise.
    padding: zeros on both sides, one number or one per dimension; "valid" is none, "same" as many
    as keep the size. groups: output channels see only their own part of the input's channels.
    Raises ShapeError when the sizes do not fit, ValueError for arguments out of range.

    >>> import tiny_autograd as ta
    >>> ta.functional.conv2d(ta.ones(1, 1, 3, 3), ta.ones(1, 1, 3, 3), padding=1)
    tensor([[[[4., 6., 4.],
              [6., 9., 6.],
              [4., 6., 4.]]]])
    """
    require_tensors("conv2d", input=input, weight=weight)
    require_tensors_or_none("conv2d", bias=bias)
    return _convolution("conv2d", input, weight, bias, stride, padding, dilation, groups, 2)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """A convolution (cross-correlation) over three dimensions.

    input: (N, C, D, H, W) or (C, D, H, W); weight: (O, C / groups, KD, KH, KW); bias: (O) ->
    (N, O, D', H', W'). As `conv2d` otherwise.

    >>> import tiny_autograd as ta
    >>> ta.functional.conv3d(ta.ones(1, 2, 2, 2), ta.ones(1, 1, 2, 2, 2))
    tensor([[[[8.]]]])
    """
    require_tensors("conv3d", input=input, weight=weight)
    require_tensors_or_none("conv3d", bias=bias)
    return _convolution("conv3d", input, weight, bias, stride, padding, dilation, groups, 3)
