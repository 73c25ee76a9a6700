"""Images made larger or smaller, and taken apart: Upsample, PixelShuffle, Fold and their like."""

from __future__ import annotations

from collections.abc import Sequence

from tiny_autograd import Tensor
from tiny_autograd import functional as F
from tiny_nn.module import Module

__all__ = [
    "ChannelShuffle",
    "Fold",
    "PixelShuffle",
    "PixelUnshuffle",
    "Unfold",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]

Pair = int | tuple[int, int]


class Upsample(Module):
    """Interpolate to ``size``, or to ``scale_factor`` times the size: (N, C, ...) with one to
    three spatial dimensions.

    ``mode``: "nearest", "linear", "bilinear", "bicubic" or "trilinear"; for the last four
    ``align_corners`` says whether the corners' centres keep their places. Raises ValueError for
    options that do not go together.

    >>> import tiny_nn as nn
    >>> nn.Upsample(scale_factor=2)(nn.tensor([[[1.0, 2.0]]])).tolist()
    [[[1.0, 1.0, 2.0, 2.0]]]
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor: float | tuple[float, ...] | None
        if scale_factor is None or isinstance(scale_factor, int | float):
            self.scale_factor = None if scale_factor is None else float(scale_factor)
        else:
            self.scale_factor = tuple(float(factor) for factor in scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        options = self.mode, self.align_corners, self.recompute_scale_factor
        return F.interpolate(input, self.size, self.scale_factor, *options)

    def extra_repr(self) -> str:
        if self.scale_factor is not None:
            return f"scale_factor={self.scale_factor}, mode={self.mode!r}"
        return f"size={self.size}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """``Upsample`` with the nearest element: (N, C, H, W) -> (N, C, H', W').

    >>> import tiny_nn as nn
    >>> nn.UpsamplingNearest2d(scale_factor=2)(nn.zeros((1, 1, 2, 3))).shape
    (1, 1, 4, 6)
    """

    def __init__(
        self, size: Pair | None = None, scale_factor: float | tuple[float, float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """``Upsample``, bilinear and with corners aligned: (N, C, H, W) -> (N, C, H', W').

    >>> import tiny_nn as nn
    >>> nn.UpsamplingBilinear2d(size=(1, 3))(nn.tensor([[[[1.0, 2.0]]]])).flatten().tolist()
    [1.0, 1.5, 2.0]
    """

    def __init__(
        self, size: Pair | None = None, scale_factor: float | tuple[float, float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """(..., C * r * r, H, W) -> (..., C, H * r, W * r), r the factor (Shi et al. 2016).

    >>> import tiny_nn as nn
    >>> nn.PixelShuffle(2)(nn.arange(4).reshape(1, 4, 1, 1)).tolist()
    [[[[0, 1], [2, 3]]]]
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """(..., C, H * r, W * r) -> (..., C * r * r, H, W): the inverse of ``PixelShuffle``.

    >>> import tiny_nn as nn
    >>> nn.PixelUnshuffle(2)(nn.zeros((1, 3, 4, 6))).shape
    (1, 12, 2, 3)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Channel k of each of ``groups`` groups, for one k after the other (Zhang et al. 2018).

    >>> import tiny_nn as nn
    >>> nn.ChannelShuffle(2)(nn.arange(4).reshape(1, 4, 1)).flatten().tolist()
    [0, 2, 1, 3]
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"


class Unfold(Module):
    """The windows of an image as columns: (N, C, H, W) -> (N, C * prod(kernel_size), windows).

    >>> import tiny_nn as nn
    >>> nn.Unfold(2)(nn.zeros((1, 3, 4, 5))).shape
    (1, 12, 12)
    """

    def __init__(
        self, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Module):
    """The sum of overlapping windows: (N, C * prod(kernel_size), windows) -> (N, C, *output_size).

    >>> import tiny_nn as nn
    >>> nn.Fold((4, 5), 2)(nn.zeros((1, 12, 12))).shape
    (1, 3, 4, 5)
    """

    def __init__(
        self,
        output_size: Pair,
        kernel_size: Pair,
        dilation: Pair = 1,
        padding: Pair = 0,
        stride: Pair = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        windows = self.kernel_size, self.dilation, self.padding, self.stride
        return F.fold(input, self.output_size, *windows)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
            f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}"
        )
