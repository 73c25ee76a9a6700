"""The array object: numbers, sequences, printing, copies, pickles, exchange with NumPy."""

from __future__ import annotations

import copy
import itertools
import operator
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.strategies import ALL, ArrayCase, arrays, assert_same

import ndarray_core as nd


@given(case=arrays(ALL))
def test_properties(device: nd.Device, case: ArrayCase) -> None:
    x, host = case.on(device)
    assert (x.shape, x.ndim, x.size) == (host.shape, host.ndim, host.size)
    assert (x.itemsize, x.nbytes) == (host.itemsize, host.nbytes)
    assert (x.dtype.name, x.device) == (case.dtype, device)
    assert x.buffer.dtype == x.dtype and x.buffer.device == device
    assert x.buffer.nbytes == x.buffer.size * x.itemsize
    assert x.layout.shape == x.shape and x.layout.strides == x.strides
    assert_same(x.copy(), host)
    assert x.copy().is_contiguous() and x.copy().buffer != x.buffer
    assert_same(x.contiguous(), host)
    assert (x.contiguous().buffer == x.buffer) == x.is_contiguous()
    assert repr(x.tolist()) == repr(host.tolist())
    if x.ndim == 2:
        assert_same(x.T, host.T)
    if x.ndim >= 2:
        assert_same(x.mT, host.mT)
    if x.ndim:
        assert len(x) == len(host)
        assert [part.tolist() for part in x] == host.tolist()


@given(case=arrays(ALL))
def test_copies_and_pickles(device: nd.Device, case: ArrayCase) -> None:
    x, host = case.on(device)
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert_same(twin, host)
        assert twin.device == device and twin.buffer != x.buffer


@given(case=arrays(ALL))
def test_exchange_with_numpy(device: nd.Device, case: ArrayCase) -> None:
    x, host = case.on(device)
    np.testing.assert_array_equal(np.asarray(x), host)
    np.testing.assert_array_equal(np.asarray(x, dtype="complex128"), host.astype("complex128"))
    if x.size and device.is_host_memory:
        assert np.shares_memory(x.numpy(), np.asarray(x))
        assert not np.shares_memory(x.numpy(copy=True), x.numpy())
        assert not np.shares_memory(np.array(x), x.numpy())
        assert x.numpy().flags.writeable == (not x.layout.has_repeats())


def test_a_numpy_view_outlives_its_array(device: nd.Device) -> None:
    host = nd.arange(1000, device=device)[::2].numpy()
    for _ in range(10):
        nd.zeros(1000, dtype=nd.int64, device=device)
    assert host.tolist() == list(range(0, 1000, 2))


@pytest.mark.parametrize("value", [True, 7, 2.5])
@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_element_is_a_number(device: nd.Device, value: Any, shape: tuple[int, ...]) -> None:
    x = nd.full(shape, value, device=device)
    assert x.item() == value and type(x.item()) is type(value)
    assert bool(x) is bool(value) and int(x) == int(value) and float(x) == float(value)
    if shape == () and isinstance(value, int) and not isinstance(value, bool):
        assert operator.index(x) == value and [0] * (x + 1).item() == [0] * 8


