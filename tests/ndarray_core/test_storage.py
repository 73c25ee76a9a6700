"""Arrays in files: .npy and .npz, written and read here and by NumPy, and files that are broken."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import ALL, arrays, assert_same
from tests.strategies import ArrayCase as Case

import ndarray_core as nd


def written(x: Any) -> bytes:
    file = io.BytesIO()
    nd.save(file, x)
    return file.getvalue()


@given(case=arrays(ALL))
def test_numpy_reads_what_is_saved(device: nd.Device, case: Case) -> None:
    x, host = case.on(device)
    theirs = np.load(io.BytesIO(written(x)), allow_pickle=False)
    assert_same(x, theirs.view(host.dtype) if case.dtype == "bfloat16" else theirs)
    loaded = nd.load(io.BytesIO(written(x)), device=device)
    assert_same(loaded, host)
    assert loaded.device == device
    file = io.BytesIO()
    nd.savez(file, x, x, named=x)
    file.seek(0)
    with np.load(file) as theirs:
        assert sorted(theirs) == ["arr_0", "arr_1", "named"]
        assert theirs["named"].shape == x.shape


@given(case=arrays(ALL), order=st.sampled_from("CF"), foreign=st.booleans())
def test_what_numpy_saves_is_read(device: nd.Device, case: Case, order: str, foreign: bool) -> None:
    foreign = foreign and case.dtype != "bfloat16"  # whose bytes go without a type
    host = np.array(case.on(device).host, order=order)  # type: ignore[call-overload]
    file = io.BytesIO()
    np.save(file, host.astype(host.dtype.newbyteorder(">")) if foreign else host)
    file.seek(0)
    loaded = nd.load(file, device=device)
    assert_same(loaded, host)
    if loaded.size:
        loaded.fill(1)  # the memory is the array's own


def test_names_and_file_objects(tmp_path: Path, device: nd.Device) -> None:
    x = nd.arange(6, device=device).reshape(2, 3)
    nd.save(tmp_path / "a", x)
    nd.save(str(tmp_path / "b.npy"), x)
    nd.savez(tmp_path / "c", x, y=x)
    nd.savez_compressed(tmp_path / "d.npz", x=nd.zeros((100, 100), device=device))
    assert sorted(os.listdir(tmp_path)) == ["a.npy", "b.npy", "c.npz", "d.npz"]
    assert nd.load(tmp_path / "a.npy", device=device).tolist() == x.tolist()
    assert nd.load(str(tmp_path / "c.npz"))["y"].tolist() == x.tolist()
    assert (tmp_path / "d.npz").stat().st_size < 1000
    with open(tmp_path / "two", "w+b") as file:
        nd.save(file, x)
        nd.save(file, x[0])
        file.seek(0)
        assert nd.load(file).shape == (2, 3) and nd.load(file).shape == (3,)
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as file:
        file.write(written(x))
    with os.fdopen(reader, "rb") as file:
        assert nd.load(file).tolist() == x.tolist()
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "a.npy").stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.npy"
    nd.save(path, nd.ones(2))

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(np.lib.format, "write_array", fail)
    for call in (lambda: nd.save(path, nd.zeros(3)), lambda: nd.savez(path, nd.zeros(3))):
        with pytest.raises(OSError, match="disk is full"):
            call()
    assert nd.load(path).tolist() == [1.0, 1.0] and os.listdir(tmp_path) == ["x.npy"]
    with pytest.raises(FileNotFoundError):
        nd.save(tmp_path / "no such folder" / "x.npy", nd.zeros(1))


def test_equal_arrays_give_equal_files() -> None:
    files = [io.BytesIO() for _ in range(2)]
    for file in files:
        nd.savez_compressed(file, x=nd.arange(100))
    assert files[0].getvalue() == files[1].getvalue()


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() + data


def header(descr: str = "'<f8'", order: str = "False", shape: str = "(2,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


def npz(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_npy", ".npy"), data)
    return file.getvalue()


def objects() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{}, []], dtype=object), allow_pickle=True)
    return file.getvalue()


GOOD = written(nd.arange(100))
FORMAT = nd.errors.FileFormatError
HOSTILE = [
    (b"", FORMAT, "neither a .npy nor a .npz"),
    (b"hello, world", FORMAT, "begins b'hello,'"),
    (pickle.dumps([1, 2]), FORMAT, "neither"),
    (GOOD[:-1], FORMAT, "cut off"),
    (GOOD[:50], FORMAT, "cut off"),
    (GOOD[:9], FORMAT, "cut off"),
    (GOOD[:6], FORMAT, "cut off"),
    (b"\x93NUMPY\x07\x00" + GOOD[8:], FORMAT, "version 1, 2 or 3"),
    (npy(header(shape=f"({2**62},)")), FORMAT, "claims shape"),
    (npy(header(shape=f"({2**40}, {2**40})")), FORMAT, "claims shape"),
    (npy(header(shape="(-1,)")), FORMAT, "unreadable header"),
    (npy(header(shape="(2.0,)")), FORMAT, "unreadable header"),
    (npy(header(shape="(True,)")), FORMAT, "unreadable header"),
    (npy(header(shape="2")), FORMAT, "unreadable header"),
    (npy(header(shape="__import__('os').abort()")), FORMAT, "unreadable header"),
    (npy(header(shape="(" * 1000)), FORMAT, "unreadable header"),
    (npy(header(order="1")), FORMAT, "unreadable header"),
    (npy("[1, 2]"), FORMAT, "unreadable header"),
    (npy("{'descr': '<f8'}"), FORMAT, "unreadable header"),
    (npy("\x00"), FORMAT, "unreadable header"),
    (npy("{" + " " * 60_000 + "'descr': 3", version=2), FORMAT, "unreadable header"),
    (b"\x93NUMPY\x02\x00\xff\xff\xff\x7f", FORMAT, "2147483647 bytes"),
    (npy(header(descr="'nonsense'")), nd.errors.DTypeError, "nonsense"),
    (npy(header(descr="'<U3'")), nd.errors.DTypeError, "<U3"),
    (npy(header(descr="[('a', '<f8')]")), nd.errors.DTypeError, "no element type"),
    (npy(header(shape="(1,) * 25")), FORMAT, "unreadable header"),
    (npy(header(shape=str((1,) * 25)), bytes(8)), nd.errors.ShapeError, "at most 24"),
    (objects(), FORMAT, "pickled Python objects"),
    (npz(x_npy=objects()), FORMAT, "pickled Python objects"),
    (npz(x_npy=GOOD[:-1]), FORMAT, "cut off"),
    (npz(readme=b"hello"), FORMAT, r"readme is no .npy file"),
    (npz(x_npy=b"hello, world"), FORMAT, "no .npy file"),
    (npz(x_npy=GOOD)[:-10], FORMAT, "broken archive"),
    (npz(x_npy=GOOD)[:100], FORMAT, "broken archive"),
    (b"PK\x03\x04", FORMAT, "broken archive"),
]


@pytest.mark.parametrize(("data", "error", "text"), HOSTILE)
def test_broken_and_hostile_files(
    tmp_path: Path, device: nd.Device, data: bytes, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        nd.load(io.BytesIO(data), device=device)
    path = tmp_path / "x.npy"
    path.write_bytes(data)
    with pytest.raises(error, match=text):
        nd.load(path, device=device)


@given(
    place=st.integers(0, len(GOOD) - 1), value=st.integers(0, 255), archive=st.booleans(), cut=...
)
def test_one_wrong_byte_is_an_error_or_a_number(
    place: int, value: int, archive: bool, cut: bool
) -> None:
    data = bytearray(npz(x_npy=GOOD) if archive else GOOD)
    place = place % len(data)
    data[place] = value
    if cut:
        del data[place:]
    try:
        loaded = nd.load(io.BytesIO(data))
    except nd.errors.NDArrayError:
        return
    assert isinstance(loaded, dict) if archive else loaded.nbytes <= len(GOOD)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: nd.save(io.BytesIO(), np.zeros(2)), TypeError, "takes arrays, not ndarray"),
        (lambda: nd.savez(io.BytesIO(), x=[1]), TypeError, "takes arrays, not list"),
        (lambda: nd.save(3, nd.zeros(2)), TypeError, "a file name or a binary file object"),
        (lambda: nd.load(3), TypeError, "a file name or a binary file object, not int"),
        (lambda: nd.load("/no/such/file.npy"), FileNotFoundError, "no/such"),
        (lambda: nd.savez(io.BytesIO(), nd.ones(1), arr_0=nd.ones(1)), ValueError, "arr_0"),
    ],
)
def test_what_is_neither_file_nor_array(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
