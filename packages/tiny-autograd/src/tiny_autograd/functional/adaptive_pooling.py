"""Pooling into as many parts as are asked for, of the last one, two or three dimensions.

Part i of n covers the elements from floor(i size / n) to ceil((i + 1) size / n).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np

import ndarray_core as nd
from ndarray_core.errors import ShapeError

from .. import ops
from .arguments import require_tensors
from .pooling import positions_of_largest

if TYPE_CHECKING:
    from ..tensor import Tensor

# How many parts there are along each dimension; None keeps a size.
Parts: TypeAlias = int | Sequence[int | None] | None


def _output_size(name: str, input: Tensor, output_size: Parts, count: int) -> tuple[int, ...]:
    letters = ("L",) if count == 1 else tuple("DHW"[3 - count :])
    if input.ndim not in (count + 1, count + 2) or 0 in input.shape[-count:]:
        sizes = ", ".join(letters)
        raise ShapeError(
            f"{name}: expected (N, C, {sizes}) or (C, {sizes}) with {' and '.join(letters)} "
            f"above 0, got shape {input.shape}"
        )
    given = [output_size] * count if isinstance(output_size, int | None) else list(output_size)
    if len(given) != count or any(s is not None and s < 1 for s in given):
        raise ValueError(
            f"{name}: expected output sizes of at least 1, {count} of them, got {output_size}"
        )
    return tuple(n if s is None else s for s, n in zip(given, input.shape[-count:], strict=True))


def _equal_parts(input: Tensor, sizes: tuple[int, ...]) -> dict[str, tuple[int, ...]] | None:
    """The windows of a pool that does the same, if all parts along a dimension are of one size."""
    inner = input.shape[-len(sizes) :]
    if any(n % size for n, size in zip(inner, sizes, strict=True)):
        return None
    lengths = tuple(n // size for n, size in zip(inner, sizes, strict=True))
    return {"size": lengths, "stride": lengths, "padding": (0,) * len(sizes), "places": sizes}


def _bins(size: int, count: int) -> list[tuple[int, int]]:
    """`count` parts (start, end) that cover `size` elements evenly; they may overlap by one."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def _averaging(like: Tensor, size: int, count: int) -> Any:
    """A (count, size) matrix whose rows average the parts."""
    matrix = np.zeros((count, size))
    for i, (start, end) in enumerate(_bins(size, count)):
        matrix[i, start:end] = 1 / (end - start)
    return nd.asarray(matrix, dtype=like.dtype, device=like.device)


def _adaptive_avg_pool(name: str, input: Tensor, output_size: Parts, count: int) -> Tensor:
    require_tensors(name, input=input)
    sizes = _output_size(name, input, output_size, count)
    if all(size == 1 for size in sizes):
        return ops.mean(input, tuple(range(-count, 0)), True)
    if (windows := _equal_parts(input, sizes)) is not None:
        return ops.avg_pool(input, count_include_pad=True, divisor=None, **windows)
    # Averaging is linear along each dimension: one matrix for each.
    x = input
    for dim, size in zip(range(-count, 0), sizes, strict=True):
        if size == input.shape[dim]:
            continue
        matrix = _averaging(input, input.shape[dim], size)
        if dim == -1:
            x = ops.matmul(x, matrix.mT)
        elif dim == -2:
            x = ops.matmul(matrix, x)
        else:
            x = ops.transpose(ops.matmul(matrix, ops.transpose(x, dim, -2)), dim, -2)
    return x


def adaptive_avg_pool1d(input: Tensor, output_size: Parts) -> Tensor:
    """`adaptive_avg_pool2d` over the last dimension of (N, C, L) or (C, L).

    >>> import tiny_autograd as ta
    >>> ta.functional.adaptive_avg_pool1d(ta.tensor([[1.0, 2.0, 6.0]]), 2)
    tensor([[1.5000, 4.0000]])
    """
    return _adaptive_avg_pool("adaptive_avg_pool1d", input, output_size, 1)


