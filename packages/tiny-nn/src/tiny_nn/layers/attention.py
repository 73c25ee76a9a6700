"""Multi-head attention."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tiny_autograd import Tensor, cat, empty, errors, init, ones, triu, zeros
from tiny_autograd import bool as BOOL
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.layers.linear import Linear
from tiny_nn.module import Module
from tiny_nn.parameter import Parameter

__all__ = ["MultiheadAttention"]

_BIASED = ("bias_k", "bias_v")


class _Heads(NamedTuple):
    """Queries, keys and values of all heads: (N, heads, length, head_dim)."""

    query: Tensor
    key: Tensor
    value: Tensor


class MultiheadAttention(Module):
    """Attention of ``num_heads`` heads, each over embed_dim / num_heads of the projected
    dimensions (Vaswani et al. 2017, section 3.2.2).

    ``forward(query, key, value)`` gives ``(output, weights)``. query: (L, N, embed_dim), key:
    (S, N, kdim), value: (S, N, vdim), with ``batch_first`` (N, L, ...), or without N; output as
    query. weights: (N, L, S), the average over the heads, (N, num_heads, L, S) unless
    ``average_attn_weights``, or None unless ``need_weights``.

    ``key_padding_mask`` (N, S) and ``attn_mask`` (L, S) or (N * num_heads, L, S) hold bools, true
    where a key may **not** be seen, or numbers that are added to the scores. ``is_causal`` without
    an ``attn_mask`` lets query i see the keys 0 to i. A query that sees no key gets zeros from the
    heads. In training ``dropout`` acts on the weights. ``add_bias_kv`` appends a learned key and
    value, ``add_zero_attn`` zeros. Raises ShapeError for sizes that do not fit, DTypeError for a
    mask of integers.

    >>> import tiny_nn as nn
    >>> attention = nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = nn.zeros((3, 5, 8))
    >>> output, weights = attention(x, x, x)
    >>> output.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))
    """

    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(
                "embed_dim must be divisible by num_heads, and both greater than 0, got "
                f"embed_dim={embed_dim} and num_heads={num_heads}"
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        self.add_zero_attn = add_zero_attn

        def parameter(*shape: int) -> Parameter:
            return Parameter(empty(shape, device=device, dtype=dtype))

        one_width = self.kdim == self.vdim == embed_dim
        self.register_parameter(
            "in_proj_weight", parameter(3 * embed_dim, embed_dim) if one_width else None
        )
        for name, width in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
            own = None if one_width else parameter(embed_dim, width)
            self.register_parameter(f"{name}_proj_weight", own)
        self.register_parameter("in_proj_bias", parameter(3 * embed_dim) if bias else None)
        for name in _BIASED:
            self.register_parameter(name, parameter(1, 1, embed_dim) if add_bias_kv else None)
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values: ``xavier_uniform_`` for the projections, biases zero."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            weight = getattr(self, name)
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)
        for name in _BIASED:
            if getattr(self, name) is not None:
                init.xavier_normal_(getattr(self, name))

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        for tensor in (query, key, value):
            check_tensor(tensor, self)
        if {query.ndim, key.ndim, value.ndim} not in ({2}, {3}):
            raise errors.ShapeError(
                "MultiheadAttention: query, key and value have 3 dimensions with a batch, 2 "
                f"without, got {query.shape}, {key.shape} and {value.shape}"
            )
        batched = query.ndim == 3
        self._check_sizes(query, key, value)
        heads = self._project(query, key, value)
        causal = is_causal and attn_mask is None
        no_mask_needed = not need_weights and key_padding_mask is None and not self._appended
        only_causal = causal and no_mask_needed
        mask = None if only_causal else self._mask(heads, key_padding_mask, attn_mask, causal)
        dropout_p = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            weights = F.dropout(self._weights(heads, mask), dropout_p, self.training)
            seen = weights @ heads.value
        else:
            seen = F.scaled_dot_product_attention(*heads, mask, dropout_p, only_causal)
        n, _, length, _ = seen.shape
        output = self.out_proj(seen.transpose(1, 2).reshape(n, length, self.embed_dim))
        if weights is not None and average_attn_weights:
            weights = weights.mean(1)
        if not batched:
            return output.squeeze(0), None if weights is None else weights.squeeze(0)
        return (output if self.batch_first else output.transpose(0, 1)), weights

    def _check_sizes(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        batch_axis = 0 if self.batch_first else 1
        if (
            (query.shape[-1], key.shape[-1], value.shape[-1])
            == (self.embed_dim, self.kdim, self.vdim)
            and key.shape[:-1] == value.shape[:-1]
            and (query.ndim == 2 or query.shape[batch_axis] == key.shape[batch_axis])
        ):
            return
        raise errors.ShapeError(
            f"MultiheadAttention: query {query.shape}, key {key.shape}, value {value.shape}: "
            f"expected last sizes of {self.embed_dim}, {self.kdim} and {self.vdim}, keys and "
            f"values of one length, and one size of the batch, axis {batch_axis}"
        )

    @property
    def _appended(self) -> int:
        """How many keys are not the caller's."""
        return (self.bias_k is not None) + self.add_zero_attn

    def _project(self, query: Tensor, key: Tensor, value: Tensor) -> _Heads:
        if self.in_proj_weight is None:
            matrices = [getattr(self, f"{name}_proj_weight") for name in "qkv"]
        elif query is key and key is value:  # self-attention: one product instead of three
            joined = F.linear(self._batch_first(query), self.in_proj_weight, self.in_proj_bias)
            return self._heads(*joined.chunk(3, -1))
        else:
            matrices = list(self.in_proj_weight.chunk(3))
        no_biases = (None,) * 3
        biases = no_biases if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        return self._heads(
            *(
                F.linear(self._batch_first(x), matrix, bias)
                for x, matrix, bias in zip((query, key, value), matrices, biases, strict=True)
            )
        )

    def _batch_first(self, x: Tensor) -> Tensor:
        if x.ndim == 2:
            return x.unsqueeze(0)
        return x if self.batch_first else x.transpose(0, 1)

    def _heads(self, query: Tensor, key: Tensor, value: Tensor) -> _Heads:
        """(N, length, embed_dim) each, with what is appended to keys and values."""
        n = key.shape[0]
        if self.bias_k is not None and self.bias_v is not None:
            key = cat([key, self.bias_k.expand(n, 1, self.embed_dim)], dim=1)
            value = cat([value, self.bias_v.expand(n, 1, self.embed_dim)], dim=1)
        if self.add_zero_attn:
            nothing = zeros((n, 1, self.embed_dim), dtype=key.dtype, device=key.device)
            key, value = cat([key, nothing], dim=1), cat([value, nothing], dim=1)
        return _Heads(
            *(
                x.reshape(x.shape[0], x.shape[1], self.num_heads, self.head_dim).transpose(1, 2)
                for x in (query, key, value)
            )
        )

    def _mask(
        self,
        heads: _Heads,
        key_padding_mask: Tensor | None,
        attn_mask: Tensor | None,
        causal: bool,
    ) -> Tensor | None:
        """What is added to the scores, which broadcasts to (N, heads, L, S)."""
        n, _, length, _ = heads.query.shape
        keys = heads.key.shape[2] - self._appended
        total: Tensor | None = None
        if causal:
            later = ones((length, keys), dtype=BOOL, device=heads.query.device)
            attn_mask = triu(later, 1)
        for name, mask, shapes in (
            ("attn_mask", attn_mask, ((length, keys), (n * self.num_heads, length, keys))),
            ("key_padding_mask", key_padding_mask, ((n, keys), (keys,) if n == 1 else (n, keys))),
        ):
            if mask is None:
                continue
            if mask.shape not in shapes:
                raise errors.ShapeError(
                    f"MultiheadAttention: {name} {mask.shape}: expected {shapes[0]}"
                    + (f" or {shapes[1]}" if shapes[1] != shapes[0] else "")
                )
            scores = _added(name, mask, heads.query)
            if name == "key_padding_mask":
                scores = scores.reshape(n, 1, 1, keys)
            elif mask.ndim == 3:
                scores = scores.reshape(n, self.num_heads, length, keys)
            total = scores if total is None else total + scores
        if total is not None and self._appended:  # always seen
            total = F.pad(total, (0, self._appended))
        return total

    def _weights(self, heads: _Heads, mask: Tensor | None) -> Tensor:
        """softmax(query @ key.mT / sqrt(head_dim) + mask), zeros where the mask hides all."""
        scores = heads.query / math.sqrt(self.head_dim) @ heads.key.mT
        if mask is None:
            return F.softmax(scores, -1)
        blind = (mask == -math.inf).all(-1, keepdim=True)
        scores = (scores + mask).masked_fill(blind, 0.0)
        return F.softmax(scores, -1).masked_fill(blind, 0.0)


def _added(name: str, mask: Tensor, query: Tensor) -> Tensor:
    """The mask as numbers to add."""
    if mask.dtype == BOOL:
        nothing = zeros(mask.shape, dtype=query.dtype, device=query.device)
        return nothing.masked_fill(mask, -math.inf)
    if mask.dtype.kind != "float":
        raise errors.DTypeError(
            f"MultiheadAttention: {name} holds bools or floats, not {mask.dtype.name}"
        )
    return mask
