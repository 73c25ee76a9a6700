"""Reductions on every device equal NumPy's, over all axes, shapes, types and layouts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import (
    COMPLEX,
    FLOATING,
    HALVES,
    NUMERIC,
    REAL,
    arrays,
    assert_same,
    axes_of,
    shapes,
)

import ndarray_core as nd

# Sums in another order differ by rounding; relative to elements of size 4, five to an axis.
ROUNDING = {"float32": 1e-4, "float64": 1e-11}

AS_FLOAT: dict[str, Callable[..., Any]] = {"mean": np.mean, "var": np.var, "std": np.std}


def wide(host: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What sums are made in: 64 bits for integers and bool."""
    return host.astype({"b": "int64", "i": "int64", "u": "uint64"}.get(host.dtype.kind, host.dtype))


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all", "count_nonzero"])
@given(data=st.data())
def test_reductions_equal_numpy(device: nd.Device, name: str, data: st.DataObject) -> None:
    shape = shapes(min_side=1 if name in ("max", "min") else 0)
    if name == "prod":  # of factors near 1, so that hundreds of them do not overflow
        integers = tuple(dtype for dtype in REAL if dtype not in FLOATING)
        cases = arrays(integers, shape=shape) | arrays(FLOATING, shape=shape, low=-1.1, high=1.1)
    else:
        cases = arrays(REAL, shape=shape, special=name in ("max", "min", "any", "all"))
    case = data.draw(cases)
    x, host = case.on(device)
    axis, keepdims = data.draw(axes_of(x.ndim)), data.draw(st.booleans())
    values = wide(host) if name in ("sum", "prod") else host
    expected = np.asarray(getattr(np, name)(values, axis=axis, keepdims=keepdims))
    rtol = ROUNDING.get(case.dtype, 0.0)
    ours = getattr(nd, name)(x, axis=axis, keepdims=keepdims)
    assert_same(ours, expected, exact=name not in ("sum", "prod"), rtol=rtol)
    if name != "count_nonzero":
        method = getattr(x, name)(axis=axis, keepdims=keepdims)
        np.testing.assert_array_equal(method.numpy(), ours.numpy())


@pytest.mark.parametrize("name", AS_FLOAT)
@given(data=st.data())
def test_averages_equal_numpy(device: nd.Device, name: str, data: st.DataObject) -> None:
    case = data.draw(arrays(REAL, shape=shapes(min_side=1)))
    x, host = case.on(device)
    axis, keepdims = data.draw(axes_of(x.ndim)), data.draw(st.booleans())
    correction = {} if name == "mean" else {"correction": data.draw(st.sampled_from([0, 1, 0.5]))}
    floating = host if case.dtype in FLOATING else host.astype("float32")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # NumPy's about fewer elements than the correction takes
        expected = AS_FLOAT[name](floating, axis=axis, keepdims=keepdims, **correction)
    ours = getattr(nd, name)(x, axis=axis, keepdims=keepdims, **correction)
    assert_same(ours, expected, exact=False, rtol=1e-4 if floating.itemsize == 4 else 1e-10)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@given(data=st.data())
def test_positions_equal_numpy(device: nd.Device, name: str, data: st.DataObject) -> None:
    case = data.draw(arrays(NUMERIC, shape=shapes(min_side=1), special=True, low=-2, high=2))
    x, host = case.on(device)
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1)) if x.ndim else None
    keepdims = data.draw(st.booleans())
    expected = getattr(np, name)(host, axis=axis, keepdims=keepdims)
    assert_same(getattr(nd, name)(x, axis=axis, keepdims=keepdims), expected)
    assert_same(getattr(x, name)(axis=axis, keepdims=keepdims), expected)


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "any", "all", "count_nonzero"])
@given(data=st.data())
def test_reductions_of_complex_numbers_equal_numpy(
    device: nd.Device, name: str, data: st.DataObject
) -> None:
    shape = shapes(min_side=1 if name == "mean" else 0)
    x, host = data.draw(arrays(COMPLEX, shape=shape, low=-0.8, high=0.8)).on(device)
    axis, keepdims = data.draw(axes_of(x.ndim)), data.draw(st.booleans())
    expected = np.asarray(getattr(np, name)(host, axis=axis, keepdims=keepdims))
    ours = getattr(nd, name)(x, axis=axis, keepdims=keepdims)
    assert_same(ours, expected, exact=False, rtol=1e-4 if host.itemsize == 8 else 1e-11)


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "any", "argmax", "argmin"])
@given(data=st.data())
def test_reductions_of_halves_are_rounded_once(
    device: nd.Device, name: str, data: st.DataObject
) -> None:
    x = data.draw(arrays(HALVES, shape=shapes(min_side=1), low=-1.1, high=1.1)).on(device).array
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1)) if x.ndim else None
    wide_result = getattr(nd, name)(x.astype("float32"), axis=axis)
    halves = x.dtype if wide_result.dtype == nd.float32 else wide_result.dtype
    result = getattr(nd, name)(x, axis=axis)
    assert result.dtype == halves
    assert_same(result, wide_result.astype(halves).numpy())


