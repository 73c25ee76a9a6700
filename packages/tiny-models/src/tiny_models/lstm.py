"""A language model with long short-term memory (Hochreiter & Schmidhuber 1997; Gers et al. 2000;
as a language model: Graves 2013; Zaremba, Sutskever & Vinyals 2014).

Beside the state h the network keeps a memory c, which gates protect: i lets in, f forgets, o shows.

    i, f, o = sigmoid(W x_t + U h_{t-1} + b), each with its own W, U, b
    g       = tanh(W x_t + U h_{t-1} + b)
    c_t     = f * c_{t-1} + i * g            (a sum, through which gradients last)
    h_t     = o * tanh(c_t)

Around the memory everything is as in ``rnn``; dropout touches only what goes up from layer to
layer, never the memory (Zaremba et al., section 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import tiny_nn as nn
from tiny_models.rnn import RNNConfig, RNNLanguageModel


@dataclass(frozen=True)
class LSTMConfig(RNNConfig):
    """What determines the architecture: the same sizes as those of ``RNNConfig``."""

    @property
    def gates(self) -> int:
        """i, f, g and o."""
        return 4


class LSTMLanguageModel(RNNLanguageModel):
    """Token by token through layers with memory.

    >>> import tiny_nn as nn
    >>> model = LSTMLanguageModel(LSTMConfig(vocab_size=10, hidden_size=8))
    >>> logits, (hidden, memory) = model(nn.tensor([[1, 2, 3]]))
    >>> logits.shape, hidden.shape, memory.shape
    ((1, 3, 10), (2, 1, 8), (2, 1, 8))
    """

    def recurrent_layers(self, config: RNNConfig) -> nn.Module:
        """The L layers, which begin by remembering: the forget gates' biases add up to one
        (Gers et al., section 4; Jozefowicz et al. 2015)."""
        layers = nn.LSTM(
            config.embedding_size,
            config.hidden_size,
            config.num_layers,
            dropout=config.dropout if config.num_layers > 1 else 0.0,
            batch_first=True,
        )
        size = config.hidden_size
        with nn.no_grad():
            for name, parameter in layers.named_parameters():
                if name.startswith("bias_"):  # (4 H,): i, f, g, o; two of them are added
                    parameter[size : 2 * size] = 0.5
        return layers
