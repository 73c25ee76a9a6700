"""IDX files, in which MNIST and its relatives come (LeCun, "The MNIST database": file format)."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from typing import Any

import numpy as np

from tiny_autograd import errors

_GZIP_MAGIC = b"\x1f\x8b"
_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> np.ndarray[Any, Any]:
    """The array in an IDX file, which may be compressed by gzip.

    The file: two zero bytes, the code of the element type, the number of dimensions, each size as
    4 bytes, then the elements, all big-endian. Raises FileNotFoundError, and FileFormatError that
    names the file for anything that does not fit, down to a byte too many or too few.

    >>> import tempfile, pathlib, tiny_nn as nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "labels-idx1-ubyte")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
    ...     nn.data.read_idx(path).tolist()
    [7, 8, 9]
    """
    with open(path, "rb") as file:
        content = file.read()
    if content.startswith(_GZIP_MAGIC):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise errors.FileFormatError(f"{path} is not a whole gzip file: {error}") from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _DTYPES:
        raise errors.FileFormatError(
            f"{path} is not an IDX file: it begins with {content[:4].hex(' ') or 'nothing'}"
        )
    dtype, ndim = np.dtype(_DTYPES[content[2]]), content[3]
    start = 4 + 4 * ndim
    if len(content) < start:
        raise errors.FileFormatError(f"{path} ends within its {ndim} sizes")
    shape = struct.unpack(f">{ndim}I", content[4:start])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise errors.FileFormatError(
            f"{path} holds {shape} elements of {dtype.itemsize} bytes, which makes {expected} "
            f"bytes, but it has {len(content)}"
        )
    elements = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return elements.astype(dtype.newbyteorder("="))
