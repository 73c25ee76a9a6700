"""scatter with every mode, and nd.at: in row-major order, one position after the other."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ndarray_core.test_indexing import keys, on
from tests.strategies import ALL, COMPLEX, FLOATING, NUMERIC, arrays, assert_same, shapes

import ndarray_core as nd

WRITABLE = ("contiguous", "transposed", "reversed", "sliced")
UFUNCS: dict[str, np.ufunc] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
}
MODES = ("assign", *UFUNCS)
NOT_FOR = {"subtract": ("bool",), "maximum": COMPLEX, "minimum": COMPLEX}


def combine(mode: str) -> Callable[[Any, Any], Any]:
    return UFUNCS.get(mode, lambda target, value: value)


@pytest.mark.parametrize("mode", MODES)
@given(data=st.data())
def test_scatter_goes_in_row_major_order(device: nd.Device, mode: str, data: st.DataObject) -> None:
    dtypes = [dtype for dtype in ALL if dtype not in NOT_FOR.get(mode, ())]
    case = data.draw(arrays(dtypes, shape=shapes(1, 3, min_side=1), layouts=WRITABLE, special=True))
    x, host = case.on(device)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    shape = list(x.shape)
    shape[axis] = data.draw(st.integers(0, 6))
    size = x.shape[axis]
    indices, where = data.draw(
        arrays(("int64", "int32"), shape=tuple(shape), low=-size, high=size - 1)
    ).on(device)
    values, added = data.draw(arrays((case.dtype,), shape=tuple(shape), special=True)).on(device)
    with np.errstate(all="ignore"):
        for place in np.ndindex(*shape):
            target = list(place)
            target[axis] = where[place]
            host[tuple(target)] = combine(mode)(host[tuple(target)], added[place])
    assert nd.scatter(x, indices, values, axis=axis, mode=mode) is x  # type: ignore[arg-type]
    assert_same(x, host, exact=case.dtype not in COMPLEX)


@pytest.mark.parametrize(
    ("mode", "dtype"),
    [
        (mode, dtype)
        for mode in MODES
        for dtype in ("float32", "int8", "bool")
        if (mode, dtype) != ("subtract", "bool")
    ],
)
def test_large_scatters_equal_numpy(device: nd.Device, mode: str, dtype: str) -> None:
    generator = np.random.default_rng(0)
    for shape, rows in [((700, 130), False), ((130, 700), True), ((50_000,), False)]:
        host = generator.integers(0, 2, shape).astype(dtype)
        where = generator.integers(-shape[0], shape[0], shape)
        if rows:
            where = np.broadcast_to(where[:, :1], shape)
        added = generator.integers(0, 3, shape).astype(dtype)
        x = nd.asarray(host, device=device, copy=True)
        indices = nd.asarray(where, device=device)
        nd.scatter(x, indices, nd.asarray(added, device=device), 0, mode=mode)  # type: ignore[arg-type]
        grid = (where, *np.ogrid[tuple(map(slice, shape))][1:])
        if mode == "assign":
            host[grid] = added
        else:
            UFUNCS[mode].at(host, grid, added)
        assert_same(x, host)


@pytest.mark.parametrize("mode", MODES)
@given(data=st.data())
def test_at_equals_numpy(device: nd.Device, mode: str, data: st.DataObject) -> None:
    case = data.draw(
        arrays(NUMERIC, shape=shapes(min_dims=1, max_side=4), layouts=WRITABLE, low=-2, high=2)
    )
    x, host = case.on(device)
    key = data.draw(keys(x.shape))
    try:
        selected = host[key].shape
    except IndexError:
        with pytest.raises(IndexError):
            nd.at(x, key).set(1)
        return
    shape = selected[data.draw(st.integers(0, len(selected))) :]
    values, added = data.draw(arrays((case.dtype,), shape=shape, low=-2, high=2)).on(device)
    before, flat = host.copy(), host.copy().reshape(-1)
    # One flat position for each value: NumPy's `at` reads past values that it should broadcast.
    places = np.arange(host.size).reshape(host.shape)[key].reshape(-1)
    spread = np.broadcast_to(added, selected).reshape(-1).copy()
    if mode == "assign":
        flat[places] = spread
    else:
        UFUNCS[mode].at(flat, places, spread)
    expected = flat.reshape(host.shape)
    update = operator.attrgetter("set" if mode == "assign" else mode)
    changed = update(nd.at(x, on(device, key)))(values, copy=True)
    assert_same(changed, expected, exact=False)
    assert_same(x, before)
    assert update(nd.at(x, on(device, key)))(values) is x
    assert_same(x, expected, exact=False)


def test_writing_costs_what_is_written(device: nd.Device) -> None:
    # Views that no reshape can flatten are written in place, too: nothing of their size is made.
    base = nd.zeros((2_000, 2_000), device="cpu")
    view = base[::2, ::-2]
    mask = nd.zeros(view.shape, dtype=nd.bool, device="cpu")
    mask[3, 5] = True
    rows, columns = nd.asarray([3, 7, 3], device="cpu"), nd.asarray([5, -1, 5], device="cpu")
    nd.config.reset_peak_memory("cpu")
    before = nd.memory_stats("cpu")["in_use"]
    nd.at(view, (rows, columns)).add(nd.asarray([1.0, 2.0, 4.0], device="cpu"))
    view[rows[:1], columns[:1]] += 8.0
    view[mask] = view[mask] * 2.0
    assert nd.memory_stats("cpu")["peak_in_use"] - before < 100_000
    assert float(base[6, 1_999 - 10]) == 26.0 and float(base[14, 1]) == 2.0
    assert float(nd.sum(base)) == 28.0


@pytest.mark.parametrize("dtype", ["int8", "uint64", "float32", "bool"])
def test_numbers_adopt_the_array_s_type(device: nd.Device, dtype: str) -> None:
    x = nd.zeros(3, dtype=dtype, device=device)
    assert nd.at(x, [0, 0]).add(True).tolist() == [1 if dtype == "bool" else 2, 0, 0]
    if dtype == "bool":
        with pytest.raises(nd.errors.DTypeError, match=r"at\(...\).add: int64 values"):
            nd.at(x, [0]).add(1)
        with pytest.raises(nd.errors.DTypeError, match="logical_xor"):
            nd.at(x, [0]).subtract(True)
        return
    assert nd.at(x, slice(1, None)).add(5).tolist() == [2, 5, 5]
    if dtype in FLOATING:
        return
    with pytest.raises(nd.errors.DTypeError, match="float32 values do not go into"):
        nd.at(x, [0]).add(0.5)
    with pytest.raises(OverflowError):
        nd.at(x, [0]).add(2**64)
    assert nd.at(x, ...).set(1.9).tolist() == [1, 1, 1]


def test_an_update_reads_its_values_before_it_writes(device: nd.Device) -> None:
    x = nd.arange(4, device=device)
    x[nd.asarray([0, 1, 2, 3], device=device)] = x.flip()
    assert x.tolist() == [3, 2, 1, 0]
    x[x] = nd.asarray([10, 11, 12, 13], device=device)
    assert x.tolist() == [13, 12, 11, 10]


def test_complex_numbers_are_written_where_they_fit(device: nd.Device) -> None:
    x = nd.zeros(2, dtype=nd.complex128, device=device)
    assert nd.at(x, [0, 0]).add(1 + 2j).tolist() == [2 + 4j, 0]
    assert nd.at(x, [1]).set(3j).tolist() == [2 + 4j, 3j]
    with pytest.raises(nd.errors.DTypeError, match="complex numbers have no order"):
        nd.at(x, [0]).maximum(1)
    for update in (nd.at(nd.zeros(2, device=device), [0]).add, nd.at(nd.real(x), [0]).set):
        with pytest.raises(nd.errors.DTypeError):
            update(1j)


def test_memory_that_is_read_only_stays_as_it_is(host_device: nd.Device) -> None:
    host = np.zeros(3, np.float32)
    host.flags.writeable = False
    x = nd.asarray(host, device=host_device, copy=False)
    position = nd.asarray([0], device=host_device)
    for write in (
        lambda: nd.at(x, [0]).add(1),
        lambda: nd.at(x, ...).set(1),
        lambda: nd.scatter(x, position, x[:1], 0),
        lambda: nd.index_add(x, position, nd.ones(1, device=host_device), axis=0),
        lambda: x.__setitem__(x == 0, 1),
    ):
        with pytest.raises(nd.errors.ReadOnlyError):
            write()
    assert nd.at(x, [0]).add(1, copy=True).tolist() == [1.0, 0.0, 0.0]
    assert host.tolist() == [0.0, 0.0, 0.0]


def test_scatter_errors(device: nd.Device) -> None:
    x = nd.zeros((2, 3), device=device)
    indices = nd.asarray([[0, 1, 2]], device=device)
    with pytest.raises(ValueError, match="mode is assign, add"):
        nd.scatter(x, indices, x, 0, mode="divide")  # type: ignore[arg-type]
    with pytest.raises(nd.errors.ShapeError, match="equally many dimensions"):
        nd.scatter(x, indices[0], x, 0)
    with pytest.raises(IndexError, match="scatter: index 2 is out of bounds for axis 0"):
        nd.scatter(x, indices, nd.ones((1, 3), device=device), 0)
    with pytest.raises(nd.errors.DTypeError, match="float64 values"):
        nd.scatter(
            x.astype(nd.int8),
            indices[:, :2],
            nd.ones((1, 1), dtype=nd.float64, device=device),
            1,
            mode="add",
        )
    with pytest.raises(nd.errors.ShapeError, match="more than once"):
        nd.scatter(nd.zeros(3, device=device).broadcast_to((2, 3)), indices, x, 1)
    with pytest.raises(IndexError, match=r"at\(...\).add: index -4"):
        nd.at(x, (slice(None), [0, -4])).add(1)
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 1 with size 3"):
        nd.at(x, ([0, 1], [0, 5])).add(1)
    with pytest.raises(IndexError, match=r"index arrays of shapes \(2,\), \(3,\)"):
        nd.at(x, ([0, 1], [0, 1, 2])).add(1)
    with pytest.raises(nd.errors.ShapeError):
        nd.at(x, [0]).add(nd.ones(4, device=device))
    assert not nd.any(x)
