"""x[key], x[key] = value, take and scatter: NumPy's answers, for every kind of key."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import ALL, FLOATING, INTEGERS, NUMERIC, arrays, assert_same, seeds, shapes

import ndarray_core as nd

SLICES = st.builds(
    slice,
    st.none() | st.integers(-5, 5),
    st.none() | st.integers(-5, 5),
    st.sampled_from([None, 1, 2, -1, -2]),
)


@st.composite
def keys(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key with index arrays and masks among slices, numbers, None and an ellipsis."""
    common = draw(shapes(max_dims=2, max_side=3))
    generator = np.random.default_rng(draw(seeds()))
    entries: list[Any] = []
    axis, has_ellipsis = 0, False
    while axis < len(shape):
        size, left = shape[axis], len(shape) - axis
        kinds = ["slice", "mask"]
        if size:
            kinds += ["number", "array", "array", "array", "list"]
        if not has_ellipsis:  # behind one, all other axes are indexed, or it would stand for more
            kinds += ["new axis", "truth", "ellipsis", "stop"]
        kind = draw(st.sampled_from(kinds))
        if kind == "stop":
            break
        consumed = 1
        if kind == "slice":
            entries.append(draw(SLICES))
        elif kind == "number":
            entries.append(int(generator.integers(-size, size)))
        elif kind in ("array", "list"):
            used = common[draw(st.integers(0, len(common))) :]
            used = tuple(1 if draw(st.booleans()) and n else n for n in used)
            index = np.asarray(generator.integers(-size, size, used))
            entries.append(index.tolist() if kind == "list" else index)
        elif kind == "mask":
            consumed = draw(st.integers(1, left))
            entries.append(generator.random(shape[axis : axis + consumed]) < 0.5)
        else:
            has_ellipsis |= kind == "ellipsis"
            consumed = draw(st.integers(0, left)) if kind == "ellipsis" else 0
            entries.append({"ellipsis": ..., "new axis": None, "truth": draw(st.booleans())}[kind])
        axis += consumed
    return tuple(entries)


def on(device: nd.Device, key: tuple[Any, ...]) -> tuple[Any, ...]:
    """The key with its arrays as arrays of ours."""
    return tuple(
        nd.asarray(entry, device=device) if isinstance(entry, np.ndarray) else entry
        for entry in key
    )


@given(data=st.data())
def test_reading_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    x, host = data.draw(arrays(ALL, shape=shapes(min_dims=1, max_side=4))).on(device)
    key = data.draw(keys(x.shape))
    try:
        expected = host[key]
    except IndexError:
        for used in (key, on(device, key)):
            with pytest.raises(IndexError):
                x[used]
        return
    assert_same(x[key], expected)
    assert_same(x[on(device, key)], expected)


@given(data=st.data())
def test_writing_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    layouts = ("contiguous", "transposed", "reversed", "sliced")
    case = data.draw(arrays(NUMERIC, shape=shapes(min_dims=1, max_side=4), layouts=layouts))
    x, host = case.on(device)
    key = data.draw(keys(x.shape))
    try:
        selected = host[key].shape
    except IndexError:
        with pytest.raises(IndexError):
            x[key] = 1
        return
    if data.draw(st.booleans()):
        value: Any = 3
        host[key], x[on(device, key)] = value, value
    else:
        shape = selected[data.draw(st.integers(0, len(selected))) :]
        values = data.draw(arrays((case.dtype,), shape=shape)).on(device)
        host[key], x[on(device, key)] = values.host, values.array
    assert_same(x, host)


@given(data=st.data())
def test_take_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    x, host = data.draw(arrays(ALL, shape=shapes(min_dims=1, min_side=1))).on(device)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    size = x.shape[axis]
    indices, where = data.draw(
        arrays(("int64", "int8", "int32"), shape=shapes(max_dims=2), low=-size, high=size - 1)
    ).on(device)
    assert_same(nd.take(x, indices, axis=axis), np.take(host, where, axis=axis))


