"""Arrays in files: NumPy's .npy (one array) and .npz (several, in a zip archive).

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. Nothing in such a
file is ever run: elements that are Python objects, which the format would keep as pickles, are
refused. What a file claims is checked before memory is asked for.

The format has no name for bfloat16. Such an array is written as elements of two bytes without a
type ("V2"), as NumPy writes those of ml_dtypes, and what has that type is read as bfloat16.
"""

from __future__ import annotations

import ast
import contextlib
import io
import math
import os
import secrets
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from ._core import Device, NDArray
from ._typing import DeviceLike
from .device import device as as_device
from .dtypes import as_dtype, to_numpy_dtype
from .errors import DTypeError, FileFormatError, NDArrayError
from .interchange import from_host

__all__ = ["load", "save", "savez", "savez_compressed"]

File: TypeAlias = str | os.PathLike[str] | BinaryIO

_NPY_MAGIC = b"\x93NUMPY"
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")  # an archive, an empty archive
_LARGEST_HEADER = 65_536  # NumPy's headers take 128 bytes; one that is longer is no array's
_CHUNK = 1 << 24
# What zipfile raises of archives that are damaged, encrypted or made to mislead it.
_BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
_UNTYPED_BFLOAT16 = np.dtype("V2")


def save(file: File, x: NDArray, /) -> None:
    """Writes an array to a .npy file, which NumPy and others read as well.

    file: a name, to which ".npy" is added if it lacks it, or a binary file object. A file of that
    name is replaced when all is written, and stays as it is if something fails.

    >>> file = io.BytesIO()
    >>> nd.save(file, nd.asarray([1.0, 2.0]))
    >>> _ = file.seek(0)
    >>> nd.load(file).tolist()
    [1.0, 2.0]
    """
    _check_array("save", x)
    with _writing(file, ".npy") as target:
        _write_npy(target, x)


def savez(file: File, /, *arrays: NDArray, **named: NDArray) -> None:
    """Writes several arrays to a .npz file: "arr_0", "arr_1", ... and those with names.

    As `save` in all else; ValueError for a name that is given twice.

    >>> file = io.BytesIO()
    >>> nd.savez(file, nd.zeros(2), weight=nd.ones(3))
    >>> _ = file.seek(0)
    >>> {name: x.shape for name, x in nd.load(file).items()}
    {'arr_0': (2,), 'weight': (3,)}
    """
    _save_archive("savez", file, arrays, named, zipfile.ZIP_STORED)


def savez_compressed(file: File, /, *arrays: NDArray, **named: NDArray) -> None:
    """`savez`, compressed (deflate).

    >>> plain, compressed = io.BytesIO(), io.BytesIO()
    >>> nd.savez(plain, nd.zeros(10_000)); nd.savez_compressed(compressed, nd.zeros(10_000))
    >>> len(compressed.getvalue()) < len(plain.getvalue()) / 10
    True
    """
    _save_archive("savez_compressed", file, arrays, named, zipfile.ZIP_DEFLATED)


def load(file: File, /, *, device: DeviceLike | None = None) -> Any:
    """The array of a .npy file; of a .npz file, a dict of its arrays by name.

    file: a name, or a binary file object, of which a .npy array is read from where it stands.
    FileFormatError for a file that is something else, is cut off, or holds Python objects;
    DTypeError for an element type that does not exist here. Compressed archives may be much larger
    in memory than on the disk.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nd.save(f"{folder}/x.npy", nd.arange(3))
    ...     nd.load(f"{folder}/x.npy", device="cpu")
    array([0, 1, 2], dtype=int64, device='cpu')
    """
    target = as_device(device)
    if isinstance(file, str | os.PathLike):
        with open(file, "rb") as opened:
            return _load(opened, os.fspath(file), target)
    if not hasattr(file, "read"):
        raise TypeError(
            f"load: takes a file name or a binary file object, not {type(file).__name__}"
        )
    name = str(getattr(file, "name", type(file).__name__))
    seekable = hasattr(file, "seekable") and file.seekable()
    return _load(file if seekable else io.BytesIO(file.read()), name, target)


def _load(file: BinaryIO, name: str, device: Device) -> Any:
    magic = file.read(len(_NPY_MAGIC))
    file.seek(-len(magic), os.SEEK_CUR)
    if magic == _NPY_MAGIC:
        return _read_npy(file, name, _bytes_left(file), device)
    if magic.startswith(_ZIP_MAGICS):
        return _read_archive(file, name, device)
    raise FileFormatError(f"load: {name} is neither a .npy nor a .npz file; it begins {magic!r}")


def _check_array(op: str, x: Any) -> None:
    if not isinstance(x, NDArray):
        raise TypeError(f"{op}: takes arrays, not {type(x).__name__}; make one with asarray")


def _save_archive(
    op: str,
    file: File,
    arrays: tuple[NDArray, ...],
    named: dict[str, NDArray],
    compression: int,
) -> None:
    members = {f"arr_{i}": x for i, x in enumerate(arrays)}
    if twice := members.keys() & named.keys():
        raise ValueError(f"{op}: {', '.join(sorted(twice))} is the name of an array without one")
    members |= named
    for x in members.values():
        _check_array(op, x)
    with (
        _writing(file, ".npz") as target,
        zipfile.ZipFile(target, "w", compression) as archive,
    ):
        for name, x in members.items():
            # A fixed date, so that equal arrays give equal files.
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = compression
            with archive.open(entry, "w", force_zip64=True) as member:
                _write_npy(member, x)


