"""The models of model_rows.py as one writes them with PyTorch, with their layers in our order."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from tiny_models import LLMConfig


class Block(torch.nn.Module):
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


def resnet18() -> torch.nn.Module:
    """With the stem for small images."""
    blocks = []
    planes = 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [Block(planes, width, stride), Block(width, width, 1)]
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


class LSTMLanguageModel(torch.nn.Module):
    """The language model of two LSTM layers."""

    def __init__(self, vocabulary: int, size: int) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, size)
        self.lstm = torch.nn.LSTM(size, size, 2, batch_first=True)
        self.decoder = torch.nn.Linear(size, vocabulary)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.lstm(self.embedding(ids))[0])


class Layer(torch.nn.Module):
    """A layer of the transformer: RMSNorm, rotary positions, SwiGLU."""

    def __init__(self, width: int, heads: int, wide: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = torch.nn.RMSNorm(width, 1e-5)
        self.q, self.k, self.v, self.o = (
            torch.nn.Linear(width, width, bias=False) for _ in range(4)
        )
        self.norm2 = torch.nn.RMSNorm(width, 1e-5)
        self.gate, self.up = (torch.nn.Linear(width, wide, bias=False) for _ in range(2))
        self.down = torch.nn.Linear(wide, width, bias=False)

    def forward(
        self,
        x: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        cache: list[torch.Tensor] | None,
    ) -> torch.Tensor:
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


class GPT(torch.nn.Module):
    """The transformer."""

    def __init__(self, config: LLMConfig) -> None:
        super().__init__()
        width, heads = config.hidden_size, config.num_attention_heads
        self.embedding = torch.nn.Embedding(config.vocab_size, width)
        self.layers = torch.nn.ModuleList(
            Layer(width, heads, config.intermediate_size) for _ in range(config.num_hidden_layers)
        )
        self.norm = torch.nn.RMSNorm(width, 1e-5)
        self.head = torch.nn.Linear(width, config.vocab_size, bias=False)
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