@given(data=st.data())
def test_take_and_scatter_along_an_axis_equal_numpy(device: nd.Device, data: st.DataObject) -> None:
    x, host = data.draw(arrays(NUMERIC, shape=shapes(min_dims=1, min_side=1))).on(device)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    size, count = x.shape[axis], data.draw(st.integers(0, 6))
    shape = list(x.shape)
    shape[axis] = count
    indices, where = data.draw(arrays(("int64",), shape=tuple(shape), low=-size, high=size - 1)).on(
        device
    )
    assert_same(
        nd.take_along_axis(x, indices, axis=axis), np.take_along_axis(host, where, axis=axis)
    )

    values, added = data.draw(arrays((x.dtype.name,), shape=tuple(shape))).on(device)
    target, expected = x.copy(), host.copy()
    grid = list(np.ogrid[tuple(map(slice, where.shape))])
    grid[axis] = where
    np.add.at(expected, tuple(grid), added)
    assert nd.scatter_add(target, indices, values, axis=axis) is target
    assert_same(target, expected, exact=False)


@given(data=st.data())
def test_index_add_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    x, host = data.draw(
        arrays(NUMERIC, shape=shapes(min_dims=1, min_side=1), layouts=("contiguous", "sliced"))
    ).on(device)
    axis = data.draw(st.integers(0, x.ndim - 1))
    rows, where = data.draw(
        arrays(INTEGERS[:4], shape=shapes(1, 1), low=-x.shape[axis], high=x.shape[axis] - 1)
    ).on(device)
    shape = list(x.shape)
    shape[axis] = rows.size
    values, added = data.draw(arrays((x.dtype.name,), shape=tuple(shape))).on(device)
    np.add.at(host, (slice(None),) * axis + (where,), added)
    nd.index_add(x, rows, values, axis=axis)
    assert_same(x, host, exact=False)


@pytest.mark.parametrize("dtype", FLOATING)
def test_many_repetitions_all_add(device: nd.Device, dtype: str) -> None:
    x = nd.zeros((5, 1000), dtype=dtype, device=device)
    rows = nd.asarray([i % 5 for i in range(1000)], device=device)
    nd.index_add(x, rows, nd.ones((1000, 1000), dtype=dtype, device=device), axis=0)
    assert nd.all(x == 200)


def test_nothing_is_written_when_an_index_is_out_of_bounds(device: nd.Device) -> None:
    x = nd.zeros(3, device=device)
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 0 with size 3"):
        nd.index_add(x, nd.asarray([0, 3], device=device), nd.ones(2, device=device), axis=0)
    with pytest.raises(IndexError, match=r"index -4 .*size 3"):
        x[nd.asarray([0, -4], device=device)] = 1.0
    assert x.tolist() == [0.0, 0.0, 0.0]


def test_views_write_through_and_copies_do_not(device: nd.Device) -> None:
    x = nd.zeros((2, 3), device=device)
    x[0][1] = 5.0
    x.T[2] = 7.0
    x[[0, 1]][0, 0] = 9.0
    assert x.tolist() == [[0.0, 5.0, 7.0], [0.0, 0.0, 7.0]]


def test_a_last_value_stays(device: nd.Device) -> None:
    x = nd.zeros(3, device=device)
    x[[1, 1, 1]] = nd.asarray([1.0, 2.0, 3.0], device=device)
    assert x.tolist() == [0.0, 3.0, 0.0]


def test_masks_keep_nan_out(device: nd.Device) -> None:
    x = nd.asarray([float("nan"), 1.0, float("inf")], device=device)
    x[nd.isnan(x)] = 0
    assert x.tolist() == [0.0, 1.0, float("inf")]
    x[x > 5] = nd.asarray([2.0], device=device)
    assert x.tolist() == [0.0, 1.0, 2.0]


def test_an_axis_of_size_0_in_a_mask_fits_any(device: nd.Device) -> None:
    for shape, mask_shape in [((0, 1), (0, 0)), ((2, 3), (0,)), ((2, 3, 4), (2, 0))]:
        x, mask = nd.zeros(shape, device=device), nd.zeros(mask_shape, dtype=bool, device=device)
        assert_same(x[mask], np.zeros(shape, np.float32)[np.zeros(mask_shape, bool)])
        x[mask] = 1
        assert not nd.any(x)
    with pytest.raises(IndexError, match=r"shape \(3, 0\) does not match"):
        nd.zeros((2, 3), device=device)[nd.zeros((3, 0), dtype=bool, device=device)]


def test_large_integers_are_written_exactly(device: nd.Device) -> None:
    x = nd.zeros(3, dtype=nd.int64, device=device)
    x[[0, 2]] = 2**62 + 1
    x[x == 0] = 2**53 + 1
    assert x.tolist() == [2**62 + 1, 2**53 + 1, 2**62 + 1]
