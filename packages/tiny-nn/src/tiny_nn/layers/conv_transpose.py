"""Transposed convolutions over one to three spatial dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiny_autograd import Tensor
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.layers.convolution import Convolution, as_tuple

__all__ = ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

Size = int | tuple[int, ...]


class _TransposedConvolution(Convolution):
    """The gradient of a convolution by its input, as a layer (Zeiler et al. 2010)."""

    padding: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f"{type(self).__name__}: Only 'zeros' padding mode is supported")
        if isinstance(padding, str):
            raise ValueError(f"{type(self).__name__}: padding is a size, not {padding!r}")
        windows = kernel_size, stride, padding, dilation
        super().__init__(
            in_channels, out_channels, *windows, groups, bias, device=device, dtype=dtype
        )
        self.output_padding = as_tuple(output_padding, self.dims, "output_padding")

    def _weight_shape(self) -> tuple[int, ...]:
        return (self.in_channels, self.out_channels // self.groups, *self.kernel_size)

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        check_tensor(input, self)
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        options = self.stride, self.padding, extra, self.groups, self.dilation
        return self.convolve(input, self.weight, self.bias, *options)

    def _extra(self, input: Tensor, output_size: Sequence[int]) -> tuple[int, ...]:
        """The output padding that gives ``output_size``, of which the last ``dims`` count."""
        wanted = tuple(output_size)[-self.dims :]
        smallest = [
            (size - 1) * stride - 2 * pad + dilation * (kernel - 1) + 1
            for size, stride, pad, dilation, kernel in zip(
                input.shape[-self.dims :],
                self.stride,
                self.padding,
                self.dilation,
                self.kernel_size,
                strict=True,
            )
        ]
        largest = [least + stride - 1 for least, stride in zip(smallest, self.stride, strict=True)]
        if len(wanted) != self.dims or not all(
            low <= size <= high for low, size, high in zip(smallest, wanted, largest, strict=True)
        ):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {smallest} to "
                f"{largest} (for an input of {tuple(input.shape[-self.dims :])})"
            )
        return tuple(size - least for size, least in zip(wanted, smallest, strict=True))

    def _option_texts(self) -> list[str]:
        texts = super()._option_texts()
        if self.output_padding != (0,) * self.dims:
            texts.append(f"output_padding={self.output_padding}")
        return texts


class ConvTranspose1d(_TransposedConvolution):
    """Transposed convolution over one dimension: (N, C_in, L) -> (N, C_out, L'); as
    ``ConvTranspose2d``.

    >>> import tiny_nn as nn
    >>> nn.ConvTranspose1d(3, 8, 3, stride=2)(nn.zeros((2, 3, 6))).shape
    (2, 8, 13)
    """

    dims = 1
    convolve = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_TransposedConvolution):
    """Transposed convolution over two dimensions: (N, C_in, H, W) -> (N, C_out, H', W').

    H' = (H - 1) stride[0] - 2 padding[0] + dilation[0] (kernel_size[0] - 1) + output_padding[0]
    + 1, W' likewise; weight: (C_in, C_out / groups, *kernel_size). ``forward(input, output_size)``
    chooses the output padding that gives that size; ValueError if there is none.

    >>> import tiny_nn as nn
    >>> up = nn.ConvTranspose2d(3, 8, 3, stride=2, padding=1)
    >>> up(nn.zeros((2, 3, 6, 5))).shape, up(nn.zeros((2, 3, 6, 5)), (12, 10)).shape
    ((2, 8, 11, 9), (2, 8, 12, 10))
    """

    dims = 2
    convolve = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_TransposedConvolution):
    """Transposed convolution over three dimensions: (N, C_in, D, H, W) -> (N, C_out, D', H', W');
    as ``ConvTranspose2d``.

    >>> import tiny_nn as nn
    >>> nn.ConvTranspose3d(1, 2, 2, stride=2)(nn.zeros((1, 1, 2, 3, 4))).shape
    (1, 2, 4, 6, 8)
    """

    dims = 3
    convolve = staticmethod(F.conv_transpose3d)