def _write_npy(file: Any, x: NDArray) -> None:
    host = x.numpy()
    if host.dtype.kind == "V":
        host = host.view(_UNTYPED_BFLOAT16)
    np.lib.format.write_array(file, host, allow_pickle=False)


@contextlib.contextmanager
def _writing(file: File, suffix: str) -> Iterator[BinaryIO]:
    """The file object itself; or, for a name, a new file that takes its place in the end."""
    if not isinstance(file, str | os.PathLike):
        if not hasattr(file, "write"):
            raise TypeError(
                f"save: takes a file name or a binary file object, not {type(file).__name__}"
            )
        yield file
        return
    path = Path(file)
    if path.suffix != suffix:
        path = path.with_name(path.name + suffix)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(temporary, path)
    except BaseException:  # an interrupt too
        temporary.unlink(missing_ok=True)
        raise


def _bytes_left(file: BinaryIO) -> int:
    position = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(position)
    return end - position


def _read_archive(file: BinaryIO, name: str, device: Device) -> dict[str, NDArray]:
    arrays: dict[str, NDArray] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                member = f"{name}: {entry.filename}"
                key = entry.filename.removesuffix(".npy")
                if key == entry.filename or key in arrays:
                    raise FileFormatError(f"load: {member} is no .npy file, or is there twice")
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise FileFormatError(f"load: {member} is compressed as no .npz file is")
                with archive.open(entry) as opened:
                    arrays[key] = _read_npy(opened, member, entry.file_size, device)
    except NDArrayError:
        raise
    except _BROKEN_ARCHIVE as error:
        raise FileFormatError(f"load: {name} is a broken archive ({error})") from error
    return arrays


def _read_npy(file: Any, name: str, size: int, device: Device) -> NDArray:
    """The array that begins here, of which there are at most `size` bytes."""
    dtype, column_major, shape, header_length = _read_header(file, name)
    nbytes = dtype.itemsize * math.prod(shape)
    if nbytes > size - header_length:
        raise FileFormatError(
            f"load: {name} claims shape {shape} of {dtype}, {nbytes} bytes, and holds "
            f"{size - header_length}; it is cut off or damaged"
        )
    data = _read_exactly(file, name, nbytes)
    host: npt.NDArray[Any] = np.frombuffer(data, dtype)
    if dtype == _UNTYPED_BFLOAT16:
        host = host.view(to_numpy_dtype("bfloat16"))
    host = host.reshape(shape[::-1]).T if column_major else host.reshape(shape)
    return from_host(host, device)


def _read_header(file: Any, name: str) -> tuple[np.dtype[Any], bool, tuple[int, ...], int]:
    """Element type, whether columns lie together, shape, and the header's length in bytes."""
    start = bytes(_read_exactly(file, name, len(_NPY_MAGIC) + 2))
    version = (start[-2], start[-1])
    formats = {(1, 0): ("<H", "latin1"), (2, 0): ("<I", "latin1"), (3, 0): ("<I", "utf8")}
    if not start.startswith(_NPY_MAGIC) or version not in formats:
        raise FileFormatError(f"load: {name} is no .npy file of version 1, 2 or 3")
    length_format, encoding = formats[version]
    length_size = struct.calcsize(length_format)
    (length,) = struct.unpack(length_format, _read_exactly(file, name, length_size))
    if length > _LARGEST_HEADER:
        raise FileFormatError(f"load: {name} has a header of {length} bytes, which no array has")
    text = _read_exactly(file, name, length)
    try:
        header = ast.literal_eval(text.decode(encoding).strip())
        descr, column_major = header["descr"], header["fortran_order"]
        shape = tuple(header["shape"])
    # All that a hostile text makes of the parser; MemoryError is "too many nested parentheses".
    except (ValueError, TypeError, SyntaxError, KeyError, MemoryError, RecursionError) as error:
        raise FileFormatError(f"load: {name} has an unreadable header ({error})") from error
    if (
        len(header) != 3
        or not isinstance(column_major, bool)
        or not all(type(side) is int and side >= 0 for side in shape)
    ):
        raise FileFormatError(f"load: {name} has an unreadable header: {header}")
    return _dtype_of(descr, name), column_major, shape, len(start) + length_size + length


def _dtype_of(descr: Any, name: str) -> np.dtype[Any]:
    try:
        dtype = np.dtype(descr) if isinstance(descr, str) else None
    except TypeError:
        dtype = None
    if dtype is None:
        raise DTypeError(f"load: {name}: {descr!r} is no element type here")
    if dtype.hasobject:
        raise FileFormatError(f"load: {name} holds pickled Python objects, which are never read")
    if dtype != _UNTYPED_BFLOAT16:
        as_dtype(dtype)  # raises for those that do not exist here
    return dtype


def _read_exactly(file: Any, name: str, nbytes: int) -> bytearray:
    """So many bytes. Memory grows with what is read, and not with what was claimed."""
    data = bytearray()
    while len(data) < nbytes:
        chunk = file.read(min(_CHUNK, nbytes - len(data)))
        if not chunk:
            raise FileFormatError(
                f"load: {name} ends after {len(data)} bytes of {nbytes}; it is cut off"
            )
        data += chunk
    return data
