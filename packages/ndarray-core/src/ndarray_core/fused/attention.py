"""Attention: each query's mean of the values, weighted by how well the keys fit it."""

from __future__ import annotations

from math import inf

from .._core import NDArray
from ..creation import ones, tril
from ..dtypes import bool as bool_dtype
from ..elementwise.logic import equal, where
from ..elementwise.mathematics import exp, log
from ..linalg import matmul
from ..manipulation import reshape, squeeze
from ..reductions import max, sum
from .definition import fused

__all__ = ["attention", "attention_gradient"]


@fused
def attention(
    query: NDArray,
    key: NDArray,
    value: NDArray,
    mask: NDArray | None = None,
    /,
    *,
    scale: float,
    causal: bool = False,
) -> tuple[NDArray, NDArray]:
    """softmax(query @ key.mT * scale + mask) @ value (Vaswani et al. 2017, equation 1).

    query (B, H, L, E), key (B, G, S, E), value (B, G, S, V) -> out (B, H, L, V), and the logarithm
    of the sum of the exponentiated scores, logsumexp (B, H, L). H is a multiple of G: H / G heads
    of the query share one of the keys and values (Ainslie et al. 2023). mask: broadcasts to
    (B, H, L, S); bools that are true where a query may see a key, or numbers that are added to the
    scores. causal: query i sees the keys 0 to i, at most. A query that sees no key gets zeros.
    ShapeError where sizes do not fit, DTypeError for a mask of integers.

    >>> x = nd.asarray([[[[0.0], [2.0]]]])
    >>> out, logsumexp = nd.fused.attention(nd.zeros_like(x), x, x, scale=1.0)
    >>> out.tolist()
    [[[[1.0], [1.0]]]]
    """
    scores = _scores(query, key, mask, scale, causal)
    largest = max(scores, axis=-1, keepdims=True)
    weights = exp(scores - where(equal(largest, -inf), 0.0, largest))
    total = sum(weights, axis=-1, keepdims=True)
    weights = weights / where(equal(total, 0), 1.0, total)
    out = reshape(matmul(_grouped(weights, value), value), (*query.shape[:-1], value.shape[-1]))
    return out, squeeze(largest + log(total), axis=-1)


@fused
def attention_gradient(
    gradient: NDArray,
    query: NDArray,
    key: NDArray,
    value: NDArray,
    mask: NDArray | None,
    out: NDArray,
    logsumexp: NDArray,
    /,
    *,
    scale: float,
    causal: bool = False,
    needs: tuple[bool, bool, bool] = (True, True, True),
) -> tuple[NDArray | None, NDArray | None, NDArray | None]:
    """The gradients of `attention` for query, key and value; the mask gets none.

    >>> x = nd.asarray([[[[0.0], [2.0]]]])
    >>> out, logsumexp = nd.fused.attention(x, x, x, scale=0.0)
    >>> gradients = nd.fused.attention_gradient(
    ...     nd.ones_like(x), x, x, x, None, out, logsumexp, scale=0.0
    ... )
    >>> [y.tolist() for y in gradients]
    [[[[[0.0], [0.0]]]], [[[[0.0], [0.0]]]], [[[[1.0], [1.0]]]]]
    """
    scores = _scores(query, key, mask, scale, causal)
    weights = exp(scores - where(equal(logsumexp, -inf), 0.0, logsumexp)[..., None])
    gradients = _grouped(gradient, value)
    of_weights = reshape(matmul(gradients, value.mT), scores.shape)
    along = sum(gradient * out, axis=-1, keepdims=True)
    of_scores = _grouped(weights * (of_weights - along) * scale, key)
    return (
        reshape(matmul(of_scores, key), query.shape) if needs[0] else None,
        matmul(of_scores.mT, _grouped(query, key)) if needs[1] else None,
        matmul(_grouped(weights, value).mT, gradients) if needs[2] else None,
    )


def _grouped(x: NDArray, key: NDArray) -> NDArray:
    """(B, H, L, E) as (B, G, H / G * L, E): the rows that share a key stand together."""
    batch, heads, length, width = x.shape
    groups = key.shape[1]
    return reshape(x, (batch, groups, heads // groups * length, width))


def _scores(
    query: NDArray, key: NDArray, mask: NDArray | None, scale: float, causal: bool
) -> NDArray:
    """(B, H, L, S), -inf where a query does not see a key."""
    shape = (*query.shape[:-1], key.shape[-2])
    scores = reshape(matmul(_grouped(query, key), key.mT), shape) * scale
    if mask is not None:
        scores = where(mask, scores, -inf) if mask.dtype == bool_dtype else scores + mask
    if causal:
        seen = tril(ones(shape[-2:], dtype=bool_dtype, device=query.device))
        scores = where(seen, scores, -inf)
    return scores
