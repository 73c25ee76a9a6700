"""Tensors put together, and taken apart or repeated along a dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import ShapeError

from ..cost import Count, Shape, movement, normalize_dims, only_dim, same_shape
from ..op import Operand, op
from ..variable import Variable
from .indexing import getitem, lookup
from .shape import Sizes, expand, reshape, sizes

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "cat",
    "chunk",
    "flip",
    "narrow",
    "repeat",
    "repeat_interleave",
    "roll",
    "select",
    "split",
    "stack",
    "tile",
    "unbind",
]


def _joined(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    size = sum(map(prod, shapes))
    return 0, size, size


@op(cost=_joined)
def concat(*tensors: Operand, dim: int = 0) -> NDArray:
    """The tensors one after the other along `dim`; all of one dtype. `cat` takes any.

    >>> import tiny_autograd as ta
    >>> ta.ops.concat(ta.tensor([1, 2]), ta.tensor([3]))
    tensor([1, 2, 3])
    """
    return nd.concat(tensors, axis=dim)


def _own_part(g: Operand, position: int, tensors_shape: tuple[Shape, ...], dim: int) -> Operand:
    start = sum(shape[dim] for shape in tensors_shape[:position])
    return narrow(g, dim, start, tensors_shape[position][dim])


concat.vjp(tensors=_own_part)


@op(cost=_joined)
def stack_operands(*tensors: Operand, dim: int = 0) -> NDArray:
    """The tensors, of one shape and dtype, along a new dimension. `stack` takes any dtypes.

    >>> import tiny_autograd as ta
    >>> ta.ops.stack_operands(ta.tensor([1, 2]), ta.tensor([3, 4]))
    tensor([[1, 2],
            [3, 4]])
    """
    return nd.stack(tensors, axis=dim)


stack_operands.vjp(tensors=lambda g, position, dim: select(g, dim, position))


def of_one_dtype(name: str, tensors: Sequence[Operand]) -> Sequence[Operand]:
    """The tensors, converted to the type they promote to, for the operation `name`."""
    for x in tensors:
        if not isinstance(x, Variable | NDArray):
            raise TypeError(f"{name}: expected a sequence of tensors, one is a {type(x).__name__}")
    dtypes = {x.dtype for x in tensors}
    if len(dtypes) == 1:
        return tensors
    dtype = reduce(nd.promote_types, dtypes)
    return [x.astype(dtype) for x in tensors]


def cat(tensors: Sequence[Operand], dim: int = 0) -> Tensor:
    """The tensors one after the other along `dim`; their other sizes are equal.

    Raises ShapeError when they are not, ValueError for no tensors at all.

    >>> import tiny_autograd as ta
    >>> ta.cat([ta.tensor([1, 2]), ta.tensor([3])])
    tensor([1, 2, 3])
    """
    if not tensors:
        raise ValueError("cat: expected at least one tensor")
    return concat(*of_one_dtype("cat", tensors), dim=dim)


def stack(tensors: Sequence[Operand], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, along a new dimension.

    Raises ShapeError when the shapes differ, ValueError for no tensors at all.

    >>> import tiny_autograd as ta
    >>> ta.stack([ta.tensor([1, 2]), ta.tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    if not tensors:
        raise ValueError("stack: expected at least one tensor")
    return stack_operands(*of_one_dtype("stack", tensors), dim=dim)


def narrow(x: Operand, dim: int, start: int, length: int) -> Tensor:
    """A view of `length` elements along `dim`, from `start` on.

    >>> import tiny_autograd as ta
    >>> ta.narrow(ta.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    at = only_dim("narrow", dim, x.shape)
    size = x.shape[at]
    first = start + size if start < 0 else start
    if not (first >= 0 and length >= 0 and first + length <= size):
        raise IndexError(
            f"narrow: elements {start} to {start + length} of dimension {dim}, "
            f"which has size {size} (shape {x.shape})"
        )
    return getitem(x, (slice(None),) * at + (slice(first, first + length),))


def select(x: Operand, dim: int, index: int) -> Tensor:
    """A view of one position along `dim`, which is dropped.

    >>> import tiny_autograd as ta
    >>> ta.select(ta.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    at = only_dim("select", dim, x.shape)
    return getitem(x, (slice(None),) * at + (index,))


def split(
    x: Operand, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Views of pieces along `dim`: all of one size but for the last, or of the given sizes.

    >>> import tiny_autograd as ta
    >>> ta.split(ta.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    at = only_dim("split", dim, x.shape)
    total = x.shape[at]
    if isinstance(split_size_or_sections, int):
        step = split_size_or_sections
        if step <= 0:
            raise ValueError(f"split: the size of a piece must be positive, got {step}")
        pieces = [min(step, total - start) for start in range(0, total, step)] or [0]
    else:
        pieces = list(split_size_or_sections)
        if sum(pieces) != total:
            raise ShapeError(
                f"split: sizes {pieces} add up to {sum(pieces)}, dimension {dim} "
                f"of shape {x.shape} has {total}"
            )
    starts = [sum(pieces[:i]) for i in range(len(pieces))]
    return tuple(narrow(x, at, s, n) for s, n in zip(starts, pieces, strict=True))


def chunk(x: Operand, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most `chunks` pieces of equal size along `dim`; the last may be smaller.

    >>> import tiny_autograd as ta
    >>> [piece.shape for piece in ta.chunk(ta.arange(5), 2)]
    [(3,), (2,)]
    """
    if chunks <= 0:
        raise ValueError(f"chunk: the number of pieces must be positive, got {chunks}")
    at = only_dim("chunk", dim, x.shape)
    return split(x, max(-(-x.shape[at] // chunks), 1), at)


def unbind(x: Operand, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of every position along `dim`, which is dropped.

    >>> import tiny_autograd as ta
    >>> ta.unbind(ta.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    at = only_dim("unbind", dim, x.shape)
    return tuple(select(x, at, i) for i in range(x.shape[at]))


@op(cost=movement(same_shape))
def flip(x: Operand, /, dims: int | tuple[int, ...] | list[int]) -> Operand:
    """A copy with the order along `dims` reversed.

    >>> import tiny_autograd as ta
    >>> ta.flip(ta.tensor([1, 2, 3]), 0)
    tensor([3, 2, 1])
    """
    return x.flip(normalize_dims(dims, x.ndim)).copy()


flip.vjp(x=lambda g, dims: flip(g, dims))


@op(cost=movement(same_shape))
def roll(
    x: Operand, /, shifts: int | tuple[int, ...], dims: int | tuple[int, ...] | None = None
) -> NDArray:
    """Elements moved on by `shifts` along `dims` (of the flattened x without), round the end.

    >>> import tiny_autograd as ta
    >>> ta.roll(ta.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    return nd.roll(x, shifts, axis=dims)


def _backwards(shifts: int | tuple[int, ...]) -> int | tuple[int, ...]:
    return -shifts if isinstance(shifts, int) else tuple(-n for n in shifts)


roll.vjp(x=lambda g, shifts, dims: roll(g, _backwards(shifts), dims))


def repeat(x: Operand, *repeats: Sizes) -> Tensor:
    """x laid out `repeats` times along each dimension; more numbers than dimensions add some.

    >>> import tiny_autograd as ta
    >>> ta.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    times = sizes(repeats)
    if len(times) < x.ndim:
        raise ShapeError(f"repeat: {len(times)} numbers for the {x.ndim} dimensions of {x.shape}")
    shape = (1,) * (len(times) - x.ndim) + tuple(x.shape)
    paired = reshape(x, tuple(k for n in shape for k in (1, n)))
    repeated = expand(paired, tuple(k for t, n in zip(times, shape, strict=True) for k in (t, n)))
    return reshape(repeated, tuple(t * n for t, n in zip(times, shape, strict=True)))


def tile(x: Operand, *dims: Sizes) -> Tensor:
    """As `repeat`, but fewer numbers than dimensions apply to the last ones.

    >>> import tiny_autograd as ta
    >>> ta.tile(ta.tensor([[1, 2]]), (2,))
    tensor([[1, 2, 1, 2]])
    """
    times = sizes(dims)
    return repeat(x, (1,) * (x.ndim - len(times)) + times)


def repeat_interleave(x: Operand, repeats: int | Operand, dim: int | None = None) -> Tensor:
    """Each element (each position along `dim`) `repeats` times in a row.

    repeats: a number, or integers, one for each element (position). Raises ShapeError unless there
    are as many, ValueError for a negative one.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([1, 2])
    >>> ta.repeat_interleave(x, 2), ta.repeat_interleave(x, ta.tensor([0, 3]))
    (tensor([1, 1, 2, 2]), tensor([2, 2, 2]))
    """
    if dim is None:
        return repeat_interleave(reshape(x, (-1,)), repeats, 0)
    at = only_dim("repeat_interleave", dim, x.shape)
    if isinstance(repeats, Variable | NDArray):
        return lookup(x, _repeated(x, repeats, at), at)
    before, size, after = tuple(x.shape[:at]), x.shape[at], tuple(x.shape[at + 1 :])
    paired = reshape(x, (*before, size, 1, *after))
    return reshape(
        expand(paired, (*before, size, repeats, *after)), (*before, size * repeats, *after)
    )


def _repeated(x: Operand, repeats: Variable | NDArray, at: int) -> NDArray:
    """The positions along a dimension, each as often as `repeats` says."""
    times = repeats.array if isinstance(repeats, Variable) else repeats
    if times.ndim > 1 or times.size not in (1, x.shape[at]):
        raise ShapeError(
            f"repeat_interleave: repeats of shape {times.shape} for dimension {at} of shape "
            f"{x.shape}; one number, or {x.shape[at]} in one dimension"
        )
    if times.size and int(nd.min(times)) < 0:
        raise ValueError(f"repeat_interleave: {int(nd.min(times))} is negative")
    positions = nd.arange(x.shape[at], device=x.device)
    wanted = times.reshape((times.size,)).to_device(x.device).broadcast_to(positions.shape)
    return nd.repeat(positions, wanted)
