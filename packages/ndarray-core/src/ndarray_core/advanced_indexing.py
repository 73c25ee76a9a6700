"""x[key] and x[key] = value for keys that hold arrays: integers pick elements, bools mask them.

NumPy's rules (https://numpy.org/doc/stable/user/basics.indexing.html#advanced-indexing): index
arrays broadcast against each other and replace the axes that they index by their common shape, at
the place of the first one if they are neighbours in the key, else in front. Numbers count as index
arrays there. A bool array of n dimensions stands for the n arrays of its nonzero(). Reading
copies; of positions that occur several times in an assignment, the last value stays.

Keys without arrays never come here: the core answers them with views.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._core import NDArray
from .creation import asarray
from .errors import DeviceError
from .interchange import from_host

__all__ = ["getitem", "setitem"]

HostIndex = npt.NDArray[Any]


@dataclass(frozen=True)
class Selection:
    """What a key selects: positions along a block of neighbouring axes of a view of x."""

    view: NDArray  # x with all else of the key applied: (*before, *block, *after)
    axis: int  # where the block begins
    block: tuple[int, ...]  # sizes of the indexed axes
    positions: NDArray | HostIndex  # int64, of any shape: positions in the flattened block

    @property
    def before(self) -> tuple[int, ...]:
        return self.view.shape[: self.axis]

    @property
    def after(self) -> tuple[int, ...]:
        return self.view.shape[self.axis + len(self.block) :]

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self.before, *self.positions.shape, *self.after)


def getitem(x: NDArray, key: Any) -> NDArray:
    """The elements that a key with index arrays or masks selects, as a new array.

    IndexError for positions out of bounds, too many of them, or index arrays that do not broadcast.

    >>> x = nd.asarray([[1, 2, 3], [4, 5, 6]])
    >>> x[:, [2, 0]].tolist(), x[x > 4].tolist()
    ([[3, 1], [6, 4]], [5, 6])
    """
    found = _select(x, key)
    if isinstance(found, tuple):
        return x[found]
    flat = found.view.reshape((*found.before, math.prod(found.block), *found.after))
    positions = found.positions
    if isinstance(positions, np.ndarray):
        positions = from_host(positions, x.device)
    return _core.take(flat, positions, found.axis)


def setitem(x: NDArray, key: Any, value: Any) -> None:
    """Writes to the elements that a key with index arrays or masks selects.

    The value broadcasts to the shape of x[key] and is converted to x's type. The time is
    proportional to the size of the indexed part of x, and not only to the number of positions.

    >>> x = nd.zeros((2, 3))
    >>> x[[0, 1], [2, 0]] = nd.asarray([5.0, 7.0])
    >>> x.tolist()
    [[0.0, 0.0, 5.0], [7.0, 0.0, 0.0]]
    """
    values = value if isinstance(value, NDArray) else asarray(value, device=x.device)
    values = values.astype(x.dtype, copy=False)
    if isinstance(key, NDArray) and key.dtype.kind == "bool" and key.ndim > 0 and values.size == 1:
        _check_mask(key.shape, x.shape)
        mask = key.reshape(key.shape + (1,) * (x.ndim - key.ndim))
        x[...] = _core.where(mask, values.reshape(()), x)
        return
    found = _select(x, key)
    if isinstance(found, tuple):
        x[found] = values
        return
    positions = np.asarray(found.positions).reshape(-1)
    values = _broadcast_value(values, found.shape)
    if values.size == 0:
        return
    # No backend scatters single values, so each place of the block looks up which value it gets.
    source = np.full(math.prod(found.block), -1, np.int64)
    source[_wrap(positions, source.size, "of the indexed axes")] = np.arange(positions.size)
    lookup = from_host(np.maximum(source, 0), x.device)
    spread = _core.take(
        values.reshape((*found.before, positions.size, *found.after)), lookup, found.axis
    ).reshape(found.view.shape)
    written = from_host(source >= 0, x.device).reshape(found.block + (1,) * len(found.after))
    found.view[...] = _core.where(written, spread, found.view)


def _broadcast_value(values: NDArray, shape: tuple[int, ...]) -> NDArray:
    """The value at each selected element. Leading axes of size 1 may be more than there are."""
    extra = max(0, values.ndim - len(shape))
    if set(values.shape[:extra]) <= {1}:
        values = values.reshape(values.shape[extra:])
    return values.broadcast_to(shape)


def _select(x: NDArray, key: Any) -> Selection | tuple[Any, ...]:
    """What the key selects; or the key without its 0-d arrays, if nothing else is special in it."""
    entries = [_normalize(x, entry) for entry in (key if isinstance(key, tuple) else (key,))]
    if not any(isinstance(entry, NDArray | np.ndarray) for entry in entries):
        return tuple(entries)
    entries = _fill_ellipsis(entries, x)
    basic: list[Any] = []  # the key of a view that still has all indexed axes
    indices: list[NDArray | HostIndex] = []
    axes: list[int] = []  # of the view, one per entry of indices
    places: list[int] = []  # in the key, one per entry of indices
    axis = 0  # of x
    view_axis = 0
    for place, entry in enumerate(entries):
        if entry is None or entry is Ellipsis or isinstance(entry, slice):
            basic.append(entry)
            axis += isinstance(entry, slice)
            view_axis += entry is not Ellipsis
            continue
        arrays, consumed = _index_arrays(entry, x, axis)
        for array in arrays:
            basic.append(slice(None) if consumed else None)
            indices.append(array)
            axes.append(view_axis)
            places.append(place)
            view_axis += 1
        axis += consumed
    view = x[tuple(basic)]
    adjacent = all(b - a <= 1 for a, b in itertools.pairwise(places))
    start = axes[0] if adjacent else 0
    others = [axis for axis in range(view.ndim) if axis not in axes]
    view = view.permute(*others[:start], *axes, *others[start:])
    block = view.shape[start : start + len(axes)]
    return Selection(view, start, block, _positions(indices, block))


def _normalize(x: NDArray, entry: Any) -> Any:
    """An entry of a key as slice, None, Ellipsis, int, bool mask or array of integers."""
    if entry is None or entry is Ellipsis or isinstance(entry, slice):
        return entry
    if isinstance(entry, bool | np.bool_):
        return np.asarray(entry)
    if isinstance(entry, NDArray):
        if entry.device != x.device:
            raise DeviceError(
                f"index: the index array is on '{entry.device}', the indexed one on '{x.device}'; "
                f"move the former with to_device('{x.device}')"
            )
        kind = entry.dtype.kind
        index: Any = entry
    else:
        if hasattr(entry, "__index__") and not isinstance(entry, np.ndarray):
            return operator.index(entry)
        index = np.asarray(entry)
        if index.size == 0 and not isinstance(entry, np.ndarray):
            index = index.astype(np.int64)  # of an empty list NumPy makes floating numbers
        kind = {"b": "bool", "i": "int", "u": "uint"}.get(index.dtype.kind, str(index.dtype))
    if kind in ("int", "uint"):
        return index if index.ndim > 0 else int(index)
    if kind != "bool":
        raise IndexError(
            "an index is an integer, a slice, ..., None, or an array of integers or bool; "
            f"not {type(entry).__name__} of {kind}"
        )
    return index


def _fill_ellipsis(entries: list[Any], x: NDArray) -> list[Any]:
    """The key with as many whole slices as it takes to index every axis of x."""
    consumed = 0
    for entry in entries:
        if isinstance(entry, NDArray | np.ndarray) and _is_mask(entry):
            consumed += entry.ndim
        elif entry is not None and entry is not Ellipsis:
            consumed += 1
    if consumed > x.ndim:
        raise IndexError(
            f"too many indices: shape {x.shape} has {x.ndim} dimensions, "
            f"but {consumed} were indexed"
        )
    whole: list[Any] = [slice(None)] * (x.ndim - consumed)
    ellipses = [place for place, entry in enumerate(entries) if entry is Ellipsis]
    if len(ellipses) > 1:
        raise IndexError("an index can have only one ellipsis (...)")
    if not ellipses:
        return entries + whole
    # An ellipsis keeps what is left and right of it apart even if it stands for no axis.
    return entries[: ellipses[0]] + (whole or [Ellipsis]) + entries[ellipses[0] + 1 :]


def _is_mask(index: NDArray | HostIndex) -> bool:
    if isinstance(index, NDArray):
        return index.dtype.kind == "bool"
    return index.dtype == np.bool_


def _check_mask(mask: tuple[int, ...], shape: tuple[int, ...]) -> None:
    if mask != shape[: len(mask)]:
        raise IndexError(f"a bool index of shape {mask} does not match the indexed axes of {shape}")


def _index_arrays(entry: Any, x: NDArray, axis: int) -> tuple[Sequence[NDArray | HostIndex], int]:
    """The arrays of integers that an entry stands for, and how many axes of x they index."""
    if isinstance(entry, int):
        return [np.asarray(entry)], 1
    if not _is_mask(entry):
        return [entry], 1
    mask = np.asarray(entry)
    if mask.ndim == 0:  # selects all or nothing along a new axis
        return [np.zeros(int(mask), np.int64)], 0
    _check_mask(mask.shape, x.shape[axis : axis + mask.ndim])
    return np.nonzero(mask), mask.ndim


def _positions(
    indices: Sequence[NDArray | HostIndex], block: tuple[int, ...]
) -> NDArray | HostIndex:
    """Positions in the flattened block, from the indices along each of its axes."""
    if len(indices) == 1:
        return indices[0]  # may stay on its device; whoever uses it checks its bounds
    try:
        aligned = np.broadcast_arrays(*(np.asarray(index) for index in indices))
    except ValueError:
        shapes = ", ".join(str(tuple(index.shape)) for index in indices)
        raise IndexError(f"index arrays of shapes {shapes} do not broadcast") from None
    positions = np.zeros(aligned[0].shape, np.int64)
    for i, (index, size) in enumerate(zip(aligned, block, strict=True)):
        positions = positions * size + _wrap(index.astype(np.int64), size, f"{i} of those indexed")
    return positions


def _wrap(index: HostIndex, size: int, axis: str) -> HostIndex:
    """Indices counted from the front. IndexError if one is out of bounds."""
    outside = (index < -size) | (index >= size)
    if outside.any():
        raise IndexError(
            f"index {index[outside].flat[0]} is out of bounds for axis {axis} with size {size}"
        )
    return np.where(index < 0, index + size, index)
