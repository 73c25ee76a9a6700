"""nonzero and searchsorted equal NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import ALL, FLOATING, HALVES, arrays, assert_same, shapes

import ndarray_core as nd


@given(data=st.data())
def test_nonzero_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    x, host = data.draw(arrays(ALL, shape=shapes(min_dims=1), low=0, high=1, special=True)).on(
        device
    )
    for ours, theirs in zip(nd.nonzero(x), np.nonzero(host), strict=True):
        assert_same(ours, theirs)


@pytest.mark.parametrize("density", [0.0, 0.001, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(100_003,), (1_001, 101), (4, 3, 9_000), (40_000, 2)])
def test_large_nonzero_equals_numpy(
    device: nd.Device, shape: tuple[int, ...], density: float
) -> None:
    host = np.random.default_rng(0).random(shape) < density
    for view in (host, host.T):
        found = nd.nonzero(nd.asarray(view, device=device))
        for ours, theirs in zip(found, np.nonzero(view), strict=True):
            assert_same(ours, theirs)


def test_nonzero_needs_an_axis(device: nd.Device) -> None:
    with pytest.raises(nd.errors.ShapeError, match="0-d"):
        nd.nonzero(nd.ones((), device=device))


@given(data=st.data())
def test_searchsorted_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    dtypes = data.draw(
        st.sampled_from([FLOATING + HALVES, ("int32", "uint8", "bool"), ("uint64",)])
    )
    x1, ordered = data.draw(arrays(dtypes, shape=shapes(1, 1, max_side=40), special=True)).on(
        device
    )
    x2, values = data.draw(arrays(dtypes, special=True)).on(device)
    side = data.draw(st.sampled_from(["left", "right"]))
    sorter = nd.argsort(x1)
    if values.dtype.name in FLOATING + HALVES:  # NumPy does not know the NaN of bfloat16
        ordered, values = ordered.astype(np.float64), values.astype(np.float64)
    expected = np.searchsorted(np.sort(ordered), values, side=side)
    assert_same(nd.searchsorted(nd.sort(x1), x2, side=side), expected)
    assert_same(nd.searchsorted(x1, x2, side=side, sorter=sorter), expected)


def test_searchsorted_takes_numbers_and_any_layout(device: nd.Device) -> None:
    x1 = nd.asarray([9, 5, 5, 1], dtype=nd.uint8, device=device).flip()
    assert nd.searchsorted(x1, 5).tolist() == 1
    assert nd.searchsorted(x1, 5, side="right").tolist() == 3
    assert nd.searchsorted(x1, 5.5).tolist() == 3
    assert nd.searchsorted(x1[:0], nd.asarray([3, 4], device=device)).tolist() == [0, 0]
    nan = float("nan")
    x1 = nd.asarray([1.0, nan, nan], device=device)
    assert nd.searchsorted(x1, nan).tolist() == 1
    assert nd.searchsorted(x1, nan, side="right").tolist() == 3
    large = np.sort(np.random.default_rng(0).standard_normal(100_000).astype("float32"))
    probes = np.random.default_rng(1).standard_normal((300, 200)).astype("float32")
    ours = nd.searchsorted(nd.asarray(large, device=device), nd.asarray(probes, device=device).T)
    assert_same(ours, np.searchsorted(large, probes.T))


def test_searchsorted_errors(device: nd.Device) -> None:
    x = nd.arange(3, device=device)
    with pytest.raises(ValueError, match="'middle'"):
        nd.searchsorted(x, x, side="middle")  # type: ignore[arg-type]
    with pytest.raises(nd.errors.ShapeError, match=r"\(1, 3\)"):
        nd.searchsorted(x.reshape(1, 3), x)
    with pytest.raises(nd.errors.ShapeError, match="sorter of shape"):
        nd.searchsorted(x, x, sorter=x[1:])
    with pytest.raises(nd.errors.DTypeError, match="sorter is float32"):
        nd.searchsorted(x, x, sorter=x.astype(nd.float32))
    with pytest.raises(IndexError):
        nd.searchsorted(x, x, sorter=x + 1)
    with pytest.raises(nd.errors.DTypeError, match="complex numbers have no order"):
        nd.searchsorted(x, x.astype(nd.complex64))
    with pytest.raises(TypeError):
        nd.searchsorted(x, "one")  # type: ignore[arg-type]
