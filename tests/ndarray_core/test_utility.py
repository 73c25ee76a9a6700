"""Differences and comparisons up to rounding equal NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import (
    FLOATING,
    NUMERIC,
    REAL,
    ArrayCase,
    arrays,
    assert_same,
    broadcastable_arrays,
    shapes,
)

import ndarray_core as nd


@given(data=st.data())
def test_diff_equals_numpys(device: nd.Device, data: st.DataObject) -> None:
    case = data.draw(arrays(NUMERIC, shape=shapes(min_dims=1)))
    x, host = case.on(device)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    n = data.draw(st.integers(1, 3))
    size = x.shape[axis]
    before = data.draw(st.integers(0, size))
    after = data.draw(st.integers(0, size))
    assert_same(nd.diff(x, axis=axis, n=n), np.diff(host, n, axis), exact=n < 2)
    lead = (slice(None),) * (axis % x.ndim)
    ends = [(*lead, slice(before)), (*lead, slice(after, None))]
    ours = nd.diff(x, axis=axis, n=n, prepend=x[ends[0]], append=x[ends[1]])
    theirs = np.diff(host, n, axis, prepend=host[ends[0]], append=host[ends[1]])
    assert_same(ours, theirs, exact=n < 2)


def test_no_difference_is_a_copy(device: nd.Device) -> None:
    x = nd.arange(3, device=device)
    assert nd.diff(x, n=0).buffer != x.buffer


@given(
    pair=broadcastable_arrays(2, REAL, special=True),
    equal_nan=st.booleans(),
    rtol=st.sampled_from([0.0, 1e-5, 0.5]),
)
def test_isclose_equals_numpys(
    device: nd.Device, pair: tuple[ArrayCase, ...], equal_nan: bool, rtol: float
) -> None:
    (x, host_x), (y, host_y) = (case.on(device) for case in pair)
    if {x.dtype.name, y.dtype.name} & {"uint64"} and {x.dtype.kind, y.dtype.kind} & {"int"}:
        return  # no type holds both
    with np.errstate(invalid="ignore"):
        expected = np.isclose(host_x, host_y, rtol, 1e-8, equal_nan)
    ours = nd.isclose(x, y, rtol=rtol, equal_nan=equal_nan)
    assert_same(ours, expected)
    assert nd.allclose(x, y, rtol=rtol, equal_nan=equal_nan) == bool(expected.all())


def test_isclose_takes_a_number(device: nd.Device) -> None:
    x = nd.asarray([1.0, 1.000001, 2.0, float("inf")], device=device)
    assert nd.isclose(x, 1).tolist() == [True, True, False, False]
    assert nd.isclose(nd.asarray([250], dtype="uint8", device=device), 251).tolist() == [False]
    assert nd.isclose(x, float("inf")).tolist() == [False, False, False, True]


@given(case=arrays(FLOATING, special=True), equal_nan=st.booleans())
def test_array_equal(device: nd.Device, case: ArrayCase, equal_nan: bool) -> None:
    x, host = case.on(device)
    assert nd.array_equal(x, x.copy(), equal_nan=equal_nan) == np.array_equal(
        host, host.copy(), equal_nan
    )
    if x.size:
        assert not nd.array_equal(x, x.expand_dims(0))
        assert not nd.array_equal(nd.nan_to_num(x), nd.nan_to_num(x) / 2 + 1e30)


@given(
    case=arrays(REAL, special=True),
    nan=st.sampled_from([0.0, -1.5]),
    posinf=st.sampled_from([None, 7.0]),
    neginf=st.sampled_from([None, -8.0]),
)
def test_nan_to_num_equals_numpys(
    device: nd.Device, case: ArrayCase, nan: float, posinf: float | None, neginf: float | None
) -> None:
    x, host = case.on(device)
    ours = nd.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
    assert_same(ours, np.nan_to_num(host, nan=nan, posinf=posinf, neginf=neginf))
    assert ours.buffer != x.buffer


def test_inspection_lists_what_there_is(device: nd.Device) -> None:
    info = nd.__array_namespace_info__()
    assert info.devices() == tuple(nd.devices())
    with nd.use_device(device):
        assert info.default_device() == device
    assert info.capabilities()["max dimensions"] == 24
    every = info.dtypes(device=device)
    assert "float64" in every and every["int8"] == nd.int8
    kinds = {"real floating": ["float32", "float64"], ("bool", "signed integer"): None}
    assert list(info.dtypes(kind="real floating")) == kinds["real floating"]
    assert set(info.dtypes(kind=("bool", "signed integer"))) == {
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
    }
    defaults = info.default_dtypes(device=device)
    assert defaults["real floating"] == nd.zeros(1).dtype
    assert defaults["integral"] == nd.asarray(1).dtype
    with pytest.raises(ValueError, match="no kind 'float'"):
        info.dtypes(kind="float")
    with pytest.raises(nd.errors.DeviceError):
        info.dtypes(device="abacus")


def test_constants_and_complex_numbers(device: nd.Device) -> None:
    x = nd.asarray([nd.e, nd.pi, nd.inf], dtype=nd.float64, device=device)
    assert x.tolist() == [np.e, np.pi, np.inf]
    assert x[nd.newaxis].shape == (1, 3) and nd.nan != nd.nan
    assert complex(x[0]) == complex(np.e)
