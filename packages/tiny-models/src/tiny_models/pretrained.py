"""Models of Hugging Face's: a folder with config.json and safetensors becomes an ``LLM``.

Llama, Mistral and Qwen2 have the same names of weights as ``llm``; GPT-2's are translated. What a
configuration asks for and ``llm`` does not have is an error, never left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import tiny_nn as nn
from tiny_models.language_models import fill
from tiny_models.llm import LLM, LLMConfig
from tiny_models.tokenizer import LibraryTokenizer, Tokenizer
from tiny_nn.checkpoint import CheckpointError

Config = Mapping[str, Any]
State = dict[str, nn.Tensor]


class Pretrained(NamedTuple):
    """A model in evaluation mode, its tokenizer (None without a tokenizer.json), and the tokens
    that end a text."""

    model: LLM
    tokenizer: Tokenizer | None
    eos_token_ids: frozenset[int]


def load_pretrained(folder: str | os.PathLike[str], device: Any = None) -> Pretrained:
    """Read a model that transformers' ``save_pretrained`` wrote, or that was downloaded whole.

    Its architecture is LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM or GPT2LMHeadModel;
    the weights are in model.safetensors, or in the files of model.safetensors.index.json, and are
    computed with in float32. Raises OSError, TokenizerError, or CheckpointError that names the file
    and what is wrong with it, or what it asks for that is not there.
    """
    path = Path(folder)
    config = _read_json(path / "config.json")
    names = config.get("architectures") or ["none"]
    name = names[0] if isinstance(names, list) else names
    if name not in ARCHITECTURES:
        raise CheckpointError(
            f"{path / 'config.json'}: architecture {name!r} is not among {', '.join(ARCHITECTURES)}"
        )
    make_config, rename = ARCHITECTURES[name]
    try:
        own = make_config(config)
    except KeyError as error:
        raise CheckpointError(f"{path / 'config.json'}: there is no {error}") from error
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path / 'config.json'}: {error}") from error
    state = rename(_read_weights(path, device))
    if own.tie_word_embeddings:
        state.pop("lm_head.weight", None)  # the embedding, once more
    model = fill(LLM, own, state, str(path), device)
    tokenizer_file = path / "tokenizer.json"
    tokenizer = LibraryTokenizer.from_file(tokenizer_file) if tokenizer_file.exists() else None
    return Pretrained(model, tokenizer, _eos_token_ids(path, config))


def llama_config(config: Config) -> LLMConfig:
    """LlamaForCausalLM (Touvron et al. 2023)."""
    bias = config.get("attention_bias", False)
    return _llama_like(
        config,
        attention_bias=bias,
        attention_output_bias=bias,
        mlp_bias=config.get("mlp_bias", False),
    )


def mistral_config(config: Config) -> LLMConfig:
    """MistralForCausalLM (Jiang et al. 2023): Llama's, as long as all tokens are in the window."""
    return _llama_like(config, window=config.get("sliding_window"))


def qwen2_config(config: Config) -> LLMConfig:
    """Qwen2ForCausalLM (Yang et al. 2024): Llama's, with biases for query, key and value."""
    window = config.get("sliding_window") if config.get("use_sliding_window") else None
    return _llama_like(config, window=window, attention_bias=True)


def _llama_like(config: Config, window: int | None = None, **options: Any) -> LLMConfig:
    # transformers 5 keeps together what it says about rotation, and earlier ones don't.
    theta = config.get("rope_theta", 10_000.0)
    for rope in (config.get("rope_scaling") or {}, config.get("rope_parameters") or {}, config):
        rope_type = rope.get("rope_type", rope.get("type", "default"))
        if rope_type != "default":
            raise ValueError(f"rope_type {rope_type!r} is not there, only 'default'")
        if rope.get("partial_rotary_factor", 1.0) != 1.0:
            raise ValueError("partial_rotary_factor other than 1 is not there")
        theta = rope.get("rope_theta", theta)
    positions = config["max_position_embeddings"]
    return LLMConfig(
        vocab_size=config["vocab_size"],
        hidden_size=config["hidden_size"],
        num_hidden_layers=config["num_hidden_layers"],
        num_attention_heads=config["num_attention_heads"],
        num_key_value_heads=config.get("num_key_value_heads"),
        head_dim=config.get("head_dim"),
        intermediate_size=config["intermediate_size"],
        # Attention looks no further back than the window: all is seen up to its length.
        max_position_embeddings=positions if window is None else min(positions, window),
        rope_theta=theta,
        norm_eps=config.get("rms_norm_eps", 1e-6),
        hidden_act=config.get("hidden_act", "silu"),
        tie_word_embeddings=config.get("tie_word_embeddings", False),
        **options,
    )


