"""Pooling: the maximum or the mean of each window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiny_autograd import Tensor
from tiny_autograd import functional as F
from tiny_nn.layers.convolution import as_tuple
from tiny_nn.module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
]

Size = int | tuple[int, ...]
OutputSize = int | None | tuple[int | None, ...]


class _MaxPool(Module):
    """The maximum of each window.

    ``stride`` defaults to ``kernel_size``; padding counts as minus infinity. ``ceil_mode`` also
    takes the last window that reaches out of what is there; with ``return_indices`` the result is
    a pair, with the positions of the maxima, counted through all spatial dimensions.
    """

    pool: Callable[..., Any]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        windows = self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
        return self.pool(input, *windows, return_indices=self.return_indices)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The maximum of each window: (N, C, L) -> (N, C, L'); options as in ``MaxPool2d``.

    >>> import tiny_nn as nn
    >>> nn.MaxPool1d(2)(nn.tensor([[1.0, 3.0, 9.0, 5.0]])).tolist()
    [[3.0, 9.0]]
    """

    pool = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """The maximum of each window: (N, C, H, W) -> (N, C, H', W').

    ``stride`` defaults to ``kernel_size``; padding counts as minus infinity. ``ceil_mode`` also
    takes the last window that reaches out of what is there; with ``return_indices`` the result is
    a pair, with the positions of the maxima in H * W.

    >>> import tiny_nn as nn
    >>> nn.MaxPool2d(2)(nn.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).item()
    4.0
    """

    pool = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPool):
    """The maximum of each window: (N, C, D, H, W) -> (N, C, D', H', W'); as ``MaxPool2d``.

    >>> import tiny_nn as nn
    >>> nn.MaxPool3d(2)(nn.zeros((2, 3, 4, 4, 6))).shape
    (2, 3, 2, 2, 3)
    """

    pool = staticmethod(F.max_pool3d)


class AvgPool1d(Module):
    """The mean of each window: (N, C, L) -> (N, C, L'); options as in ``AvgPool2d``.

    >>> import tiny_nn as nn
    >>> nn.AvgPool1d(2)(nn.tensor([[1.0, 3.0, 5.0, 9.0]])).tolist()
    [[2.0, 7.0]]
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = as_tuple(kernel_size, 1, "kernel_size")
        self.stride = self.kernel_size if stride is None else as_tuple(stride, 1, "stride")
        self.padding = as_tuple(padding, 1, "padding")
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        windows = self.kernel_size, self.stride, self.padding, self.ceil_mode
        return F.avg_pool1d(input, *windows, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPool(Module):
    """The mean of each window, in two or three dimensions."""

    pool: Callable[..., Tensor]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        windows = self.kernel_size, self.stride, self.padding, self.ceil_mode
        return self.pool(input, *windows, self.count_include_pad, self.divisor_override)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    """The mean of each window: (N, C, H, W) -> (N, C, H', W').

    ``stride`` defaults to ``kernel_size``; ``count_include_pad`` divides by the window's size even
    where it hangs over the edge, ``divisor_override`` by that number.

    >>> import tiny_nn as nn
    >>> nn.AvgPool2d(2)(nn.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).item()
    2.5
    """

    pool = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPool):
    """The mean of each window: (N, C, D, H, W) -> (N, C, D', H', W'); as ``AvgPool2d``.

    >>> import tiny_nn as nn
    >>> nn.AvgPool3d(2)(nn.zeros((2, 3, 4, 4, 6))).shape
    (2, 3, 2, 2, 3)
    """

    pool = staticmethod(F.avg_pool3d)


class _AdaptiveAvgPool(Module):
    pool: Callable[..., Tensor]

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return self.pool(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The means of ``output_size`` windows that cover the input: (N, C, L) -> (N, C, size).

    >>> import tiny_nn as nn
    >>> nn.AdaptiveAvgPool1d(2)(nn.tensor([[1.0, 3.0, 5.0, 9.0]])).tolist()
    [[2.0, 7.0]]
    """

    pool = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The means of ``output_size`` windows that cover the image: (N, C, H, W) -> (N, C, *size).

    None in ``output_size`` keeps that side's size.

    >>> import tiny_nn as nn
    >>> nn.AdaptiveAvgPool2d(1)(nn.ones((2, 3, 5, 7))).shape
    (2, 3, 1, 1)
    """

    pool = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The means of windows that cover the volume: (N, C, D, H, W) -> (N, C, *output_size).

    >>> import tiny_nn as nn
    >>> nn.AdaptiveAvgPool3d(1)(nn.zeros((2, 3, 4, 5, 6))).shape
    (2, 3, 1, 1, 1)
    """

    pool = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPool(Module):
    pool: Callable[..., Any]

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        return self.pool(input, self.output_size, return_indices=self.return_indices)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The maxima of ``output_size`` windows that cover the input: (N, C, L) -> (N, C, size).

    >>> import tiny_nn as nn
    >>> nn.AdaptiveMaxPool1d(2)(nn.tensor([[1.0, 3.0, 5.0, 9.0]])).tolist()
    [[3.0, 9.0]]
    """

    pool = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The maxima of ``output_size`` windows that cover the image: (N, C, H, W) -> (N, C, *size).

    With ``return_indices`` a pair, with the positions of the maxima in H * W.

    >>> import tiny_nn as nn
    >>> nn.AdaptiveMaxPool2d((1, 2))(nn.ones((2, 3, 5, 7))).shape
    (2, 3, 1, 2)
    """

    pool = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The maxima of windows that cover the volume: (N, C, D, H, W) -> (N, C, *output_size).

    >>> import tiny_nn as nn
    >>> nn.AdaptiveMaxPool3d((1, 2, 3))(nn.zeros((2, 3, 4, 5, 6))).shape
    (2, 3, 1, 2, 3)
    """

    pool = staticmethod(F.adaptive_max_pool3d)
