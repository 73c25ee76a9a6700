"""Safetensors files, written whole or not at all.

The format (huggingface/safetensors, "Format"): 8 bytes with the header's length, the header in
JSON, the raw little-endian data. Nothing in it runs on loading.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors import numpy as safetensors_numpy

from tiny_autograd import Tensor, tensor
from tiny_nn.files import replacing

_HEADER_LENGTH_BYTES = 8
_RESERVED_NAME = "__metadata__"  # the header keeps the metadata there, among the tensors
_READABLE = (
    "BOOL",
    "I8",
    "I16",
    "I32",
    "I64",
    "U8",
    "U16",
    "U32",
    "U64",
    "F16",
    "BF16",
    "F32",
    "F64",
)


class CheckpointError(RuntimeError):
    """A file is not a readable checkpoint: truncated, corrupt or of an unknown dtype."""


def save_file(
    tensors: Mapping[str, Tensor],
    filename: str | os.PathLike[str],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write named tensors and string metadata, so that ``filename`` is either the old file or the
    whole new one, whatever happens meanwhile.

    The bytes depend on the arguments alone. A tensor under two names is written twice. Raises
    TypeError for other values, ValueError for what the format can't hold (a tensor named
    ``__metadata__``, text that is not Unicode), before anything is written, and OSError as writing
    does (or for a header over the library's limit); an old file stays then.

    >>> import tempfile, tiny_nn as nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/model.safetensors"
    ...     nn.checkpoint.save_file(nn.Linear(2, 1).state_dict(), path, {"epoch": "3"})
    ...     sorted(nn.checkpoint.load_file(path)), nn.checkpoint.load_metadata(path)
    (['bias', 'weight'], {'epoch': '3'})
    """
    path = Path(filename)
    arrays = {name: _host_array(name, value) for name, value in tensors.items()}
    texts = dict(metadata or {})
    for key, text in texts.items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise TypeError(f"save_file: metadata is str to str, not {key!r}: {text!r}")
        _check_text(key)
        _check_text(text)
    with replacing(path) as temporary:
        mode = stat.S_IMODE(temporary.stat().st_mode)
        try:
            safetensors_numpy.save_file(arrays, temporary, metadata=texts or None)
        except SafetensorError as error:  # a full disk too
            raise OSError(f"can't write {path}: {error}") from error
        temporary.chmod(mode)  # the library's file is the owner's alone
        with open(temporary, "r+b") as file:
            _sort_metadata(file)
            file.flush()
            os.fsync(file.fileno())


def load_file(filename: str | os.PathLike[str], device: Any = None) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, on ``device`` (None: the default device).

    Raises FileNotFoundError, or CheckpointError that names the file and what is wrong with it.
    """
    tensors: dict[str, Tensor] = {}
    with _opened(filename) as file:
        for name in sorted(file.keys()):
            dtype = file.get_slice(name).get_dtype()
            if dtype not in _READABLE:
                raise CheckpointError(
                    f"{os.fspath(filename)}: tensor {name!r} is {dtype}, which has no dtype here; "
                    f"readable are {', '.join(_READABLE)}"
                )
            try:
                tensors[name] = tensor(file.get_tensor(name), device=device)
            except (ValueError, OverflowError) as error:  # sizes that no array has
                raise CheckpointError(
                    f"{os.fspath(filename)}: tensor {name!r} can't be made: {error}"
                ) from error
    return tensors


def load_metadata(filename: str | os.PathLike[str]) -> dict[str, str]:
    """The metadata of a checkpoint; raises as ``load_file`` does."""
    with _opened(filename) as file:
        return dict(file.metadata() or {})


def _host_array(name: str, value: Tensor) -> np.ndarray[Any, Any]:
    if not isinstance(name, str):
        raise TypeError(f"save_file: tensor names are str, not {name!r}")
    _check_text(name)
    if name == _RESERVED_NAME:
        raise ValueError(
            f"save_file: a tensor can't be named {name!r}, where the format keeps its metadata; "
            "rename the tensor, or pass text as metadata="
        )
    if not isinstance(value, Tensor):
        raise TypeError(f"save_file: {name!r} is {type(value).__name__}, not a Tensor")
    return np.asarray(value.detach().cpu().numpy(), order="C")


def _check_text(text: str) -> None:
    """Raise ValueError for lone surrogates, which JSON in UTF-8 can't hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"save_file: {text!r} is not Unicode text: {error}") from error


def _sort_metadata(file: BinaryIO) -> None:
    """Rewrite the header in place with sorted metadata: the library's order differs from run to
    run (safetensors 0.8), and the same tensors shall give the same bytes."""
    length = int.from_bytes(file.read(_HEADER_LENGTH_BYTES), "little")
    header = json.loads(file.read(length))
    if _RESERVED_NAME not in header:
        return
    header[_RESERVED_NAME] = dict(sorted(header[_RESERVED_NAME].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) > length:
        raise CheckpointError(f"header grew from {length} to {len(text)} bytes when sorted")
    file.seek(_HEADER_LENGTH_BYTES)
    file.write(text.ljust(length))  # the format pads headers with spaces


@contextlib.contextmanager
def _opened(filename: str | os.PathLike[str]) -> Iterator[Any]:
    """The file, with the library's errors as CheckpointError."""
    path = os.fspath(filename)
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a folder, not a checkpoint")
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except SafetensorError as error:
        raise CheckpointError(f"{path} is not a whole safetensors file: {error}") from error
