"""RNN, LSTM and GRU over whole sequences: layers above each other, in one or both directions.

The equations of a layer stand in ``tiny_nn.functional`` (``rnn``, ``lstm``, ``gru``).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from tiny_autograd import Tensor, cat, empty, errors, init, stack, zeros
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.module import Module
from tiny_nn.parameter import Parameter

__all__ = ["GRU", "LSTM", "RNN"]

State = tuple[Tensor, ...]


class _Weights(NamedTuple):
    """The parameters of one layer in one direction."""

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None
    weight_hr: Parameter | None


class _Recurrent(Module):
    """What RNN, LSTM and GRU share: parameters, layers, directions, batches and states.

    A subclass defines ``_run``: one layer in one direction.
    """

    gates: int
    states: tuple[str, ...] = ("h",)  # what goes from one step to the next

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        proj_size: int,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        for name, size in (("hidden_size", hidden_size), ("num_layers", num_layers)):
            if isinstance(size, bool) or not isinstance(size, int):
                raise TypeError(f"{name} should be of type int, got: {type(size).__name__}")
            if size <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                f"element being zeroed, got {dropout}"
            )
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={num_layers}",
                stacklevel=3,
            )
        if proj_size < 0:
            raise ValueError(
                "proj_size should be a positive integer or zero to disable projections"
            )
        if proj_size >= hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        directions = 2 if bidirectional else 1
        for layer in range(num_layers):
            layer_input = input_size if layer == 0 else self._output_size * directions
            for suffix in self._suffixes(layer):
                for name, shape in self._shapes(layer_input):
                    self.register_parameter(
                        name + suffix, Parameter(empty(shape, device=device, dtype=dtype))
                    )
        self.reset_parameters()

    @property
    def _output_size(self) -> int:
        return self.proj_size or self.hidden_size

    def _suffixes(self, layer: int) -> tuple[str, ...]:
        """How the names of a layer's parameters end, one for each direction."""
        forward = f"_l{layer}"
        return (forward, f"{forward}_reverse") if self.bidirectional else (forward,)

    def _shapes(self, layer_input: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        rows = self.gates * self.hidden_size
        yield "weight_ih", (rows, layer_input)
        yield "weight_hh", (rows, self._output_size)
        if self.bias:
            yield "bias_ih", (rows,)
            yield "bias_hh", (rows,)
        if self.proj_size:
            yield "weight_hr", (self.proj_size, self.hidden_size)

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction, in the order of ``h_n``'s first dimension."""
        return [[weight for weight in row if weight is not None] for row in self._rows()]

    def _rows(self) -> Iterator[_Weights]:
        for layer in range(self.num_layers):
            for suffix in self._suffixes(layer):
                yield _Weights(
                    getattr(self, "weight_ih" + suffix),
                    getattr(self, "weight_hh" + suffix),
                    *(self._parameters.get(name + suffix) for name in _Weights._fields[2:]),
                )

    def reset_parameters(self) -> None:
        """Draw new initial values, uniform in +-1/sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _run(
        self, input: Tensor, states: State, weights: _Weights, reverse: bool
    ) -> tuple[Tensor, *tuple[Tensor, ...]]:
        """One layer in one direction: its outputs at all steps, and its last states."""
        raise NotImplementedError(f"{type(self).__name__} has no _run")

    def _run_all(self, input: Tensor, given: State | None) -> tuple[Tensor, State]:
        """All layers and directions; dimensions as the caller has them."""
        check_tensor(input, self)
        name = type(self).__name__
        if input.ndim not in (2, 3):
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {input.ndim}D instead")
        if input.shape[-1] != self.input_size:
            raise errors.ShapeError(
                f"{name}: input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {input.shape[-1]}"
            )
        batched = input.ndim == 3
        x = input if batched else input.unsqueeze(1)
        if batched and self.batch_first:
            x = x.transpose(0, 1)  # (T, N, input_size)
        states = self._initial_states(x, batched, given)

        directions = 2 if self.bidirectional else 1
        rows = iter(enumerate(self._rows()))
        last: list[State] = []
        for layer in range(self.num_layers):
            if layer > 0:
                x = F.dropout(x, self.dropout, self.training)
            outputs = []
            for direction in range(directions):
                row, weights = next(rows)
                before = tuple(state[row] for state in states)
                output, *after = self._run(x, before, weights, reverse=direction == 1)
                outputs.append(output)
                last.append(tuple(after))
            x = outputs[0] if directions == 1 else cat(outputs, dim=-1)
        stacked = tuple(stack(rows) for rows in zip(*last, strict=True))
        if not batched:
            return x.squeeze(1), tuple(state.squeeze(1) for state in stacked)
        return (x.transpose(0, 1) if self.batch_first else x), stacked

    def _initial_states(self, x: Tensor, batched: bool, given: State | None) -> State:
        """Each (num_layers * directions, N, size): those given, checked, or zeros."""
        rows = self.num_layers * (2 if self.bidirectional else 1)
        sizes = {"h": self._output_size, "c": self.hidden_size}
        shapes = [(rows, x.shape[1], sizes[name]) for name in self.states]
        if given is None:
            return tuple(zeros(shape, dtype=x.dtype, device=x.device) for shape in shapes)
        states = []
        for name, state, shape in zip(self.states, given, shapes, strict=True):
            check_tensor(state, self)
            expected = shape if batched else (shape[0], shape[2])
            if state.shape != expected:
                raise errors.ShapeError(
                    f"{type(self).__name__}: Expected {name}_0 of size {expected} for "
                    f"{'batched' if batched else 'unbatched'} input, got {tuple(state.shape)}"
                )
            states.append(state if batched else state.unsqueeze(1))
        return tuple(states)

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        for name, default in (
            ("proj_size", 0),
            ("num_layers", 1),
            ("bias", True),
            ("batch_first", False),
            ("dropout", 0),
            ("bidirectional", False),
        ):
            value = getattr(self, name)
            if value != default:
                parts.append(f"{name}={value}")
        return ", ".join(parts)


class RNN(_Recurrent):
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), or ``nonlinearity="relu"`` (Elman 1990).

    ``rnn(input, h_0)`` gives ``(output, h_n)``. input: (T, N, input_size), with ``batch_first``
    (N, T, input_size), or (T, input_size) without a batch; output: the last layer's h_t for all
    steps, (T, N, D * hidden_size), where D is 2 if ``bidirectional``; h_0 and h_n:
    (D * num_layers, N, hidden_size), layer by layer, forward before backward; h_0 None is zeros.
    In training, ``dropout`` acts on the outputs of all layers but the last. Raises ShapeError for
    sizes that do not fit and for a sequence without steps.

    >>> import tiny_nn as nn
    >>> output, h_n = nn.RNN(3, 4, num_layers=2, bidirectional=True)(nn.zeros((5, 2, 3)))
    >>> output.shape, h_n.shape
    ((5, 2, 8), (4, 2, 4))
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_nonlinearity(nonlinearity)
        options = num_layers, bias, batch_first, dropout, bidirectional, 0
        super().__init__(input_size, hidden_size, *options, device, dtype)
        self.nonlinearity = nonlinearity

    def _run(
        self, input: Tensor, states: State, weights: _Weights, reverse: bool
    ) -> tuple[Tensor, *tuple[Tensor, ...]]:
        (h_0,) = states
        return F.rnn(input, h_0, *weights[:4], self.nonlinearity, reverse)

    def forward(self, input: Tensor, h_0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        output, (h_n,) = self._run_all(input, None if h_0 is None else (h_0,))
        return output, h_n


class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; Gers et al. 2000).

    ``lstm(input, (h_0, c_0))`` gives ``(output, (h_n, c_n))``; shapes and options as in ``RNN``.
    ``proj_size`` makes each h_t smaller by a matrix (Sak et al. 2014): h and outputs then have
    that size, c still hidden_size.

    >>> import tiny_nn as nn
    >>> lstm = nn.LSTM(3, 4, batch_first=True)
    >>> output, (h_n, c_n) = lstm(nn.zeros((2, 5, 3)))
    >>> output.shape, c_n.shape, list(lstm.state_dict())[:2]
    ((2, 5, 4), (1, 2, 4), ['weight_ih_l0', 'weight_hh_l0'])
    """

    gates = 4
    states = ("h", "c")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        options = num_layers, bias, batch_first, dropout, bidirectional, proj_size
        super().__init__(input_size, hidden_size, *options, device, dtype)

    def _run(
        self, input: Tensor, states: State, weights: _Weights, reverse: bool
    ) -> tuple[Tensor, *tuple[Tensor, ...]]:
        h_0, c_0 = states
        return F.lstm(input, h_0, c_0, *weights, reverse)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        if hx is not None and not (isinstance(hx, tuple | list) and len(hx) == 2):
            raise TypeError("LSTM: the state is a pair (h_0, c_0)")
        output, (h_n, c_n) = self._run_all(input, None if hx is None else tuple(hx))
        return output, (h_n, c_n)


class GRU(_Recurrent):
    """The gated recurrent unit (Cho et al. 2014).

    ``gru(input, h_0)`` gives ``(output, h_n)``; shapes and options as in ``RNN``.

    >>> import tiny_nn as nn
    >>> output, h_n = nn.GRU(3, 4)(nn.zeros((5, 3)))  # five steps, no batch
    >>> output.shape, h_n.shape
    ((5, 4), (1, 4))
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        options = num_layers, bias, batch_first, dropout, bidirectional, 0
        super().__init__(input_size, hidden_size, *options, device, dtype)

    def _run(
        self, input: Tensor, states: State, weights: _Weights, reverse: bool
    ) -> tuple[Tensor, *tuple[Tensor, ...]]:
        (h_0,) = states
        return F.gru(input, h_0, *weights[:4], reverse)

    def forward(self, input: Tensor, h_0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        output, (h_n,) = self._run_all(input, None if h_0 is None else (h_0,))
        return output, h_n


def check_nonlinearity(nonlinearity: str) -> None:
    """Raise ValueError unless it is one of the two."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"Unknown nonlinearity {nonlinearity!r}. Select from 'tanh' or 'relu'.")
