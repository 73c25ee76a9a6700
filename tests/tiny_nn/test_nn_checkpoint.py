"""Checkpoints: every dtype and shape, atomic writes, hostile files."""

import json
import os
import signal
import stat
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import HALVES, REAL, arrays

import tiny_nn as nn
from tiny_nn.checkpoint import CheckpointError, load_file, load_metadata, save_file, tensor_file

NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8).filter(
    lambda name: name != "__metadata__"
)


def leftovers(folder):
    return [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=st.dictionaries(NAMES, arrays(special=True), max_size=4))
def test_round_trip_of_every_dtype_shape_and_layout(tmp_path, device, cases) -> None:
    path = tmp_path / "case.safetensors"
    pairs = {name: case.on(device) for name, case in cases.items()}
    save_file({name: nn.Tensor(pair.array) for name, pair in pairs.items()}, path)
    loaded = load_file(path, device)
    assert sorted(loaded) == sorted(pairs)
    for name, tensor in loaded.items():
        host = pairs[name].host
        assert tensor.device == device
        assert tensor.shape == host.shape
        assert tensor.dtype.name == host.dtype.name
        # Byte by byte: NaN and the sign of zero too.
        assert tensor.cpu().numpy().tobytes() == host.tobytes()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("dtype", REAL + HALVES)
def test_every_dtype(tmp_path, dtype) -> None:
    tensor = nn.Tensor(nn.zeros((2, 0)).array.astype(dtype))
    save_file({"x": tensor}, tmp_path / "x")
    assert load_file(tmp_path / "x")["x"].dtype.name == dtype


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    metadata=st.dictionaries(
        st.text(st.characters(exclude_categories=("Cs",))),
        st.text(st.characters(exclude_categories=("Cs",))),
    )
)
def test_metadata_round_trip_and_same_bytes(tmp_path, metadata) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    state = {"weight": nn.ones((2,))}
    save_file(state, first, metadata)
    save_file(state, second, dict(reversed(metadata.items())))
    assert load_metadata(first) == metadata
    assert first.read_bytes() == second.read_bytes()
    assert load_file(first)["weight"].tolist() == [1.0, 1.0]


def test_the_file_is_the_standard_one(tmp_path) -> None:
    save_file({"b": nn.tensor([1, 2]), "a": nn.tensor(3.0)}, tmp_path / "x", {"k": "v"})
    raw = (tmp_path / "x").read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    assert json.loads(raw[8 : 8 + length]) == {
        "__metadata__": {"k": "v"},
        "b": {"dtype": "I64", "shape": [2], "data_offsets": [0, 16]},
        "a": {"dtype": "F32", "shape": [], "data_offsets": [16, 20]},
    }
    assert raw[8 + length :] == struct.pack("<qqf", 1, 2, 3.0)


def test_only_tensors_and_strings_go_in(tmp_path) -> None:
    with pytest.raises(TypeError, match="'x' is list, not a Tensor"):
        save_file({"x": [1.0]}, tmp_path / "x")
    with pytest.raises(TypeError, match="names are str, not 3"):
        save_file({3: nn.zeros(())}, tmp_path / "x")
    with pytest.raises(TypeError, match="metadata is str to str"):
        save_file({}, tmp_path / "x", {"epoch": 3})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_keeps_the_old_file_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    path = tmp_path / "model"
    save_file({"x": nn.tensor([1.0])}, path)
    for error in (OSError("disk full"), KeyboardInterrupt()):

        def fail(descriptor, error=error):
            raise error

        monkeypatch.setattr(tensor_file.os, "fsync", fail)
        with pytest.raises(type(error)):
            save_file({"x": nn.tensor([2.0])}, path)
        monkeypatch.undo()
        assert load_file(path)["x"].tolist() == [1.0]
        assert os.listdir(tmp_path) == ["model"]


