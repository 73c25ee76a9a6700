"""Memory shared with other libraries: DLPack, the buffer protocol, read-only memory, `asarray`."""

from __future__ import annotations

import array
import ctypes
import gc
import hashlib
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.strategies import ALL, COMPLEX, HALVES, arrays, assert_same
from tests.strategies import ArrayCase as Case

import ndarray_core as nd


class Old:
    """An array of a library from before DLPack 1.0, which knows no keywords but stream."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __dlpack__(self, stream: None = None) -> Any:
        return self.x.__dlpack__(stream=stream)

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


def capsule_name(capsule: Any) -> str:
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    return str(get_name(capsule).decode())


def walked(shape: tuple[int, ...], strides: Any) -> list[int]:
    """The strides that matter: of axes with more than one element."""
    return [int(stride) for size, stride in zip(shape, strides, strict=True) if size > 1]


@given(case=arrays(ALL))
def test_numpy_reads_ours_without_a_copy(host_device: nd.Device, case: Case) -> None:
    x, host = case.on(host_device)
    views = [np.asarray(x)]
    if case.dtype != "bfloat16":  # which neither NumPy's DLPack nor the buffer protocol has
        views += [np.from_dlpack(x), np.asarray(memoryview(x))]
    for theirs in views:
        np.testing.assert_array_equal(theirs, host)
        assert theirs.dtype == host.dtype
        if x.size:
            assert np.shares_memory(theirs, x.numpy())
            assert theirs.flags.writeable == (not x.layout.has_repeats())
    assert bytes(x) == host.tobytes()
    if case.dtype not in (*HALVES, *COMPLEX):  # of which memoryview reads no elements
        assert memoryview(x).tolist() == host.tolist()


@given(case=arrays([dtype for dtype in ALL if dtype != "bfloat16"]))
def test_ours_reads_numpys_without_a_copy(host_device: nd.Device, case: Case) -> None:
    _, host = case.on(host_device)
    if host.dtype == np.bool_ or not host.flags.writeable:
        host = host.copy()
    for x in (
        nd.from_dlpack(host, device=host_device),
        nd.asarray(memoryview(host), device=host_device, copy=False),
    ):
        assert_same(x, host)
        assert x.device == host_device and not x.buffer.readonly
        if x.size:
            assert walked(x.shape, x.strides) == walked(
                host.shape, np.array(host.strides) // x.itemsize
            )
            assert np.shares_memory(x.numpy(), host)
            x.fill(3)
            np.testing.assert_array_equal(host, np.full_like(host, 3))
    copied = nd.from_dlpack(host, device=host_device, copy=True)
    assert not np.shares_memory(copied.numpy(), host)
    old = nd.from_dlpack(Old(host), device=host_device, copy=False)  # cannot say who may write
    assert_same(old, host)
    assert old.buffer.readonly and (not old.size or np.shares_memory(old.numpy(), host))
    assert not nd.asarray(Old(host), device=host_device).buffer.readonly


@given(case=arrays(ALL))
def test_ours_reads_ours(host_device: nd.Device, case: Case) -> None:
    x, host = case.on(host_device)
    assert nd.from_dlpack(x).device == host_device
    for other in (device for device in nd.devices() if device.is_host_memory):
        shared = nd.from_dlpack(x, device=other)
        assert_same(shared, host)
        assert shared.device == other and shared.strides == x.strides
        if x.size:
            assert np.shares_memory(shared.numpy(), x.numpy())


def test_what_a_capsule_says(host_device: nd.Device) -> None:
    x = nd.arange(6, device=host_device)
    assert x.__dlpack_device__() == (1, 0)
    for version, name in [
        (None, "dltensor"),
        ((0, 8), "dltensor"),
        ((1, 0), "dltensor_versioned"),
        ((1, 9), "dltensor_versioned"),
        ((2, 0), "dltensor_versioned"),
    ]:
        capsule = x.__dlpack__(max_version=version, dl_device=(1, 0), stream=None)
        assert capsule_name(capsule) == name
        nd._core.from_capsule(capsule, host_device)
        assert capsule_name(capsule) == f"used_{name}"
        with pytest.raises(TypeError, match="used one"):
            nd._core.from_capsule(capsule, host_device)
    copied = np.from_dlpack(x, copy=True)
    assert not np.shares_memory(copied, x.numpy()) and copied.flags.writeable
    assert np.shares_memory(np.from_dlpack(x, copy=False), x.numpy())


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"dl_device": (2, 0)}, BufferError, r"cannot be exported to \(2, 0\)"),
        ({"dl_device": (1, 1)}, BufferError, r"\(1, 1\)"),
        ({"dl_device": 1}, TypeError, "dl_device is a tuple of two ints or None, not 1"),
        ({"dl_device": ("cpu", 0)}, TypeError, "tuple of two ints"),
        ({"max_version": "1.0"}, TypeError, "max_version is a tuple"),
        ({"max_version": (1,)}, TypeError, "max_version is a tuple"),
        ({"max_version": (2**70, 0)}, TypeError, "max_version is a tuple"),
        ({"stream": 1}, ValueError, "stream must be None"),
        ({"copy": 1}, TypeError, "True, False or None"),
    ],
)
def test_what_cannot_be_exported(
    device: nd.Device, arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        nd.zeros(2, device=device).__dlpack__(**arguments)


class Elsewhere(Old):
    """An array of a device that is not the host's memory."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return (2, 0)

    def __dlpack__(self, **request: Any) -> Any:
        if request.get("dl_device") != (1, 0):
            raise BufferError("this memory is not the host's")
        return self.x.copy().__dlpack__(max_version=request["max_version"])


