"""What is left of a layer without its parameters: linear, embedding, padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import ndarray_core as nd
from ndarray_core.errors import DTypeError, ShapeError

from .. import ops
from ..variable import wrap
from .arguments import require_tensors, require_tensors_or_none

if TYPE_CHECKING:
    from ..tensor import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weight.T + bias.

    input: (..., in), weight: (out, in), bias: (out) -> (..., out). Raises ShapeError otherwise.

    >>> import tiny_autograd as ta
    >>> ta.functional.linear(ta.tensor([1.0, 2.0]), ta.tensor([[3.0, 4.0]]))
    tensor([11.])
    """
    require_tensors("linear", input=input, weight=weight)
    require_tensors_or_none("linear", bias=bias)
    return ops.linear(input, weight, bias)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input1 @ weight[o] @ input2 + bias[o], for each output o.

    input1: (..., in1), input2: (..., in2), weight: (out, in1, in2), bias: (out) -> (..., out).
    Raises ShapeError otherwise.

    >>> import tiny_autograd as ta
    >>> ta.functional.bilinear(ta.tensor([2.0]), ta.tensor([3.0]), ta.ones(1, 1, 1))
    tensor([6.])
    """
    require_tensors("bilinear", input1=input1, input2=input2, weight=weight)
    require_tensors_or_none("bilinear", bias=bias)
    sizes = (input1.shape[-1:], input2.shape[-1:])
    if weight.ndim != 3 or sizes != (weight.shape[1:2], weight.shape[2:]):
        raise ShapeError(
            f"bilinear: inputs {input1.shape} and {input2.shape}, weight {weight.shape}: "
            "expected (..., in1), (..., in2) and (out, in1, in2)"
        )
    if input1.shape[:-1] != input2.shape[:-1]:
        raise ShapeError(
            f"bilinear: inputs {input1.shape} and {input2.shape} differ in what is before the last"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(f"bilinear: bias {bias.shape} for weight {weight.shape}")
    out = ops.einsum("...i,oij,...j->...o", input1, weight, input2)
    return out if bias is None else out + bias


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """The rows of `weight` at the positions `input`.

    input: (...) integers, weight: (rows, size) -> (..., size). The row `padding_idx` gets no
    gradient. Raises IndexError for a position that does not exist, DTypeError, ShapeError.

    >>> import tiny_autograd as ta
    >>> ta.functional.embedding(ta.tensor([1, 1]), ta.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [3., 4.]])
    """
    require_tensors("embedding", input=input, weight=weight)
    if input.dtype.kind not in ("int", "uint"):
        raise DTypeError(f"embedding: positions are integers, got {input.dtype.name}")
    if weight.ndim != 2:
        raise ShapeError(f"embedding: weight is (rows, size), got shape {weight.shape}")
    if input.numel() and int(nd.min(input.array)) < 0:
        raise IndexError(f"embedding: position {int(nd.min(input.array))} is negative")
    if padding_idx is not None and not -weight.shape[0] <= padding_idx < weight.shape[0]:
        raise IndexError(f"embedding: padding_idx {padding_idx} of {weight.shape[0]} rows")
    rows = ops.lookup(weight, input, 0)
    if padding_idx is None:
        return rows
    is_padding = nd.equal(input.array, padding_idx % weight.shape[0]).expand_dims(-1)
    return ops.where(is_padding, rows.detach(), rows)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """1 at the position of the class, else 0, along a new last dimension, as int64.

    num_classes: one more than the largest class when left out. Raises DTypeError for classes that
    are not integers, ValueError for one out of range.

    >>> import tiny_autograd as ta
    >>> ta.functional.one_hot(ta.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    require_tensors("one_hot", tensor=tensor)
    if tensor.dtype.kind not in ("int", "uint"):
        raise DTypeError(f"one_hot: classes are integers, got {tensor.dtype.name}")
    array = tensor.array
    if not array.size and num_classes < 1:
        raise ValueError("one_hot: num_classes is needed when there are no elements")
    low = int(nd.min(array)) if array.size else 0
    high = int(nd.max(array)) if array.size else -1
    classes = high + 1 if num_classes == -1 else num_classes
    if low < 0 or high >= classes:
        raise ValueError(f"one_hot: classes from {low} to {high}, expected 0 to {classes - 1}")
    positions = nd.arange(classes, dtype=array.dtype, device=array.device)
    return wrap(nd.equal(array.expand_dims(-1), positions).astype(nd.int64))


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """x with elements added around it, or taken off where a number is negative.

    pad: (before, behind) of the last dimension, then of the one before it, and so on. mode:
    "constant" with `value` (0 when left out), or "reflect", "replicate", "circular" from x itself.
    Raises ShapeError when the numbers do not fit the shape, ValueError for an unknown mode.

    >>> import tiny_autograd as ta
    >>> ta.functional.pad(ta.tensor([1, 2, 3]), (1, 2), mode="reflect")
    tensor([2, 1, 2, 3, 2, 1])
    """
    require_tensors("pad", input=input)
    numbers = tuple(pad)
    if len(numbers) % 2 or len(numbers) > 2 * input.ndim:
        raise ShapeError(f"pad: {numbers} for shape {input.shape}: expected pairs, one a dimension")
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    widths = [(0, 0)] * (input.ndim - len(pairs)) + pairs[::-1]
    for d, (before, behind) in enumerate(widths):
        if input.shape[d] + min(before, 0) + min(behind, 0) < 0:
            raise ShapeError(f"pad: {numbers} takes more off shape {input.shape} than there is")
    if any(n < 0 for n in numbers):
        key = tuple(
            slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(input.shape, widths, strict=True)
        )
        input = ops.getitem(input, key)
    grown = tuple((max(a, 0), max(b, 0)) for a, b in widths)
    if mode != "constant":
        if value is not None:
            raise ValueError(f"pad: mode {mode!r} takes no value")
        for d, (before, behind) in enumerate(grown):
            if before or behind:
                index = _source_positions(mode, input.shape, d, before, behind)
                input = ops.lookup(input, nd.asarray(index, device=input.device), d)
        return input
    if not any(any(pair) for pair in grown):
        return input
    return ops.pad_constant(input, grown, 0.0 if value is None else value)


def _source_positions(
    mode: str, shape: tuple[int, ...], dim: int, before: int, behind: int
) -> np.ndarray[Any, Any]:
    """Which element each of the padded dimension is a copy of."""
    size = shape[dim]
    limits = {"reflect": size - 1, "replicate": None, "circular": size}
    if mode not in limits:
        raise ValueError(f"pad: unknown mode {mode!r}; known are constant, {', '.join(limits)}")
    limit = limits[mode]
    if size == 0 or (limit is not None and max(before, behind) > limit):
        raise ShapeError(
            f"pad: mode {mode!r} cannot pad dimension {dim} of shape {shape} "
            f"by {max(before, behind)}"
        )
    positions = np.arange(-before, size + behind)
    if mode == "replicate":
        return positions.clip(0, size - 1)
    if mode == "circular":
        return positions % size
    distance = np.abs((size - 1) - np.abs(positions))
    return np.asarray((size - 1) - distance)
