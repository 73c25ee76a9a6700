"""Dropout: of elements, of channels, and for self-normalising networks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import ndarray_core as nd
from ndarray_core.errors import ShapeError
from ndarray_core.random import Generator, default_generator

from .. import ops
from ..cost import elementwise
from ..op import Operand, op
from ..variable import wrap
from .arguments import require_tensors

if TYPE_CHECKING:
    from ..tensor import Tensor

# What selu tends to for -infinity: -scale * alpha (Klambauer et al. 2017, section 2).
_SELU_MINIMUM = -1.7580993408473766


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, *, generator: Generator | None = None
) -> Tensor:
    """Zero with probability p, else x / (1 - p); x itself unless training (Srivastava et al. 2014).

    Raises ValueError for a p outside of [0, 1].

    >>> import tiny_autograd as ta
    >>> ta.functional.dropout(ta.ones(2), p=0.5, training=False)
    tensor([1., 1.])
    """
    _check("dropout", input, p)
    if not training or p == 0:
        return input
    if p == 1:
        return ops.where(nd.zeros(input.shape, dtype=nd.bool, device=input.device), input, 0)
    start = (generator or default_generator()).reserve(input.numel())
    return masked(input, p, start["seed"], start["offset"])


@op(cost=elementwise(3), name="dropout")
def masked(x: Operand, /, p: float, seed: int, offset: int) -> nd.NDArray:
    """`dropout` with the mask that a generator draws in this state."""
    return nd.fused.dropout(x, p=p, seed=seed, offset=offset)


# Drawn again instead of saved.
masked.vjp(x=lambda g, p, seed, offset: masked(g, p, seed, offset))


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """`dropout` of whole channels of (N, C, L) or (C, L) (Tompson et al. 2015)."""
    return _of_channels("dropout1d", input, p, training, (2, 3))


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """`dropout` of whole channels of (N, C, H, W) (Tompson et al. 2015).

    >>> import tiny_autograd as ta
    >>> y = ta.functional.dropout2d(ta.ones(1, 8, 2, 2))
    >>> sorted(set(y.sum((2, 3)).flatten().tolist()))
    [0.0, 8.0]
    """
    return _of_channels("dropout2d", input, p, training, (4,))


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """`dropout` of whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    return _of_channels("dropout3d", input, p, training, (4, 5))


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Selu's least value with probability p, then scaled and shifted so that a mean of 0 and a
    variance of 1 stay (Klambauer et al. 2017, section 2); x itself unless training.

    Raises ValueError for a p outside of [0, 1].
    """
    _check("alpha_dropout", input, p)
    if not training or p == 0:
        return input
    if p == 1:
        return ops.where(nd.zeros(input.shape, dtype=nd.bool, device=input.device), input, 0)
    kept = default_generator().bernoulli(1 - p, input.shape, device=input.device)
    scale = 1 / math.sqrt((1 - p) * (1 + p * _SELU_MINIMUM**2))
    return ops.where(kept, input, _SELU_MINIMUM) * scale - scale * p * _SELU_MINIMUM


def _check(name: str, input: Tensor, p: float) -> None:
    require_tensors(name, input=input)
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is a probability, got {p}")


def _of_channels(
    name: str, input: Tensor, p: float, training: bool, ndims: tuple[int, ...]
) -> Tensor:
    _check(name, input, p)
    if input.ndim not in ndims:
        expected = " or ".join(map(str, ndims))
        raise ShapeError(f"{name}: input {input.shape}: expected {expected} dimensions")
    if not training or p == 0:
        return input
    channels = 2 if input.ndim == max(ndims) else 1
    shape = (*input.shape[:channels], *[1] * (input.ndim - channels))
    ones = wrap(nd.ones(shape, dtype=input.dtype, device=input.device))
    return input * dropout(ones, p)
