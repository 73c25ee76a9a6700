"""RNNCell, LSTMCell and GRUCell: one step of a recurrent layer."""

from __future__ import annotations

import math
from typing import Any, Literal

from tiny_autograd import Tensor, empty, errors, init, zeros
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.layers.recurrent import check_nonlinearity
from tiny_nn.module import Module
from tiny_nn.parameter import Parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


class _Cell(Module):
    """What the cells share: parameters, their initialisation, and the checks of a step."""

    gates: int
    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, device: Any, dtype: Any
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = self.gates * hidden_size

        def parameter(*shape: int) -> Parameter:
            return Parameter(empty(shape, device=device, dtype=dtype))

        self.weight_ih = parameter(rows, input_size)
        self.weight_hh = parameter(rows, hidden_size)
        self.register_parameter("bias_ih", parameter(rows) if bias else None)
        self.register_parameter("bias_hh", parameter(rows) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values, uniform in +-1/sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0.0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _batched(self, input: Tensor, *states: Tensor | None) -> list[Tensor]:
        """The input and the states as matrices, zeros for a state left out."""
        name = type(self).__name__
        check_tensor(input, self)
        if input.ndim not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.ndim}D instead")
        shape = (*input.shape[:-1], self.hidden_size)
        given = [input]
        for state in states:
            if state is None:
                given.append(zeros(shape, dtype=input.dtype, device=input.device))
                continue
            check_tensor(state, self)
            if state.shape != shape:
                raise errors.ShapeError(
                    f"{name}: Expected a state of size {shape} for input {tuple(input.shape)}, "
                    f"got {tuple(state.shape)}"
                )
            given.append(state)
        return given if input.ndim == 2 else [tensor.unsqueeze(0) for tensor in given]

    def extra_repr(self) -> str:
        bias = "" if self.bias else ", bias=False"
        return f"{self.input_size}, {self.hidden_size}{bias}"


class RNNCell(_Cell):
    """One step of ``RNN``: input (N, input_size), hx (N, hidden_size) or None -> the next state.

    Without a batch: (input_size), (hidden_size). weight_ih: (hidden_size, input_size); weight_hh:
    (hidden_size, hidden_size). Raises ShapeError for sizes that do not fit.

    >>> import tiny_nn as nn
    >>> nn.RNNCell(3, 4)(nn.zeros((2, 3))).shape
    (2, 4)
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_nonlinearity(nonlinearity)
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        x, h = self._batched(input, hx)
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        h = F.rnn_cell(x, h, *weights, nonlinearity=self.nonlinearity)
        return h if input.ndim == 2 else h.squeeze(0)

    def extra_repr(self) -> str:
        other = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + other


class LSTMCell(_Cell):
    """One step of ``LSTM``: input (N, input_size), hx = (h, c), each (N, hidden_size), or None ->
    the next (h, c). weight_ih: (4 hidden_size, input_size), of the gates i, f, g, o.

    >>> import tiny_nn as nn
    >>> h, c = nn.LSTMCell(3, 4)(nn.zeros((2, 3)))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    gates = 4

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        if hx is not None and not (isinstance(hx, tuple | list) and len(hx) == 2):
            raise TypeError("LSTMCell: the state is a pair (h, c)")
        x, h, c = self._batched(input, *((None, None) if hx is None else hx))
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        h, c = F.lstm_cell(x, h, c, *weights)
        return (h, c) if input.ndim == 2 else (h.squeeze(0), c.squeeze(0))


class GRUCell(_Cell):
    """One step of ``GRU``: input (N, input_size), hx (N, hidden_size) or None -> the next state.

    weight_ih: (3 hidden_size, input_size), of the gates r, z, n.

    >>> import tiny_nn as nn
    >>> nn.GRUCell(3, 4)(nn.zeros((3,))).shape  # no batch
    (4,)
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        x, h = self._batched(input, hx)
        h = F.gru_cell(x, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return h if input.ndim == 2 else h.squeeze(0)
