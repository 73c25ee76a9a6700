"""Sorts are stable and equal NumPy's; what is built on them equals NumPy's, too."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import FLOATING, HALVES, NUMERIC, REAL, arrays, assert_same, axes_of, shapes

import ndarray_core as nd

REAL = REAL + HALVES


def stable_order(host: npt.NDArray[Any], axis: int, descending: bool) -> npt.NDArray[np.int64]:
    """The stable order, found by sorting ranks, which are negated for the other direction."""
    if host.dtype.name in HALVES:  # NumPy does not know the NaN of bfloat16
        host = host.astype(np.float32)
    _, ranks = np.unique(host, return_inverse=True, equal_nan=True)
    ranks = np.reshape(ranks, host.shape)
    return np.argsort(-ranks if descending else ranks, axis=axis, kind="stable").astype(np.int64)


@given(data=st.data())
def test_sorts_equal_numpy(device: nd.Device, data: st.DataObject) -> None:
    case = data.draw(arrays(REAL, shape=shapes(min_dims=1, max_side=8), special=True))
    x, host = case.on(device)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    descending = data.draw(st.booleans())
    order = stable_order(host, axis, descending)
    assert_same(nd.argsort(x, axis=axis, descending=descending), order)
    ordered = nd.sort(x, axis=axis, descending=descending)
    expected = np.take_along_axis(host, order, axis)
    assert_same(ordered, expected)
    if case.dtype in FLOATING + HALVES:  # 0.0 and -0.0 keep their order
        is_number = ~np.isnan(expected)
        signs = np.signbit(ordered.numpy())
        np.testing.assert_array_equal(signs[is_number], np.signbit(expected)[is_number])


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("shape", [(40_000,), (5, 3_000), (300, 70), (2_000, 17)])
def test_long_sorts_equal_numpy(device: nd.Device, shape: tuple[int, ...], dtype: str) -> None:
    generator = np.random.default_rng(0)
    if dtype in FLOATING + HALVES:
        exponents = generator.integers(-4, 4, shape) * (1 if dtype == "float16" else 7)
        host = generator.standard_normal(shape) * 10.0**exponents
        host = np.where(generator.random(shape) < 0.05, [[np.nan]], host).reshape(shape)
    else:
        kind = np.uint8 if dtype == "bool" else dtype
        high = 1 if dtype == "bool" else np.iinfo(kind).max
        host = generator.integers(
            0 if dtype == "bool" else np.iinfo(kind).min, high, shape, kind, True
        )
    host = host.astype(dtype)
    x = nd.asarray(host, device=device)
    for axis in range(len(shape)):
        for descending in (False, True):
            order = stable_order(host, axis, descending)
            assert_same(nd.argsort(x, axis=axis, descending=descending), order)
            ordered = nd.sort(x, axis=axis, descending=descending)
            assert_same(ordered, np.take_along_axis(host, order, axis))


def test_a_sort_leaves_its_argument_alone(device: nd.Device) -> None:
    x = nd.asarray([3, 1, 2], device=device)
    assert nd.sort(x).tolist() == [1, 2, 3]
    assert nd.sort(x, stable=False, descending=True).tolist() == [3, 2, 1]
    assert x.tolist() == [3, 1, 2]


def test_sorting_errors(device: nd.Device) -> None:
    with pytest.raises(IndexError, match="sort"):
        nd.sort(nd.ones((2, 3), device=device), axis=2)
    with pytest.raises(IndexError, match="argsort"):
        nd.argsort(nd.ones((), device=device))
    with pytest.raises(nd.errors.ShapeError, match="topk: k=4"):
        nd.topk(nd.ones(3, device=device), 4)
    with pytest.raises(nd.errors.ShapeError, match="topk: k=-1"):
        nd.topk(nd.ones(3, device=device), -1)
    with pytest.raises(IndexError):
        nd.topk(nd.ones(3, device=device), 1, axis=1)
    for function in (nd.sort, nd.argsort, nd.median, lambda x: nd.topk(x, 1)):
        with pytest.raises(nd.errors.DTypeError, match="complex numbers have no order"):
            function(nd.ones(3, dtype=nd.complex128, device=device))


@given(data=st.data())
def test_topk_takes_the_first_of_a_sort(device: nd.Device, data: st.DataObject) -> None:
    x, host = data.draw(arrays(REAL, shape=shapes(min_dims=1), special=True)).on(device)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    k = data.draw(st.integers(0, x.shape[axis]))
    largest = data.draw(st.booleans())
    order = stable_order(host, axis, largest).take(range(k), axis)
    values, indices = nd.topk(x, k, axis=axis, largest=largest)
    assert_same(indices, order)
    assert_same(values, np.take_along_axis(host, order, axis))


@given(data=st.data())
def test_quantiles_equal_numpy(device: nd.Device, data: st.DataObject) -> None:
    case = data.draw(arrays(NUMERIC, shape=shapes(min_dims=1, min_side=1)))
    x, host = case.on(device)
    axis, keepdims = data.draw(axes_of(x.ndim)), data.draw(st.booleans())
    fraction = st.floats(0, 1)
    q: Any = data.draw(fraction | st.lists(fraction, max_size=3) | st.just([[0.0, 0.25], [0.5, 1]]))
    floating = host if case.dtype in FLOATING else host.astype("float32")
    expected = np.quantile(floating.astype("float64"), q, axis=axis, keepdims=keepdims)
    ours = nd.quantile(x, q, axis=axis, keepdims=keepdims)
    assert_same(ours, expected.astype(floating.dtype), exact=False, rtol=1e-5)
    middle = np.median(floating, axis=axis, keepdims=keepdims).astype(floating.dtype)
    assert_same(nd.median(x, axis=axis, keepdims=keepdims), middle, exact=False)


@pytest.mark.parametrize("dtype", HALVES)
def test_quantiles_of_halves_are_rounded_once(device: nd.Device, dtype: str) -> None:
    host = np.random.default_rng(0).uniform(-4, 4, (7, 30)).astype(dtype)
    ours = nd.quantile(nd.asarray(host, device=device), [0.1, 0.5], axis=1)
    expected = np.quantile(host.astype(np.float64), [0.1, 0.5], axis=1)
    assert ours.dtype.name == dtype
    np.testing.assert_allclose(ours.numpy().astype(np.float64), expected, rtol=2.0**-8)


def test_quantiles_of_nan_infinities_and_nothing(device: nd.Device) -> None:
    inf, nan = float("inf"), float("nan")
    x = nd.asarray([[1.0, nan, 2.0], [inf, inf, inf], [-inf, 0.0, inf]], device=device)
    assert str(nd.median(x, axis=1).tolist()) == "[nan, inf, 0.0]"
    assert nd.quantile(x[1:], nd.asarray([0.0, 1.0]), axis=1).tolist() == [[inf, -inf], [inf, inf]]
    with pytest.raises(nd.errors.ShapeError, match="empty"):
        nd.median(nd.zeros((0, 2), device=device), axis=0)
    assert nd.median(nd.zeros((0, 2), device=device), axis=1).shape == (0,)
    for q in (1.5, -0.1, nan, [0.5, 2.0]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            nd.quantile(x, q)
    with pytest.raises(nd.errors.ShapeError, match="twice"):
        nd.quantile(x, 0.5, axis=(0, -2))
    with pytest.raises(IndexError):
        nd.quantile(x, 0.5, axis=2)