def adaptive_avg_pool2d(input: Tensor, output_size: Parts) -> Tensor:
    """The means of as many parts as `output_size` says; None keeps a size.

    input: (N, C, H, W) or (C, H, W). output_size: one number for both, or one for each. Raises
    ShapeError and ValueError for others.

    >>> import tiny_autograd as ta
    >>> ta.functional.adaptive_avg_pool2d(ta.arange(6.0).reshape(1, 2, 3), 1)
    tensor([[[2.5000]]])
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", input, output_size, 2)


def adaptive_avg_pool3d(input: Tensor, output_size: Parts) -> Tensor:
    """`adaptive_avg_pool2d` over the last three dimensions of (N, C, D, H, W) or (C, D, H, W).

    >>> import tiny_autograd as ta
    >>> ta.functional.adaptive_avg_pool3d(ta.arange(8.0).reshape(1, 2, 2, 2), (2, 1, 1))
    tensor([[[[1.5000]],
    <BLANKLINE>
             [[5.5000]]]])
    """
    return _adaptive_avg_pool("adaptive_avg_pool3d", input, output_size, 3)


def _adaptive_max_pool(
    name: str, input: Tensor, output_size: Parts, return_indices: bool, count: int
) -> Tensor | tuple[Tensor, Tensor]:
    require_tensors(name, input=input)
    sizes = _output_size(name, input, output_size, count)
    if (windows := _equal_parts(input, sizes)) is not None:
        once = (1,) * count
        pooled = ops.max_pool(input, dilation=once, **windows)
        if not return_indices:
            return pooled
        return pooled, positions_of_largest(input, dilation=once, **windows)
    inner = input.shape[-count:]
    positions = nd.arange(prod(inner), dtype=nd.int64, device=input.device).reshape(inner)
    values, sources = [], []
    for part in product(*(_bins(n, size) for n, size in zip(inner, sizes, strict=True))):
        key = tuple(slice(start, end) for start, end in part)
        largest, chosen = ops.max(ops.flatten(input[(..., *key)], -count), -1)
        values.append(largest)
        if return_indices:
            sources.append(ops.lookup(positions[key].reshape((-1,)), chosen, 0))
    shape = (*input.shape[:-count], *sizes)
    pooled = ops.reshape(ops.stack(values, -1), shape)
    return (pooled, ops.reshape(ops.stack(sources, -1), shape)) if return_indices else pooled


@overload
def adaptive_max_pool1d(
    input: Tensor, output_size: Parts, return_indices: Literal[False] = False
) -> Tensor: ...


@overload
def adaptive_max_pool1d(
    input: Tensor, output_size: Parts, return_indices: Literal[True]
) -> tuple[Tensor, Tensor]: ...


def adaptive_max_pool1d(
    input: Tensor, output_size: Parts, return_indices: bool = False
) -> Tensor | tuple[Tensor, Tensor]:
    """`adaptive_max_pool2d` over the last dimension of (N, C, L) or (C, L).

    >>> import tiny_autograd as ta
    >>> ta.functional.adaptive_max_pool1d(ta.tensor([[1.0, 2.0, 6.0]]), 2)
    tensor([[2., 6.]])
    """
    return _adaptive_max_pool("adaptive_max_pool1d", input, output_size, return_indices, 1)


@overload
def adaptive_max_pool2d(
    input: Tensor, output_size: Parts, return_indices: Literal[False] = False
) -> Tensor: ...


@overload
def adaptive_max_pool2d(
    input: Tensor, output_size: Parts, return_indices: Literal[True]
) -> tuple[Tensor, Tensor]: ...


def adaptive_max_pool2d(
    input: Tensor, output_size: Parts, return_indices: bool = False
) -> Tensor | tuple[Tensor, Tensor]:
    """The largest elements of as many parts as `output_size` says, as `adaptive_avg_pool2d`.

    return_indices: also where they are, as positions in H * W.

    >>> import tiny_autograd as ta
    >>> ta.functional.adaptive_max_pool2d(ta.arange(6.0).reshape(1, 2, 3), (1, 2))
    tensor([[[4., 5.]]])
    """
    return _adaptive_max_pool("adaptive_max_pool2d", input, output_size, return_indices, 2)


@overload
def adaptive_max_pool3d(
    input: Tensor, output_size: Parts, return_indices: Literal[False] = False
) -> Tensor: ...


@overload
def adaptive_max_pool3d(
    input: Tensor, output_size: Parts, return_indices: Literal[True]
) -> tuple[Tensor, Tensor]: ...


def adaptive_max_pool3d(
    input: Tensor, output_size: Parts, return_indices: bool = False
) -> Tensor | tuple[Tensor, Tensor]:
    """`adaptive_max_pool2d` over the last three dimensions of (N, C, D, H, W) or (C, D, H, W).

    >>> import tiny_autograd as ta
    >>> ta.functional.adaptive_max_pool3d(ta.arange(8.0).reshape(1, 2, 2, 2), 1)
    tensor([[[[7.]]]])
    """
    return _adaptive_max_pool("adaptive_max_pool3d", input, output_size, return_indices, 3)