def test_other_devices_copy_to_the_host(host_device: nd.Device) -> None:
    host = np.arange(3.0)
    x = nd.from_dlpack(Elsewhere(host), device=host_device)
    assert x.tolist() == [0.0, 1.0, 2.0] and not np.shares_memory(x.numpy(), host)
    with pytest.raises(ValueError, match="drop copy=False"):
        nd.from_dlpack(Elsewhere(host), device=host_device, copy=False)


class Misaligned(Old):
    def __dlpack__(self, stream: None = None) -> Any:
        raw = np.zeros(17, np.uint8)
        return raw[1:].view(np.float64).__dlpack__()


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: [1, 2], AttributeError, "list has no __dlpack__"),
        (lambda: Misaligned(None), BufferError, "not aligned"),
        (lambda: np.zeros(2, ">i4"), BufferError, None),
        (lambda: np.zeros(2, np.longdouble), (BufferError, nd.errors.DTypeError), None),
        (lambda: np.zeros((1,) * 25), nd.errors.ShapeError, "at most 24 dimensions"),
    ],
)
def test_what_cannot_be_imported(
    device: nd.Device, make: Callable[[], Any], error: type[Exception], text: str | None
) -> None:
    for _ in range(3):  # a capsule that was refused is still its library's to free
        with pytest.raises(error, match=text):
            nd.from_dlpack(make(), device=device)
    with pytest.raises(TypeError, match="no capsule"):
        nd._core.from_capsule(make(), device)


def test_bfloat16_has_no_buffer(host_device: nd.Device) -> None:
    x = nd.asarray([1.5, 2.5], dtype=nd.bfloat16, device=host_device)
    with pytest.raises(BufferError, match="DLPack has one"):
        memoryview(x)
    assert np.asarray(x).dtype == x.numpy().dtype and np.shares_memory(np.asarray(x), x.numpy())
    assert bytes(x) == b"\xc0\x3f\x20\x40"
    assert nd.asarray(x.numpy(), device=host_device, copy=False).tolist() == [1.5, 2.5]


def test_each_side_outlives_the_other(host_device: nd.Device) -> None:
    gc.collect()
    before = nd.memory_stats("cpu")["in_use"]
    x = nd.arange(1000, device=host_device)
    theirs = [np.from_dlpack(x), np.asarray(memoryview(x)[::2]), np.from_dlpack(x[::-1])]
    capsules = [x.__dlpack__(), x.__dlpack__(max_version=(1, 0))]  # that nobody takes
    del x
    gc.collect()
    nd.zeros(1000, device=host_device)
    assert [part[7] for part in theirs] == [7, 14, 992]
    del theirs, capsules
    gc.collect()
    assert nd.memory_stats("cpu")["in_use"] == before

    host = np.arange(1000)
    alive = weakref.ref(host)
    taken = [
        nd.from_dlpack(host, device=host_device)[::2],
        nd.from_dlpack(Old(host), device=host_device),
        nd.asarray(memoryview(host), device=host_device),
    ]
    del host
    gc.collect()
    assert alive() is not None and taken[0][3].item() == 6
    del taken
    gc.collect()
    assert alive() is None


