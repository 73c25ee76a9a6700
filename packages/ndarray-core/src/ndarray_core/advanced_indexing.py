"""x[key] and x[key] = value for keys that hold arrays: integers pick elements, bools mask them.

NumPy's rules (https://numpy.org/doc/stable/user/basics.indexing.html#advanced-indexing): index
arrays broadcast against each other and replace the axes that they index by their common shape, at
the place of the first one if they are neighbours in the key, else in front. Numbers count as index
arrays there. A bool array of n dimensions stands for the n arrays of its nonzero(). Reading
copies; of positions that occur several times in an assignment, the last value stays.

Either takes time in proportion to the number of positions. Keys without arrays never come here: the
core answers them with views.
"""

from __future__ import annotations

import itertools
import math
import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _core
from ._core import Device, NDArray
from .creation import asarray
from .dtypes import dtype_of_scalar, int64
from .errors import DeviceError, ShapeError

__all__ = ["getitem", "setitem", "write"]

# A scalar takes the type of the array that it is written to, if that is of its kind or a later one.
KINDS = {"bool": 0, "int": 1, "uint": 1, "float": 2, "complex": 3}


@dataclass(frozen=True)
class Selection:
    """What a key selects: positions along a block of neighbouring axes of a view of x."""

    view: NDArray  # x with all else of the key applied: (*before, *block, *after)
    axis: int  # where the block begins
    count: int  # of axes of the block
    positions: NDArray  # integers, of any shape: positions in the flattened block

    @property
    def shape(self) -> tuple[int, ...]:
        before, after = self.view.shape[: self.axis], self.view.shape[self.axis + self.count :]
        return (*before, *self.positions.shape, *after)


@dataclass(frozen=True)
class Index:
    """An array of integers of the key, and the axes of x that it indexes as if they were one."""

    positions: NDArray
    axes: tuple[int, ...]  # none for a single bool, which indexes a new axis of size 1
    size: int  # of the axes together
    place: int  # in the key

    @property
    def block(self) -> int:
        """How many axes of the view the index stands for."""
        return max(1, len(self.axes))


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
    return _core.take_from_block(found.view, found.positions, found.axis, found.count)


def setitem(x: NDArray, key: Any, value: Any) -> None:
    """Writes to the elements that a key with index arrays or masks selects.

    The value broadcasts to the shape of x[key] and is converted to x's type.

    >>> x = nd.zeros((2, 3))
    >>> x[[0, 1], [2, 0]] = nd.asarray([5.0, 7.0])
    >>> x.tolist()
    [[0.0, 0.0, 5.0], [7.0, 0.0, 0.0]]
    """
    write(x, key, value, "assign", "assignment")


def write(x: NDArray, key: Any, value: Any, mode: str, name: str) -> None:
    """Combines what x[key] selects with a value, by a mode of `scatter`; `name` is for errors.

    >>> x = nd.zeros(2)
    >>> nd.advanced_indexing.write(x, [1, 1], 3, "add", "add")
    >>> x.tolist()
    [0.0, 6.0]
    """
    found = _select(x, key)
    if isinstance(found, tuple):  # no positions: all of a view, as the only element of a new axis
        view = x[found].expand_dims(0)
        found = Selection(view, 0, 1, _core.full((), 0, int64, x.device))
    values = _broadcast_value(_as_values(x, value, mode), found.shape)
    _core.scatter_to_block(found.view, found.positions, values, found.axis, found.count, mode, name)


def _as_values(x: NDArray, value: Any, mode: str) -> NDArray:
    """What is written, as an array on x's device. Numbers adopt x's type where they may."""
    if isinstance(value, NDArray):
        return value
    if isinstance(value, bool | int | float | complex) and not isinstance(value, np.generic):
        kind = dtype_of_scalar(value).kind
        if mode == "assign" or KINDS[kind] <= KINDS[x.dtype.kind]:
            return _core.full((), value, x.dtype, x.device)
    return asarray(value, device=x.device)


def _broadcast_value(values: NDArray, shape: tuple[int, ...]) -> NDArray:
    """The value at each selected element. Leading axes of size 1 may be more than there are."""
    extra = max(0, values.ndim - len(shape))
    if set(values.shape[:extra]) <= {1}:
        values = values.reshape(values.shape[extra:])
    return values.broadcast_to(shape)


