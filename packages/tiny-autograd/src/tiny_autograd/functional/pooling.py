"""Pooling over windows of the last one, two or three dimensions, behind channels and a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

import ndarray_core as nd
from ndarray_core.errors import ShapeError

from .. import ops
from ..variable import wrap
from .arguments import require_tensors
from .conv import Size, per_dim

if TYPE_CHECKING:
    from ..tensor import Tensor


class _Windows(NamedTuple):
    """Where windows lie in the last dimensions, one entry for each of them."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    places: tuple[int, ...]


def _windows(
    name: str,
    input: Tensor,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
    count: int,
) -> _Windows:
    """The windows over the last `count` dimensions."""
    if input.ndim not in (count + 1, count + 2):
        sizes = ", ".join("DHW"[3 - count :] if count > 1 else "L")
        raise ShapeError(
            f"{name}: expected (N, C, {sizes}) or (C, {sizes}), got shape {input.shape}"
        )
    kernel = per_dim(f"{name}: kernel_size", kernel_size, count, 1)
    steps = per_dim(f"{name}: stride", kernel if stride is None else stride, count, 1)
    pads = per_dim(f"{name}: padding", padding, count, 0)
    dilations = per_dim(f"{name}: dilation", dilation, count, 1)
    if any(p > k // 2 for p, k in zip(pads, kernel, strict=True)):
        raise ValueError(f"{name}: padding {pads} is more than half of the kernel {kernel}")
    places = []
    for size, p, k, s, d in zip(input.shape[-count:], pads, kernel, steps, dilations, strict=True):
        room = size + 2 * p - d * (k - 1) - 1  # for the last window to start in
        last = -(-room // s) if ceil_mode else room // s
        if ceil_mode and last * s >= size + p:
            last -= 1  # it would see nothing but the padding behind
        if last < 0:
            raise ShapeError(
                f"{name}: a kernel of {kernel} with dilation {dilations} does not fit into "
                f"shape {input.shape} padded by {pads}"
            )
        places.append(last + 1)
    return _Windows(kernel, steps, pads, dilations, tuple(places))


def _max_pool(
    name: str,
    input: Tensor,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
    return_indices: bool,
    count: int,
) -> Tensor | tuple[Tensor, Tensor]:
    """The maxima over the last `count` dimensions."""
    require_tensors(name, input=input)
    windows = _windows(name, input, kernel_size, stride, padding, dilation, ceil_mode, count)
    values = ops.max_pool(input, **windows._asdict())
    if not return_indices:
        return values
    return values, positions_of_largest(input, **windows._asdict())


def positions_of_largest(input: Tensor, **windows: Any) -> Tensor:
    """Where `ops.max_pool` finds them, as PyTorch has it: of int64."""
    positions = nd.fused.max_pool(input.array, **windows)[1]
    return wrap(nd.astype(positions, nd.int64))


@overload
def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor: ...


@overload
def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...


def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """`max_pool2d` over the last dimension of (N, C, L) or (C, L).

    >>> import tiny_autograd as ta
    >>> ta.functional.max_pool1d(ta.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _max_pool(
        "max_pool1d",
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        return_indices,
        1,
    )


@overload
def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor: ...


@overload
def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...


def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """The largest element of each window; the first of equal ones gets the gradient.

    stride: the kernel size when left out. padding: with minus infinity, on both sides. ceil_mode:
    also the last window that starts in the input or the padding before it, though it reaches out
    of what is there. return_indices: also where the largest elements are, as positions in H * W.
    Raises ShapeError when a window does not fit, ValueError for arguments out of range.

    >>> import tiny_autograd as ta
    >>> ta.functional.max_pool2d(ta.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    return _max_pool(
        "max_pool2d",
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        return_indices,
        2,
    )


@overload
def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor: ...


@overload
def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...


def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """`max_pool2d` over the last three dimensions of (N, C, D, H, W) or (C, D, H, W).

    >>> import tiny_autograd as ta
    >>> ta.functional.max_pool3d(ta.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[7.]]]])
    """
    return _max_pool(
        "max_pool3d",
        input,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        return_indices,
        3,
    )


def _avg_pool(
    name: str,
    input: Tensor,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
    count: int,
) -> Tensor:
    """The means over the last `count` dimensions."""
    require_tensors(name, input=input)
    if divisor_override == 0:
        raise ValueError(f"{name}: divisor_override must not be 0; None divides by the count")
    windows = _windows(name, input, kernel_size, stride, padding, 1, ceil_mode, count)
    return ops.avg_pool(
        input,
        size=windows.size,
        stride=windows.stride,
        padding=windows.padding,
        places=windows.places,
        count_include_pad=count_include_pad,
        divisor=divisor_override,
    )


def avg_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """`avg_pool2d` over the last dimension of (N, C, L) or (C, L).

    >>> import tiny_autograd as ta
    >>> ta.functional.avg_pool1d(ta.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    return _avg_pool(
        "avg_pool1d",
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        None,
        1,
    )


def avg_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window.

    stride: the kernel size when left out. padding: with zeros, which count as elements unless
    `count_include_pad` is false; what `ceil_mode` adds behind, as in `max_pool2d`, never counts.
    divisor_override: divide by it instead, ValueError for 0. Raises as `max_pool2d` otherwise.

    >>> import tiny_autograd as ta
    >>> ta.functional.avg_pool2d(ta.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    return _avg_pool(
        "avg_pool2d",
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
        2,
    )


def avg_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """`avg_pool2d` over the last three dimensions of (N, C, D, H, W) or (C, D, H, W).

    >>> import tiny_autograd as ta
    >>> ta.functional.avg_pool3d(ta.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[3.5000]]]])
    """
    return _avg_pool(
        "avg_pool3d",
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
        3,
    )
