"""Recurrent layers: one layer, one direction, over all steps of a sequence.

Gates and their order are PyTorch's: weight_ih (gates * H, in) maps the input, weight_hh
(gates * H, H) the state before, each with a bias or without. The products of all steps' inputs are
one product of matrices, since none of them waits for another; what is left is one operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core.errors import ShapeError

from .. import ops
from ..cost import Count, Formula, Shape
from ..fused import fused
from .arguments import require_tensors, require_tensors_or_none

if TYPE_CHECKING:
    from ..tensor import Tensor


def _cost(gates: int, written: int, others: int) -> Formula:
    """Of each step, the product with the state and `others` operations on each hidden unit.

    written: numbers for each hidden unit.
    """

    def formula(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
        (steps, batch, _), (_, size) = shapes[0], shapes[1]
        units = steps * batch * size
        read = prod(shapes[0]) + steps * gates * size * size
        return units * (2 * gates * size + others), read, units * written

    return formula


@fused(nd.fused.rnn, gradient=nd.fused.rnn_gradient, cost=_cost(1, 1, others=30))
def rnn_states(
    projected: Tensor, h_0: Tensor, weight_hh: Tensor, /, *, nonlinearity: str, reverse: bool
) -> Tensor:
    """All h_t of `rnn`, (T, N, H), from W_ih x_t and the biases, (T, N, H)."""
    h, hidden = h_0, []
    for of_step in _in_order(projected, reverse):
        h = _rnn_step(of_step, h, weight_hh, None, nonlinearity)
        hidden.append(h)
    return _stacked(hidden, reverse)


@fused(
    nd.fused.lstm, gradient=nd.fused.lstm_gradient, extras=("gates",), cost=_cost(4, 6, others=120)
)
def lstm_states(
    projected: Tensor, h_0: Tensor, c_0: Tensor, weight_hh: Tensor, /, *, reverse: bool
) -> Tensor:
    """All h_t and all c_t of `lstm`, (2, T, N, H), from W_ih x_t and the biases, (T, N, 4 H)."""
    h, c, hidden, cells = h_0, c_0, [], []
    for of_step in _in_order(projected, reverse):
        h, c = _lstm_step(of_step, h, c, weight_hh, None, None)
        hidden.append(h)
        cells.append(c)
    return ops.stack([_stacked(hidden, reverse), _stacked(cells, reverse)], 0)


@fused(nd.fused.gru, gradient=nd.fused.gru_gradient, extras=("gates",), cost=_cost(3, 5, others=80))
def gru_states(
    projected: Tensor,
    h_0: Tensor,
    weight_hh: Tensor,
    bias_hh: Tensor | None,
    /,
    *,
    reverse: bool,
) -> Tensor:
    """All h_t of `gru`, (T, N, H), from W_ih x_t + b_ih, (T, N, 3 H)."""
    h, hidden = h_0, []
    for of_step in _in_order(projected, reverse):
        h = _gru_step(of_step, h, weight_hh, bias_hh)
        hidden.append(h)
    return _stacked(hidden, reverse)


def rnn(
    input: Tensor,
    h_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    nonlinearity: str = "tanh",
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh) for each step (Elman 1990).

    input: (T, N, in); h_0: (N, H); weight_ih: (H, in); weight_hh: (H, H); biases: (H) ->
    (T, N, H), all h_t, and (N, H), the last one. nonlinearity: "tanh" or "relu". reverse: from the
    last step to the first. Raises ShapeError for sizes that do not fit and for no steps at all,
    ValueError for another nonlinearity.

    >>> import tiny_autograd as ta
    >>> x, w = ta.ones(3, 1, 1), ta.ones(1, 1)
    >>> output, h_n = ta.functional.rnn(x, ta.zeros(1, 1), w, w, nonlinearity="relu")
    >>> output.flatten(), h_n
    (tensor([1., 2., 3.]), tensor([[3.]]))
    """
    _check("rnn", 1, input, h_0, weight_ih, weight_hh, bias_ih, bias_hh, steps=True)
    _check_nonlinearity(nonlinearity)
    projected = ops.linear(input, weight_ih, _both(bias_ih, bias_hh))
    hidden = rnn_states(projected, h_0, weight_hh, nonlinearity=nonlinearity, reverse=reverse)
    return hidden, hidden[0 if reverse else -1]


