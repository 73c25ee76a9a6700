"""Tokens of a text in a file that is mapped into memory, and windows of them to train on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.lib import format as npy

from tiny_autograd import DType, Generator, Tensor, errors, randint, tensor, uint16
from tiny_nn.files import replacing

_DTYPES = ("uint16", "uint32")


class TokenFile:
    """A sequence of tokens: of a file, of which only what is read comes into memory, or an array.

    The file is a one-dimensional ``.npy`` file of uint16 or uint32, which ``TokenWriter`` writes.
    ``tokens[a:b]`` is the part as another ``TokenFile``, for example to keep the end for
    validation. Raises FileNotFoundError, and FileFormatError for another file.

    >>> import numpy as np, tiny_nn as nn
    >>> tokens = nn.data.TokenFile(np.arange(10, dtype=np.uint16))
    >>> x, y = tokens.random_windows(batch_size=4, length=3, generator=nn.Generator(0))
    >>> x.shape, bool((y == x + 1).all())
    ((4, 3), True)
    >>> [(x.tolist(), y.tolist()) for x, y in tokens[4:].sequential_windows(1, length=2)]
    [([[4, 5]], [[5, 6]]), ([[6, 7]], [[7, 8]])]
    """

    def __init__(self, source: str | os.PathLike[str] | np.ndarray[Any, Any]) -> None:
        array = source if isinstance(source, np.ndarray) else _mapped(source)
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise errors.FileFormatError(
                f"TokenFile: tokens are integers in one dimension, got {array.dtype} of shape "
                f"{array.shape}"
            )
        self.array = array
        self._place = None if isinstance(source, np.ndarray) else (Path(source), 0, len(array))

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process maps the file for itself: a mapped array would travel as its elements.
        return (TokenFile, (self.array,)) if self._place is None else (_part, self._place)

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, part: slice) -> TokenFile:
        if not isinstance(part, slice):
            raise TypeError(f"TokenFile: take a part [a:b], not {part!r}; array has the tokens")
        start, stop, step = part.indices(len(self))
        if step != 1:
            raise ValueError(f"TokenFile: a part is without gaps, got the step {step}")
        tokens = TokenFile(self.array[start:stop])
        if self._place is not None:
            path, first, _ = self._place
            tokens._place = (path, first + start, first + max(start, stop))
        return tokens

    def random_windows(
        self,
        batch_size: int,
        length: int,
        generator: Generator | None = None,
        device: Any = None,
    ) -> tuple[Tensor, Tensor]:
        """``batch_size`` windows of ``length`` tokens, all places equally likely, and the same one
        token later: two tensors (batch_size, length), int64.

        Raises ValueError for fewer than length + 1 tokens.
        """
        self._check(length)
        starts = randint(0, len(self) - length, (batch_size,), generator=generator, device="numpy")
        return self._windows(starts.numpy(), length, device)

    def sequential_windows(
        self, batch_size: int, length: int, device: Any = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """All windows one after the other, in batches; of tokens at the end that fill no window
        nothing is given, and the last batch may be smaller.

        Raises ValueError for fewer than length + 1 tokens.
        """
        self._check(length)
        starts = np.arange(0, len(self) - length, length)
        return (
            self._windows(starts[first : first + batch_size], length, device)
            for first in range(0, len(starts), batch_size)
        )

    def _windows(
        self, starts: np.ndarray[Any, Any], length: int, device: Any
    ) -> tuple[Tensor, Tensor]:
        rows = self.array[starts[:, None] + np.arange(length + 1)].astype(np.int64)
        x, y = (np.ascontiguousarray(part) for part in (rows[:, :-1], rows[:, 1:]))
        return tensor(x, device=device), tensor(y, device=device)

    def _check(self, length: int) -> None:
        if length < 1:
            raise ValueError(f"TokenFile: a window's length is positive, got {length}")
        if len(self) <= length:
            raise ValueError(
                f"TokenFile: windows of {length} tokens and the one behind need {length + 1}, but "
                f"there are {len(self)}"
            )


class TokenWriter:
    """Writes a token file piece by piece, without having all of it in memory.

    The file takes its name when the block ends, and does not if it ends by an exception. Raises
    ValueError for a token that the dtype (uint16 or uint32) does not hold.

    >>> import tempfile, tiny_nn as nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with nn.data.TokenWriter(f"{folder}/text.npy") as writer:
    ...         writer.write([5, 6])
    ...         writer.write([7])
    ...     len(nn.data.TokenFile(f"{folder}/text.npy"))
    3
    """

    def __init__(self, path: str | os.PathLike[str], dtype: DType = uint16) -> None:
        if dtype.name not in _DTYPES:
            raise ValueError(f"TokenWriter: dtype is {' or '.join(_DTYPES)}, not {dtype}")
        self.path = Path(path)
        self.dtype = np.dtype(dtype.name)
        self.count = 0
        self._open = contextlib.ExitStack()
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        temporary = self._open.enter_context(replacing(self.path))
        self._file = self._open.enter_context(open(temporary, "r+b"))
        self._write_header(self._file)
        return self

    def write(self, tokens: Sequence[int] | np.ndarray[Any, Any] | Tensor) -> None:
        """Append the tokens, integers in one dimension."""
        if self._file is None:
            raise ValueError("TokenWriter: write inside of its with block")
        array = np.asarray(tokens.numpy() if isinstance(tokens, Tensor) else tokens)
        if array.size == 0:
            return
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise ValueError(
                f"TokenWriter: tokens are integers in one dimension, got {array.dtype} of shape "
                f"{array.shape}"
            )
        largest = np.iinfo(self.dtype).max
        if array.min() < 0 or array.max() > largest:
            raise ValueError(
                f"TokenWriter: tokens from {array.min()} to {array.max()}, but {self.dtype} holds "
                f"0 to {largest}"
            )
        self._file.write(array.astype(self.dtype).tobytes())
        self.count += len(array)

    def _write_header(self, file: BinaryIO) -> None:
        # It keeps room for a first size of any length, and so can be written again.
        file.seek(0)
        header = {
            "descr": npy.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (self.count,),
        }
        npy.write_array_header_1_0(file, header)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None and self._file is not None:
            self._write_header(self._file)
        self._file = None
        self._open.__exit__(kind, error, traceback)


def _part(path: Path, start: int, stop: int) -> TokenFile:
    return TokenFile(path)[start:stop]


def _mapped(path: str | os.PathLike[str]) -> np.ndarray[Any, Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise errors.FileFormatError(f"{path} is not a token file: {error}") from error
    if not isinstance(array, np.ndarray) or array.dtype.name not in _DTYPES:
        raise errors.FileFormatError(
            f"{path} is not a token file: it holds {getattr(array, 'dtype', 'several arrays')}"
        )
    return array
