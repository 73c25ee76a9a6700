"""A recurrent language model (Elman 1990; Mikolov et al. 2010, "Recurrent neural network based
language model").

A state h is all that the network keeps of the tokens so far; each token changes it, and from it the
next token is guessed:

    h_t = tanh(W x_t + U h_{t-1} + b)        (Elman's network; several layers lie on each other)
    p(next token) = softmax(V h_t + c)

Dimensions: B sequences of T tokens, E embedding_size, H hidden_size, L num_layers, V words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tiny_nn as nn


@dataclass(frozen=True)
class RNNConfig:
    """What determines the architecture; raises ValueError for sizes that can't be.

    >>> RNNConfig(vocab_size=65)
    RNNConfig(vocab_size=65, embedding_size=256, hidden_size=256, num_layers=2, dropout=0.0)
    """

    vocab_size: int
    embedding_size: int = 256
    hidden_size: int = 256
    num_layers: int = 2
    dropout: float = 0.0  # between the layers, and before and after them

    def __post_init__(self) -> None:
        for name in ("vocab_size", "embedding_size", "hidden_size", "num_layers"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{type(self).__name__}: {name} must be at least 1, got {getattr(self, name)}"
                )

    @property
    def num_parameters(self) -> int:
        """How many numbers a model of this configuration learns."""
        cells, width = 0, self.embedding_size
        for _ in range(self.num_layers):
            cells += self.gates * self.hidden_size * (width + self.hidden_size + 2)
            width = self.hidden_size
        return self.vocab_size * (self.embedding_size + self.hidden_size + 1) + cells

    @property
    def gates(self) -> int:
        """How many weighted sums of input and state a cell has."""
        return 1


class RNNLanguageModel(nn.Module):
    """Token by token through the recurrent layers.

    >>> import tiny_nn as nn
    >>> model = RNNLanguageModel(RNNConfig(vocab_size=10, hidden_size=8))
    >>> logits, state = model(nn.tensor([[1, 2, 3]]))
    >>> logits.shape, state.shape
    ((1, 3, 10), (2, 1, 8))
    """

    def __init__(self, config: RNNConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size)
        self.dropout = nn.Dropout(config.dropout)
        self.recurrent = self.recurrent_layers(config)
        self.decoder = nn.Linear(config.hidden_size, config.vocab_size)
        nn.init.normal_(self.embedding.weight, std=0.1)  # as large as what the states begin with

    def recurrent_layers(self, config: RNNConfig) -> nn.Module:
        """The L layers: (B, T, E), state -> (B, T, H), state."""
        return nn.RNN(
            config.embedding_size,
            config.hidden_size,
            config.num_layers,
            dropout=config.dropout if config.num_layers > 1 else 0.0,
            batch_first=True,
        )

    def forward(self, input_ids: nn.Tensor, state: Any = None) -> tuple[nn.Tensor, Any]:
        """input_ids: (B, T) -> logits (B, T, V), and the state after the last token.

        The state that an earlier call returned goes on from there; None begins anew.
        """
        x = self.dropout(self.embedding(input_ids))  # (B, T, E)
        x, state = self.recurrent(x, state)  # (B, T, H)
        return self.decoder(self.dropout(x)), state

    def initial_state(self, batch_size: int, length: int) -> None:
        """None: the layers begin with zeros, however long the text will be."""
        return None