ROWS = [
    (lambda x: x.item(), nd.errors.ShapeError, r"one element.*\(2, 3\)"),
    (lambda x: bool(x), ValueError, r"\(2, 3\) is ambiguous; use any\(\) or all\(\)"),
    (lambda x: float(x), nd.errors.ShapeError, "one element"),
    (lambda x: operator.index(x), TypeError, "0-d integer array"),
    (lambda x: hash(x), TypeError, "unhashable"),
    (lambda x: len(x[0, 0]), TypeError, "0-d array has no length"),
    (lambda x: iter(x[0, 0]), TypeError, "0-d array cannot be iterated"),
    (lambda x: x[2], IndexError, "index 2 is out of bounds for axis 0 with size 2"),
    (lambda x: x[0, 0, 0], IndexError, r"too many indices: shape \(2, 3\)"),
    (lambda x: x[..., ...], IndexError, "only one ellipsis"),
    (lambda x: x[0.5], IndexError, "not float"),
    (lambda x: x["a"], IndexError, "not str"),
    (lambda x: x[[0.5]], IndexError, "not list of float64"),
    (lambda x: x[x], IndexError, "not NDArray of float"),
    (lambda x: x[[True, False, True]], IndexError, r"bool index of shape \(3,\)"),
    (lambda x: x[[0, 1], [0, 1, 2]], IndexError, "do not broadcast"),
    (lambda x: x[[0, 1], [0, 3]], IndexError, "index 3 is out of bounds"),
    (lambda x: x[[0], 0, 0], IndexError, "3 were indexed"),
    (lambda x: x.__setitem__(0, nd.zeros(2)), nd.errors.ShapeError, "does not broadcast"),
    (lambda x: x.__setitem__([0], nd.zeros(2)), nd.errors.ShapeError, "does not broadcast"),
    (lambda x: x[0].T, nd.errors.ShapeError, "is no matrix"),
    (lambda x: x[0].mT, nd.errors.ShapeError, "fewer than two dimensions"),
    (lambda x: x.reshape(4), nd.errors.ShapeError, "the array has 6"),
    (lambda x: x.reshape("a"), TypeError, "expected an int or a sequence of ints, got str"),
    (lambda x: x.reshape(2.0, 3), TypeError, "got float"),
    (lambda x: x.reshape(2**70), nd.errors.ShapeError, "does not fit into 64 bits"),
    (lambda x: x.reshape((1,) * 25), nd.errors.ShapeError, "at most 24 dimensions"),
    (lambda x: nd.zeros((1,) * 25), nd.errors.ShapeError, "at most 24 dimensions"),
    (lambda x: nd.zeros(2**70), nd.errors.ShapeError, "does not fit into 64 bits"),
    (lambda x: nd.full(2, 300, dtype="uint8"), OverflowError, "does not fit into uint8"),
    (lambda x: nd.full(2, float("nan"), dtype="int8"), OverflowError, "nan does not fit into int8"),
    (lambda x: nd.full(2, 2.0**63, dtype="int64"), OverflowError, "does not fit into int64"),
    (lambda x: nd.zeros(2, dtype="int8").fill(-129), OverflowError, "does not fit into int8"),
    (lambda x: nd.asarray(-1, dtype="uint64"), OverflowError, "does not fit into uint64"),
    (lambda x: x.squeeze(0), nd.errors.ShapeError, "axis 0 .* has size 2"),
    (lambda x: x.sum(axis=2), IndexError, "sum: axis 2"),
    (lambda x: x.sum(axis=(0, 0)), nd.errors.ShapeError, "twice"),
    (lambda x: x + nd.zeros(2), nd.errors.ShapeError, r"add: .*\(2, 3\) and \(2,\)"),
    (lambda x: x @ x, nd.errors.ShapeError, r"matmul: \(2, 3\) @ \(2, 3\).* 3 and 2 .*transpose"),
    (lambda x: x @ nd.zeros(()), nd.errors.ShapeError, "0-d operand"),
    (lambda x: x & x, nd.errors.DTypeError, "bitwise_and is not defined for float32"),
    (lambda x: ~x, nd.errors.DTypeError, "bitwise_invert is not defined for float32"),
    (lambda x: x << 1, nd.errors.DTypeError, "left_shift is not defined for float32"),
    (lambda x: -(x > 0), nd.errors.DTypeError, "negative is not defined for bool"),
    (lambda x: (x > 0) - (x > 0), nd.errors.DTypeError, "subtract is not defined for bool"),
    (lambda x: (x > 0) @ (x > 0).T, nd.errors.DTypeError, "matmul is not defined for bool"),
    (lambda x: nd.where(x, x, x), nd.errors.DTypeError, "must be bool"),
    (lambda x: nd.take(x, x, axis=0), nd.errors.DTypeError, "must be integers"),
    (lambda x: nd.take(x, nd.arange(1)), nd.errors.ShapeError, "name one with axis="),
    (lambda x: nd.take_along_axis(x, nd.arange(1), 0), nd.errors.ShapeError, "equally many"),
    (lambda x: nd.take(x, nd.asarray([2]), 0), IndexError, "index 2 .*size 2"),
    (lambda x: nd.pow(nd.arange(3), -1), ValueError, "negative integer power"),
    (lambda x: nd.concat([x, x[0]]), nd.errors.ShapeError, "concat: shapes"),
    (lambda x: nd.concat([]), nd.errors.ShapeError, "at least one array"),
    (lambda x: nd.stack([x, x[:1]]), nd.errors.ShapeError, "stack: shapes"),
    (lambda x: nd.pad(x, -1), nd.errors.ShapeError, "take a slice"),
    (lambda x: nd.pad(x, (1, 2, 3)), nd.errors.ShapeError, "not a width"),
    (lambda x: nd.pad(x, 1.5), nd.errors.ShapeError, "not a width"),
    (lambda x: nd.pad(x, 1, "mirror"), ValueError, "there are constant, edge"),
    (lambda x: nd.pad(x[:0], 1, "edge"), nd.errors.ShapeError, "has no element to continue"),
    (lambda x: nd.expand_dims(x, (0, -4)), nd.errors.ShapeError, "not distinct"),
    (lambda x: nd.expand_dims(x, (0, 4)), IndexError, "axis 4 is out of range"),
    (lambda x: x.to_device("cpu", stream=1), ValueError, "'cpu' has no streams"),
    (lambda x: x.__array_namespace__(api_version="1.0"), ValueError, "no version '1.0'"),
    (lambda x: nd.diff(x, n=-1), nd.errors.ShapeError, "0 or more times"),
    (lambda x: nd.diff(x > 0), nd.errors.DTypeError, "bool has no differences"),
    (lambda x: nd.repeat(x, -1), nd.errors.ShapeError, "-1 repetitions"),
    (lambda x: nd.repeat(x, nd.arange(3), axis=0), nd.errors.ShapeError, "for axis 0"),
    (lambda x: nd.repeat(x, nd.zeros(2), axis=0), nd.errors.DTypeError, "not float32"),
    (lambda x: nd.tile(x, (-1,)), nd.errors.ShapeError, "negative"),
    (lambda x: nd.roll(x, (1, 2), axis=0), nd.errors.ShapeError, "2 shifts"),
    (lambda x: nd.roll(x, (1, 2)), nd.errors.ShapeError, "an axis each"),
    (lambda x: nd.moveaxis(x, (0, 1), (0, 0)), nd.errors.ShapeError, "distinct"),
    (lambda x: nd.tensordot(x, x, axes=3), nd.errors.ShapeError, "3 axes each"),
    (lambda x: nd.tensordot(x, x, axes=1), nd.errors.ShapeError, "differ in size"),
    (lambda x: nd.vecdot(x, x.T), nd.errors.ShapeError, "along axis -1"),
    (lambda x: nd.outer(x, x), nd.errors.ShapeError, "two vectors"),
    (lambda x: nd.nonzero(x[0, 0]), nd.errors.ShapeError, "0-d"),
    (lambda x: x + np.ones(3), TypeError, "numpy.ndarray; convert it with asarray"),
    (lambda x: np.ones(3) + x, TypeError, "unsupported|asarray"),
    (lambda x: x + "a", TypeError, "unsupported operand"),
]


