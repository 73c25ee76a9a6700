"""The special functions keep their identities, on every device, to nearly the last digit."""

from __future__ import annotations

import math

import numpy as np
import pytest

import ndarray_core as nd

INF, NAN = math.inf, math.nan
X = np.concatenate([np.linspace(-9.95, 30, 400), [1e-8, 0.5, 1.0, 100.25, 1e6]])
X = X[np.floor(X) != X]


def array(values: object, device: nd.Device) -> nd.NDArray:
    return nd.asarray(np.asarray(values, np.float64), device=device)


def test_erfinv_inverts_erf_and_erfc(device: nd.Device) -> None:
    y = np.concatenate([np.linspace(-0.99, 0.99, 201), [1e-300, 1e-12, -1e-9]])
    x = nd.erfinv(array(y, device))
    np.testing.assert_allclose(nd.erf(x).numpy(), y, rtol=4e-15)
    small = np.array([2.0**-k for k in range(2, 54)])  # what is missing to 1, exactly
    x = nd.erfinv(array(1 - small, device))
    np.testing.assert_allclose(nd.erfc(x).numpy(), small, rtol=1e-13)


def test_recurrences(device: nd.Device) -> None:
    x = array(X, device)
    step = nd.lgamma(x + 1) - nd.lgamma(x)
    np.testing.assert_allclose(step.numpy(), np.log(np.abs(X)), rtol=1e-9, atol=1e-9)
    step = nd.digamma(x + 1) - nd.digamma(x)
    np.testing.assert_allclose(step.numpy(), 1 / X, rtol=1e-10, atol=1e-12)
    for s in (2.0, 3.0, 7.0):
        here, behind = nd.zeta(s, x).numpy(), nd.zeta(s, x + 1).numpy()
        error = np.abs(here - behind - X**-s)
        assert (error <= 1e-12 * (np.abs(here) + np.abs(behind))).all()


def test_reflection(device: nd.Device) -> None:
    # https://dlmf.nist.gov/5.15#E6 for n = 1, 5.5#E4 for n = 0
    x = array(X[X < 20], device)
    turned = np.sin(np.pi * (X[X < 20] - np.floor(X[X < 20])))
    both = (nd.polygamma(1, x) + nd.polygamma(1, 1 - x)).numpy()
    np.testing.assert_allclose(both, (np.pi / turned) ** 2, rtol=1e-11)


def test_known_values(device: nd.Device) -> None:
    gamma = 0.5772156649015329
    one = array([1.0, 0.5, 2.0], device)
    digamma = [-gamma, -gamma - 2 * math.log(2), 1 - gamma]
    np.testing.assert_allclose(nd.digamma(one).numpy(), digamma, rtol=1e-15)
    zeta = [math.pi**2 / 6, math.pi**2 / 2, math.pi**2 / 6 - 1]
    np.testing.assert_allclose(nd.polygamma(1, one).numpy(), zeta, rtol=1e-15)
    lgamma = [0.0, math.log(math.pi) / 2, 0.0]
    np.testing.assert_allclose(nd.lgamma(one).numpy(), lgamma, atol=1e-16)
    assert nd.polygamma(3, one[:1]).item() == pytest.approx(math.pi**4 / 15, rel=1e-15)
    assert nd.zeta(array(1.5, device), 1.0).item() == pytest.approx(2.612375348685488, rel=1e-15)


def test_close_to_the_left_of_poles(device: nd.Device) -> None:
    """The pole's term is nearly everything, and as exact as the distance to the pole."""
    x = -np.logspace(-150, -9, 50)
    near = array(x, device)
    np.testing.assert_allclose(nd.digamma(near).numpy(), -1 / x, rtol=1e-9)
    np.testing.assert_allclose(nd.digamma(near).numpy()[:40], -1 / x[:40], rtol=1e-15)
    for s in (2.0, 3.0):
        found = nd.zeta(s, near[20:]).numpy()
        np.testing.assert_allclose(found, x[20:] ** -s, rtol=1e-15)
    beside = np.nextafter([-1.0, -2.0, -7.0], -10.0)
    poles = -1 / (beside - np.round(beside))
    np.testing.assert_allclose(nd.digamma(array(beside, device)).numpy(), poles, rtol=1e-14)


def test_poles_and_what_lies_outside(device: nd.Device) -> None:
    def check(function: object, values: list[float], expected: list[float]) -> None:
        assert callable(function)
        np.testing.assert_array_equal(function(array(values, device)).numpy(), expected)

    check(nd.erfinv, [1.0, -1.0, 1.5, NAN, 0.0], [INF, -INF, NAN, NAN, 0.0])
    check(nd.lgamma, [0.0, -3.0, INF, -INF, NAN], [INF, INF, INF, INF, NAN])
    check(nd.digamma, [0.0, -0.0, -3.0, INF, -INF, NAN, -1e300], [-INF, INF, NAN, INF, *[NAN] * 3])
    check(lambda x: nd.zeta(2.0, x), [0.0, -3.0, INF, -INF, NAN], [INF, INF, 0.0, NAN, NAN])
    check(lambda s: nd.zeta(s, 0.5), [1.0, 0.5, -2.0, NAN], [INF, NAN, NAN, NAN])
    check(lambda s: nd.zeta(s, -0.5), [2.5], [NAN])
    with pytest.raises(ValueError, match="polygamma: n is"):
        nd.polygamma(-1, array([1.0], device))


def test_far_to_the_left_there_is_no_long_sum(device: nd.Device) -> None:
    x = array([-1e12 - 0.5], device)
    assert nd.polygamma(1, x).item() == pytest.approx(math.pi**2, rel=1e-9)
    assert nd.digamma(x).item() == pytest.approx(math.log(1e12), rel=1e-9)
