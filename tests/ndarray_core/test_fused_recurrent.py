"""Recurrent layers: kernels, definitions and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fused import assert_as_defined, assert_gradients, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused

TYPES = ("float32", "float64", "float16", "bfloat16")
DIRECTIONS = (False, True)
NONLINEARITIES = st.sampled_from(("tanh", "relu"))


def normal(*shape: int, dtype: str = "float64", device: Any = "cpu", seed: int = 0) -> nd.NDArray:
    host = np.random.default_rng(seed).standard_normal(shape) / 2
    return nd.asarray(host, dtype=nd.as_dtype(dtype), device=device)


def rnn_operands(steps: int, batch: int, size: int, **options: Any) -> list[nd.NDArray]:
    shapes = ((steps, batch, size), (batch, size), (size, size))
    return [normal(*shape, seed=i, **options) for i, shape in enumerate(shapes)]


def lstm_operands(steps: int, batch: int, size: int, **options: Any) -> list[nd.NDArray]:
    shapes = ((steps, batch, 4 * size), (batch, size), (batch, size), (4 * size, size))
    return [normal(*shape, seed=i, **options) for i, shape in enumerate(shapes)]


def gru_operands(steps: int, batch: int, size: int, **options: Any) -> list[nd.NDArray]:
    shapes = ((steps, batch, 3 * size), (batch, size), (3 * size, size), (3 * size,))
    return [normal(*shape, seed=i, **options) for i, shape in enumerate(shapes)]


def test_has_kernels() -> None:
    for name in ("rnn", "lstm", "gru"):
        operation, gradient = getattr(fused, name), getattr(fused, f"{name}_gradient")
        assert gradient.has_kernel("cpu")
        assert operation.has_kernel("cpu")
        assert not operation.has_kernel("numpy")


SIZES = st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(1, 40))


@given(
    sizes=SIZES, dtype=st.sampled_from(TYPES), reverse=st.booleans(), nonlinearity=NONLINEARITIES
)
@settings(max_examples=20)
def test_rnn_is_as_defined(
    sizes: tuple[int, int, int], dtype: str, reverse: bool, nonlinearity: Any
) -> None:
    operands = rnn_operands(*sizes, dtype=dtype)
    options = {"reverse": reverse, "nonlinearity": nonlinearity}
    out = assert_as_defined(fused.rnn, *operands, **options, slack=4)
    gradient = normal(*out.shape, dtype=dtype, seed=9)
    assert_as_defined(fused.rnn_gradient, gradient, *operands[1:], out, **options, slack=8)


@given(sizes=SIZES, dtype=st.sampled_from(TYPES), reverse=st.booleans(), biased=st.booleans())
@settings(max_examples=30)
def test_is_as_defined(
    sizes: tuple[int, int, int], dtype: str, reverse: bool, biased: bool
) -> None:
    operands = lstm_operands(*sizes, dtype=dtype)
    out, gates = assert_as_defined(fused.lstm, *operands, reverse=reverse, slack=4)
    gradient = normal(*out.shape, dtype=dtype, seed=9)
    assert_as_defined(
        fused.lstm_gradient, gradient, *operands[1:], gates, out, reverse=reverse, slack=8
    )

    *operands, bias = gru_operands(*sizes, dtype=dtype)
    given_bias = bias if biased else None
    out, gates = assert_as_defined(fused.gru, *operands, given_bias, reverse=reverse, slack=4)
    gradient = normal(*out.shape, dtype=dtype, seed=9)
    assert_as_defined(
        fused.gru_gradient, gradient, *operands[1:], gates, out, reverse=reverse, slack=8
    )


@pytest.mark.parametrize("reverse", DIRECTIONS)
def test_gradients(reverse: bool, device: nd.Device) -> None:
    def rnn_gradient(g: nd.NDArray, *operands: nd.NDArray) -> Any:
        out = fused.rnn(*operands, reverse=reverse)
        return fused.rnn_gradient(g, *operands[1:], out, reverse=reverse)

    def lstm_gradient(g: nd.NDArray, *operands: nd.NDArray) -> Any:
        out, gates = fused.lstm(*operands, reverse=reverse)
        return fused.lstm_gradient(g, *operands[1:], gates, out, reverse=reverse)

    def gru_gradient(g: nd.NDArray, *operands: nd.NDArray) -> Any:
        out, gates = fused.gru(*operands, reverse=reverse)
        return fused.gru_gradient(g, *operands[1:3], gates, out, reverse=reverse)

    assert_gradients(
        lambda *operands: fused.rnn(*operands, reverse=reverse),
        rnn_gradient,
        rnn_operands(3, 2, 5, device=device),
    )
    assert_gradients(
        lambda *operands: fused.lstm(*operands, reverse=reverse)[0],
        lstm_gradient,
        lstm_operands(3, 2, 5, device=device),
    )
    assert_gradients(
        lambda *operands: fused.gru(*operands, reverse=reverse)[0],
        gru_gradient,
        gru_operands(3, 2, 5, device=device),
    )


def test_needs(device: nd.Device) -> None:
    operands = rnn_operands(2, 1, 3, device=device)
    out = fused.rnn(*operands)
    some = fused.rnn_gradient(out, *operands[1:], out, needs=(False, True, False))
    assert [x is None for x in some] == [True, False, True]
    operands = lstm_operands(2, 1, 3, device=device)
    out, gates = fused.lstm(*operands)
    some = fused.lstm_gradient(out, *operands[1:], gates, out, needs=(False, True, False, False))
    assert [x is None for x in some] == [True, False, True, True]
    operands = gru_operands(2, 1, 3, device=device)
    out, gates = fused.gru(*operands)
    some = fused.gru_gradient(out, *operands[1:3], gates, out, needs=(False, False, True, False))
    assert [x is None for x in some] == [True, True, False, True]


def test_large_and_threads() -> None:
    """Several blocks of sums, and several tasks."""
    operands = rnn_operands(2, 20, 300, dtype="float32")
    out = assert_as_defined(fused.rnn, *operands, slack=32)
    assert_threads_agree(lambda: fused.rnn(*operands))
    assert_threads_agree(lambda: fused.rnn_gradient(out, *operands[1:], out))
    operands = lstm_operands(2, 20, 300, dtype="float32")
    out, gates = assert_as_defined(fused.lstm, *operands, slack=8)
    assert_threads_agree(lambda: fused.lstm(*operands))
    assert_threads_agree(lambda: fused.lstm_gradient(out, *operands[1:], gates, out))
    operands = gru_operands(2, 20, 300, dtype="float32")
    out, gates = assert_as_defined(fused.gru, *operands, slack=8)
    assert_threads_agree(lambda: fused.gru(*operands))
    assert_threads_agree(lambda: fused.gru_gradient(out, *operands[1:3], gates, out))


def test_empty_and_wrong(device: nd.Device) -> None:
    assert fused.rnn(*rnn_operands(2, 0, 3, device=device)).shape == (2, 0, 3)
    with pytest.raises(ValueError, match="rnn: nonlinearity must be 'tanh' or 'relu', got 'gelu'"):
        fused.rnn(*rnn_operands(2, 1, 3, device=device), nonlinearity="gelu")  # type: ignore[arg-type]
    assert fused.lstm(*lstm_operands(2, 0, 3, device=device))[0].shape == (2, 2, 0, 3)
    assert fused.gru(*gru_operands(2, 0, 3, device=device))[0].shape == (2, 0, 3)
    projected, h, c, weight = lstm_operands(2, 1, 3, device=device)
    with pytest.raises(errors.ShapeError, match=r"weight_hh of shape \(9, 3\).*\(12, 3\)"):
        fused.lstm(projected, h, c, weight[:9])
    with pytest.raises(errors.ShapeError, match="T above 0"):
        fused.gru(projected[:0], h, weight, None)
    with pytest.raises(errors.ShapeError, match=r"bias_hh of shape \(3,\)"):
        fused.gru(projected[..., :9], h, weight[:9], h[0])
    with pytest.raises(errors.DTypeError, match=r"int64.*astype"):
        fused.lstm(projected.astype("int64"), h, c, weight)
