"""Recurrent layers, from the products of their inputs on: all steps, forward and backward.

T steps of a batch of N, H hidden units. `projected`: W_ih x_t + b for each step, which is one
product of matrices since no step waits for another. reverse: from the last step to the first.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._core import NDArray
from ..creation import zeros_like
from ..elementwise.arithmetic import maximum
from ..elementwise.logic import where
from ..elementwise.mathematics import sigmoid, tanh
from ..linalg.products import matmul
from ..manipulation import concat, stack
from ..reductions import sum
from .definition import fused

__all__ = ["gru", "gru_gradient", "lstm", "lstm_gradient", "rnn", "rnn_gradient"]

Nonlinearity: TypeAlias = Literal["tanh", "relu"]


def _order(steps: int, reverse: bool) -> list[int]:
    return list(range(steps))[:: -1 if reverse else 1]


def _parts(gates: NDArray, count: int) -> list[NDArray]:
    size = gates.shape[-1] // count
    return [gates[..., i * size : (i + 1) * size] for i in range(count)]


def _stacked(of_steps: list[NDArray], reverse: bool) -> NDArray:
    return stack(of_steps[:: -1 if reverse else 1], axis=0)


def _before(states: NDArray, first: NDArray, reverse: bool) -> NDArray:
    """(T, N, H): the state that was there before each step."""
    if reverse:
        return concat((states[1:], first[None]), axis=0)
    return concat((first[None], states[:-1]), axis=0)


def _weight_gradient(of_sums: NDArray, before: NDArray) -> NDArray:
    """(gates * H, H), over all steps and the batch."""
    return sum(matmul(of_sums.mT, before), axis=0)


@fused
def rnn(
    projected: NDArray,
    h_0: NDArray,
    weight_hh: NDArray,
    /,
    *,
    nonlinearity: Nonlinearity = "tanh",
    reverse: bool = False,
) -> NDArray:
    """The simple recurrent layer (Elman 1990): h_t = tanh(projected_t + W_hh h_(t-1)).

    projected: (T, N, H); h_0: (N, H); weight_hh: (H, H) -> (T, N, H), all h_t. nonlinearity:
    "tanh" or "relu", ValueError for others. ShapeError where sizes do not fit, and for no steps.

    >>> h_0, weight = nd.zeros((1, 1)), nd.ones((1, 1))
    >>> nd.fused.rnn(nd.ones((3, 1, 1)), h_0, weight, nonlinearity="relu").tolist()
    [[[1.0]], [[2.0]], [[3.0]]]
    """
    h, hidden = h_0, []
    for t in _order(projected.shape[0], reverse):
        total = projected[t] + matmul(h, weight_hh.mT)
        h = maximum(total, 0) if nonlinearity == "relu" else tanh(total)
        hidden.append(h)
    return _stacked(hidden, reverse)


@fused
def rnn_gradient(
    gradient: NDArray,
    h_0: NDArray,
    weight_hh: NDArray,
    out: NDArray,
    /,
    *,
    nonlinearity: Nonlinearity = "tanh",
    reverse: bool = False,
    needs: tuple[bool, bool, bool] = (True, True, True),
) -> tuple[NDArray | None, NDArray | None, NDArray | None]:
    """The gradients of `rnn` for projected, h_0 and weight_hh.

    >>> h_0, weight = nd.zeros((1, 1)), nd.ones((1, 1))
    >>> hidden = nd.fused.rnn(nd.ones((3, 1, 1)), h_0, weight, nonlinearity="relu")
    >>> of_projected, *_ = nd.fused.rnn_gradient(
    ...     nd.ones((3, 1, 1)), h_0, weight, hidden, nonlinearity="relu")
    >>> of_projected.tolist()
    [[[3.0]], [[2.0]], [[1.0]]]
    """
    of_h, of_steps = zeros_like(h_0), []
    for t in _order(out.shape[0], not reverse):
        of_h = of_h + gradient[t]
        h = out[t]
        of_sums = where(h > 0, of_h, 0) if nonlinearity == "relu" else of_h * (1 - h * h)
        of_h = matmul(of_sums, weight_hh)
        of_steps.append(of_sums)
    of_projected = _stacked(of_steps, not reverse)
    return (
        of_projected if needs[0] else None,
        of_h if needs[1] else None,
        _weight_gradient(of_projected, _before(out, h_0, reverse)) if needs[2] else None,
    )


@fused
def lstm(
    projected: NDArray,
    h_0: NDArray,
    c_0: NDArray,
    weight_hh: NDArray,
    /,
    *,
    reverse: bool = False,
) -> tuple[NDArray, NDArray]:
    """Long short-term memory (Hochreiter & Schmidhuber 1997; Gers et al. 2000).

    projected: (T, N, 4 H), the sums of the gates i, f, g and o; h_0, c_0: (N, H); weight_hh:
    (4 H, H) -> (2, T, N, H), all h_t and all c_t; and the gates, (T, N, 4 H). ShapeError where
    sizes do not fit, and for no steps.

    >>> state, weight = nd.zeros((1, 1)), nd.zeros((4, 1))
    >>> states, gates = nd.fused.lstm(nd.zeros((2, 1, 4)), state, state, weight)
    >>> states.shape, gates[0, 0].tolist()
    ((2, 2, 1, 1), [0.5, 0.5, 0.0, 0.5])
    """
    h, c = h_0, c_0
    hidden, cells, gates = [], [], []
    for t in _order(projected.shape[0], reverse):
        i, f, g, o = _parts(projected[t] + matmul(h, weight_hh.mT), 4)
        i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * tanh(c)
        hidden.append(h)
        cells.append(c)
        gates.append(concat((i, f, g, o), axis=-1))
    states = stack((_stacked(hidden, reverse), _stacked(cells, reverse)), axis=0)
    return states, _stacked(gates, reverse)


@fused
def lstm_gradient(
    gradient: NDArray,
    h_0: NDArray,
    c_0: NDArray,
    weight_hh: NDArray,
    gates: NDArray,
    out: NDArray,
    /,
    *,
    reverse: bool = False,
    needs: tuple[bool, bool, bool, bool] = (True, True, True, True),
) -> tuple[NDArray | None, NDArray | None, NDArray | None, NDArray | None]:
    """The gradients of `lstm` for projected, h_0, c_0 and weight_hh.

    >>> state, weight = nd.zeros((1, 1)), nd.zeros((4, 1))
    >>> states, gates = nd.fused.lstm(nd.zeros((1, 1, 4)), state, state, weight)
    >>> of_projected, *_ = nd.fused.lstm_gradient(
    ...     nd.ones((2, 1, 1, 1)), state, state, weight, gates, states)
    >>> of_projected.tolist()
    [[[0.0, 0.0, 0.75, 0.0]]]
    """
    of_h, of_c = zeros_like(h_0), zeros_like(c_0)
    of_gates = []
    cells_before = _before(out[1], c_0, reverse)
    for t in _order(out.shape[1], not reverse):
        i, f, g, o = _parts(gates[t], 4)
        of_h = of_h + gradient[0, t]
        squashed = tanh(out[1, t])
        of_c = of_c + gradient[1, t] + of_h * o * (1 - squashed * squashed)
        of_sums = concat(
            (
                of_c * g * i * (1 - i),
                of_c * cells_before[t] * f * (1 - f),
                of_c * i * (1 - g * g),
                of_h * squashed * o * (1 - o),
            ),
            axis=-1,
        )
        of_h, of_c = matmul(of_sums, weight_hh), of_c * f
        of_gates.append(of_sums)
    of_projected = _stacked(of_gates, not reverse)
    of_weight = _weight_gradient(of_projected, _before(out[0], h_0, reverse)) if needs[3] else None
    return (
        of_projected if needs[0] else None,
        of_h if needs[1] else None,
        of_c if needs[2] else None,
        of_weight,
    )


@fused
def gru(
    projected: NDArray,
    h_0: NDArray,
    weight_hh: NDArray,
    bias_hh: NDArray | None,
    /,
    *,
    reverse: bool = False,
) -> tuple[NDArray, NDArray]:
    """The gated recurrent unit (Cho et al. 2014; the variant of Chung et al. 2014).

    projected: (T, N, 3 H), the inputs' parts of r, z and n; h_0: (N, H); weight_hh: (3 H, H);
    bias_hh: (3 H), or None for 0 -> (T, N, H), all h_t; and (T, N, 4 H), r, z, n, and what r
    scales. ShapeError where sizes do not fit, and for no steps.

    >>> hidden, gates = nd.fused.gru(nd.zeros((1, 1, 3)), nd.ones((1, 1)), nd.zeros((3, 1)), None)
    >>> hidden.tolist(), gates.tolist()
    ([[[0.5]]], [[[0.5, 0.5, 0.0, 0.0]]])
    """
    h, hidden, gates = h_0, [], []
    for t in _order(projected.shape[0], reverse):
        from_h = matmul(h, weight_hh.mT)
        if bias_hh is not None:
            from_h = from_h + bias_hh
        (own_r, own_z, own_n), (r, z, scaled) = _parts(projected[t], 3), _parts(from_h, 3)
        r, z = sigmoid(own_r + r), sigmoid(own_z + z)
        n = tanh(own_n + r * scaled)
        h = n + z * (h - n)
        hidden.append(h)
        gates.append(concat((r, z, n, scaled), axis=-1))
    return _stacked(hidden, reverse), _stacked(gates, reverse)


@fused
def gru_gradient(
    gradient: NDArray,
    h_0: NDArray,
    weight_hh: NDArray,
    gates: NDArray,
    out: NDArray,
    /,
    *,
    reverse: bool = False,
    needs: tuple[bool, bool, bool, bool] = (True, True, True, True),
) -> tuple[NDArray | None, NDArray | None, NDArray | None, NDArray | None]:
    """The gradients of `gru` for projected, h_0, weight_hh and bias_hh.

    >>> h_0, weight = nd.ones((1, 1)), nd.zeros((3, 1))
    >>> hidden, gates = nd.fused.gru(nd.zeros((1, 1, 3)), h_0, weight, None)
    >>> of_projected, *_ = nd.fused.gru_gradient(nd.ones((1, 1, 1)), h_0, weight, gates, hidden)
    >>> of_projected.tolist()
    [[[0.0, 0.25, 0.5]]]
    """
    of_h = zeros_like(h_0)
    of_inputs, of_products = [], []
    before = _before(out, h_0, reverse)
    for t in _order(out.shape[0], not reverse):
        r, z, n, scaled = _parts(gates[t], 4)
        of_h = of_h + gradient[t]
        of_n = of_h * (1 - z) * (1 - n * n)
        of_r = of_n * scaled * r * (1 - r)
        of_z = of_h * (before[t] - n) * z * (1 - z)
        of_sums = concat((of_r, of_z, of_n * r), axis=-1)
        of_h = of_h * z + matmul(of_sums, weight_hh)
        of_inputs.append(concat((of_r, of_z, of_n), axis=-1))
        of_products.append(of_sums)
    products = _stacked(of_products, not reverse)
    return (
        _stacked(of_inputs, not reverse) if needs[0] else None,
        of_h if needs[1] else None,
        _weight_gradient(products, before) if needs[2] else None,
        sum(products, axis=(0, 1)) if needs[3] else None,
    )
