"""Unique elements and membership equal NumPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import ALL, COMPLEX, FLOATING, HALVES, arrays, assert_same

import ndarray_core as nd


@given(data=st.data())
def test_unique_elements_equal_numpy(device: nd.Device, data: st.DataObject) -> None:
    x, host = data.draw(arrays(ALL, special=True)).on(device)
    values, indices, inverse, counts = np.unique(
        host.astype(np.float32) if host.dtype.name in HALVES else host,
        return_index=True,
        return_inverse=True,
        return_counts=True,
        equal_nan=False,
    )
    values = values.astype(host.dtype)
    found = nd.unique_all(x)
    assert_same(found.values, values)
    assert_same(found.indices, indices)
    assert_same(found.inverse_indices, inverse.reshape(host.shape))
    assert_same(found.counts, counts)
    for ours, theirs in zip(nd.unique_counts(x), (values, counts), strict=True):
        assert_same(ours, theirs)
    for ours, theirs in zip(
        nd.unique_inverse(x), (values, inverse.reshape(host.shape)), strict=True
    ):
        assert_same(ours, theirs)
    assert_same(nd.unique_values(x), values)


def test_results_have_the_standard_s_names(device: nd.Device) -> None:
    x = nd.asarray([2, 1, 2], device=device)
    assert nd.unique_all(x)._fields == ("values", "indices", "inverse_indices", "counts")
    assert nd.unique_counts(x)._fields == ("values", "counts")
    assert nd.unique_inverse(x)._fields == ("values", "inverse_indices")


def test_nan_are_distinct_and_zeros_are_not(device: nd.Device) -> None:
    x = nd.asarray([math.nan, -0.0, 0.0, math.nan], device=device)
    values, indices, inverse, counts = nd.unique_all(x)
    assert str(values.tolist()) == "[-0.0, nan, nan]"
    assert indices.tolist() == [1, 0, 3] and counts.tolist() == [2, 1, 1]
    assert inverse.tolist() == [1, 0, 0, 2]
    assert not nd.any(nd.isin(x[:1], x))


@given(data=st.data())
def test_membership_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    dtypes = data.draw(st.sampled_from([FLOATING, COMPLEX, ("int8", "int64", "uint8", "bool")]))
    x1, elements = data.draw(arrays(dtypes, special=True)).on(device)
    x2, candidates = data.draw(arrays(dtypes, special=True)).on(device)
    invert = data.draw(st.booleans())
    assert_same(nd.isin(x1, x2, invert=invert), np.isin(elements, candidates, invert=invert))


@pytest.mark.parametrize("number", [2, 2.0, 300, -1, 2**64 - 1, 2.5, True])
def test_membership_of_numbers(device: nd.Device, number: float) -> None:
    for dtype in (nd.uint8, nd.int64, nd.uint64, nd.float64, nd.bool):
        x = nd.asarray([0, 1, 2, 3], dtype=dtype, device=device)
        expected = [element == number for element in x.tolist()]
        assert nd.isin(x, number).tolist() == expected
        assert nd.isin(x, number, invert=True).tolist() == [not e for e in expected]
        assert nd.isin(number, x).tolist() == any(expected)
    with pytest.raises(TypeError, match="isin: at least one"):
        nd.isin(1, 2)
