"""Recurrent layers against their equations in NumPy; directions, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import tiny_autograd as ta
from tiny_autograd import errors
from tiny_autograd import functional as F

T, N, IN, H = 4, 3, 2, 5
GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def values(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def equations(function, x, states, w, u, b, d):  # type: ignore[no-untyped-def]
    """One step, as the papers write it, gate by gate."""
    gates = GATES[function]
    h = states[0]
    from_x = np.split(x @ w.T + b, gates, axis=1)
    from_h = np.split(h @ u.T + d, gates, axis=1)
    if function == "rnn":
        return (np.tanh(from_x[0] + from_h[0]),)
    if function == "gru":
        r, z = (sigmoid(from_x[k] + from_h[k]) for k in (0, 1))
        return ((1 - z) * np.tanh(from_x[2] + r * from_h[2]) + z * h,)
    i, f, g, o = (a + c for a, c in zip(from_x, from_h, strict=True))
    c = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def arguments(function: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    gates = GATES[function]
    states = [values(N, H, seed=k + 1) for k in range(2 if function == "lstm" else 1)]
    shapes = (gates * H, IN), (gates * H, H), (gates * H,), (gates * H,)
    return states, [values(*shape, seed=k + 3) / 2 for k, shape in enumerate(shapes)]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("function", GATES)
def test_all_steps(function: str, reverse: bool, device) -> None:  # type: ignore[no-untyped-def]
    x = values(T, N, IN)
    states, weights = arguments(function)
    tensors = [ta.tensor(a, device=device) for a in (x, *states, *weights)]
    output, *last = getattr(F, function)(*tensors, reverse=reverse)
    expected = np.zeros((T, N, H))
    for t in reversed(range(T)) if reverse else range(T):
        states = list(equations(function, x[t], states, *weights))
        expected[t] = states[0]
    np.testing.assert_allclose(output.numpy(), expected, atol=1e-12)
    for found, state in zip(last, states, strict=True):
        np.testing.assert_allclose(found.numpy(), state, atol=1e-12)


@pytest.mark.parametrize("missing", ["bias_ih", "bias_hh"])
@pytest.mark.parametrize("function", GATES)
def test_one_bias_is_as_good_as_zeros_for_the_other(function: str, missing: str) -> None:
    states, weights = arguments(function)
    tensors = [ta.tensor(a) for a in (values(T, N, IN), *states, *weights[:2])]
    biases = dict(zip(("bias_ih", "bias_hh"), map(ta.tensor, weights[2:]), strict=True))
    zeros = biases | {missing: ta.zeros_like(biases[missing])}
    with_zeros, *_ = getattr(F, function)(*tensors, **zeros)
    without, *_ = getattr(F, function)(*tensors, **biases | {missing: None})
    np.testing.assert_allclose(without.numpy(), with_zeros.numpy(), atol=1e-14)


def test_all_steps_are_few_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    from tiny_autograd.op import Op

    calls: list[str] = []
    original = Op.__call__

    def spy(self, *args, **parameters):  # type: ignore[no-untyped-def]
        calls.append(self.name)
        return original(self, *args, **parameters)

    monkeypatch.setattr(Op, "__call__", spy)
    for function in GATES:
        states, weights = arguments(function)
        getattr(F, function)(*map(ta.tensor, (values(T, N, IN), *states, *weights)))
        assert (calls.count("linear"), calls.count(f"{function}_states")) == (1, 1)
        calls.clear()


@pytest.mark.parametrize(
    ("message", "change"),
    [
        (r"lstm: input \(3, 2\): expected \(T, N, in\)", {0: (3, 2)}),
        ("lstm: input .* has no steps", {0: (0, N, IN)}),
        (r"h \(3, 4\) .* expected \(3, 5\)", {1: (3, 4)}),
        (r"c \(2, 5\) .* expected \(3, 5\)", {2: (2, 5)}),
        (r"weight_ih \(20, 3\) .* expected \(20, 2\)", {3: (20, 3)}),
        (r"weight_ih \(18, 2\): expected \(4 H, in\)", {3: (18, 2)}),
        (r"weight_hh \(20, 4\) .* expected \(20, 5\)", {4: (20, 4)}),
        (r"bias_hh \(5,\) .* expected \(20,\)", {6: (5,)}),
    ],
)
def test_sizes_that_do_not_fit(message: str, change: dict[int, tuple[int, ...]]) -> None:
    shapes = [(T, N, IN), (N, H), (N, H), (4 * H, IN), (4 * H, H), (4 * H,), (4 * H,)]
    tensors = [ta.zeros(*change.get(k, shape)) for k, shape in enumerate(shapes)]
    with pytest.raises(errors.ShapeError, match=message):
        F.lstm(*tensors)


def test_unknown_nonlinearity() -> None:
    with pytest.raises(ValueError, match="Unknown nonlinearity 'sine'"):
        F.rnn(ta.zeros(1, 1, 1), ta.zeros(1, 1), *[ta.zeros(1, 1)] * 2, nonlinearity="sine")
