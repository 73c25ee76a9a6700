"""Pooling over windows of the last one, two or three dimensions, behind channels and a batch."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Literal, NamedTuple, overload

import ndarray_core as nd
from ndarray_core.errors import ShapeError

from .. import ops
from ..variable import wrap
from .arguments import require_tensors
from .conv import Size, per_dim

if TYPE_CHECKING:
    from ..tensor import Tensor


class _Places(NamedTuple):
    """Where windows lie in the last dimensions, one entry for each of them."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]  # before and behind, as asked for
    excess: tuple[tuple[int, int], ...]  # that `ceil_mode` adds behind, for the last window to fit


def _places(
    name: str,
    input: Tensor,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
    count: int,
) -> _Places:
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
    excess = []
    for size, p, k, s, d in zip(input.shape[-count:], pads, kernel, steps, dilations, strict=True):
        reach = d * (k - 1) + 1
        room = size + 2 * p - reach  # for the last window to start in
        last = (-(-room // s) if ceil_mode else room // s) * s
        if ceil_mode and last >= size + p:
            last -= s  # it would see nothing but the padding behind
        if last < 0:
            raise ShapeError(
                f"{name}: a kernel of {kernel} with dilation {dilations} does not fit into "
                f"shape {input.shape} padded by {pads}"
            )
        excess.append((0, max(0, last - room)))
    return _Places(kernel, steps, dilations, tuple((p, p) for p in pads), tuple(excess))


def _padded(x: Tensor, widths: Sequence[tuple[int, int]], fill: float) -> Tensor:
    """x with `fill` around its last dimensions."""
    if not any(any(pair) for pair in widths):
        return x
    return ops.pad_constant(x, ((0, 0),) * (x.ndim - len(widths)) + tuple(widths), fill)


def _windows(x: Tensor, places: _Places) -> Tensor:
    """(..., *positions, *kernel) of the padded x: a view."""
    dims = tuple(range(x.ndim - len(places.kernel), x.ndim))
    return ops.windows(x, dims, places.kernel, places.stride, places.dilation)


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
    places = _places(name, input, kernel_size, stride, padding, dilation, ceil_mode, count)
    widths = [
        (before, behind + more)
        for (before, behind), (_, more) in zip(places.padding, places.excess, strict=True)
    ]
    x = _windows(_padded(input, widths, -float("inf")), places)
    flat = ops.reshape(x, (*x.shape[:-count], prod(x.shape[-count:])))
    values, chosen = ops.max(flat, -1)
    if not return_indices:
        return values
    sizes = input.shape[-count:]
    positions = nd.arange(prod(sizes), dtype=nd.int64, device=input.device)
    sources = _windows(_padded(wrap(positions.reshape(sizes)), widths, 0), places)
    sources = sources.reshape(*sources.shape[:-count], -1).expand(*flat.shape)
    return values, ops.squeeze(ops.gather_elements(sources, chosen.unsqueeze(-1), -1), -1)


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
    places = _places(name, input, kernel_size, stride, padding, 1, ceil_mode, count)
    x = _windows(_padded(_padded(input, places.padding, 0.0), places.excess, 0.0), places)
    inside = tuple(range(-count, 0))
    if divisor_override is not None:
        return ops.sum(x, inside) / divisor_override
    uncounted = places.excess if count_include_pad else places.padding + places.excess
    if not any(any(pair) for pair in uncounted):
        return ops.mean(x, inside)
    counted = wrap(nd.ones(input.shape[-count:], dtype=input.dtype, device=input.device))
    counted = _padded(counted, places.padding, 1.0 if count_include_pad else 0.0)
    counts = _windows(_padded(counted, places.excess, 0.0), places)
    return ops.sum(x, inside) / ops.sum(counts, inside)


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