def test_what_the_library_cannot_write_is_an_oserror(tmp_path, monkeypatch) -> None:
    def fail(*arguments, **options):
        raise tensor_file.SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(tensor_file.safetensors_numpy, "save_file", fail)
    with pytest.raises(OSError, match=r"can't write .*model: I/O error: No space left"):
        save_file({"x": nn.tensor([2.0])}, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys, tiny_nn as nn
from tiny_nn.checkpoint import tensor_file
def wait(descriptor):
    print("writing", flush=True)
    sys.stdin.read()
tensor_file.os.fsync = wait
tensor_file.save_file({"x": nn.full((100_000,), 2.0)}, sys.argv[1])
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_save_keeps_the_old_file(tmp_path) -> None:
    path = tmp_path / "model"
    save_file({"x": nn.tensor([1.0])}, path)
    before = path.read_bytes()
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
    assert path.read_bytes() == before
    save_file({"x": nn.tensor([3.0])}, path)
    assert load_file(path)["x"].tolist() == [3.0]


def test_the_folder_must_exist(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="No such file") as caught:
        save_file({}, tmp_path / "missing" / "model")
    assert caught.value.filename == str(tmp_path / "missing")


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_permissions_follow_the_umask(tmp_path) -> None:
    old = os.umask(0o027)
    try:
        save_file({}, tmp_path / "model")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == 0o640


def header(text: object, data: bytes = b"", length: int | None = None) -> bytes:
    raw = text if isinstance(text, bytes) else json.dumps(text).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def entry(dtype="F32", shape=(1,), offsets=(0, 4)) -> dict:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 7,
        b"not a checkpoint at all",
        header(b"not json"),
        header(b"\xff\xfe"),
        header({}, length=2**60),
        header({}, length=2**64 - 1),
        header({"x": entry()}, b"\x00\x00"),
        header({"x": entry(offsets=(0, 400))}, b"\x00" * 4),
        header({"x": entry(shape=(2**62, 4))}, b"\x00" * 4),
        header({"x": entry(shape=(-1,))}, b"\x00" * 4),
        header({"x": entry(), "y": entry()}, b"\x00" * 4),
        header({"x": entry(dtype="nonsense")}, b"\x00" * 4),
        header({"x": entry()}, b"\x00" * 400),
        header({"x": 3}),
    ],
)
def test_broken_and_hostile_files(tmp_path, content) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(content)
    for load in (load_file, load_metadata):
        with pytest.raises(CheckpointError, match=r"broken\.safetensors"):
            load(path)


@pytest.mark.parametrize("shape", [(2**62, 0), (2**63, 0), (1,) * 69 + (0,)])
def test_sizes_that_no_array_has(tmp_path, device, shape) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(header({"x": entry(shape=shape, offsets=(0, 0))}))
    with pytest.raises(CheckpointError, match=r"broken\.safetensors: tensor 'x' can't be made"):
        load_file(path, device)


@pytest.mark.parametrize(
    ("tensors", "metadata", "message"),
    [
        ({"__metadata__": nn.zeros(1)}, None, "can't be named '__metadata__'"),
        ({"\ud800": nn.zeros(1)}, None, "not Unicode"),
        ({}, {"a": "\ud800"}, "not Unicode"),
        ({}, {"\ud800": "a"}, "not Unicode"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(tmp_path, tensors, metadata, message) -> None:
    path = tmp_path / "model"
    save_file({"x": nn.tensor([1.0])}, path)
    with pytest.raises(ValueError, match=message):
        save_file(tensors, path, metadata)
    assert load_file(path)["x"].tolist() == [1.0]
    assert leftovers(tmp_path) == []


def test_a_header_too_large_to_read_is_not_kept(tmp_path) -> None:
    path = tmp_path / "model"
    save_file({"x": nn.tensor([1.0])}, path)
    with pytest.raises(OSError, match="header too large"):
        save_file({}, path, {"a": "b" * 100_000_001})
    assert load_file(path)["x"].tolist() == [1.0]
    assert leftovers(tmp_path) == []


def test_every_truncation_is_noticed(tmp_path) -> None:
    path = tmp_path / "model"
    save_file(nn.Linear(3, 2).state_dict(), path, {"epoch": "1"})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            load_file(path)


@pytest.mark.parametrize("dtype", ["F8_E5M2", "F8_E4M3"])
def test_dtypes_that_are_not_ours_are_named(tmp_path, dtype) -> None:
    (tmp_path / "x").write_bytes(header({"w": entry(dtype, offsets=(0, 1))}, b"\x00"))
    with pytest.raises(CheckpointError, match=f"tensor 'w' is {dtype}, which has no dtype here"):
        load_file(tmp_path / "x")


def test_missing_files_and_folders(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        load_file(tmp_path / "missing")
    with pytest.raises(IsADirectoryError):
        load_file(tmp_path)


def test_loaded_tensors_do_not_hang_on_to_the_file(tmp_path) -> None:
    path = tmp_path / "x"
    save_file({"x": nn.tensor([1.0])}, path)
    x = load_file(path)["x"]
    np.testing.assert_array_equal(x.numpy(), [1.0])
    path.write_bytes(b"")
    assert x.add_(1).tolist() == [2.0]
