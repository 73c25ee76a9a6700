"""Convolutions over one to three spatial dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tiny_autograd import Tensor, empty, init
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.layers.linear import reset_bias
from tiny_nn.module import Module
from tiny_nn.parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d"]

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def as_tuple(value: int | tuple[int, ...], dims: int, name: str) -> tuple[int, ...]:
    """One size per spatial dimension: ``3`` stands for ``(3, 3)``."""
    if isinstance(value, int):
        return (value,) * dims
    sizes = tuple(value)
    if len(sizes) != dims:
        raise ValueError(f"{name} should be an int or {dims} of them, but got {value}")
    return sizes


class Convolution(Module):
    """What all convolutions share: sizes, checks, parameters and their initialisation."""

    dims: int  # spatial dimensions
    convolve: Callable[..., Tensor]
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] | str = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {', '.join(_PADDING_MODES)}, but got {padding_mode!r}"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = as_tuple(kernel_size, self.dims, "kernel_size")
        self.stride = as_tuple(stride, self.dims, "stride")
        self.dilation = as_tuple(dilation, self.dims, "dilation")
        self.groups = groups
        self.padding_mode = padding_mode
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(
                    f"Invalid padding string {padding!r}, should be one of 'same', 'valid'"
                )
            if padding == "same" and any(step != 1 for step in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
            self.padding: tuple[int, ...] | str = padding
        else:
            self.padding = as_tuple(padding, self.dims, "padding")
        shape = self._weight_shape()
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(empty((out_channels,), device=device, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def _weight_shape(self) -> tuple[int, ...]:
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    def reset_parameters(self) -> None:
        """Draw new initial values: ``kaiming_uniform_(a=sqrt(5))`` (He et al. 2015)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        reset_bias(self.bias, fan_in=math.prod(self.weight.shape[1:]))

    def _option_texts(self) -> list[str]:
        """The options that are not at their defaults, as ``extra_repr`` shows them."""
        texts = []
        if self.padding != (0,) * self.dims:
            texts.append(f"padding={self.padding}")
        if self.dilation != (1,) * self.dims:
            texts.append(f"dilation={self.dilation}")
        return texts

    def extra_repr(self) -> str:
        parts = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
            *self._option_texts(),
        ]
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class _Convolution(Convolution):
    """``padding_mode`` other than "zeros" pads the input with its own values first."""

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(input, self)
        if self.padding_mode == "zeros":
            padding = self.padding
        else:
            input = F.pad(input, self._sides(), self.padding_mode)
            padding = (0,) * self.dims
        options = self.stride, padding, self.dilation, self.groups
        return self.convolve(input, self.weight, self.bias, *options)

    def _sides(self) -> list[int]:
        """What to add, as ``F.pad`` takes it: before and behind, from the last dimension on."""
        sides = []
        for dim in reversed(range(self.dims)):
            if isinstance(self.padding, str):
                reach = self.dilation[dim] * (self.kernel_size[dim] - 1)
                total = reach if self.padding == "same" else 0
                sides += [total // 2, total - total // 2]
            else:
                sides += [self.padding[dim]] * 2
        return sides


class Conv1d(_Convolution):
    """Cross-correlation over one spatial dimension: (N, C_in, L) -> (N, C_out, L_out).

    L_out = (L + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1;
    weight: (C_out, C_in / groups, kernel_size).

    >>> import tiny_nn as nn
    >>> nn.Conv1d(2, 4, 3, stride=2, padding=1)(nn.zeros((1, 2, 10))).shape
    (1, 4, 5)
    """

    dims = 1
    convolve = staticmethod(F.conv1d)


class Conv2d(_Convolution):
    """Cross-correlation over two spatial dimensions: (N, C_in, H, W) -> (N, C_out, H', W').

    H' = (H + 2 padding[0] - dilation[0] (kernel_size[0] - 1) - 1) // stride[0] + 1, W' likewise;
    weight: (C_out, C_in / groups, *kernel_size). ``padding`` may also be "same" or "valid";
    ``padding_mode`` is "zeros", "reflect", "replicate" or "circular".

    >>> import tiny_nn as nn
    >>> nn.Conv2d(3, 8, 3, padding="same")(nn.zeros((2, 3, 6, 5))).shape
    (2, 8, 6, 5)
    """

    dims = 2
    convolve = staticmethod(F.conv2d)


class Conv3d(_Convolution):
    """Cross-correlation over three spatial dimensions: (N, C_in, D, H, W) -> (N, C_out, D', H',
    W'); options and weight as in ``Conv2d``.

    >>> import tiny_nn as nn
    >>> nn.Conv3d(1, 2, 3, stride=(1, 2, 2))(nn.zeros((1, 1, 4, 5, 7))).shape
    (1, 2, 2, 2, 3)
    """

    dims = 3
    convolve = staticmethod(F.conv3d)
