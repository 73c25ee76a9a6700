"""Making arrays: values, types, devices, and whose memory it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import ALL, ArrayCase, arrays, assert_same, shapes

import ndarray_core as nd

SMALL = st.integers(-20, 20)


@given(shape=shapes(), dtype=st.sampled_from(ALL))
def test_constant_arrays(device: nd.Device, shape: tuple[int, ...], dtype: str) -> None:
    for name in ("zeros", "ones", "empty"):
        x = getattr(nd, name)(shape, dtype=dtype, device=device)
        assert (x.shape, x.dtype.name, x.device) == (shape, dtype, device)
        if name != "empty":
            assert_same(x, getattr(np, name)(shape, dtype))
            assert_same(getattr(nd, f"{name}_like")(x), getattr(np, name)(shape, dtype))
        assert getattr(nd, f"{name}_like")(x, dtype=nd.int8).dtype == nd.int8
    assert_same(nd.full(shape, 1, dtype=dtype, device=device), np.ones(shape, dtype))
    assert nd.full_like(x, 1).dtype.name == dtype


@pytest.mark.parametrize(("value", "dtype"), [(True, "bool"), (3, "int64"), (2.5, "float32")])
def test_numbers_choose_their_type(device: nd.Device, value: Any, dtype: str) -> None:
    assert_same(nd.full((2,), value, device=device), np.full(2, value, dtype))
    assert_same(nd.asarray(value, device=device), np.asarray(value, dtype))
    assert_same(nd.asarray([value, value], device=device), np.full(2, value, dtype))
    assert_same(nd.asarray(value, dtype="float64", device=device), np.asarray(value, "float64"))


@given(start=SMALL, stop=SMALL, step=SMALL.filter(bool), scale=st.sampled_from([1, 0.5, 0.1]))
def test_arange_equals_numpy(
    device: nd.Device, start: int, stop: int, step: int, scale: float
) -> None:
    arguments = [value * scale for value in (start, stop, step)]
    dtype = "int64" if scale == 1 else "float32"
    assert_same(nd.arange(*arguments, device=device), np.arange(*arguments).astype(dtype))
    assert_same(nd.arange(stop, dtype=nd.float64), np.arange(stop, dtype="float64"))


@given(start=SMALL, stop=SMALL, num=st.integers(0, 9), endpoint=st.booleans())
def test_linspace_equals_numpy(
    device: nd.Device, start: int, stop: int, num: int, endpoint: bool
) -> None:
    ours = nd.linspace(start, stop, num, endpoint=endpoint, device=device)
    assert_same(ours, np.linspace(start, stop, num, endpoint=endpoint, dtype="float32"))


@given(rows=st.integers(0, 5), columns=st.none() | st.integers(0, 5), k=st.integers(-7, 7))
def test_eye_equals_numpy(device: nd.Device, rows: int, columns: int | None, k: int) -> None:
    ours = nd.eye(rows, columns, k=k, dtype=nd.int32, device=device)
    assert_same(ours, np.eye(rows, columns, k, dtype="int32"))


@given(case=arrays(ALL))
def test_asarray_takes_arrays_and_lists(device: nd.Device, case: ArrayCase) -> None:
    x, host = case.on(device)
    assert_same(nd.asarray(host, device=device), host)
    assert_same(nd.asarray(host, device=device, copy=True), host)
    assert nd.asarray(x) is x
    assert nd.asarray(x, copy=True).buffer != x.buffer
    listed = nd.asarray(host.tolist(), dtype=case.dtype, device=device)
    assert_same(listed.reshape(x.shape), host)


@pytest.mark.parametrize(
    ("obj", "dtype"),
    [
        ([np.float64(1.0)], "float64"),
        (np.float64(1.0), "float64"),
        (np.int8(1), "int8"),
        ([[1, 2.5], [3, 4]], "float32"),
        ([True, 2], "int64"),
        ([], "float32"),
        ([2**63], "uint64"),
        (range(3), "int64"),
        ([np.arange(2, dtype="int16")] * 2, "int16"),
        ([nd.zeros(2, dtype=nd.float64)] * 2, "float64"),
        (np.arange(3, dtype=">i4"), "int32"),
        (np.zeros(3, dtype=[("a", "i1"), ("b", "f4")])["b"], "float32"),
    ],
)
def test_asarray_chooses_the_type(device: nd.Device, obj: Any, dtype: str) -> None:
    assert_same(nd.asarray(obj, device=device), np.asarray(obj).astype(dtype))


def test_numpys_memory_is_shared_where_it_can_be(host_device: nd.Device) -> None:
    host = np.zeros((2, 3), "float32")
    with nd.use_device(host_device):
        shared = nd.from_numpy(host.T[::-1])
    shared[0, 1] = 5.0
    assert host[1, 2] == 5.0 and shared.device == host_device
    assert np.shares_memory(shared.numpy(), host)
    copied = nd.asarray(host, device=host_device, copy=True)
    copied[...] = 9.0
    assert host[1, 2] == 5.0
    host.flags.writeable = False
    assert not np.shares_memory(nd.asarray(host, device=host_device).numpy(), host)


READ_ONLY = np.broadcast_to(np.zeros(1), (3,))


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: nd.from_numpy(READ_ONLY).fill(1), nd.errors.ReadOnlyError, "reading only"),
        (lambda: nd.from_numpy(np.arange(3, dtype=">i4")), ValueError, "without a copy"),
        (lambda: nd.from_numpy([1, 2]), TypeError, "use asarray"),
        (lambda: nd.asarray([1, 2], copy=False), ValueError, "no memory to share"),
        (lambda: nd.asarray(1, copy=False), ValueError, "no memory to share"),
        (lambda: nd.asarray(np.arange(3), dtype=float, copy=False), ValueError, "needs a copy"),
        (lambda: nd.asarray(nd.arange(3), dtype=float, copy=False), ValueError, "needs a copy"),
        (lambda: nd.asarray([[1, 2], [3]]), nd.errors.ShapeError, "rectangular"),
        (lambda: nd.asarray(["a"]), nd.errors.DTypeError, "no element type"),
        (lambda: nd.asarray([None]), nd.errors.DTypeError, "no element type holds"),
        (lambda: nd.asarray([2**70]), nd.errors.DTypeError, "no element type holds"),
        (lambda: nd.asarray(np.zeros(2, "g")), nd.errors.DTypeError, "no element type"),
        (lambda: nd.asarray([300], dtype=nd.int8), OverflowError, "300"),
        (lambda: nd.arange(0, 5, 0), nd.errors.ShapeError, "steps of 0"),
        (lambda: nd.arange(2**62), nd.errors.OutOfMemoryError, "do not fit into memory"),
        (lambda: nd.linspace(0, 1, -1), nd.errors.ShapeError, "-1 numbers"),
        (lambda: nd.zeros((2, -1)), nd.errors.ShapeError, "negative size"),
        (lambda: nd.tril(nd.zeros(3)), nd.errors.ShapeError, r"tril: .*\(3,\)"),
        (lambda: nd.meshgrid(nd.zeros((2, 2))), nd.errors.ShapeError, "takes vectors"),
        (lambda: nd.meshgrid(indexing="ba"), ValueError, "'xy' or 'ij'"),
    ],
)
def test_what_cannot_be_made_says_why(make: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize("shape", [(2**62,), (2**40, 2**20), (2**31, 2**31, 2**31), (2**55,)])
def test_huge_sizes_are_refused(device: nd.Device, shape: tuple[int, ...]) -> None:
    for make in (nd.zeros, nd.empty):
        with pytest.raises((nd.errors.OutOfMemoryError, nd.errors.ShapeError)):
            make(shape, device=device)
    with pytest.raises((nd.errors.OutOfMemoryError, nd.errors.ShapeError)):
        nd.zeros((1, 1), device=device).broadcast_to((2**30, 2**30)).copy()


def test_more_dimensions_than_an_array_has(device: nd.Device) -> None:
    x = nd.ones((1,) * 24, device=device)
    assert float(x.sum()) == 1.0
    with pytest.raises((nd.errors.ShapeError, TypeError)):
        nd.ones((1,) * 25, device=device)
    with pytest.raises(nd.errors.ShapeError, match="at most 24 dimensions"):
        x.expand_dims(0)