def _select(x: NDArray, key: Any) -> Selection | tuple[Any, ...]:
    """What the key selects; or the key without its 0-d arrays, if nothing else is special in it."""
    if isinstance(key, NDArray) and key.ndim and x.ndim and key.dtype.kind in ("int", "uint"):
        return Selection(x, 0, 1, key)  # the most frequent key needs nothing of what follows
    entries = [_normalize(x, entry) for entry in (key if isinstance(key, tuple) else (key,))]
    if not any(isinstance(entry, NDArray) for entry in entries):
        return tuple(entries)
    basic: list[Any] = []  # the key of a view that still has all indexed axes
    indices: list[Index] = []
    block: list[int] = []  # the view's axes that the indices stand for
    axis = 0  # of x
    view_axis = 0
    for place, entry in enumerate(_fill_ellipsis(entries, x)):
        if entry is None or entry is Ellipsis or isinstance(entry, slice):
            basic.append(entry)
            axis += isinstance(entry, slice)
            view_axis += entry is not Ellipsis
            continue
        index = _index(entry, x, axis, place)
        basic += [slice(None) if index.axes else None] * index.block
        block += range(view_axis, view_axis + index.block)
        indices.append(index)
        axis += len(index.axes)
        view_axis += index.block
    view = x[tuple(basic)]
    adjacent = all(b.place - a.place <= 1 for a, b in itertools.pairwise(indices))
    start = block[0] if adjacent else 0
    others = [axis for axis in range(view.ndim) if axis not in block]
    view = view.permute(*others[:start], *block, *others[start:])
    return Selection(view, start, len(block), _positions(indices))


def _normalize(x: NDArray, entry: Any) -> Any:
    """An entry of a key as slice, None, Ellipsis, int, or array of integers or bool."""
    if entry is None or entry is Ellipsis or isinstance(entry, slice):
        return entry
    if isinstance(entry, NDArray):
        if entry.device != x.device:
            raise DeviceError(
                f"index: the index array is on '{entry.device}', the indexed one on '{x.device}'; "
                f"move the former with to_device('{x.device}')"
            )
        index = entry
    elif isinstance(entry, bool | np.bool_):
        return asarray(bool(entry), device=x.device)
    elif hasattr(entry, "__index__") and not isinstance(entry, np.ndarray):
        return operator.index(entry)
    else:
        index = _array_index(entry, x.device)
    if index.dtype.kind in ("int", "uint"):
        return index if index.ndim > 0 else int(index)
    if index.dtype.kind != "bool":
        raise _not_an_index(entry, index.dtype.name)
    return index


def _array_index(entry: Any, device: Device) -> NDArray:
    """An index array from a NumPy array, or from lists."""
    host = np.asarray(entry)
    if host.size == 0 and not isinstance(entry, np.ndarray):
        host = host.astype(np.int64)  # of an empty list NumPy makes floating numbers
    if host.dtype.kind not in "biu":
        raise _not_an_index(entry, str(host.dtype))
    return asarray(host, device=device)


def _not_an_index(entry: Any, dtype: str) -> IndexError:
    return IndexError(
        "an index is an integer, a slice, ..., None, or an array of integers or bool; "
        f"not {type(entry).__name__} of {dtype}"
    )


def _fill_ellipsis(entries: list[Any], x: NDArray) -> list[Any]:
    """The key with as many whole slices as it takes to index every axis of x."""
    consumed = 0
    for entry in entries:
        if isinstance(entry, NDArray) and entry.dtype.kind == "bool":
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


def _index(entry: int | NDArray, x: NDArray, axis: int, place: int) -> Index:
    """What an entry means as positions: those of a mask are where it is true."""
    if isinstance(entry, int):
        entry = _core.full((), entry, int64, x.device)
    if entry.dtype.kind != "bool":
        return Index(entry, (axis,), x.shape[axis], place)
    if entry.ndim == 0:  # selects all or nothing along a new axis
        return Index(_core.full((int(entry),), 0, int64, x.device), (), 1, place)
    axes = tuple(range(axis, axis + entry.ndim))
    masked = x.shape[axis : axis + entry.ndim]
    # Along any axis a mask may have size 0, by the standard, and then selects nothing.
    pairs = itertools.zip_longest(entry.shape, masked)
    if any(size not in (0, whole) or whole is None for size, whole in pairs):
        raise IndexError(
            f"a bool index of shape {entry.shape} does not match the indexed axes of {masked}"
        )
    return Index(_core.nonzero(entry.reshape(-1))[0], axes, math.prod(masked), place)


def _positions(indices: list[Index]) -> NDArray:
    """Positions in the flattened block, from the positions along each of its axes."""
    if len(indices) == 1:
        return indices[0].positions  # whoever uses them checks their bounds
    shapes = [index.positions.shape for index in indices]
    try:
        shape = _core.broadcast_shapes(*shapes)
    except ShapeError:
        listed = ", ".join(map(str, shapes))
        raise IndexError(f"index arrays of shapes {listed} do not broadcast") from None
    flat = _from_front(indices[0])
    for index in indices[1:]:
        flat = flat * index.size + _from_front(index)
    return flat.broadcast_to(shape)


def _from_front(index: Index) -> NDArray:
    """Positions counted from the front. IndexError if one is out of bounds."""
    positions, size = index.positions.astype(int64, copy=False), index.size
    if positions.size == 0:
        return positions
    smallest, largest = int(_core.min(positions)), int(_core.max(positions))
    if smallest < -size or largest >= size:
        raise IndexError(
            f"index {largest if largest >= size else smallest} is out of bounds for axis "
            f"{index.axes[0]} with size {size}"
        )
    return positions if smallest >= 0 else _core.remainder(positions, size)