def lstm(
    input: Tensor,
    h_0: Tensor,
    c_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    weight_hr: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Long short-term memory (Hochreiter & Schmidhuber 1997; Gers et al. 2000), for each step

    i, f, g, o = W_ih x_t + b_ih + W_hh h_(t-1) + b_hh, in four equal parts;
    c_t = sigmoid(f) c_(t-1) + sigmoid(i) tanh(g); h_t = sigmoid(o) tanh(c_t).

    input: (T, N, in); h_0, c_0: (N, H); weight_ih: (4 H, in); weight_hh: (4 H, H); biases: (4 H)
    -> (T, N, H), all h_t, and the last h_t and c_t, (N, H). weight_hr (P, H) projects each h_t to
    a smaller one (Sak et al. 2014): h_0, outputs and weight_hh's second size are then P. reverse:
    from the last step to the first. Raises ShapeError for sizes that do not fit and for no steps.

    >>> import tiny_autograd as ta
    >>> state, w = ta.zeros(1, 1), ta.ones(4, 1)
    >>> output, h_n, c_n = ta.functional.lstm(ta.ones(2, 1, 1), state, state, w, w)
    >>> output.flatten(), c_n
    (tensor([0.3696, 0.6505]), tensor([[1.1444]]))
    """
    _check("lstm", 4, input, h_0, weight_ih, weight_hh, bias_ih, bias_hh, c_0, weight_hr, True)
    projected = ops.linear(input, weight_ih, _both(bias_ih, bias_hh))
    if weight_hr is None:
        states = lstm_states(projected, h_0, c_0, weight_hh, reverse=reverse)
        hidden, last = states[0], 0 if reverse else -1
        return hidden, hidden[last], states[1, last]
    h, c, steps = h_0, c_0, []
    for of_step in _in_order(projected, reverse):
        h, c = _lstm_step(of_step, h, c, weight_hh, None, weight_hr)
        steps.append(h)
    return _stacked(steps, reverse), h, c


def gru(
    input: Tensor,
    h_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """The gated recurrent unit (Cho et al. 2014; the variant of Chung et al. 2014), for each step

    r = sigmoid(W_ir x_t + b_ir + W_hr h_(t-1) + b_hr); z likewise with W_iz and W_hz;
    n = tanh(W_in x_t + b_in + r (W_hn h_(t-1) + b_hn)); h_t = (1 - z) n + z h_(t-1).

    input: (T, N, in); h_0: (N, H); weight_ih: (3 H, in), of r, z and n; weight_hh: (3 H, H);
    biases: (3 H) -> (T, N, H), all h_t, and (N, H), the last one. reverse: from the last step to
    the first. Raises ShapeError for sizes that do not fit and for no steps at all.

    >>> import tiny_autograd as ta
    >>> w = ta.ones(3, 1)
    >>> output, h_n = ta.functional.gru(ta.ones(2, 1, 1), ta.zeros(1, 1), w, w)
    >>> output.flatten(), h_n
    (tensor([0.2048, 0.3468]), tensor([[0.3468]]))
    """
    _check("gru", 3, input, h_0, weight_ih, weight_hh, bias_ih, bias_hh, steps=True)
    projected = ops.linear(input, weight_ih, bias_ih)
    hidden = gru_states(projected, h_0, weight_hh, bias_hh, reverse=reverse)
    return hidden, hidden[0 if reverse else -1]


def rnn_cell(
    input: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    nonlinearity: str = "tanh",
) -> Tensor:
    """One step of `rnn`: input (N, in), h (N, H) -> the next h (N, H).

    >>> import tiny_autograd as ta
    >>> w = ta.ones(1, 1)
    >>> ta.functional.rnn_cell(ta.ones(1, 1), ta.ones(1, 1), w, w, nonlinearity="relu")
    tensor([[2.]])
    """
    _check("rnn_cell", 1, input, h, weight_ih, weight_hh, bias_ih, bias_hh)
    _check_nonlinearity(nonlinearity)
    projected = ops.linear(input, weight_ih, bias_ih)
    return _rnn_step(projected, h, weight_hh, bias_hh, nonlinearity)


def lstm_cell(
    input: Tensor,
    h: Tensor,
    c: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of `lstm`: input (N, in), h and c (N, H) -> the next h and c.

    >>> import tiny_autograd as ta
    >>> state, w = ta.zeros(1, 1), ta.ones(4, 1)
    >>> ta.functional.lstm_cell(ta.ones(1, 1), state, state, w, w)
    (tensor([[0.3696]]), tensor([[0.5568]]))
    """
    _check("lstm_cell", 4, input, h, weight_ih, weight_hh, bias_ih, bias_hh, c)
    return _lstm_step(ops.linear(input, weight_ih, bias_ih), h, c, weight_hh, bias_hh, None)


def gru_cell(
    input: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
) -> Tensor:
    """One step of `gru`: input (N, in), h (N, H) -> the next h (N, H).

    >>> import tiny_autograd as ta
    >>> w = ta.ones(3, 1)
    >>> ta.functional.gru_cell(ta.ones(1, 1), ta.zeros(1, 1), w, w)
    tensor([[0.2048]])
    """
    _check("gru_cell", 3, input, h, weight_ih, weight_hh, bias_ih, bias_hh)
    return _gru_step(ops.linear(input, weight_ih, bias_ih), h, weight_hh, bias_hh)


def _rnn_step(
    projected: Tensor, h: Tensor, weight_hh: Tensor, bias_hh: Tensor | None, nonlinearity: str
) -> Tensor:
    total = projected + ops.linear(h, weight_hh, bias_hh)
    return ops.relu(total) if nonlinearity == "relu" else ops.tanh(total)


def _check_nonlinearity(nonlinearity: str) -> None:
    if nonlinearity in ("tanh", "relu"):
        return
    raise ValueError(f"Unknown nonlinearity {nonlinearity!r}. Select from 'tanh' or 'relu'.")


def _lstm_step(
    projected: Tensor,
    h: Tensor,
    c: Tensor,
    weight_hh: Tensor,
    bias_hh: Tensor | None,
    weight_hr: Tensor | None,
) -> tuple[Tensor, Tensor]:
    i, f, g, o = ops.chunk(projected + ops.linear(h, weight_hh, bias_hh), 4, -1)
    c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
    h = ops.sigmoid(o) * ops.tanh(c)
    return (h if weight_hr is None else ops.linear(h, weight_hr)), c


def _gru_step(projected: Tensor, h: Tensor, weight_hh: Tensor, bias_hh: Tensor | None) -> Tensor:
    input_r, input_z, input_n = ops.chunk(projected, 3, -1)
    hidden_r, hidden_z, hidden_n = ops.chunk(ops.linear(h, weight_hh, bias_hh), 3, -1)
    r = ops.sigmoid(input_r + hidden_r)
    z = ops.sigmoid(input_z + hidden_z)
    n = ops.tanh(input_n + r * hidden_n)
    return n + z * (h - n)


def _both(bias_ih: Tensor | None, bias_hh: Tensor | None) -> Tensor | None:
    """Their sum, which joins the product of the inputs once instead of at each step."""
    if bias_ih is None or bias_hh is None:
        return bias_hh if bias_ih is None else bias_ih
    return bias_ih + bias_hh


def _in_order(projected: Tensor, reverse: bool) -> Iterable[Tensor]:
    steps = ops.unbind(projected, 0)
    return reversed(steps) if reverse else steps


def _stacked(hidden: list[Tensor], reverse: bool) -> Tensor:
    return ops.stack(hidden[::-1] if reverse else hidden, 0)


def _check(
    function: str,
    gates: int,
    input: Tensor,
    h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None,
    bias_hh: Tensor | None,
    c: Tensor | None = None,
    weight_hr: Tensor | None = None,
    steps: bool = False,
) -> None:
    """ShapeError, which names what does not fit and the shape that would."""
    require_tensors(function, input=input, h=h, weight_ih=weight_ih, weight_hh=weight_hh)
    require_tensors_or_none(function, bias_ih=bias_ih, bias_hh=bias_hh, c=c, weight_hr=weight_hr)
    if input.ndim != 2 + steps:
        expected = "(T, N, in)" if steps else "(N, in)"
        raise ShapeError(f"{function}: input {input.shape}: expected {expected}")
    if steps and not input.shape[0]:
        raise ShapeError(f"{function}: input {input.shape} has no steps")
    if weight_ih.ndim != 2 or not weight_ih.shape[0] or weight_ih.shape[0] % gates:
        raise ShapeError(f"{function}: weight_ih {weight_ih.shape}: expected ({gates} H, in)")
    size, batch = weight_ih.shape[0] // gates, input.shape[-2]
    output = size if weight_hr is None else weight_hr.shape[0]
    for name, tensor, shape in (
        ("weight_ih", weight_ih, (gates * size, input.shape[-1])),
        ("weight_hh", weight_hh, (gates * size, output)),
        ("bias_ih", bias_ih, (gates * size,)),
        ("bias_hh", bias_hh, (gates * size,)),
        ("weight_hr", weight_hr, (output, size)),
        ("h", h, (batch, output)),
        ("c", c, (batch, size)),
    ):
        if tensor is not None and tensor.shape != shape:
            raise ShapeError(
                f"{function}: {name} {tensor.shape} for input {input.shape} and {size} hidden "
                f"units: expected {shape}"
            )