@pytest.fixture
def read_only(host_device: nd.Device) -> tuple[nd.NDArray, np.ndarray[Any, Any]]:
    """An array of ours on memory of NumPy's that may only be read."""
    host = np.arange(6.0).reshape(2, 3)
    host.flags.writeable = False
    return nd.from_dlpack(host, device=host_device), host


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.fill(1),
        lambda x: x.__setitem__(0, 1.0),
        lambda x: x.__setitem__((0, 1), nd.ones((), device=x.device)),
        lambda x: x.__setitem__([0, 1], 1.0),
        lambda x: x.__setitem__(x > 1, 1.0),
        lambda x: x.__iadd__(1.0),
        lambda x: x.__imul__(x.copy()),
        lambda x: x[0].__isub__(1.0),
        lambda x: nd.index_add(x, nd.asarray([0], device=x.device), x[:1].copy(), axis=0),
        lambda x: nd.at(x, [0]).add(1.0),
        lambda x: x.__imatmul__(nd.eye(3, dtype="float64", device=x.device)),
        lambda x: nd.scatter_add(x, nd.zeros_like(x, dtype=int), x.copy(), axis=0),
    ],
)
def test_read_only_memory_is_not_written(
    read_only: tuple[nd.NDArray, np.ndarray[Any, Any]], write: Any
) -> None:
    x, host = read_only
    with pytest.raises(nd.errors.ReadOnlyError, match=r"reading only; copy\(\) it"):
        write(x)
    assert host.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert x.version == 0


def test_read_only_memory_is_shared_for_reading(
    host_device: nd.Device, read_only: tuple[nd.NDArray, np.ndarray[Any, Any]]
) -> None:
    x, host = read_only
    assert x.buffer.readonly and "readonly=True" in repr(x.buffer)
    assert x.T.buffer.readonly and not (x + 1).buffer.readonly and not x.copy().buffer.readonly
    assert "readonly" not in repr(x.copy().buffer)
    for view in (x.numpy(), np.asarray(x), np.from_dlpack(x), np.asarray(memoryview(x))):
        assert np.shares_memory(view, host) and not view.flags.writeable
        with pytest.raises(ValueError, match="cannot set WRITEABLE"):
            view.flags.writeable = True
    with pytest.raises(BufferError, match=r"read-only.*copy=True"):
        x.__dlpack__()
    assert np.from_dlpack(x, copy=True).flags.writeable
    for shared in (nd.asarray(host, device=host_device, copy=False), nd.from_dlpack(x)):
        assert shared.buffer.readonly and np.shares_memory(shared.numpy(), host)
    for copied in (
        nd.asarray(host, device=host_device),
        nd.asarray(memoryview(host), device=host_device),
    ):
        copied[0, 0] = 9.0
    assert nd.asarray(b"ab", device=host_device, copy=False).buffer.readonly
    assert host[0, 0] == 0.0


def test_a_buffer_is_what_was_asked_for(host_device: nd.Device) -> None:
    x = nd.arange(6, dtype=nd.int16, device=host_device).reshape(2, 3)
    view = memoryview(x)
    assert (view.format, view.shape, view.strides, view.nbytes) == ("h", (2, 3), (6, 2), 12)
    assert view.c_contiguous and not view.readonly
    assert memoryview(x.T).f_contiguous and not memoryview(x.T).c_contiguous
    assert hashlib.sha256(x).digest() == hashlib.sha256(bytes(x)).digest()
    assert np.frombuffer(x, np.int16).tolist() == list(range(6))
    assert bytes(x[0, 2]) == b"\x02\x00" and bytes(nd.asarray(3, device=host_device))[:1] == b"\x03"
    bytearray(6)[:] = memoryview(x[0])
    view[1, 1] = 7
    assert x[1, 1].item() == 7
    for refused in (x.T, x[:, ::-1]):
        with pytest.raises(BufferError, match="row-major"):
            hashlib.sha256(refused)
    repeated = x[:1].broadcast_to(4, 3)
    assert memoryview(repeated).readonly and memoryview(repeated).tolist() == [[0, 1, 2]] * 4
    with pytest.raises((BufferError, TypeError)):
        ctypes.c_char.from_buffer(repeated)


MEMORY = [
    (b"\x01\x02", "uint8"),
    (bytearray(b"\x01\x02"), "uint8"),
    (memoryview(b"\x01\x02"), "uint8"),
    (memoryview(bytearray(b"\x01\x02\x01\x02"))[::2], "uint8"),
    (array.array("h", [1, 2]), "int16"),
    (array.array("d", [1, 2]), "float64"),
    ((ctypes.c_int32 * 2)(1, 2), "int32"),
]


