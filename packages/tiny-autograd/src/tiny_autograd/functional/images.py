"""Blocks of images as columns and back, and channels exchanged for resolution."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, TypeAlias

from ndarray_core.errors import ShapeError

from .. import ops
from .arguments import require_tensors

if TYPE_CHECKING:
    from ..tensor import Tensor

Pair: TypeAlias = int | tuple[int, int]


def _pair(value: Pair) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _positions(
    size: tuple[int, ...], kernel: Pair, dilation: Pair, padding: Pair, stride: Pair
) -> tuple[int, int]:
    """How many blocks fit along the height and along the width."""
    settings = zip(size, *map(_pair, (kernel, dilation, padding, stride)), strict=True)
    rows, columns = ((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in settings)
    return rows, columns


def unfold(
    input: Tensor, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
) -> Tensor:
    """All blocks of images as columns ("im2col").

    input: (N, C, H, W) or (C, H, W) -> (N, C * kernel height * kernel width, blocks), or without N.
    Raises ShapeError for other shapes, and where no block fits.

    >>> import tiny_autograd as ta
    >>> ta.functional.unfold(ta.arange(6).reshape(1, 1, 2, 3), 2)
    tensor([[[0, 1],
             [1, 2],
             [3, 4],
             [4, 5]]])
    """
    require_tensors("unfold", input=input)
    if input.ndim not in (3, 4):
        raise ShapeError(f"unfold: input is (N, C, H, W) or (C, H, W), got shape {input.shape}")
    if input.ndim == 3:
        return unfold(input[None], kernel_size, dilation, padding, stride)[0]
    kernel = _pair(kernel_size)
    fits = _positions(input.shape[2:], kernel, dilation, padding, stride)
    if min(fits) < 1:
        raise ShapeError(
            f"unfold: no block of {kernel}, dilation {dilation}, fits into images of shape "
            f"{input.shape} with padding {padding}"
        )
    height, width = _pair(padding)
    if height or width:
        input = ops.pad_constant(input, ((0, 0), (0, 0), (height, height), (width, width)))
    blocks = ops.windows(input, (2, 3), kernel, _pair(stride), _pair(dilation))
    columns = ops.permute(blocks, (0, 1, 4, 5, 2, 3))
    n, channels = input.shape[:2]
    return ops.reshape(columns, (n, channels * prod(kernel), prod(fits)))


def fold(
    input: Tensor,
    output_size: Pair,
    kernel_size: Pair,
    dilation: Pair = 1,
    padding: Pair = 0,
    stride: Pair = 1,
) -> Tensor:
    """Images of blocks that are given as columns; where blocks overlap they add up ("col2im").

    input: (N, C * kernel height * kernel width, blocks) -> (N, C, *output_size), or both without N.
    Undoes `unfold` but for the overlaps. Raises ShapeError where the sizes do not fit.

    >>> import tiny_autograd as ta
    >>> ta.functional.fold(ta.ones(1, 4, 2), (2, 3), 2)
    tensor([[[[1., 2., 1.],
              [1., 2., 1.]]]])
    """
    require_tensors("fold", input=input)
    if input.ndim not in (2, 3):
        raise ShapeError(
            f"fold: input is (N, columns' size, blocks) or without N, got shape {input.shape}"
        )
    if input.ndim == 2:
        return fold(input[None], output_size, kernel_size, dilation, padding, stride)[0]
    kernel, output = _pair(kernel_size), _pair(output_size)
    fits = _positions(output, kernel, dilation, padding, stride)
    if input.shape[1] % prod(kernel) or min(fits) < 1 or input.shape[2] != prod(fits):
        raise ShapeError(
            f"fold: input of shape {input.shape}, but blocks of {kernel} of images of {output} "
            f"are (N, C * {prod(kernel)}, {prod(max(n, 0) for n in fits)})"
        )
    (height, width), (n, rest, _) = _pair(padding), input.shape
    channels = rest // prod(kernel)
    blocks = ops.permute(ops.reshape(input, (n, channels, *kernel, *fits)), (0, 1, 4, 5, 2, 3))
    padded = (n, channels, output[0] + 2 * height, output[1] + 2 * width)
    folded = ops.fold_windows(blocks, padded, (2, 3), kernel, _pair(stride), _pair(dilation))
    if not (height or width):
        return folded
    inner = slice(height, height + output[0]), slice(width, width + output[1])
    return ops.getitem(folded, (..., *inner))


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels laid out as pixels (Shi et al. 2016): (..., C r^2, H, W) -> (..., C, H r, W r).

    Raises ShapeError unless the number of channels is a multiple of r^2, ValueError for an r < 1.

    >>> import tiny_autograd as ta
    >>> ta.functional.pixel_shuffle(ta.arange(4).reshape(4, 1, 1), 2)
    tensor([[[0, 1],
             [2, 3]]])
    """
    require_tensors("pixel_shuffle", input=input)
    r = upscale_factor
    if r < 1:
        raise ValueError(f"pixel_shuffle: the factor must be positive, got {r}")
    if input.ndim < 3 or input.shape[-3] % (r * r):
        raise ShapeError(
            f"pixel_shuffle: input is (..., C * {r * r}, H, W) for a factor of {r}, "
            f"got shape {input.shape}"
        )
    *batch, channels, height, width = input.shape
    apart = ops.reshape(input, (*batch, channels // (r * r), r, r, height, width))
    first = len(batch)
    order = (*range(first + 1), first + 3, first + 1, first + 4, first + 2)
    return ops.reshape(
        ops.permute(apart, order), (*batch, channels // (r * r), height * r, width * r)
    )


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Pixels laid out as channels: (..., C, H r, W r) -> (..., C r^2, H, W); as `pixel_shuffle`.

    Raises ShapeError unless r divides height and width, ValueError for an r < 1.

    >>> import tiny_autograd as ta
    >>> ta.functional.pixel_unshuffle(ta.arange(4).reshape(1, 2, 2), 2).flatten()
    tensor([0, 1, 2, 3])
    """
    require_tensors("pixel_unshuffle", input=input)
    r = downscale_factor
    if r < 1:
        raise ValueError(f"pixel_unshuffle: the factor must be positive, got {r}")
    if input.ndim < 3 or input.shape[-2] % r or input.shape[-1] % r:
        raise ShapeError(
            f"pixel_unshuffle: input is (..., C, H * {r}, W * {r}), got shape {input.shape}"
        )
    *batch, channels, height, width = input.shape
    apart = ops.reshape(input, (*batch, channels, height // r, r, width // r, r))
    first = len(batch)
    order = (*range(first + 1), first + 2, first + 4, first + 1, first + 3)
    return ops.reshape(
        ops.permute(apart, order), (*batch, channels * r * r, height // r, width // r)
    )


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels of `groups` groups interleaved (Zhang et al. 2018): (N, C, ...) -> the same.

    Raises ShapeError unless the number of channels is a multiple of the groups.

    >>> import tiny_autograd as ta
    >>> ta.functional.channel_shuffle(ta.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    require_tensors("channel_shuffle", input=input)
    if input.ndim < 3 or groups < 1 or input.shape[1] % groups:
        raise ShapeError(
            f"channel_shuffle: input is (N, C, ...) with C a multiple of {groups} groups, "
            f"got shape {input.shape}"
        )
    n, channels, *rest = input.shape
    apart = ops.reshape(input, (n, groups, channels // groups, *rest))
    return ops.reshape(ops.transpose(apart, 1, 2), tuple(input.shape))