def gpt2_config(config: Config) -> LLMConfig:
    """GPT2LMHeadModel (Radford et al. 2019)."""
    for name, only in (
        ("scale_attn_weights", True),
        ("scale_attn_by_inverse_layer_idx", False),
        ("add_cross_attention", False),
    ):
        if config.get(name, only) != only:
            raise ValueError(f"{name} {config[name]!r} is not there, only {only}")
    return LLMConfig(
        vocab_size=config["vocab_size"],
        hidden_size=config["n_embd"],
        num_hidden_layers=config["n_layer"],
        num_attention_heads=config["n_head"],
        intermediate_size=config.get("n_inner"),
        max_position_embeddings=config["n_positions"],
        position="learned",
        norm="layer_norm",
        norm_eps=config.get("layer_norm_epsilon", 1e-5),
        hidden_act=config.get("activation_function", "gelu_new"),
        gated_mlp=False,
        attention_bias=True,
        attention_output_bias=True,
        mlp_bias=True,
        tie_word_embeddings=config.get("tie_word_embeddings", True),
    )


def llama_weights(state: State) -> State:
    """As they are, without the tables of rotation that old files have."""
    return {name: value for name, value in state.items() if not name.endswith("inv_freq")}


GPT2_NAMES = {
    "wte": "embed_tokens",
    "wpe": "embed_positions",
    "ln_f": "norm",
    "ln_1": "input_layernorm",
    "ln_2": "post_attention_layernorm",
    "attn.c_proj": "self_attn.o_proj",
    "mlp.c_fc": "mlp.up_proj",
    "mlp.c_proj": "mlp.down_proj",
}


def gpt2_weights(state: State) -> State:
    """Llama's names; GPT-2 keeps its matrices the other way round ("Conv1D"), and those of query,
    key and value side by side."""
    own: State = {}
    for name, value in state.items():
        name = name.removeprefix("transformer.")
        if name.endswith((".attn.bias", ".attn.masked_bias")):  # the causal mask
            continue
        if name == "lm_head.weight":
            own[name] = value
            continue
        prefix, part, kind = "model.", *name.rpartition(".")[::2]
        if part.startswith("h."):
            _, layer, part = part.split(".", 2)
            prefix = f"model.layers.{layer}."
            if kind == "weight" and not part.startswith("ln_"):
                value = value.T
        if part == "attn.c_attn":  # weight (3 C, C) by now, or bias (3 C,)
            for projection, third in zip("qkv", value.chunk(3, 0), strict=True):
                own[f"{prefix}self_attn.{projection}_proj.{kind}"] = third
        else:  # an unknown name stays, so that loading names it
            own[f"{prefix}{GPT2_NAMES.get(part, part)}.{kind}"] = value
    return own


ARCHITECTURES: dict[str, tuple[Callable[[Config], LLMConfig], Callable[[State], State]]] = {
    "LlamaForCausalLM": (llama_config, llama_weights),
    "MistralForCausalLM": (mistral_config, llama_weights),
    "Qwen2ForCausalLM": (qwen2_config, llama_weights),
    "GPT2LMHeadModel": (gpt2_config, gpt2_weights),
}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise CheckpointError(f"{path} is not a JSON object")
    return data


def _read_weights(path: Path, device: Any) -> State:
    """All tensors by name, from one file or from several."""
    whole, index = path / "model.safetensors", path / "model.safetensors.index.json"
    if whole.exists() or not index.exists():
        return nn.checkpoint.load_file(whole, device)
    weight_map = _read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(f, str) for f in weight_map.values()):
        raise CheckpointError(f"{index} has no weight_map of names to files")
    state: State = {}
    for file in sorted(set(weight_map.values())):
        if Path(file).name != file:  # a file of the folder, no way out of it
            raise CheckpointError(f"{index}: {file!r} is not the name of a file in the folder")
        state.update(nn.checkpoint.load_file(path / file, device))
    missing = sorted(set(weight_map) - set(state))
    if missing:
        raise CheckpointError(f"{index} lists {missing[0]!r}, which is in no file")
    return state


def _eos_token_ids(path: Path, config: Config) -> frozenset[int]:
    file = path / "generation_config.json"
    generation = _read_json(file) if file.exists() else {}
    ids = generation.get("eos_token_id", config.get("eos_token_id"))
    return frozenset([] if ids is None else [ids] if isinstance(ids, int) else ids)
