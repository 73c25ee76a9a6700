"""Recurrent layers and their single steps."""

from __future__ import annotations

from tests.op_cases.row import Input, OpCase, case, normal

from tiny_autograd import functional as F

_STEPS, _BATCH, _IN, _HIDDEN = 2, 2, 1, 2  # few: each element is a finite difference


def _weights(gates: int, output: int = _HIDDEN) -> tuple[Input, ...]:
    size = gates * _HIDDEN
    return normal(size, _IN), normal(size, output), normal(size), normal(size)


def _over_time(
    arguments: str, function: str, states: str = "h", weights: str = "w, u, b, d"
) -> str:
    """torch's function over all steps, in our order of arguments and results."""
    options = "True, 1, 0.0, False, False, False"
    state = f"({', '.join(f'{s}[None]' for s in states)})" if len(states) > 1 else f"{states}[None]"
    return (
        f"lambda {arguments}: (lambda y, *s: (y, *(one[0] for one in s)))"
        f"(*torch.{function}(x, {state}, [{weights}], {options}))"
    )


_X, _H = normal(_STEPS, _BATCH, _IN), normal(_BATCH, _HIDDEN)
_ONE = normal(_BATCH, _IN)
_ARGUMENTS = "x, h, w, u, b, d"

CASES: list[OpCase] = [
    case("rnn", F.rnn, _X, _H, *_weights(1), torch=_over_time(_ARGUMENTS, "rnn_tanh"),
         covers="rnn_states"),
    case("lstm", F.lstm, _X, _H, _H, *_weights(4),
         torch=_over_time("x, h, c, w, u, b, d", "lstm", "hc"), covers="lstm_states"),
    case("lstm[projected]", F.lstm, _X, normal(_BATCH, 1), _H, *_weights(4, 1), normal(1, _HIDDEN),
         torch=_over_time("x, h, c, w, u, b, d, p", "lstm", "hc", "w, u, b, d, p"),
         orders=1),
    case("gru", F.gru, _X, _H, *_weights(3), torch=_over_time(_ARGUMENTS, "gru"),
         covers="gru_states"),
    case("rnn_cell", F.rnn_cell, _ONE, _H, *_weights(1), torch="torch.rnn_tanh_cell"),
    case("lstm_cell", F.lstm_cell, _ONE, _H, _H, *_weights(4),
         torch="lambda x, h, c, *weights: torch.lstm_cell(x, (h, c), *weights)"),
    case("gru_cell", F.gru_cell, _ONE, _H, *_weights(3), torch="torch.gru_cell"),
]  # fmt: skip
