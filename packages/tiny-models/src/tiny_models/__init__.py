"""Readable models on tiny_nn, and the ``tiny-models`` command that trains and uses them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiny_models.generation import generate
    from tiny_models.language_models import load_language_model
    from tiny_models.llm import LLM, LLMConfig
    from tiny_models.lstm import LSTMConfig, LSTMLanguageModel
    from tiny_models.pretrained import load_pretrained
    from tiny_models.resnet import (
        BasicBlock,
        Bottleneck,
        ResNet,
        resnet18,
        resnet34,
        resnet50,
        resnet101,
        resnet152,
        resnet_digits,
    )
    from tiny_models.resnet9 import ResNet9
    from tiny_models.rnn import RNNConfig, RNNLanguageModel

__version__ = "0.1.0"

_MODULES = {
    "generation": ["generate"],
    "language_models": ["load_language_model"],
    "llm": ["LLM", "LLMConfig"],
    "lstm": ["LSTMConfig", "LSTMLanguageModel"],
    "pretrained": ["load_pretrained"],
    "resnet": [
        "BasicBlock",
        "Bottleneck",
        "ResNet",
        "resnet18",
        "resnet34",
        "resnet50",
        "resnet101",
        "resnet152",
        "resnet_digits",
    ],
    "resnet9": ["ResNet9"],
    "rnn": ["RNNConfig", "RNNLanguageModel"],
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "LLM",
    "BasicBlock",
    "Bottleneck",
    "LLMConfig",
    "LSTMConfig",
    "LSTMLanguageModel",
    "RNNConfig",
    "RNNLanguageModel",
    "ResNet",
    "ResNet9",
    "generate",
    "load_language_model",
    "load_pretrained",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnet_digits",
]


def __getattr__(name: str) -> Any:
    """Import the models when they are first asked for, so that the command can start before."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"tiny_models.{_HOMES[name]}"), name)
