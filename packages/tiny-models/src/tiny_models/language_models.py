"""The language models by name, and their files: one safetensors file holds all that generating
needs: weights, configuration and tokenizer."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import tiny_nn as nn
from tiny_models.llm import LLM, LLMConfig
from tiny_models.lstm import LSTMConfig, LSTMLanguageModel
from tiny_models.rnn import RNNConfig, RNNLanguageModel
from tiny_models.tokenizer import Tokenizer, TokenizerError, tokenizer_from_json
from tiny_nn.checkpoint import CheckpointError

KINDS: dict[str, tuple[Callable[..., Any], Callable[..., nn.Module]]] = {
    "rnn": (RNNConfig, RNNLanguageModel),
    "lstm": (LSTMConfig, LSTMLanguageModel),
    "gpt": (LLMConfig, LLM),
}
Model = TypeVar("Model", bound=nn.Module)
State = Mapping[str, nn.Tensor]


class LanguageModelFile(NamedTuple):
    """A model in evaluation mode, its tokenizer, and what its file says about its training."""

    model: nn.Module
    tokenizer: Tokenizer
    training: dict[str, Any]


def build(kind: str, config: Mapping[str, Any]) -> nn.Module:
    """A new model on the default device; raises ValueError or TypeError for a wrong config."""
    make_config, make_model = KINDS[kind]
    return make_model(make_config(**config))


def save_language_model(
    kind: str,
    model: nn.Module,
    tokenizer: Tokenizer,
    path: str | os.PathLike[str],
    training: Mapping[str, Any],
) -> None:
    """Write the model, its tokenizer and ``training`` (anything JSON can hold)."""
    metadata = {
        "model": kind,
        "config": json.dumps(dataclasses.asdict(model.config), sort_keys=True),
        "tokenizer": tokenizer.to_json(),
        "training": json.dumps(dict(training), sort_keys=True),
    }
    nn.checkpoint.save_file(model.state_dict(), path, metadata)


def load_language_model(path: str | os.PathLike[str], device: Any = None) -> LanguageModelFile:
    """Rebuild a model from its file.

    Raises FileNotFoundError, or CheckpointError naming the file if it is no model file of ours.
    """
    name = os.fspath(path)
    metadata = nn.checkpoint.load_metadata(path)
    kind = metadata.get("model")
    if kind not in KINDS:
        raise CheckpointError(
            f"{name} is not a language model: its metadata says model = {kind!r}, not one of "
            f"{', '.join(KINDS)}"
        )
    make_config, make_model = KINDS[kind]
    try:
        config = make_config(**json.loads(metadata.get("config", "null")))
        training = json.loads(metadata.get("training", "{}"))
        tokenizer = tokenizer_from_json(metadata.get("tokenizer", ""))
    except (ValueError, TypeError, RecursionError, TokenizerError) as error:
        raise CheckpointError(f"{name} has damaged metadata: {error}") from error
    state = nn.checkpoint.load_file(path, device)
    model = fill(make_model, config, state, name, device)
    return LanguageModelFile(model, tokenizer, training if isinstance(training, dict) else {})


def fill(
    make_model: Callable[[Any], Model], config: Any, state: State, name: str, device: Any
) -> Model:
    """A model of this configuration with these weights, in evaluation mode.

    Raises CheckpointError that begins with ``name`` if they do not fit; a small file can't ask for
    a large model, since that is not even made.
    """
    found = sum(tensor.numel() for tensor in state.values())
    if config.num_parameters != found:
        raise CheckpointError(
            f"{name} does not fit the model it names, which has {config.num_parameters:,} weights: "
            f"there are {found:,} numbers"
        )
    with nn.use_device(nn.default_device() if device is None else device):
        model = make_model(config)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip()
        raise CheckpointError(f"{name} does not fit the model it names: {first}") from error
    return model.eval()
