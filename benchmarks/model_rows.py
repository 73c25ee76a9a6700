"""Whole models: training steps, and text token by token.

Both sides have the same layers, sizes, parameters and optimizer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import peer_models
import torch
import torch.nn.functional as F
from call_rows import copy_parameters
from row import Contest, Row
from torch.utils.flop_counter import FlopCounterMode

import tiny_nn as nn
from tiny_models import LLM, LLMConfig, LSTMConfig, LSTMLanguageModel, generate, resnet18

VOCABULARY = 80


def _training(
    ours: nn.Module,
    theirs: torch.nn.Module,
    inputs: np.ndarray,
    labels: np.ndarray,
    optimizers: tuple[Any, Any],
    logits: Callable[[Any], nn.Tensor],
    flops: float,
) -> Contest:
    """Forward, cross-entropy, backward and a step of the optimizer; the results are the losses."""
    copy_parameters(ours, theirs)
    our_inputs, our_labels = nn.tensor(inputs, device="cpu"), nn.tensor(labels, device="cpu")
    their_inputs, their_labels = torch.from_numpy(inputs), torch.from_numpy(labels)

    def our_step() -> nn.Tensor:
        optimizers[0].zero_grad()
        scores = logits(ours(our_inputs))
        loss = nn.functional.cross_entropy(
            scores.reshape((-1, scores.shape[-1])), our_labels.flatten()
        )
        loss.backward()
        optimizers[0].step()
        return loss

    def their_step() -> torch.Tensor:
        optimizers[1].zero_grad()
        scores = theirs(their_inputs)
        loss = F.cross_entropy(scores.reshape(-1, scores.shape[-1]), their_labels.flatten())
        loss.backward()
        optimizers[1].step()
        return loss

    return Contest({"ours": our_step, "torch": their_step}, flops=flops, tolerance=1e-3)


def _resnet(batch: int, size: int) -> Contest:
    with nn.use_device("cpu"):
        ours = resnet18(10, small_images=True)
    theirs = peer_models.resnet18()
    options = {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}
    optimizers = (
        nn.optim.SGD(ours.parameters(), **options),
        torch.optim.SGD(theirs.parameters(), **options),
    )
    generator = np.random.default_rng(0)
    images = generator.standard_normal((batch, 3, size, size), dtype=np.float32)
    labels = generator.integers(0, 10, batch)
    with FlopCounterMode(display=False) as counted:
        theirs(torch.from_numpy(images)).sum().backward()
    flops = counted.get_total_flops()
    return _training(ours, theirs, images, labels, optimizers, lambda output: output, flops)


def _text(
    ours: nn.Module, theirs: torch.nn.Module, batch: int, time: int, others: float = 0
) -> Contest:
    """A step on text. Its products: those with weights, forward and two of the same size back; and
    `others`, for each token."""
    optimizers = (
        nn.optim.AdamW(ours.parameters(), lr=1e-3),
        torch.optim.AdamW(theirs.parameters(), lr=1e-3),
    )
    ids = np.random.default_rng(0).integers(0, VOCABULARY, (2, batch, time))
    weights = sum(p.numel() for p in theirs.parameters() if p.ndim == 2)
    looked_up = theirs.embedding.weight.numel()
    flops = batch * time * (6.0 * (weights - looked_up) + others)
    return _training(ours, theirs, ids[0], ids[1], optimizers, lambda output: output[0], flops)


def _lstm(size: int, batch: int, time: int) -> Contest:
    config = LSTMConfig(VOCABULARY, embedding_size=size, hidden_size=size)
    with nn.use_device("cpu"):
        ours = LSTMLanguageModel(config)
    return _text(ours, peer_models.LSTMLanguageModel(VOCABULARY, size), batch, time)


def _gpts(layers: int, width: int, heads: int, context: int) -> tuple[LLM, peer_models.GPT]:
    config = LLMConfig(
        VOCABULARY,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        max_position_embeddings=context,
    )
    with nn.use_device("cpu"):
        return LLM(config), peer_models.GPT(config)


def _gpt(layers: int, width: int, heads: int, batch: int, time: int) -> Contest:
    attention = 6.0 * layers * width * time  # two products, half of them behind the causal mask
    return _text(*_gpts(layers, width, heads, time), batch, time, attention)


def _decoding(layers: int, width: int, heads: int, tokens: int) -> Contest:
    """Token by token, each the likeliest, with a cache of keys and values."""
    prompt = 16
    ours, theirs = _gpts(layers, width, heads, tokens + prompt)
    copy_parameters(ours, theirs)
    ours.eval(), theirs.eval()
    ids = np.random.default_rng(0).integers(0, VOCABULARY, (1, prompt))
    our_ids, their_ids = nn.tensor(ids, device="cpu"), torch.from_numpy(ids)
    weights = sum(p.numel() for p in theirs.parameters())
    return Contest(
        {
            "ours": lambda: generate(ours, our_ids, tokens),
            "torch": lambda: theirs.generate(their_ids, tokens),
        },
        flops=2.0 * weights * tokens,
        read=4.0 * weights * tokens,  # each token needs all of them
    )


MODEL_ROWS = [
    Row("models", "training step, ResNet-18, 32 x 3x32x32", _resnet, (32, 32), (2, 16)),
    Row("models", "training step, LSTM 2 x 256, 32 x 64", _lstm, (256, 32, 64), (8, 3, 4), 0.65),
    Row(
        "models",
        "training step, GPT 6 x 384, 4 x 256",
        _gpt,
        (6, 384, 6, 4, 256),
        (2, 16, 2, 2, 8),
    ),
    Row("models", "128 tokens by GPT 6 x 384", _decoding, (6, 384, 6, 128), (2, 16, 2, 8)),
]
