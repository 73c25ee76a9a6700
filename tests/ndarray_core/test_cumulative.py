"""Running totals and extremes equal NumPy's, along every axis of every layout."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import ALL, COMPLEX, FLOATING, HALVES, REAL, arrays, assert_same, shapes

import ndarray_core as nd

TOTALS = {"cumulative_sum": np.add, "cumulative_prod": np.multiply}
EXTREMES = {"cumulative_max": np.maximum, "cumulative_min": np.minimum}


def total_type(dtype: str) -> str:
    """What sums and products are made in."""
    return {"b": "int64", "i": "int64", "u": "uint64"}.get(np.dtype(dtype).kind, dtype)


@pytest.mark.parametrize("name", TOTALS)
@given(data=st.data())
def test_totals_equal_numpy(device: nd.Device, name: str, data: st.DataObject) -> None:
    case = data.draw(arrays(ALL, shape=shapes(min_dims=1), low=-2, high=2))
    x, host = case.on(device)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    others = ["complex128"] if case.dtype in COMPLEX else ["int16", "float64", "bfloat16"]
    chosen = data.draw(st.none() | st.sampled_from(others))
    dtype = np.dtype(chosen or total_type(case.dtype))
    wide = np.dtype("float32") if dtype.name in HALVES else dtype
    include_initial = data.draw(st.booleans())
    expected: npt.NDArray[Any] = TOTALS[name].accumulate(host.astype(dtype), axis, wide)
    if include_initial:
        shape = list(host.shape)
        shape[axis] = 1
        initial = np.full(shape, name == "cumulative_prod", dtype)
        expected = np.concatenate([initial, expected], axis=axis)
    ours = getattr(nd, name)(x, axis=axis, dtype=chosen, include_initial=include_initial)
    assert_same(ours, expected.astype(dtype), exact=False)


@pytest.mark.parametrize("name", EXTREMES)
@given(data=st.data())
def test_extremes_equal_numpy(device: nd.Device, name: str, data: st.DataObject) -> None:
    x, host = data.draw(arrays(REAL + HALVES, shape=shapes(min_dims=1), special=True)).on(device)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    wide = host.astype("float32") if host.dtype.name in HALVES else host
    expected = EXTREMES[name].accumulate(wide, axis=axis).astype(host.dtype)
    assert_same(getattr(nd, name)(x, axis=axis), expected)


@pytest.mark.parametrize("dtype", [*FLOATING, "int32", "uint8"])
@pytest.mark.parametrize("shape", [(300, 700), (3, 50_000), (50_000, 3), (40, 50, 60)])
def test_large_totals_equal_numpy(device: nd.Device, shape: tuple[int, ...], dtype: str) -> None:
    host = np.random.default_rng(0).integers(0, 3, shape).astype(dtype)  # exact in any order
    x = nd.asarray(host, device=device)
    for axis in range(len(shape)):
        expected = np.add.accumulate(host, axis=axis, dtype=total_type(dtype))
        assert_same(nd.cumulative_sum(x, axis=axis), expected)
        turned = nd.cumulative_max(x.flip(), axis=axis)
        assert_same(turned, np.maximum.accumulate(np.flip(host), axis=axis))


def test_a_total_of_a_broadcast_view_has_memory_of_its_own(device: nd.Device) -> None:
    ones = nd.ones((1, 3), device=device).broadcast_to((4, 3))
    assert nd.cumulative_sum(ones, axis=0)[:, 0].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert nd.cumulative_sum(ones, axis=1)[3].tolist() == [1.0, 2.0, 3.0]


def test_the_axis_may_be_left_out_for_a_vector_only(device: nd.Device) -> None:
    assert nd.cumulative_sum(nd.asarray([1, 2], device=device)).tolist() == [1, 3]
    with pytest.raises(nd.errors.ShapeError, match=r"cumulative_sum: .*\(2, 3\).* axis="):
        nd.cumulative_sum(nd.ones((2, 3), device=device))
    with pytest.raises(nd.errors.ShapeError, match="cumulative_max: a 0-d array"):
        nd.cumulative_max(nd.ones((), device=device))
    with pytest.raises(IndexError, match="cumulative_prod"):
        nd.cumulative_prod(nd.ones(3, device=device), axis=1)
    with pytest.raises(nd.errors.DTypeError, match="bool"):
        nd.cumulative_sum(nd.ones(3, device=device), dtype=bool)
    with pytest.raises(nd.errors.DTypeError, match="cumulative_max: complex numbers have no order"):
        nd.cumulative_max(nd.ones(3, dtype=nd.complex64, device=device))


def test_totals_of_nothing(device: nd.Device) -> None:
    empty = nd.zeros((0, 2), device=device)
    assert nd.cumulative_sum(empty, axis=0).shape == (0, 2)
    assert nd.cumulative_prod(empty, axis=0, include_initial=True).tolist() == [[1.0, 1.0]]
    assert nd.cumulative_sum(empty, axis=1, include_initial=True).shape == (0, 3)
