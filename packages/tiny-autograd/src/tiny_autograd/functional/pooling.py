"""Pooling over windows of the last two dimensions: of (N, C, H, W) or (C, H, W)."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

import numpy as np

import ndarray_core as nd
from ndarray_core.errors import ShapeError

from .. import ops
from ..variable import wrap
from .arguments import require_tensors
from .conv import Size, per_dim

if TYPE_CHECKING:
    from ..tensor import Tensor


class _Places(NamedTuple):
    """Where windows lie in the last two dimensions, one entry for each of the two."""

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
) -> _Places:
    if input.ndim not in (3, 4):
        raise ShapeError(f"{name}: expected (N, C, H, W) or (C, H, W), got shape {input.shape}")
    kernel = per_dim(f"{name}: kernel_size", kernel_size, 2, 1)
    steps = per_dim(f"{name}: stride", kernel if stride is None else stride, 2, 1)
    pads = per_dim(f"{name}: padding", padding, 2, 0)
    dilations = per_dim(f"{name}: dilation", dilation, 2, 1)
    if any(p > k // 2 for p, k in zip(pads, kernel, strict=True)):
        raise ValueError(f"{name}: padding {pads} is more than half of the kernel {kernel}")
    excess = []
    for size, p, k, s, d in zip(input.shape[-2:], pads, kernel, steps, dilations, strict=True):
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
    """x with `fill` around its last two dimensions."""
    if not any(any(pair) for pair in widths):
        return x
    return ops.pad_constant(x, ((0, 0),) * (x.ndim - 2) + tuple(widths), fill)


def _windows(x: Tensor, places: _Places) -> Tensor:
    """(..., H', W', KH, KW) of the padded x: a view."""
    dims = (x.ndim - 2, x.ndim - 1)
    return ops.windows(x, dims, places.kernel, places.stride, places.dilation)


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
    require_tensors("max_pool2d", input=input)
    places = _places("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode)
    widths = [
        (before, behind + more)
        for (before, behind), (_, more) in zip(places.padding, places.excess, strict=True)
    ]
    x = _windows(_padded(input, widths, -float("inf")), places)
    flat = ops.reshape(x, (*x.shape[:-2], prod(x.shape[-2:])))
    values, chosen = ops.max(flat, -1)
    if not return_indices:
        return values
    height, width = input.shape[-2:]
    positions = nd.arange(height * width, dtype=nd.int64, device=input.device)
    sources = _windows(_padded(wrap(positions.reshape(height, width)), widths, 0), places)
    sources = sources.reshape(*sources.shape[:-2], -1).expand(*flat.shape)
    return values, ops.squeeze(ops.gather_elements(sources, chosen.unsqueeze(-1), -1), -1)


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
    require_tensors("avg_pool2d", input=input)
    if divisor_override == 0:
        raise ValueError("avg_pool2d: divisor_override must not be 0; None divides by the count")
    places = _places("avg_pool2d", input, kernel_size, stride, padding, 1, ceil_mode)
    x = _windows(_padded(_padded(input, places.padding, 0.0), places.excess, 0.0), places)
    if divisor_override is not None:
        return ops.sum(x, (-2, -1)) / divisor_override
    uncounted = places.excess if count_include_pad else places.padding + places.excess
    if not any(any(pair) for pair in uncounted):
        return ops.mean(x, (-2, -1))
    counted = wrap(nd.ones(input.shape[-2:], dtype=input.dtype, device=input.device))
    counted = _padded(counted, places.padding, 1.0 if count_include_pad else 0.0)
    counts = _windows(_padded(counted, places.excess, 0.0), places)
    return ops.sum(x, (-2, -1)) / ops.sum(counts, (-2, -1))


def _output_size(name: str, input: Tensor, output_size: int | Sequence[int | None]) -> list[int]:
    if input.ndim < 3 or 0 in input.shape[-2:]:
        raise ShapeError(
            f"{name}: expected (N, C, H, W) or (C, H, W) with H and W above 0, "
            f"got shape {input.shape}"
        )
    sizes = [output_size] * 2 if isinstance(output_size, int) else list(output_size)
    if len(sizes) != 2 or any(s is not None and s < 1 for s in sizes):
        raise ValueError(f"{name}: expected two output sizes of at least 1, got {output_size}")
    return [n if s is None else s for s, n in zip(sizes, input.shape[-2:], strict=True)]


def _bins(size: int, count: int) -> list[tuple[int, int]]:
    """`count` parts (start, end) that cover `size` elements evenly; they may overlap by one."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def adaptive_avg_pool2d(input: Tensor, output_size: int | Sequence[int | None]) -> Tensor:
    """The means of as many parts as `output_size` says; None keeps a size.

    Part i of n covers the elements from floor(i size / n) to ceil((i + 1) size / n).

    >>> import tiny_autograd as ta
    >>> ta.functional.adaptive_avg_pool2d(ta.arange(6.0).reshape(1, 2, 3), 1)
    tensor([[[2.5000]]])
    """
    require_tensors("adaptive_avg_pool2d", input=input)
    rows, columns = _output_size("adaptive_avg_pool2d", input, output_size)
    if rows == columns == 1:
        return ops.mean(input, (-2, -1), True)
    # Averaging is linear in rows and in columns: a matrix on either side.
    left = _averaging(input, input.shape[-2], rows)
    right = _averaging(input, input.shape[-1], columns)
    return ops.matmul(ops.matmul(left, input), ops.mT(right))


def _averaging(like: Tensor, size: int, count: int) -> Any:
    """A (count, size) matrix whose rows average the parts."""
    matrix = np.zeros((count, size))
    for i, (start, end) in enumerate(_bins(size, count)):
        matrix[i, start:end] = 1 / (end - start)
    return nd.asarray(matrix, dtype=like.dtype, device=like.device)


def adaptive_max_pool2d(input: Tensor, output_size: int | Sequence[int | None]) -> Tensor:
    """The largest elements of as many parts as `output_size` says, as `adaptive_avg_pool2d`.

    >>> import tiny_autograd as ta
    >>> ta.functional.adaptive_max_pool2d(ta.arange(6.0).reshape(1, 2, 3), (1, 2))
    tensor([[[4., 5.]]])
    """
    require_tensors("adaptive_max_pool2d", input=input)
    rows, columns = _output_size("adaptive_max_pool2d", input, output_size)
    parts = [
        ops.max(ops.flatten(input[..., top:bottom, first:last], -2), -1).values
        for top, bottom in _bins(input.shape[-2], rows)
        for first, last in _bins(input.shape[-1], columns)
    ]
    stacked = ops.stack(parts, -1)
    return ops.reshape(stacked, (*input.shape[:-2], rows, columns))
