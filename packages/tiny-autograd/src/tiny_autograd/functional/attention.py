"""Attention."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import ndarray_core as nd
from ndarray_core.errors import DTypeError, ShapeError
from ndarray_core.random import Generator

from .. import ops
from .arguments import require_tensors, require_tensors_or_none
from .dropout import dropout

if TYPE_CHECKING:
    from ..tensor import Tensor


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """softmax(query @ key.mT * scale + mask) @ value (Vaswani et al. 2017, equation 1).

    query: (..., L, E), key: (..., S, E), value: (..., S, V) -> (..., L, V); leading dimensions
    broadcast. attn_mask: broadcasts to (..., L, S); bools that are true where a query may see a
    key, or numbers that are added. is_causal: query i sees keys 0 to i; not with a mask. A query
    that sees no key gets zeros. scale: 1 / sqrt(E) when left out. dropout_p: the share of weights
    set to zero, always: give 0 unless training. enable_gqa: key and value have fewer heads, the
    dimension before the last two, and each serves as many heads of the query (Ainslie et al. 2023).
    Raises ShapeError when sizes do not fit, DTypeError for a mask of integers.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> ta.functional.scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]])
    """
    name = "scaled_dot_product_attention"
    require_tensors(name, query=query, key=key, value=value)
    require_tensors_or_none(name, attn_mask=attn_mask)
    if attn_mask is not None and is_causal:
        raise ValueError(f"{name}: give attn_mask or is_causal, not both")
    shapes = f"query {query.shape}, key {key.shape}, value {value.shape}"
    if (
        min(query.ndim, key.ndim, value.ndim) < 2
        or query.shape[-1] != key.shape[-1]
        or key.shape[-2] != value.shape[-2]
    ):
        raise ShapeError(f"{name}: {shapes}: expected (..., L, E), (..., S, E) and (..., S, V)")
    if enable_gqa:
        key, value = (_repeat_heads(name, x, query, shapes) for x in (key, value))
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = ops.matmul(query * factor, ops.mT(key))
    if is_causal:
        causal = nd.ones(scores.shape[-2:], dtype=nd.bool, device=query.device)
        scores = ops.masked_fill(scores, nd.logical_not(nd.tril(causal)), -math.inf)
    elif attn_mask is not None:
        scores = _masked(name, scores, attn_mask)
    weights = dropout(_softmax(scores, attn_mask is not None), dropout_p, generator=generator)
    return ops.matmul(weights, value)


def _repeat_heads(name: str, x: Tensor, query: Tensor, shapes: str) -> Tensor:
    if min(x.ndim, query.ndim) < 3 or not x.shape[-3] or query.shape[-3] % x.shape[-3]:
        raise ShapeError(
            f"{name}: {shapes}: with enable_gqa the heads of query, its third last dimension, are "
            "a multiple of those of key and of value"
        )
    return ops.repeat_interleave(x, query.shape[-3] // x.shape[-3], -3)


def _masked(name: str, scores: Tensor, mask: Tensor) -> Tensor:
    sizes = zip(mask.shape[::-1], scores.shape[::-1], strict=False)
    if mask.ndim > scores.ndim or any(m not in (1, n) for m, n in sizes):
        raise ShapeError(f"{name}: attn_mask {mask.shape} does not broadcast to {scores.shape}")
    if mask.dtype == nd.bool:
        return ops.masked_fill(scores, ops.logical_not(mask), -math.inf)
    if mask.dtype.kind != "float":
        raise DTypeError(f"{name}: attn_mask holds bools or floats, not {mask.dtype.name}")
    return scores + mask


def _softmax(scores: Tensor, may_be_blind: bool) -> Tensor:
    """The softmax over the last dimension; zeros where all scores are -inf."""
    if not may_be_blind:
        return ops.softmax(scores, -1)
    blind = nd.all(nd.equal(scores.array, -math.inf), axis=-1, keepdims=True)
    if not nd.any(blind):
        return ops.softmax(scores, -1)
    # Filled before, too: the gradient of the softmax of nothing but -inf is NaN.
    return ops.masked_fill(ops.softmax(ops.masked_fill(scores, blind, 0.0), -1), blind, 0.0)