@pytest.mark.parametrize(("operation", "error", "text"), ROWS)
def test_errors_name_what_is_wrong(
    device: nd.Device, operation: Any, error: type[Exception], text: str
) -> None:
    with nd.use_device(device), pytest.raises(error, match=text):
        operation(nd.ones((2, 3)))


def test_a_new_axis_alone(device: nd.Device) -> None:
    x = nd.zeros(3, device=device)
    assert x[None].shape == (1, 3) and x[0][None].shape == (1,)
    x[None] = 1.0
    assert x.tolist() == [1.0] * 3


def test_arrays_belong_to_the_standards_namespace() -> None:
    x = nd.zeros(1)
    assert x.__array_namespace__() is nd
    assert x.__array_namespace__(api_version="2024.12") is nd


def test_every_public_name_exists() -> None:
    assert [name for name in nd.__all__ if not hasattr(nd, name)] == []
    assert nd.abs is nd.absolute


def test_parts_of_an_array_are_compared_with_anything(device: nd.Device) -> None:
    x = nd.zeros(2, device=device)
    for part in (x.buffer, x.layout, x.device):
        assert part != None  # noqa: E711  the comparison is what is tested
        assert part != 3


def test_arrays_know_whether_their_buffer_is_shared(device: nd.Device) -> None:
    x = nd.zeros((2, 3), device=device)
    assert not x.is_shared
    view = x[0]
    assert x.is_shared and view.is_shared
    del x
    assert not view.is_shared
    assert not view.copy().is_shared


