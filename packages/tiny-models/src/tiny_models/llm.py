"""A large language model's architecture: the decoder-only transformer, from GPT-2 to Llama.

Vaswani et al. 2017, "Attention Is All You Need" (the decoder, without the encoder); Radford et al.
2019 (GPT-2: normalisation before each part, learned positions, GELU); Touvron et al. 2023 (Llama:
RMSNorm, rotary positions, SwiGLU). ``LLMConfig`` chooses among these; names of parameters and of
options are those of Llama in Hugging Face's transformers, so that its checkpoints load.

Dimensions: B sequences, T tokens in them, S tokens to look at (S - T of them seen before), C
hidden_size, H heads of D = head_dim, G heads of keys and values, V words.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import tiny_nn as nn

F = nn.functional

ACTIVATIONS: dict[str, Callable[[nn.Tensor], nn.Tensor]] = {
    "silu": F.silu,
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),  # GPT-2's
    "gelu_pytorch_tanh": lambda x: F.gelu(x, approximate="tanh"),
}


@dataclass(frozen=True)
class LLMConfig:
    """What determines the architecture; raises ValueError for sizes that do not fit together.

    The defaults are Llama's choices. ``num_key_value_heads``, ``head_dim`` and
    ``intermediate_size`` are derived where they are None.

    >>> config = LLMConfig(vocab_size=65, hidden_size=384, num_attention_heads=6)
    >>> config.head_dim, config.num_key_value_heads, config.intermediate_size
    (64, 6, 1024)
    """

    vocab_size: int
    hidden_size: int = 256
    num_hidden_layers: int = 4
    num_attention_heads: int = 4
    num_key_value_heads: int | None = None  # fewer: grouped queries; None: as many
    head_dim: int | None = None  # None: hidden_size / num_attention_heads
    intermediate_size: int | None = None  # None: 4 C; gated: 8/3 C or a little more
    max_position_embeddings: int = 1024
    position: Literal["rotary", "learned"] = "rotary"
    rope_theta: float = 10_000.0
    norm: Literal["rms_norm", "layer_norm"] = "rms_norm"
    norm_eps: float = 1e-5
    hidden_act: str = "silu"
    gated_mlp: bool = True
    attention_bias: bool = False  # of query, key and value
    attention_output_bias: bool = False
    mlp_bias: bool = False
    tie_word_embeddings: bool = False
    dropout: float = 0.0
    initializer_range: float = 0.02

    def __post_init__(self) -> None:
        heads = self.num_attention_heads
        if self.head_dim is None:
            if heads < 1 or self.hidden_size % heads:
                raise ValueError(
                    f"LLMConfig: hidden_size {self.hidden_size} is no multiple of "
                    f"num_attention_heads {heads}; give head_dim"
                )
            object.__setattr__(self, "head_dim", self.hidden_size // heads)
        if self.num_key_value_heads is None:
            object.__setattr__(self, "num_key_value_heads", heads)
        if self.intermediate_size is None:
            # Two thirds of 4 C, since a gated MLP has three matrices; whole vectors are faster.
            gated = -(-8 * self.hidden_size // (3 * 64)) * 64
            wide = gated if self.gated_mlp else 4 * self.hidden_size
            object.__setattr__(self, "intermediate_size", wide)
        for name in (
            "vocab_size",
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "head_dim",
            "intermediate_size",
            "max_position_embeddings",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"LLMConfig: {name} must be at least 1, got {getattr(self, name)}")
        if heads % self.key_value_heads:
            raise ValueError(
                f"LLMConfig: num_attention_heads {heads} is no multiple of num_key_value_heads "
                f"{self.num_key_value_heads}"
            )
        if self.position == "rotary" and self.head_size % 2:
            raise ValueError(
                f"LLMConfig: rotary positions need an even head_dim, not {self.head_dim}"
            )
        for name, known in (
            ("position", ("rotary", "learned")),
            ("norm", ("rms_norm", "layer_norm")),
            ("hidden_act", tuple(ACTIVATIONS)),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"LLMConfig: {name} is one of {', '.join(known)}, not {getattr(self, name)!r}"
                )

    @property
    def num_parameters(self) -> int:
        """How many numbers a model of this configuration learns."""
        width = self.hidden_size
        heads = self.num_attention_heads * self.head_size
        groups = self.key_value_heads * self.head_size
        wide: int = self.intermediate_size  # type: ignore[assignment]
        norm = width * (2 if self.norm == "layer_norm" else 1)
        attention = 2 * width * (heads + groups)
        attention += (heads + 2 * groups) * self.attention_bias
        attention += width * self.attention_output_bias
        inner = 2 if self.gated_mlp else 1
        mlp = (inner + 1) * width * wide + (inner * wide + width) * self.mlp_bias
        embeddings = self.vocab_size * (1 if self.tie_word_embeddings else 2)
        embeddings += self.max_position_embeddings * (self.position == "learned")
        return embeddings * width + self.num_hidden_layers * (attention + mlp + 2 * norm) + norm

    @property
    def head_size(self) -> int:
        """``head_dim``, which is an int by now."""
        return self.head_dim  # type: ignore[return-value]

    @property
    def key_value_heads(self) -> int:
        """``num_key_value_heads``, which is an int by now."""
        return self.num_key_value_heads  # type: ignore[return-value]


class KVCache:
    """The keys and values of the tokens so far, so that each token is computed once.

    Per layer two tensors (B, G, length, D), allocated at the start and filled from the left.
    """

    def __init__(self, config: LLMConfig, batch_size: int, length: int, like: nn.Tensor) -> None:
        """Room for ``length`` tokens, on the device and of the dtype of ``like``."""
        shape = (batch_size, config.key_value_heads, length, config.head_size)
        layers = range(config.num_hidden_layers)
        self.keys = [nn.zeros(shape, device=like.device, dtype=like.dtype) for _ in layers]
        self.values = [nn.zeros(shape, device=like.device, dtype=like.dtype) for _ in layers]
        self.capacity = length
        self.length = 0  # tokens in it; the model moves it on when all layers are done

    def append(self, layer: int, key: nn.Tensor, value: nn.Tensor) -> tuple[nn.Tensor, nn.Tensor]:
        """Keep (B, G, T, D) of new tokens; the result is (B, G, S, D) of all."""
        end = self.length + key.shape[2]
        if end > self.capacity:
            raise ValueError(f"KVCache: {end} tokens, but there is room for {self.capacity}")
        keys, values = self.keys[layer], self.values[layer]
        keys[:, :, self.length : end] = key
        values[:, :, self.length : end] = value
        return keys[:, :, :end], values[:, :, :end]


def rotary_angles(positions: nn.Tensor, head_dim: int, theta: float) -> tuple[nn.Tensor, nn.Tensor]:
    """Cosine and sine of every position's angles (Su et al. 2021, section 3.2.2).

    positions: (T,) -> two of (T, D / 2). Pair i of D / 2 turns by position * theta^(-2i / D).
    """
    exponents = nn.arange(0, head_dim, 2, device=positions.device, dtype=nn.float32) / head_dim
    frequencies = (exponents * -math.log(theta)).exp()  # (D / 2,)
    angles = positions.to(nn.float32)[:, None] * frequencies  # (T, D / 2)
    return angles.cos(), angles.sin()


class Attention(nn.Module):
    """Causal self-attention of H heads; H / G queries share a head of keys and values (Ainslie et
    al. 2023): (B, T, C) -> the same."""

    def __init__(self, config: LLMConfig, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.head_dim = config.head_size
        self.dropout = config.dropout
        width = config.num_attention_heads * self.head_dim
        width_of_groups = config.key_value_heads * self.head_dim
        self.q_proj = nn.Linear(config.hidden_size, width, config.attention_bias)
        self.k_proj = nn.Linear(config.hidden_size, width_of_groups, config.attention_bias)
        self.v_proj = nn.Linear(config.hidden_size, width_of_groups, config.attention_bias)
        self.o_proj = nn.Linear(width, config.hidden_size, config.attention_output_bias)

    def forward(
        self,
        x: nn.Tensor,
        angles: tuple[nn.Tensor, nn.Tensor] | None,
        mask: nn.Tensor | None,
        cache: KVCache | None,
    ) -> nn.Tensor:
        query = self.heads(self.q_proj(x))  # (B, H, T, D)
        key = self.heads(self.k_proj(x))  # (B, G, T, D)
        value = self.heads(self.v_proj(x))
        if angles is not None:
            query = F.rotary_embedding(query, *angles)
            key = F.rotary_embedding(key, *angles)
        if cache is not None:
            key, value = cache.append(self.layer, key, value)  # (B, G, S, D)
        mixed = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=mask is None and query.shape[2] > 1,
            enable_gqa=query.shape[1] != key.shape[1],
        )  # (B, H, T, D)
        return self.o_proj(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def heads(self, x: nn.Tensor) -> nn.Tensor:
        """(B, T, heads * D) -> (B, heads, T, D)."""
        batch, time, width = x.shape
        return x.reshape(batch, time, width // self.head_dim, self.head_dim).transpose(1, 2)


class MLP(nn.Module):
    """What each token does for itself: (..., C) -> the same.

    Gated (Shazeer 2020, "GLU Variants", eq. 6: SwiGLU with silu), or the two layers of the first
    transformer.
    """

    def __init__(self, config: LLMConfig) -> None:
        super().__init__()
        wide: int = config.intermediate_size  # type: ignore[assignment]
        self.activation = ACTIVATIONS[config.hidden_act]
        self.gate_proj = (
            nn.Linear(config.hidden_size, wide, config.mlp_bias) if config.gated_mlp else None
        )
        self.up_proj = nn.Linear(config.hidden_size, wide, config.mlp_bias)
        self.down_proj = nn.Linear(wide, config.hidden_size, config.mlp_bias)

    def forward(self, x: nn.Tensor) -> nn.Tensor:
        if self.gate_proj is None:
            hidden = self.activation(self.up_proj(x))
        else:
            hidden = self.activation(self.gate_proj(x)) * self.up_proj(x)
        return self.down_proj(hidden)  # type: ignore[no-any-return]


class DecoderLayer(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)): (B, T, C) -> the same."""

    def __init__(self, config: LLMConfig, layer: int) -> None:
        super().__init__()
        self.input_layernorm = norm(config)
        self.self_attn = Attention(config, layer)
        self.post_attention_layernorm = norm(config)
        self.mlp = MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        x: nn.Tensor,
        angles: tuple[nn.Tensor, nn.Tensor] | None,
        mask: nn.Tensor | None,
        cache: KVCache | None,
    ) -> nn.Tensor:
        x = x + self.dropout(self.self_attn(self.input_layernorm(x), angles, mask, cache))
        return x + self.dropout(self.mlp(self.post_attention_layernorm(x)))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Embedding, layers and the last normalisation: ids (B, T) -> (B, T, C)."""

    def __init__(self, config: LLMConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.embed_positions = (
            nn.Embedding(config.max_position_embeddings, config.hidden_size)
            if config.position == "learned"
            else None
        )
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(
            [DecoderLayer(config, layer) for layer in range(config.num_hidden_layers)]
        )
        self.norm = norm(config)

    def forward(self, input_ids: nn.Tensor, cache: KVCache | None = None) -> nn.Tensor:
        config, time = self.config, input_ids.shape[1]
        past = 0 if cache is None else cache.length
        if past + time > config.max_position_embeddings:
            raise ValueError(
                f"LLM: {past + time} tokens, but there are positions for "
                f"{config.max_position_embeddings} (max_position_embeddings)"
            )
        positions = nn.arange(past, past + time, device=input_ids.device)
        x = self.embed_tokens(input_ids)  # (B, T, C)
        angles = None
        if self.embed_positions is not None:
            x = x + self.embed_positions(positions)
        else:
            cos, sin = rotary_angles(positions, config.head_size, config.rope_theta)
            angles = cos.to(x.dtype), sin.to(x.dtype)
        mask = None
        if past and time > 1:  # else the attention's own causal mask is right, or nothing is hidden
            seen = nn.arange(past + time, device=input_ids.device)
            mask = seen[None, :] <= positions[:, None]  # (T, S)
        x = self.dropout(x)
        for layer in self.layers:
            x = layer(x, angles, mask, cache)
        if cache is not None:
            cache.length += time
        return self.norm(x)  # type: ignore[no-any-return]


class LLM(nn.Module):
    """The language model: what the next token may be, after each of the tokens so far.

    >>> import tiny_nn as nn
    >>> model = LLM(LLMConfig(vocab_size=10, hidden_size=8, num_attention_heads=2))
    >>> logits, _ = model(nn.tensor([[1, 2, 3]]))
    >>> logits.shape
    (1, 3, 10)
    """

    def __init__(self, config: LLMConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Decoder(config)
        self.lm_head = (
            None
            if config.tie_word_embeddings
            else nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        )
        self.apply(self.initialize)
        # The parts that end in the residual stream start smaller (GPT-2, section 2.3).
        scale = config.initializer_range / math.sqrt(2 * config.num_hidden_layers)
        for layer in self.model.layers:
            nn.init.normal_(layer.self_attn.o_proj.weight, std=scale)
            nn.init.normal_(layer.mlp.down_proj.weight, std=scale)

    def initialize(self, module: nn.Module) -> None:
        """Weights from normal(0, initializer_range), biases zero (GPT-2, Llama)."""
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(
        self, input_ids: nn.Tensor, state: KVCache | None = None
    ) -> tuple[nn.Tensor, KVCache | None]:
        """input_ids: (B, T) -> logits (B, T, V), and the state with these tokens in it.

        Without a state the tokens are the whole sequence. Raises ValueError for more tokens than
        there are positions.
        """
        x = self.model(input_ids, state)  # (B, T, C)
        if self.lm_head is None:
            return F.linear(x, self.model.embed_tokens.weight), state
        return self.lm_head(x), state

    def initial_state(self, batch_size: int, length: int) -> KVCache:
        """An empty cache with room for ``length`` tokens."""
        return KVCache(self.config, batch_size, length, self.model.embed_tokens.weight)


def norm(config: LLMConfig) -> nn.Module:
    """RMSNorm (Zhang & Sennrich 2019) or LayerNorm (Ba et al. 2016), over C."""
    kind = nn.RMSNorm if config.norm == "rms_norm" else nn.LayerNorm
    return kind(config.hidden_size, eps=config.norm_eps)
