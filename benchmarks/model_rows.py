"""Whole models: training steps, and text token by token, ours and as one writes them with PyTorch.

Both sides have the same layers, sizes and optimizer; the numbers of their parameters are compared.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from row import Row

import tiny_nn as nn
from tiny_models import LLM, LLMConfig, LSTMConfig, LSTMLanguageModel, generate, resnet18

VOCABULARY = 80
GPT = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 6}
CONTEXT = 256


# PyTorch's side ----------------------------------------------------------------------------------


class TorchBlock(torch.nn.Module):
    """ResNet's basic block."""

    def __init__(self, planes_in: int, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv2d(planes_in, planes, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(planes)
        self.conv2 = torch.nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(planes)
        self.shortcut = torch.nn.Identity()
        if stride != 1 or planes_in != planes:
            self.shortcut = torch.nn.Sequential(
                torch.nn.Conv2d(planes_in, planes, 1, stride, bias=False),
                torch.nn.BatchNorm2d(planes),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


def torch_resnet18() -> torch.nn.Module:
    """With the stem for small images."""
    blocks = []
    planes = 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [TorchBlock(planes, width, stride), TorchBlock(width, width, 1)]
        planes = width
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False),
        torch.nn.BatchNorm2d(64),
        torch.nn.ReLU(),
        *blocks,
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(512, 10),
    )


class TorchLSTM(torch.nn.Module):
    """The language model of two LSTM layers."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCABULARY, size)
        self.lstm = torch.nn.LSTM(size, size, 2, batch_first=True)
        self.decoder = torch.nn.Linear(size, VOCABULARY)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.lstm(self.embedding(ids))[0])


class TorchLayer(torch.nn.Module):
    """A layer of the transformer: RMSNorm, rotary positions, SwiGLU."""

    def __init__(self, width: int, heads: int, wide: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = torch.nn.RMSNorm(width, 1e-5), torch.nn.RMSNorm(width, 1e-5)
        self.q, self.k, self.v, self.o = (
            torch.nn.Linear(width, width, bias=False) for _ in range(4)
        )
        self.gate, self.up = (torch.nn.Linear(width, wide, bias=False) for _ in range(2))
        self.down = torch.nn.Linear(wide, width, bias=False)

    def forward(self, x, cos, sin, cache):
        batch, time, width = x.shape
        y = self.norm1(x)
        q, k, v = (
            linear(y).view(batch, time, self.heads, -1).transpose(1, 2)
            for linear in (self.q, self.k, self.v)
        )
        q, k = (
            t * cos + torch.cat([-t.chunk(2, -1)[1], t.chunk(2, -1)[0]], -1) * sin for t in (q, k)
        )
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = [k, v]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=time > 1)
        x = x + self.o(y.transpose(1, 2).reshape(batch, time, width))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class TorchGPT(torch.nn.Module):
    """The transformer."""

    def __init__(self, config: LLMConfig) -> None:
        super().__init__()
        width, heads = config.hidden_size, config.num_attention_heads
        self.embedding = torch.nn.Embedding(VOCABULARY, width)
        self.layers = torch.nn.ModuleList(
            TorchLayer(width, heads, config.intermediate_size)
            for _ in range(config.num_hidden_layers)
        )
        self.norm = torch.nn.RMSNorm(width, 1e-5)
        self.head = torch.nn.Linear(width, VOCABULARY, bias=False)
        self.rates = 10_000 ** (-torch.arange(0, config.head_dim, 2) / config.head_dim)

    def forward(self, ids: torch.Tensor, past: int = 0, caches: list | None = None) -> torch.Tensor:
        angles = torch.arange(past, past + ids.shape[1])[:, None] * self.rates
        angles = torch.cat([angles, angles], -1)
        cos, sin = angles.cos(), angles.sin()
        x = self.embedding(ids)
        for index, layer in enumerate(self.layers):
            x = layer(x, cos, sin, None if caches is None else caches[index])
        return self.head(self.norm(x))

    @torch.no_grad()
    def generate(self, ids: torch.Tensor, count: int) -> torch.Tensor:
        caches: list[list[torch.Tensor]] = [[] for _ in self.layers]
        past, new = 0, ids
        for _ in range(count):
            logits = self(new, past, caches)
            past += new.shape[1]
            new = logits[:, -1].argmax(-1, keepdim=True)
            ids = torch.cat([ids, new], 1)
        return ids


# The rows ----------------------------------------------------------------------------------------


def training_row(
    name: str,
    ours: nn.Module,
    theirs: torch.nn.Module,
    inputs: np.ndarray,
    labels: np.ndarray,
    optimizers: tuple[object, object],
    logits: Callable,
) -> Row:
    """Forward, cross-entropy, backward and a step of the optimizer."""
    check_sizes(ours, theirs)
    our_batch = nn.tensor(inputs, device="cpu"), nn.tensor(labels, device="cpu")
    their_batch = torch.from_numpy(inputs), torch.from_numpy(labels)

    def our_step() -> None:
        optimizers[0].zero_grad()
        scores = logits(ours(our_batch[0]))
        nn.functional.cross_entropy(
            scores.reshape((-1, scores.shape[-1])), our_batch[1].flatten()
        ).backward()
        optimizers[0].step()

    def their_step() -> None:
        optimizers[1].zero_grad()
        scores = theirs(their_batch[0])
        F.cross_entropy(scores.reshape(-1, scores.shape[-1]), their_batch[1].flatten()).backward()
        optimizers[1].step()

    return Row(name, 1, our_step, {"torch": their_step})


def check_sizes(ours: nn.Module, theirs: torch.nn.Module) -> None:
    sizes = [sum(p.numel() for p in model.parameters()) for model in (ours, theirs)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"{sizes[0]} parameters of ours, {sizes[1]} of theirs: not the same model")


def resnet_row(name: str) -> Row:
    with nn.use_device("cpu"):
        ours = resnet18(10, small_images=True)
    theirs = torch_resnet18()
    options = {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}
    optimizers = (
        nn.optim.SGD(ours.parameters(), **options),
        torch.optim.SGD(theirs.parameters(), **options),
    )
    generator = np.random.default_rng(0)
    images = generator.standard_normal((32, 3, 32, 32), dtype=np.float32)
    labels = generator.integers(0, 10, 32)
    return training_row(name, ours, theirs, images, labels, optimizers, lambda output: output)


def text_row(name: str, ours: nn.Module, theirs: torch.nn.Module, batch: int, time: int) -> Row:
    optimizers = (
        nn.optim.AdamW(ours.parameters(), lr=1e-3),
        torch.optim.AdamW(theirs.parameters(), lr=1e-3),
    )
    ids = np.random.default_rng(0).integers(0, VOCABULARY, (2, batch, time))
    return training_row(name, ours, theirs, ids[0], ids[1], optimizers, lambda output: output[0])


def lstm_row(name: str) -> Row:
    with nn.use_device("cpu"):
        ours = LSTMLanguageModel(LSTMConfig(VOCABULARY))
    return text_row(name, ours, TorchLSTM(256), 32, 64)


def gpts() -> tuple[LLM, TorchGPT]:
    config = LLMConfig(VOCABULARY, max_position_embeddings=CONTEXT, **GPT)
    with nn.use_device("cpu"):
        return LLM(config), TorchGPT(config)


def gpt_row(name: str) -> Row:
    return text_row(name, *gpts(), 4, CONTEXT)


def decoding_row(name: str) -> Row:
    ours, theirs = gpts()
    check_sizes(ours, theirs)
    ours.eval(), theirs.eval()
    ids = np.random.default_rng(0).integers(0, VOCABULARY, (1, 16))
    our_ids, their_ids = nn.tensor(ids, device="cpu"), torch.from_numpy(ids)
    return Row(
        name,
        1,
        lambda: generate(ours, our_ids, 64),
        {"torch": lambda: theirs.generate(their_ids, 64)},
    )


MODEL_ROWS: dict[str, Callable[[str], Row]] = {
    "training step, ResNet-18, 32 x 3x32x32": resnet_row,
    "training step, LSTM 2x256, 32 x 64": lstm_row,
    "training step, GPT 6x384, 4 x 256": gpt_row,
    "64 tokens by GPT 6x384, with KV cache": decoding_row,
}
