"""Dimensions exchanged and added, tensors taken apart and put together: made of views and joins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations as choices
from itertools import combinations_with_replacement
from math import prod
from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core.errors import DTypeError, ShapeError

from ..cost import normalize_dims, only_dim
from ..op import Operand
from .indexing import getitem, lookup, scatter_slice
from .joining import cat, flip, split, stack
from .shape import expand, movedim, reshape, transpose
from .windows import windows

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "cartesian_prod",
    "column_stack",
    "combinations",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "meshgrid",
    "moveaxis",
    "rot90",
    "swapaxes",
    "swapdims",
    "tensor_split",
    "vsplit",
    "vstack",
]


def swapaxes(x: Operand, axis0: int, axis1: int) -> Tensor:
    """A view with two dimensions exchanged: NumPy's name of `transpose`.

    >>> import tiny_autograd as ta
    >>> ta.swapaxes(ta.zeros(2, 3, 4), 0, -1).shape
    (4, 3, 2)
    """
    return transpose(x, axis0, axis1)


def swapdims(x: Operand, dim0: int, dim1: int) -> Tensor:
    """A view with two dimensions exchanged, as `transpose`.

    >>> import tiny_autograd as ta
    >>> ta.swapdims(ta.zeros(2, 3, 4), 0, -1).shape
    (4, 3, 2)
    """
    return transpose(x, dim0, dim1)


def moveaxis(x: Operand, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """A view with the dimensions `source` moved to `destination`: NumPy's name of `movedim`.

    >>> import tiny_autograd as ta
    >>> ta.moveaxis(ta.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    return movedim(x, source, destination)


def rot90(x: Operand, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by k quarters in the plane of two dimensions, from the first towards the second.

    Raises ValueError unless `dims` are two different ones.

    >>> import tiny_autograd as ta
    >>> ta.rot90(ta.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    plane = normalize_dims(tuple(dims), x.ndim)
    if len(plane) != 2 or plane[0] == plane[1]:
        raise ValueError(f"rot90: expected two different dimensions of {x.shape}, got {dims}")
    if k % 4 == 0:
        return flip(x, ())
    if k % 4 == 2:
        return flip(x, plane)
    turned = transpose(x, *plane)
    return flip(turned, plane[0] if k % 4 == 1 else plane[1])


def tensor_split(
    x: Operand, indices_or_sections: int | Sequence[int] | Operand, dim: int = 0
) -> tuple[Tensor, ...]:
    """Views of so many pieces along `dim`, as equal as can be, or of pieces that end at indices.

    Raises ValueError for a number of pieces that is not positive.

    >>> import tiny_autograd as ta
    >>> ta.tensor_split(ta.arange(5), 2), ta.tensor_split(ta.arange(3), (1,))
    ((tensor([0, 1, 2]), tensor([3, 4])), (tensor([0]), tensor([1, 2])))
    """
    at = only_dim("tensor_split", dim, x.shape)
    wanted: Any = indices_or_sections
    if hasattr(wanted, "tolist"):
        wanted = wanted.tolist()
    if isinstance(wanted, int):
        if wanted <= 0:
            raise ValueError(f"tensor_split: the number of pieces must be positive, got {wanted}")
        size, larger = divmod(x.shape[at], wanted)
        return split(x, [size + (i < larger) for i in range(wanted)], at)
    ends = [*wanted, x.shape[at]]
    starts = [0, *wanted]
    before = (slice(None),) * at
    return tuple(getitem(x, (*before, slice(*ab))) for ab in zip(starts, ends, strict=True))


def _split_along(
    name: str, x: Operand, indices_or_sections: Any, dim: int, least: int
) -> tuple[Tensor, ...]:
    if x.ndim < least:
        raise ShapeError(f"{name}: expected at least {least} dimensions, got shape {x.shape}")
    if isinstance(indices_or_sections, int) and x.shape[dim] % max(indices_or_sections, 1):
        raise ShapeError(
            f"{name}: dimension {dim} of shape {x.shape} does not split into "
            f"{indices_or_sections} equal pieces; tensor_split makes unequal ones"
        )
    return tensor_split(x, indices_or_sections, dim)


def hsplit(x: Operand, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Equal pieces, or up to indices, along the second dimension; of a vector, along the first.

    >>> import tiny_autograd as ta
    >>> ta.hsplit(ta.arange(4), 2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    return _split_along("hsplit", x, indices_or_sections, int(x.ndim > 1), 1)


def vsplit(x: Operand, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Equal pieces, or up to indices, along the first of two dimensions or more.

    >>> import tiny_autograd as ta
    >>> ta.vsplit(ta.eye(2), 2)
    (tensor([[1., 0.]]), tensor([[0., 1.]]))
    """
    return _split_along("vsplit", x, indices_or_sections, 0, 2)


def dsplit(x: Operand, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Equal pieces, or up to indices, along the third of three dimensions or more.

    >>> import tiny_autograd as ta
    >>> [piece.shape for piece in ta.dsplit(ta.zeros(2, 3, 4), (1,))]
    [(2, 3, 1), (2, 3, 3)]
    """
    return _split_along("dsplit", x, indices_or_sections, 2, 3)


def _each(function: Any, tensors: tuple[Any, ...]) -> Any:
    """The results for one tensor, or a tuple of those for several or a sequence of them."""
    if len(tensors) == 1 and not isinstance(tensors[0], list | tuple):
        return function(tensors[0])
    several = tensors[0] if len(tensors) == 1 else tensors
    return tuple(function(x) for x in several)


def atleast_1d(*tensors: Any) -> Any:
    """The tensor (of several, a tuple) with at least one dimension.

    >>> import tiny_autograd as ta
    >>> ta.atleast_1d(ta.tensor(3))
    tensor([3])
    """
    return _each(lambda x: x if x.ndim else reshape(x, (1,)), tensors)


def atleast_2d(*tensors: Any) -> Any:
    """The tensor (of several, a tuple) with at least two dimensions: a vector becomes a row.

    >>> import tiny_autograd as ta
    >>> ta.atleast_2d(ta.tensor([1, 2]))
    tensor([[1, 2]])
    """
    return _each(lambda x: x if x.ndim > 1 else reshape(x, (1, prod(x.shape))), tensors)


def atleast_3d(*tensors: Any) -> Any:
    """The tensor (of several, a tuple) with at least three: (n) as (1, n, 1), (n, m) as (n, m, 1).

    >>> import tiny_autograd as ta
    >>> ta.atleast_3d(ta.zeros(2, 4)).shape
    (2, 4, 1)
    """

    def grow(x: Operand) -> Tensor:
        if x.ndim == 2:
            return reshape(x, (*x.shape, 1))
        return x if x.ndim > 2 else reshape(x, (1, prod(x.shape), 1))

    return _each(grow, tensors)


def hstack(tensors: Sequence[Operand]) -> Tensor:
    """The tensors side by side: along the second dimension, of vectors along the first.

    >>> import tiny_autograd as ta
    >>> ta.hstack((ta.tensor([1, 2]), ta.tensor([3])))
    tensor([1, 2, 3])
    """
    grown = [atleast_1d(x) for x in tensors]
    return cat(grown, int(bool(grown) and grown[0].ndim > 1))


def vstack(tensors: Sequence[Operand]) -> Tensor:
    """The tensors one below the other: vectors become rows.

    >>> import tiny_autograd as ta
    >>> ta.vstack((ta.tensor([1, 2]), ta.tensor([3, 4])))
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([atleast_2d(x) for x in tensors], 0)


def dstack(tensors: Sequence[Operand]) -> Tensor:
    """The tensors one behind the other: along the third dimension, as `atleast_3d` makes it.

    >>> import tiny_autograd as ta
    >>> ta.dstack((ta.tensor([1, 2]), ta.tensor([3, 4])))
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([atleast_3d(x) for x in tensors], 2)


def column_stack(tensors: Sequence[Operand]) -> Tensor:
    """The tensors side by side: vectors become columns.

    >>> import tiny_autograd as ta
    >>> ta.column_stack((ta.tensor([1, 2]), ta.tensor([3, 4])))
    tensor([[1, 3],
            [2, 4]])
    """
    return cat([x if x.ndim > 1 else reshape(x, (prod(x.shape), 1)) for x in tensors], 1)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Views of the coordinates of a grid, from those along each of its sides.

    indexing: "ij", or "xy" for the first two sides exchanged. Raises ShapeError for tensors of
    more than one dimension, ValueError for another indexing.

    >>> import tiny_autograd as ta
    >>> rows, columns = ta.meshgrid(ta.arange(2), ta.arange(2))
    >>> rows, columns.flatten()
    (tensor([[0, 0],
            [1, 1]]), tensor([0, 1, 0, 1]))
    """
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing is 'ij' or 'xy', got {indexing!r}")
    sides = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    for x in sides:
        if x.ndim > 1:
            raise ShapeError(f"meshgrid: a side has one dimension, got shape {x.shape}")
    shape = tuple(prod(x.shape) for x in sides)
    grids = []
    for i, x in enumerate(sides):
        grid = expand(reshape(x, (-1, *[1] * (len(sides) - 1 - i))), shape)
        grids.append(transpose(grid, 0, 1) if indexing == "xy" and len(sides) > 1 else grid)
    return tuple(grids)


def cartesian_prod(*tensors: Operand) -> Tensor:
    """All combinations of an element of each tensor (one dimension), one in a row.

    >>> import tiny_autograd as ta
    >>> ta.cartesian_prod(ta.tensor([1, 2]), ta.tensor([3, 4])).tolist()
    [[1, 3], [1, 4], [2, 3], [2, 4]]
    """
    for x in tensors:
        if x.ndim != 1:
            raise ShapeError(f"cartesian_prod: expected one dimension, got shape {x.shape}")
    if len(tensors) == 1:
        return reshape(tensors[0], tuple(tensors[0].shape))
    return stack([reshape(grid, (-1,)) for grid in meshgrid(*tensors)], 1)


def combinations(x: Operand, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of r elements of x (one dimension), one in a row, in the order of x.

    >>> import tiny_autograd as ta
    >>> ta.combinations(ta.tensor([1, 2, 3])).tolist()
    [[1, 2], [1, 3], [2, 3]]
    """
    if x.ndim != 1:
        raise ShapeError(f"combinations: expected one dimension, got shape {x.shape}")
    if r < 0:
        raise ValueError(f"combinations: the number of elements must not be negative, got {r}")
    if not r:
        return reshape(x[:0], (0,))
    choose = combinations_with_replacement if with_replacement else choices
    rows = list(choose(range(x.shape[0]), r))
    positions = nd.asarray(rows, dtype=nd.int64, device=x.device).reshape((len(rows), r))
    return lookup(x, positions, 0)


def unfold(x: Operand, dimension: int, size: int, step: int = 1) -> Tensor:
    """A view of all windows of `size` elements along a dimension, `step` apart, as a last one.

    Raises ShapeError for a size that does not fit, and for a step that is not positive.

    >>> import tiny_autograd as ta
    >>> ta.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    dims = normalize_dims(dimension, max(x.ndim, 1))
    length = x.shape[dims[0]] if x.ndim else 1
    if not 1 <= size <= length or step < 1:
        raise ShapeError(
            f"unfold: windows of {size} elements, {step} apart, along dimension {dimension} of "
            f"shape {x.shape}; sizes from 1 to {length} and positive steps are possible"
        )
    if not x.ndim:
        return windows(reshape(x, (1,)), dims, (size,), (step,), (1,))[0]
    return windows(x, dims, (size,), (step,), (1,))


def dilate(x: Operand, steps: Sequence[int]) -> Tensor:
    """x with steps - 1 zeros between the elements, for each of the last dimensions.

    The adjoint of reading with a step, as transposed convolutions need it; `undilate` reads the
    elements back.

    >>> import tiny_autograd as ta
    >>> ta.ops.dilate(ta.tensor([1, 2, 3]), (2,))
    tensor([1, 0, 2, 0, 3])
    """
    first = x.ndim - len(steps)
    grown = tuple(max((n - 1) * s + 1, 0) for n, s in zip(x.shape[first:], steps, strict=True))
    return scatter_slice(x, (*x.shape[:first], *grown), _every(steps))


def undilate(x: Operand, steps: Sequence[int]) -> Tensor:
    """A view of every so-manieth element along each of the last dimensions, from the first on.

    >>> import tiny_autograd as ta
    >>> ta.ops.undilate(ta.tensor([1, 0, 2, 0, 3]), (2,))
    tensor([1, 2, 3])
    """
    return getitem(x, _every(steps))


def _every(steps: Sequence[int]) -> tuple[Any, ...]:
    return (..., *(slice(None, None, step) for step in steps))


def adjoint(x: Operand) -> Tensor:
    """A view of the transposed matrix, of real numbers: what `.H` and `.mH` are.

    Raises ShapeError for fewer than 2 dimensions, DTypeError for complex numbers.

    >>> import tiny_autograd as ta
    >>> ta.tensor([[1.0, 2.0]]).H
    tensor([[1.],
            [2.]])
    """
    if x.ndim < 2:
        raise ShapeError(f"adjoint: a matrix has at least 2 dimensions, got shape {x.shape}")
    if x.dtype.kind == "complex":
        raise DTypeError("adjoint: tensors of complex numbers have none; use ndarray_core.conj")
    return transpose(x, -2, -1)
