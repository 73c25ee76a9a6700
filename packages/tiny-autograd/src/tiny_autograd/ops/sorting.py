"""Order: sorted elements, the largest ones, and where a number would stand among them.

NaN counts as larger than every number. Gradients flow to the elements that were picked; positions
have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import ShapeError

from ..cost import Count, Shape, normalize_dims
from ..op import Operand, op
from ..variable import Variable
from .conversion import astype
from .indexing import gather_elements
from .shape import reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "argsort",
    "bucketize",
    "kthvalue",
    "msort",
    "searchsorted",
    "sort",
    "topk",
]


class Ranked(NamedTuple):
    """Elements in order, and where they stood."""

    values: Tensor
    indices: Tensor


def _comparisons(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    shape = shapes[0]
    size = prod(shape)
    (at,) = normalize_dims(parameters["dim"], len(shape)) or (0,)
    length = shape[at] if shape else 1
    return size * max(length, 1).bit_length(), size, size


@op(cost=_comparisons)
def argsort(
    x: Operand, /, dim: int = -1, descending: bool = False, stable: bool = False
) -> NDArray:
    """The positions of the elements along `dim` in the order that sorts them.

    Equal elements keep their order in any case; `stable` is taken for PyTorch's sake.

    >>> import tiny_autograd as ta
    >>> ta.argsort(ta.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    at = normalize_dims(dim, x.ndim)
    if not at:
        return nd.zeros((), dtype=nd.int64, device=x.device)
    return nd.argsort(x, axis=at[0], descending=descending)


argsort.no_vjp()


def sort(x: Operand, dim: int = -1, descending: bool = False, stable: bool = False) -> Ranked:
    """The elements along `dim` in order, and their positions in x.

    Equal elements keep their order in any case; `stable` is taken for PyTorch's sake.

    >>> import tiny_autograd as ta
    >>> ta.sort(ta.tensor([3.0, 1.0, 2.0]), descending=True).values
    tensor([3., 2., 1.])
    """
    positions = argsort(x, dim, descending, stable)
    return Ranked(gather_elements(x, positions, dim) if x.ndim else reshape(x, ()), positions)


def msort(x: Operand) -> Tensor:
    """The elements in order along the first dimension.

    >>> import tiny_autograd as ta
    >>> ta.msort(ta.tensor([[2, 1], [1, 3]]))
    tensor([[1, 1],
            [2, 3]])
    """
    return sort(x, 0).values


def _selected(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    shape, k = shapes[0], parameters["k"]
    size = prod(shape)
    (at,) = normalize_dims(parameters["dim"], len(shape)) or (0,)
    lanes = size // max(shape[at], 1) if shape else 1
    return size + lanes * k * max(k, 1).bit_length(), size, lanes * k


@op(cost=_selected)
def topk_positions(
    x: Operand, /, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> NDArray:
    """Where the elements stand that `topk` gives.

    >>> import tiny_autograd as ta
    >>> ta.ops.topk_positions(ta.tensor([3.0, 1.0, 2.0]), 2)
    tensor([0, 2])
    """
    return nd.topk(x, k, axis=dim, largest=largest, sorted=sorted).indices


topk_positions.no_vjp()


def topk(x: Operand, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Ranked:
    """The k largest (or smallest) elements along `dim`, from the extreme on, and their positions.

    Which of equal ones are taken is not specified. Raises IndexError for a k out of range.

    >>> import tiny_autograd as ta
    >>> ta.topk(ta.tensor([3.0, 1.0, 2.0]), 2)
    Ranked(values=tensor([3., 2.]), indices=tensor([0, 2]))
    """
    dims = normalize_dims(dim, x.ndim)
    size = x.shape[dims[0]] if dims else 1
    if not 0 <= k <= size:
        raise IndexError(f"topk: k = {k} of {size} elements along dimension {dim} of {x.shape}")
    if not dims:
        values, indices = topk(reshape(x, (1,)), k, 0)
        return Ranked(values.reshape(()), indices.reshape(())) if k else Ranked(values, indices)
    positions = topk_positions(x, k, dims[0], largest, sorted)
    return Ranked(gather_elements(x, positions, dims[0]), positions)


def kthvalue(x: Operand, k: int, dim: int = -1, keepdim: bool = False) -> Ranked:
    """The k-th smallest element along `dim`, counted from 1, and its position.

    Raises IndexError for a k out of range.

    >>> import tiny_autograd as ta
    >>> ta.kthvalue(ta.tensor([3.0, 1.0, 2.0]), 2)
    Ranked(values=tensor(2.), indices=tensor(2))
    """
    dims = normalize_dims(dim, x.ndim)
    size = x.shape[dims[0]] if dims else 1
    if not 1 <= k <= size:
        raise IndexError(f"kthvalue: k = {k} of {size} elements along dimension {dim} of {x.shape}")
    if not dims:
        return sort(x)
    at = dims[0]
    values, indices = topk(x, k, at, largest=False)
    key = (*[slice(None)] * at, slice(k - 1, k) if keepdim else k - 1)
    return Ranked(values[key], indices[key])


def _searches(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    row, wanted = (shapes[0] or (1,))[-1], prod(shapes[1])
    steps = max(row, 1).bit_length()
    return wanted * steps, wanted * (steps + 1), wanted


@op(cost=_searches)
def search_positions(sorted_sequence: Operand, values: Operand, /, right: bool = False) -> NDArray:
    """`searchsorted`, with the operands first.

    >>> import tiny_autograd as ta
    >>> ta.ops.search_positions(ta.tensor([1, 3, 5]), ta.tensor([3, 6]))
    tensor([1, 3])
    """
    side: Literal["left", "right"] = "right" if right else "left"
    if sorted_sequence.ndim == 1:
        return nd.searchsorted(sorted_sequence, values, side=side)
    rows = sorted_sequence.reshape((-1, sorted_sequence.shape[-1]))
    wanted = values.reshape((rows.shape[0], values.shape[-1]))
    found = [nd.searchsorted(rows[i], wanted[i], side=side) for i in range(rows.shape[0])]
    if not found:
        return nd.zeros(values.shape, dtype=nd.int64, device=values.device)
    return nd.stack(found).reshape(values.shape)


search_positions.no_vjp()


def searchsorted(
    sorted_sequence: Operand,
    input: Operand,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Operand | None = None,
) -> Tensor:
    """Where the elements of `input` would be inserted to keep the order along the last dimension.

    sorted_sequence: (n), for an input of any shape, or (..., n) for an input (..., m). right (or
    side="right"): behind equal elements instead of before. sorter: positions that sort the
    sequence. Raises ShapeError when the leading sizes differ, ValueError for another side.

    >>> import tiny_autograd as ta
    >>> ta.searchsorted(ta.tensor([1, 3, 5]), ta.tensor([3, 6]), right=True)
    tensor([2, 3])
    """
    if side not in (None, "left", "right"):
        raise ValueError(f"searchsorted: side is 'left' or 'right', got {side!r}")
    if side == "left" and right:
        raise ValueError("searchsorted: side='left' contradicts right=True; give one of them")
    sequence = sorted_sequence
    if sorter is not None:
        if sorter.shape != sequence.shape:
            raise ShapeError(
                f"searchsorted: sorter of shape {sorter.shape} for a sequence of shape "
                f"{sequence.shape}; they must be equal"
            )
        sequence = gather_elements(sequence, sorter, -1)
    if not isinstance(input, Variable | NDArray):
        input = nd.asarray(input, device=sequence.device)
    if not sequence.ndim or (
        sequence.ndim > 1 and tuple(sequence.shape[:-1]) != tuple(input.shape[:-1])
    ):
        raise ShapeError(
            f"searchsorted: a sequence of shape {sequence.shape} and an input of shape "
            f"{input.shape}; a sequence of several dimensions shares all but the last with it"
        )
    found = search_positions(sequence, input, right or side == "right")
    return astype(found, nd.int32) if out_int32 else found


def bucketize(
    input: Operand, boundaries: Operand, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """The number of the interval between `boundaries` (sorted, one dimension) for each element.

    right: an element equal to a boundary belongs to the interval behind it.

    >>> import tiny_autograd as ta
    >>> ta.bucketize(ta.tensor([0, 3, 9]), ta.tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    if boundaries.ndim != 1:
        raise ShapeError(f"bucketize: boundaries have one dimension, got {boundaries.shape}")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