def test_the_form_is_shape_and_dtype(device: nd.Device) -> None:
    # More shapes than are kept, so that some take another's place.
    shapes = [(), (1,), (0, 2), (2, 3, 4), *((n,) for n in range(500))]
    arrays = [
        nd.zeros(shape, dtype=dtype, device=device)
        for dtype in (nd.float32, nd.int8)
        for shape in shapes
    ]
    for _ in range(2):
        for x, (dtype, shape) in zip(
            arrays, itertools.product((nd.float32, nd.int8), shapes), strict=True
        ):
            assert x.form == (shape, dtype) == (x.shape, x.dtype)
            assert x.form is x.copy().form


def test_versions_count_writes(device: nd.Device) -> None:
    x, y = nd.zeros(2, device=device), nd.zeros(3, device=device)
    x += 1
    x[0] = 2
    assert nd.NDArray.versions_of((x, y, 3, x[:1])) == (2, 0, 0, 2)
    assert nd.NDArray.versions_of(()) == ()
    with pytest.raises(TypeError, match="tuple"):
        nd.NDArray.versions_of([x])


class TestViewAsAnotherType:
    @pytest.mark.parametrize("dtype", ["uint8", "int16", "bfloat16", "uint32", "float64"])
    def test_equals_numpys(self, dtype: str, device: nd.Device) -> None:
        host = np.random.default_rng(0).standard_normal((3, 2, 4)).astype(np.float32)
        x = nd.asarray(host, device=device)
        for part in (x, x[1:], x[:, :, :2], x.permute(2, 1, 0), x[:0]):
            if part.strides[-1] != 1 and nd.as_dtype(dtype).itemsize != 4:
                continue
            found = part.view(dtype)
            assert found.dtype == dtype and found.device == device
            expected = part.numpy(copy=True).view(nd.dtypes.to_numpy_dtype(dtype))
            assert found.shape == expected.shape
            assert found.numpy().tobytes() == expected.tobytes()
            assert found.view("float32").numpy().tobytes() == part.numpy().tobytes()

    def test_shares_memory_and_version(self, device: nd.Device) -> None:
        x = nd.zeros((2,), dtype="float32", device=device)
        y = x.view("int32")
        assert x.is_shared and nd.NDArray.versions_of((x, y)) == (0, 0)
        y[1] = 0x3F800000
        assert x.tolist() == [0.0, 1.0] and x.version == y.version == 1
        del x
        assert y.view("float32").tolist() == [0.0, 1.0]
        assert y.view("int32") is not None and y.view("int32").strides == y.strides

    def test_elements_that_do_not_fit(self, device: nd.Device) -> None:
        x = nd.zeros((4, 3), dtype="float32", device=device)
        for part in (x, x.T, x[:, 0], x[:, 1:], x[0, 0]):
            with pytest.raises(
                nd.errors.ShapeError, match=r"view: shape .* cannot be read as float64"
            ):
                part.view("float64")
        with pytest.raises(nd.errors.DTypeError, match=r"view: .* x != 0"):
            x.view(bool)

    def test_foreign_memory_off_the_grid(self) -> None:
        host = np.zeros(5, np.float32)
        with pytest.raises(nd.errors.ShapeError, match="must begin where elements do"):
            nd.asarray(host[1 if host.ctypes.data % 8 == 0 else 0 :][:4], copy=False).view("int64")