@pytest.mark.parametrize(("memory", "dtype"), MEMORY)
def test_asarray_takes_memory(host_device: nd.Device, memory: Any, dtype: str) -> None:
    x = nd.asarray(memory, device=host_device, copy=False)
    assert x.dtype.name == dtype
    assert np.shares_memory(x.numpy(), np.asarray(memoryview(memory)))
    assert x.buffer.readonly == memoryview(memory).readonly
    assert not nd.asarray(memory, device=host_device).buffer.readonly
    assert nd.asarray(memory, dtype="float32", device=host_device).numpy().dtype == np.float32


@pytest.mark.parametrize(
    ("obj", "dtype"),
    [
        ([1, np.float32(2)], "float32"),
        ([1.5, np.int8(2)], "float32"),
        ([True, np.int8(2)], "int8"),
        ([np.int64(1), np.float32(2)], "float32"),
        ([[1.0, 2.0], nd.zeros(2, dtype="float64")], "float64"),
        ([nd.zeros(()), 1], "float32"),
        ((nd.zeros(2, dtype="int8"), nd.zeros(2, dtype="uint8")), "int16"),
        ([[[]]], "float32"),
        (memoryview(bytearray(2)).cast("?"), "bool"),
    ],
)
def test_asarray_promotes_what_it_finds(device: nd.Device, obj: Any, dtype: str) -> None:
    with nd.use_device(device):
        x = nd.asarray(obj)
    assert x.dtype.name == dtype and x.device == device
    np.testing.assert_array_equal(x.numpy(), np.asarray(obj).astype(dtype))


def containing_itself(times: int) -> list[Any]:
    endless: list[Any] = []
    endless += [endless] * times
    return endless


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1.0


@pytest.mark.parametrize(
    ("obj", "error", "text"),
    [
        ("a", nd.errors.DTypeError, "buffer protocol; not str"),
        (None, nd.errors.DTypeError, "not NoneType"),
        ({1, 2}, nd.errors.DTypeError, "not set"),
        ({"a": 1}, nd.errors.DTypeError, "not dict"),
        (object(), nd.errors.DTypeError, "not object"),
        ((i for i in [1]), nd.errors.DTypeError, "not generator"),
        ([1, None], nd.errors.DTypeError, "in this list"),
        ([[1], 2], nd.errors.ShapeError, "rectangular"),
        (containing_itself(1), nd.errors.ShapeError, "one contains itself"),
        (containing_itself(2), nd.errors.ShapeError, "one contains itself"),
        ([1, containing_itself(2)], nd.errors.ShapeError, "one contains itself"),
        (nested(25), nd.errors.ShapeError, "nested more than 24 deep"),
        ([np.int64(1), np.uint64(1)], nd.errors.DTypeError, "no integer type holds both"),
        (memoryview(b"ab").cast("c"), nd.errors.DTypeError, "no element type"),
        (np.zeros(2, "datetime64[s]"), nd.errors.DTypeError, "M8"),
    ],
)
def test_asarray_says_what_it_takes(obj: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        nd.asarray(obj)


@pytest.mark.parametrize("times", [1, 2])
def test_a_list_that_contains_itself_ends(times: int) -> None:
    with pytest.raises(nd.errors.ShapeError, match="one contains itself"):
        nd.asarray(containing_itself(times), dtype="float64")
    assert nd.asarray(nested(24)).shape == (1,) * 24


@given(case=arrays(ALL))
def test_pickles_of_every_protocol(device: nd.Device, case: Case) -> None:
    x, host = case.on(device)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(x, protocol=protocol))
        assert_same(twin, host)
        assert twin.device == device and not twin.buffer.readonly
    if not x.is_contiguous():
        return
    buffers: list[pickle.PickleBuffer] = []
    stream = pickle.dumps(x, protocol=5, buffer_callback=buffers.append)
    assert sum(buffer.raw().nbytes for buffer in buffers) == x.nbytes
    assert_same(pickle.loads(stream, buffers=buffers), host)
    sent = [bytes(buffer) for buffer in buffers]  # as another process receives them
    assert_same(pickle.loads(stream, buffers=sent), host)


def test_numpys_array_protocol(host_device: nd.Device) -> None:
    x = nd.arange(3, device=host_device)
    assert np.shares_memory(x.__array__(), x.numpy())
    assert not np.shares_memory(x.__array__(copy=True), x.numpy())
    assert x.__array__("float32").dtype == np.float32
    with pytest.raises(ValueError, match="needs a copy"):
        x.__array__("float32", copy=False)
    assert np.shares_memory(np.array(x, copy=False), x.numpy())
