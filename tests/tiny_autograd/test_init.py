"""Initial values: their statistics, and the exact ones."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import tiny_autograd as ta
from tiny_autograd import init

SHAPE = (120, 40, 3, 3)  # fan in 360, fan out 1080


def drawn(initialise: Callable[[ta.Tensor], ta.Tensor]) -> np.ndarray:
    x = ta.empty(SHAPE, requires_grad=True)
    assert initialise(x) is x
    return x.detach().numpy()


@pytest.mark.parametrize(
    ("initialise", "std"),
    [
        (lambda x: init.xavier_uniform_(x, gain=2.0), 2 * math.sqrt(2 / 1440)),
        (lambda x: init.xavier_normal_(x), math.sqrt(2 / 1440)),
        (lambda x: init.kaiming_uniform_(x), math.sqrt(2 / 360)),
        (lambda x: init.kaiming_uniform_(x, a=math.sqrt(5)), math.sqrt(1 / 3 / 360)),
        (
            lambda x: init.kaiming_normal_(x, mode="fan_out", nonlinearity="relu"),
            math.sqrt(2 / 1080),
        ),
        (lambda x: init.normal_(x, 0.0, 0.5), 0.5),
        (lambda x: init.uniform_(x, -1.0, 1.0), math.sqrt(1 / 3)),
    ],
)
def test_statistics(initialise: Callable[[ta.Tensor], ta.Tensor], std: float) -> None:
    values = drawn(lambda x: initialise(x))
    assert abs(values.mean()) < 0.03 * std
    assert values.std() == pytest.approx(std, rel=0.03)


def test_uniform_stays_within_its_bounds() -> None:
    values = drawn(lambda x: init.kaiming_uniform_(x))
    assert np.abs(values).max() <= math.sqrt(6 / 360) * (1 + 1e-6)


def test_trunc_normal() -> None:
    values = drawn(lambda x: init.trunc_normal_(x, 1.0, 1.0, 0.0, 2.0))
    assert values.min() >= 0 and values.max() <= 2
    # The standard normal distribution cut to [-1, 1] has this standard deviation.
    assert values.std() == pytest.approx(0.5396, rel=0.02)
    with pytest.raises(ValueError, match="too unlikely"):
        init.trunc_normal_(ta.empty(2), 0.0, 1e-3, 5.0, 6.0)


def test_constants() -> None:
    assert init.constant_(ta.empty(2), 3.5).tolist() == [3.5, 3.5]
    assert init.ones_(ta.empty(1)).tolist() == [1.0]
    assert init.zeros_(ta.empty(1)).tolist() == [0.0]
    assert init.eye_(ta.empty(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


@pytest.mark.parametrize("groups", [1, 2])
def test_dirac_makes_a_convolution_the_identity(groups: int) -> None:
    weight = init.dirac_(ta.empty(4, 4 // groups, 3, 3), groups)
    x = ta.randn(2, 4, 5, 5)
    out = ta.conv2d(x, weight, padding=1, groups=groups)
    np.testing.assert_allclose(out.numpy(), x.numpy())


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 2)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    x = init.orthogonal_(ta.empty(shape, dtype=ta.float64), gain=2.0)
    matrix = x.numpy().reshape(shape[0], -1)
    small = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)


def test_sparse() -> None:
    values = init.sparse_(ta.empty(10, 4), 0.25).numpy()
    assert (np.count_nonzero(values == 0, axis=0) == 3).all()


def test_generators_repeat() -> None:
    first, second = (
        init.xavier_normal_(ta.empty(4, 4), generator=ta.Generator(1)).tolist() for _ in range(2)
    )
    assert first == second


def test_gains() -> None:
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("leaky_relu", 0.2) == pytest.approx(math.sqrt(2 / 1.04))
    with pytest.raises(ValueError, match="unknown nonlinearity 'gelu'"):
        init.calculate_gain("gelu")


def test_wrong_arguments() -> None:
    for call in (
        lambda: init.xavier_uniform_(ta.empty(3)),
        lambda: init.kaiming_normal_(ta.empty(3, 3), mode="fan"),
        lambda: init.eye_(ta.empty(3)),
        lambda: init.dirac_(ta.empty(3, 3)),
        lambda: init.dirac_(ta.empty(3, 3, 3), groups=2),
        lambda: init.orthogonal_(ta.empty(3)),
        lambda: init.sparse_(ta.empty(3), 0.5),
    ):
        with pytest.raises(ValueError):
            call()


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("uniform_: .* a=1 and b=0", lambda t: init.uniform_(t, 1, 0)),
        ("uniform_: ", lambda t: init.uniform_(t, math.nan, 0)),
        ("normal_: std .* -1", lambda t: init.normal_(t, 0, -1)),
        ("trunc_normal_: .* a=2 and b=-2", lambda t: init.trunc_normal_(t, 0, 1, 2, -2)),
    ],
)
def test_empty_ranges_and_negative_deviations(
    message: str, call: Callable[[ta.Tensor], ta.Tensor]
) -> None:
    x = ta.ones(2)
    with pytest.raises(ValueError, match=message):
        call(x)
    assert x.tolist() == [1.0, 1.0]


def test_tensors_without_elements_stay_as_they_are() -> None:
    for call in (init.xavier_normal_, init.kaiming_uniform_):
        assert call(ta.empty(0, 3)).shape == (0, 3)
        assert call(ta.empty(3, 0)).shape == (3, 0)
