"""What stands between the brackets of x[key], taken apart by PyTorch's rules."""

from __future__ import annotations

import operator
from typing import Any

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import DTypeError

from ..cost import Shape
from ..variable import Variable


class Mask:
    """A bool of the key: it picks from a new dimension of size 1, all or nothing."""

    def __init__(self, value: bool) -> None:
        self.value = value


def is_basic(key: Any) -> bool:
    """Whether the key is made of integers, slices, Ellipsis and None only: it means a view.

    >>> is_basic((0, slice(None), None, ...)), is_basic([0, 1]), is_basic(True)
    (True, False, False)
    """
    for item in key if isinstance(key, tuple) else (key,):
        if type(item) is int or item is None or item is Ellipsis or isinstance(item, slice):
            continue
        if not isinstance(item, int) or isinstance(item, bool):
            return False
    return True


def _part(item: Any, device: Any) -> Any:
    """None, Ellipsis, a slice, an int, a Mask, or an array of integers or bool."""
    if isinstance(item, bool):
        return Mask(item)
    if isinstance(item, Variable):
        item = item.array
    if isinstance(item, NDArray):
        # Positions may come from another device; they are few beside what they pick.
        array = item.to_device(device)
    elif isinstance(item, list | tuple) or hasattr(item, "__array__"):
        array = nd.asarray(item, device=device)
        if not array.size and isinstance(item, list | tuple):
            array = array.astype(nd.int64)  # the type of no numbers at all would be floating
    else:
        return item
    if array.dtype.kind == "float":
        raise DTypeError(f"tensors used as an index are integer or bool, got {array.dtype.name}")
    if array.ndim:
        return array
    return Mask(bool(array.item())) if array.dtype.kind == "bool" else operator.index(array)


def _consumed(part: Any) -> int:
    """How many dimensions of x a part of a key stands for."""
    if part is None or part is Ellipsis or isinstance(part, Mask):
        return 0
    return part.ndim if isinstance(part, NDArray) and part.dtype.kind == "bool" else 1


def take_apart(
    key: Any, shape: Shape, device: Any
) -> tuple[tuple[Any, ...], list[tuple[int, NDArray]]]:
    """A key for a view, and the index arrays, each with the dimension of that view it is for.

    Masks become the positions where they are true. Raises IndexError for more indices than
    dimensions and for a mask whose shape is not that of the dimensions it masks, DTypeError for
    floating indices.
    """
    parts = [_part(item, device) for item in (key if isinstance(key, tuple) else (key,))]
    taken = sum(map(_consumed, parts))
    if taken > len(shape):
        raise IndexError(f"too many indices: {taken} for a tensor of shape {shape}")
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    at = next(i for i, part in enumerate(parts) if part is Ellipsis)
    parts[at : at + 1] = [slice(None)] * (len(shape) - taken)

    basic: list[Any] = []
    arrays: list[tuple[int, NDArray]] = []
    axis = 0  # of x
    dim = 0  # of the view
    for part in parts:
        masked = shape[axis : axis + _consumed(part)]
        axis += len(masked)
        if isinstance(part, Mask):
            arrays.append((dim, nd.zeros((int(part.value),), dtype=nd.int64, device=device)))
            basic.append(None)
            dim += 1
        elif isinstance(part, NDArray):
            if part.dtype.kind == "bool" and part.shape != masked:
                raise IndexError(
                    f"a mask of shape {part.shape} for dimensions of shape {masked} "
                    f"of a tensor of shape {shape}"
                )
            for array in nd.nonzero(part) if part.dtype.kind == "bool" else (part,):
                arrays.append((dim, array))
                basic.append(slice(None))
                dim += 1
        else:
            basic.append(part)
            dim += part is None or isinstance(part, slice)
    return tuple(basic), arrays
