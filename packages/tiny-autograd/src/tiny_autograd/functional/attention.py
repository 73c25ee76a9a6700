"""Attention."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core.errors import DTypeError, ShapeError
from ndarray_core.random import Generator

from .. import ops
from ..cost import Count, Shape
from ..fused import fused
from .arguments import require_tensors, require_tensors_or_none
from .dropout import dropout

if TYPE_CHECKING:
    from ..tensor import Tensor

_NAME = "scaled_dot_product_attention"


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
    require_tensors(_NAME, query=query, key=key, value=value)
    require_tensors_or_none(_NAME, attn_mask=attn_mask)
    if attn_mask is not None and is_causal:
        raise ValueError(f"{_NAME}: give attn_mask or is_causal, not both")
    shapes = f"query {query.shape}, key {key.shape}, value {value.shape}"
    if (
        min(query.ndim, key.ndim, value.ndim) < 2
        or query.shape[-1] != key.shape[-1]
        or key.shape[-2] != value.shape[-2]
    ):
        raise ShapeError(f"{_NAME}: {shapes}: expected (..., L, E), (..., S, E) and (..., S, V)")
    if enable_gqa:
        _check_heads(query, key, value)
    if attn_mask is not None:
        _check_mask(attn_mask, query, key, enable_gqa)
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    empty = not (query.numel() and key.numel() and value.numel())
    if dropout_p or empty or (attn_mask is not None and attn_mask.requires_grad):
        return _composed(
            query, key, value, attn_mask, factor, is_causal, enable_gqa, dropout_p, generator
        )
    return _fused(query, key, value, attn_mask, factor, is_causal, enable_gqa)


def _composed(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scale: float,
    causal: bool,
    grouped: bool,
    dropout_p: float = 0.0,
    generator: Generator | None = None,
) -> Tensor:
    if grouped:
        key, value = (
            ops.repeat_interleave(x, query.shape[-3] // x.shape[-3], -3) for x in (key, value)
        )
    scores = ops.matmul(query * scale, ops.mT(key))
    if causal:
        seen = nd.tril(nd.ones(scores.shape[-2:], dtype=nd.bool, device=query.device))
        scores = ops.masked_fill(scores, nd.logical_not(seen), -math.inf)
    if mask is not None:
        scores = _masked(scores, mask)
    weights = dropout(_softmax(scores, mask is not None), dropout_p, generator=generator)
    return ops.matmul(weights, value)


def _attention_cost(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    query, key, value = shapes[:3]
    scores = math.prod(query[:-1]) * key[-2]
    written = math.prod(query[:-1]) * value[-1]
    flops = scores * (2 * query[-1] + 2 * value[-1] + 24)
    return flops, sum(map(math.prod, shapes)), written


@fused(
    nd.fused.attention,
    gradient=nd.fused.attention_gradient,
    extras=["logsumexp"],
    wrt=["query", "key", "value"],
    cost=_attention_cost,
)
def _attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    /,
    *,
    scale: float,
    causal: bool,
) -> Tensor:
    """query (B, H, L, E), key (B, G, S, E), value (B, G, S, V)."""
    return _composed(query, key, value, mask, scale, causal, grouped=True)


def _fused(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scale: float,
    causal: bool,
    grouped: bool,
) -> Tensor:
    """Brings the operands to four dimensions for `_attention`."""
    operands = (query, key, value)
    alike = {x.shape[:1] if grouped else x.shape[:2] for x in operands}
    if all(x.ndim == 4 for x in operands) and len(alike) == 1:
        return _attention(query, key, value, mask, scale=scale, causal=causal)
    # All dimensions before those of a stack, which with groups includes the heads, become one.
    inside = 3 if grouped else 2
    leading = nd.broadcast_shapes(*(x.shape[:-inside] for x in operands))
    count = math.prod(leading)
    stacked = (count,) if grouped else (1, count)

    def stack(x: Tensor, inner: Shape) -> Tensor:
        return ops.reshape(ops.broadcast_to(x, leading + inner), stacked + inner)

    heads = query.shape[-inside:-2]
    if mask is not None and mask.ndim > 2:
        mask = stack(mask, (*heads, query.shape[-2], key.shape[-2]))
    query, key, value = (stack(x, x.shape[-inside:]) for x in operands)
    out = _attention(query, key, value, mask, scale=scale, causal=causal)
    return ops.reshape(out, (*leading, *heads, query.shape[-2], value.shape[-1]))


def _check_heads(query: Tensor, key: Tensor, value: Tensor) -> None:
    for x in (key, value):
        if min(x.ndim, query.ndim) < 3 or not x.shape[-3] or query.shape[-3] % x.shape[-3]:
            raise ShapeError(
                f"{_NAME}: query {query.shape}, key {key.shape}, value {value.shape}: with "
                "enable_gqa the heads of query, its third last dimension, are a multiple of "
                "those of key and of value"
            )


def _check_mask(mask: Tensor, query: Tensor, key: Tensor, grouped: bool) -> None:
    end = -3 if grouped else -2
    leading = (*nd.broadcast_shapes(query.shape[:end], key.shape[:end]), *query.shape[end:-2])
    scores = (*leading, query.shape[-2], key.shape[-2])
    sizes = zip(mask.shape[::-1], scores[::-1], strict=False)
    if mask.ndim > len(scores) or any(m not in (1, n) for m, n in sizes):
        raise ShapeError(f"{_NAME}: attn_mask {mask.shape} does not broadcast to {scores}")
    if mask.dtype != nd.bool and mask.dtype.kind != "float":
        raise DTypeError(f"{_NAME}: attn_mask holds bools or floats, not {mask.dtype.name}")


def _masked(scores: Tensor, mask: Tensor) -> Tensor:
    if mask.dtype == nd.bool:
        return ops.masked_fill(scores, ops.logical_not(mask), -math.inf)
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