def test_the_mean_of_float16_numbers_does_not_overflow(device: nd.Device) -> None:
    assert float(nd.full(100, 60_000.0, dtype="float16", device=device).mean()) == 60_000


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_complex_numbers_have_no_largest(device: nd.Device, name: str) -> None:
    with pytest.raises(nd.errors.DTypeError, match=f"{name}: complex numbers have no order"):
        getattr(nd, name)(nd.asarray([1j, 2], device=device))


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("shape", [(300, 7), (7, 300), (5, 300, 6), (70_001,), (2, 40_000)])
def test_large_reductions_equal_numpy(
    device: nd.Device, shape: tuple[int, ...], dtype: str
) -> None:
    host = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    x = nd.asarray(host, device=device)
    for axis in (None, *range(len(shape))):
        exact = host.astype(np.float64).sum(axis=axis)
        tolerance = np.finfo(dtype).eps * 50 * np.abs(host).sum(axis=axis) / 10
        assert np.all(np.abs(nd.sum(x, axis=axis).numpy() - exact) <= tolerance)
        for name in ("max", "min", "argmax", "argmin"):
            assert_same(getattr(nd, name)(x, axis=axis), getattr(np, name)(host, axis=axis))


def test_a_sum_of_many_float32_stays_exact(device: nd.Device) -> None:
    # One running float32 total would stop growing at 2**24.
    assert float(nd.sum(nd.ones(2**24 + 2**20, device=device))) == 2**24 + 2**20


@pytest.mark.parametrize("position", [0, 1, 63, 64, 999])
def test_nan_wins_wherever_it_is(device: nd.Device, position: int) -> None:
    x = nd.arange(1000.0, device=device)
    x[position] = float("nan")
    assert np.isnan(float(nd.max(x))) and np.isnan(float(nd.min(x)))
    assert int(nd.argmax(x)) == int(nd.argmin(x)) == position


def test_reductions_of_nothing(device: nd.Device) -> None:
    empty = nd.zeros((0, 3), device=device)
    assert nd.sum(empty, axis=0).tolist() == [0.0] * 3
    assert nd.prod(empty).tolist() == 1.0
    assert nd.all(empty).tolist() is True and nd.any(empty).tolist() is False
    assert np.isnan(nd.mean(empty, axis=0).numpy()).all()
    assert nd.mean(empty, axis=1).shape == (0,)
    assert nd.max(empty, axis=1).shape == (0,)
    for reduction in (nd.max, nd.min, nd.argmax, nd.argmin):
        with pytest.raises(nd.errors.ShapeError, match="is empty"):
            reduction(empty, axis=0)


def test_small_integers_are_summed_in_64_bits(device: nd.Device) -> None:
    x = nd.full(1000, 127, dtype=nd.int8, device=device)
    assert nd.sum(x).dtype == nd.int64 and int(nd.sum(x)) == 127_000
    assert nd.sum(x.astype(nd.uint8)).dtype == nd.uint64
    assert nd.sum(x, dtype=nd.int8).tolist() == np.int64(127_000).astype(np.int8)
    assert nd.sum(x, dtype=nd.float64).dtype == nd.float64
    assert nd.prod(x[:3], dtype=float).tolist() == 127.0**3
