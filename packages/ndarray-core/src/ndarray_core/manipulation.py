"""Other shapes and orders of the same elements.

Array API standard, "Manipulation functions":
https://data-apis.org/array-api/latest/API_specification/manipulation_functions.html

Functions that only look at the elements in another way return views, which share x's memory:
reshape (where the strides allow it), permute_dims, moveaxis, swapaxes, broadcast_to, flip, squeeze,
expand_dims, unstack, windows and diagonal. The others make new arrays. ShapeError for shapes that
do not fit, IndexError for axes that x does not have.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np

from . import _core
from ._core import NDArray
from ._typing import Axis, Shape, expect_array, shape_tuple
from .errors import DTypeError, OutOfMemoryError, ShapeError
from .interchange import from_host

__all__ = [
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "concat",
    "diagonal",
    "expand_dims",
    "flip",
    "moveaxis",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "squeeze",
    "stack",
    "swapaxes",
    "tile",
    "unstack",
    "windows",
]


def normalize_axis(axis: SupportsIndex, ndim: int, op: str) -> int:
    """The axis counted from the front; IndexError if there is none."""
    position = operator.index(axis)
    if not -ndim <= position < ndim:
        raise IndexError(f"{op}: axis {position} is out of range for {ndim} dimensions")
    return position % ndim


def reshape(x: NDArray, /, shape: Shape, *, copy: bool | None = None) -> NDArray:
    """The elements in row-major order, in another shape; one size may be -1 and is then worked out.

    copy: True always copies, False never (ShapeError where the strides need it), None if needed.

    >>> nd.reshape(nd.arange(6), (2, -1)).tolist()
    [[0, 1, 2], [3, 4, 5]]
    """
    result = x.reshape(shape_tuple(shape))
    shares = result.buffer == x.buffer
    if copy and shares:
        return result.copy()
    if copy is False and not shares:
        raise ShapeError(
            f"reshape: {x.shape} with strides {x.strides} to {result.shape} needs a copy; "
            "drop copy=False"
        )
    return result


def permute_dims(x: NDArray, /, axes: Sequence[int]) -> NDArray:
    """A view whose axis i is x's axis axes[i].

    >>> nd.permute_dims(nd.zeros((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """
    return x.permute(*axes)


def moveaxis(
    x: NDArray, source: int | tuple[int, ...], destination: int | tuple[int, ...], /
) -> NDArray:
    """A view with some axes in other places, and the others in their order.

    >>> nd.moveaxis(nd.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    sources = source if isinstance(source, tuple) else (source,)
    destinations = destination if isinstance(destination, tuple) else (destination,)
    sources = tuple(normalize_axis(axis, x.ndim, "moveaxis") for axis in sources)
    destinations = tuple(normalize_axis(axis, x.ndim, "moveaxis") for axis in destinations)
    if len(set(sources)) != len(destinations) or len(set(destinations)) != len(sources):
        raise ShapeError(
            f"moveaxis: axes {source} and {destination} are not pairs of distinct axes"
        )
    order = [axis for axis in range(x.ndim) if axis not in sources]
    for to, axis in sorted(zip(destinations, sources, strict=True)):
        order.insert(to, axis)
    return x.permute(*order)


def swapaxes(x: NDArray, axis1: int, axis2: int, /) -> NDArray:
    """A view with two axes exchanged.

    >>> nd.swapaxes(nd.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    return x.transpose(axis1, axis2)


def broadcast_to(x: NDArray, /, shape: Shape) -> NDArray:
    """A view that repeats x along new axes and along axes of size 1. It cannot be written to.

    >>> nd.broadcast_to(nd.asarray([1, 2]), (2, 2)).tolist()
    [[1, 2], [1, 2]]
    """
    return x.broadcast_to(shape_tuple(shape))


def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape that arrays of these shapes broadcast to.

    >>> nd.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    return tuple(_core.broadcast_shapes(*map(tuple, shapes)))


def broadcast_arrays(*arrays: NDArray) -> tuple[NDArray, ...]:
    """Views of the arrays with the shape that they broadcast to.

    >>> [x.shape for x in nd.broadcast_arrays(nd.zeros((2, 1)), nd.zeros(3))]
    [(2, 3), (2, 3)]
    """
    for x in arrays:
        expect_array(x, "broadcast_arrays")
    shape = broadcast_shapes(*(x.shape for x in arrays))
    return tuple(x.broadcast_to(shape) for x in arrays)


def flip(x: NDArray, /, axis: Axis = None) -> NDArray:
    """A view with the elements in reverse along an axis, several, or all of them.

    >>> nd.flip(nd.asarray([1, 2, 3])).tolist()
    [3, 2, 1]
    """
    return x.flip(axis)


def squeeze(x: NDArray, /, axis: Axis = None) -> NDArray:
    """A view without some axes of size 1, or without all of them if axis is None.

    >>> nd.squeeze(nd.zeros((1, 3, 1)), 0).shape
    (3, 1)
    """
    return x.squeeze(axis)


def expand_dims(x: NDArray, /, axis: int | tuple[int, ...] = 0) -> NDArray:
    """A view with a new axis of size 1 at position `axis` of the result, or at several.

    ShapeError for a position that is given twice.

    >>> nd.expand_dims(nd.zeros(3), axis=1).shape, nd.expand_dims(nd.zeros(3), axis=(0, -1)).shape
    ((3, 1), (1, 3, 1))
    """
    if not isinstance(axis, tuple):
        return x.expand_dims(axis)
    ndim = x.ndim + len(axis)
    positions = sorted(normalize_axis(one, ndim, "expand_dims") for one in axis)
    if len(set(positions)) < len(positions):
        raise ShapeError(f"expand_dims: positions {axis} of {ndim} dimensions are not distinct")
    for position in positions:
        x = x.expand_dims(position)
    return x


def windows(x: NDArray, /, axis: int, size: int, step: int = 1, dilation: int = 1) -> NDArray:
    """A view of the sliding windows along an axis, which cannot be written to if they overlap.

    Shape (..., N, ...) becomes (..., L, ..., size) with L = (N - dilation * (size - 1) - 1) // step
    + 1: the axis counts the windows, a new last axis walks through one of them, taking every
    `dilation`-th element. ShapeError if not even one window fits.

    >>> nd.windows(nd.arange(5), axis=0, size=3).tolist()
    [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    """
    return x.windows(axis, size, step, dilation)


def diagonal(x: NDArray, /, offset: int = 0, axis1: int = -2, axis2: int = -1) -> NDArray:
    """A view of the elements [i, i + offset] of two axes, which make way for a new last one.

    >>> nd.diagonal(nd.asarray([[1, 2], [3, 4]])).tolist()
    [1, 4]
    """
    return x.diagonal(offset, axis1, axis2)


def concat(arrays: Sequence[NDArray], /, *, axis: int | None = 0) -> NDArray:
    """The arrays one after the other along an axis, or flattened and one after the other if None.

    Their shapes may differ along that axis alone. The result has their promoted type.

    >>> nd.concat([nd.asarray([[1], [2]]), nd.asarray([[3, 4], [5, 6]])], axis=1).tolist()
    [[1, 3, 4], [2, 5, 6]]
    """
    if axis is None:
        arrays, axis = [expect_array(x, "concat").reshape((-1,)) for x in arrays], 0
    return _core.concat(arrays, axis)


def stack(arrays: Sequence[NDArray], /, *, axis: int = 0) -> NDArray:
    """Arrays of one shape, side by side along a new axis.

    >>> nd.stack([nd.asarray([1, 2]), nd.asarray([3, 4])], axis=1).tolist()
    [[1, 3], [2, 4]]
    """
    return _core.stack(arrays, axis)


def unstack(x: NDArray, /, *, axis: int = 0) -> tuple[NDArray, ...]:
    """Views of the parts that lie side by side along an axis, without it.

    >>> [part.tolist() for part in nd.unstack(nd.asarray([[1, 2], [3, 4]]), axis=1)]
    [[1, 3], [2, 4]]
    """
    lead = (slice(None),) * normalize_axis(axis, x.ndim, "unstack")
    return tuple(x[(*lead, i)] for i in range(x.shape[len(lead)]))


def roll(x: NDArray, /, shift: int | tuple[int, ...], *, axis: Axis = None) -> NDArray:
    """x with its elements moved on by `shift` places; those that fall off the end come in in front.

    Without an axis the flattened array is rolled.

    >>> nd.roll(nd.arange(5), 2).tolist()
    [3, 4, 0, 1, 2]
    """
    if axis is None:
        if isinstance(shift, tuple):
            raise ShapeError(f"roll: shifts {shift} need an axis each")
        return roll(x.reshape((-1,)), shift, axis=0).reshape(x.shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    shifts = shift if isinstance(shift, tuple) else (shift,) * len(axes)
    if len(shifts) != len(axes):
        raise ShapeError(f"roll: {len(shifts)} shifts {shifts} for {len(axes)} axes {axes}")
    result = x.copy()
    for one_shift, one_axis in zip(shifts, axes, strict=True):
        position = normalize_axis(one_axis, x.ndim, "roll")
        if size := x.shape[position]:
            lead, cut = (slice(None),) * position, -one_shift % size
            parts = [result[(*lead, slice(cut, None))], result[(*lead, slice(None, cut))]]
            result = concat(parts, axis=position)
    return result


def tile(x: NDArray, repetitions: int | tuple[int, ...], /) -> NDArray:
    """x laid out like tiles, repetitions[i] times along axis i.

    The shorter one of shape and repetitions is extended by leading ones.

    >>> nd.tile(nd.asarray([1, 2]), (2, 2)).tolist()
    [[1, 2, 1, 2], [1, 2, 1, 2]]
    """
    repetitions = shape_tuple(repetitions)
    ndim = max(x.ndim, len(repetitions))
    times = (1,) * (ndim - len(repetitions)) + tuple(repetitions)
    sizes = (1,) * (ndim - x.ndim) + x.shape
    if min(times, default=1) < 0:
        raise ShapeError(f"tile: repetitions {repetitions} are negative")
    apart = x.reshape(tuple(n for size in sizes for n in (1, size)))
    together = apart.broadcast_to(tuple(n for pair in zip(times, sizes, strict=True) for n in pair))
    return together.reshape(tuple(map(operator.mul, times, sizes))).copy()


def repeat(x: NDArray, repeats: int | NDArray, /, *, axis: int | None = None) -> NDArray:
    """Each element `repeats` times in a row, or element i along the axis repeats[i] times.

    Without an axis the flattened array is taken.

    >>> nd.repeat(nd.asarray([1, 2]), 2).tolist(), nd.repeat(nd.arange(2), nd.arange(2)).tolist()
    ([1, 1, 2, 2], [1])
    """
    if axis is None:
        return repeat(x.reshape((-1,)), repeats, axis=0)
    position = normalize_axis(axis, x.ndim, "repeat")
    size = x.shape[position]
    counts = repeats.numpy() if isinstance(repeats, NDArray) else np.asarray(repeats)
    if counts.dtype.kind not in "iu":
        raise DTypeError(f"repeat: numbers of repetitions are integers, not {counts.dtype}")
    if counts.size and counts.min() < 0:
        raise ShapeError(f"repeat: {counts.min()} repetitions cannot be made")
    if counts.ndim > 1 or counts.size not in (1, size):
        raise ShapeError(
            f"repeat: {counts.shape} numbers of repetitions for axis {position} of {x.shape}"
        )
    total = sum(map(int, counts.ravel())) * (size if counts.size == 1 and size != 1 else 1)
    if total > sys.maxsize // 8:
        raise OutOfMemoryError(
            f"repeat: {total} elements along axis {position} do not fit anywhere"
        )
    positions = np.repeat(np.arange(size), counts)
    return _core.take(x, from_host(positions, x.device), position)
