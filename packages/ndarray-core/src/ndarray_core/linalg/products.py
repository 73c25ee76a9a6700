"""Products of vectors, matrices and tensors. Whatever multiplies here is the core's matmul.

Array API standard, "Linear algebra functions":
https://data-apis.org/array-api/latest/API_specification/linear_algebra_functions.html
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

from .. import _core, reductions
from .._core import NDArray
from .._typing import DTypeLike
from ..errors import ShapeError
from ..manipulation import moveaxis, normalize_axis, stack

__all__ = [
    "cross",
    "diagonal",
    "kron",
    "matmul",
    "matrix_transpose",
    "outer",
    "tensordot",
    "trace",
    "vecdot",
]


def matmul(x1: NDArray, x2: NDArray, /) -> NDArray:
    """The matrix product (..., M, K) @ (..., K, N) -> (..., M, N); leading axes broadcast.

    A vector is a row on the left and a column on the right, and its axis disappears. ShapeError if
    the inner sizes differ, DTypeError for bool.

    >>> nd.matmul(nd.asarray([[1, 2], [3, 4]]), nd.asarray([1, 1])).tolist()
    [3, 7]
    """
    return _core.matmul(x1, x2)


def matrix_transpose(x: NDArray, /) -> NDArray:
    """A view with the last two axes exchanged.

    >>> nd.matrix_transpose(nd.zeros((5, 2, 3))).shape
    (5, 3, 2)
    """
    return x.mT


def tensordot(
    x1: NDArray, x2: NDArray, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2
) -> NDArray:
    """The sum of products over pairs of axes; those that are left follow each other, x1's first.

    axes: the pairs, as the axes of x1 and those of x2; or how many of x1's last axes pair with as
    many of x2's first ones.

    >>> nd.tensordot(nd.ones((2, 3, 4)), nd.ones((3, 4, 5)), axes=2).shape
    (2, 5)
    """
    if isinstance(axes, int):
        if not 0 <= axes <= min(x1.ndim, x2.ndim):
            raise ShapeError(f"tensordot: {x1.shape} and {x2.shape} do not have {axes} axes each")
        pairs1, pairs2 = list(range(x1.ndim - axes, x1.ndim)), list(range(axes))
    else:
        pairs1 = [normalize_axis(axis, x1.ndim, "tensordot") for axis in axes[0]]
        pairs2 = [normalize_axis(axis, x2.ndim, "tensordot") for axis in axes[1]]
    if [x1.shape[axis] for axis in pairs1] != [x2.shape[axis] for axis in pairs2]:
        raise ShapeError(
            f"tensordot: axes {pairs1} of {x1.shape} and {pairs2} of {x2.shape} differ in size"
        )
    free1 = [axis for axis in range(x1.ndim) if axis not in pairs1]
    free2 = [axis for axis in range(x2.ndim) if axis not in pairs2]
    shape = tuple(x1.shape[axis] for axis in free1) + tuple(x2.shape[axis] for axis in free2)
    inner = math.prod(x1.shape[axis] for axis in pairs1)
    rows = math.prod(x1.shape[axis] for axis in free1)
    columns = math.prod(x2.shape[axis] for axis in free2)
    left = x1.permute(*free1, *pairs1).reshape((rows, inner))
    right = x2.permute(*pairs2, *free2).reshape((inner, columns))
    return _core.matmul(left, right).reshape(shape)


def vecdot(x1: NDArray, x2: NDArray, /, *, axis: int = -1) -> NDArray:
    """The sum of products along one axis, which both have and which disappears; others broadcast.

    Of complex vectors x1 is conjugated.

    >>> nd.vecdot(nd.asarray([[1, 2], [3, 4]]), nd.asarray([1, 10])).tolist()
    [21, 43]
    """
    left, right = moveaxis(x1, axis, -1), moveaxis(x2, axis, -1)
    if left.shape[-1] != right.shape[-1]:
        raise ShapeError(f"vecdot: {x1.shape} and {x2.shape} differ in size along axis {axis}")
    if left.dtype.kind == "complex":
        left = _core.conj(left)
    # A row times a column: (..., 1, K) @ (..., K, 1).
    return _core.matmul(left.expand_dims(-2), right.expand_dims(-1)).squeeze((-2, -1))


def outer(x1: NDArray, x2: NDArray, /) -> NDArray:
    """The products of all pairs of elements of two vectors: (M,) and (N,) -> (M, N).

    >>> nd.outer(nd.asarray([1, 2]), nd.asarray([10, 20])).tolist()
    [[10, 20], [20, 40]]
    """
    if x1.ndim != 1 or x2.ndim != 1:
        raise ShapeError(f"outer: takes two vectors, not shapes {x1.shape} and {x2.shape}")
    return _core.multiply(x1.expand_dims(1), x2)


def kron(x1: NDArray, x2: NDArray, /) -> NDArray:
    """The Kronecker product: x1 with each element replaced by that element times x2.

    Shapes (M1, M2, ...) and (N1, N2, ...) give (M1 * N1, M2 * N2, ...); leading axes of size 1 make
    up for missing ones.

    >>> nd.linalg.kron(nd.asarray([[1, 2]]), nd.asarray([[1], [10]])).tolist()
    [[1, 2], [10, 20]]
    """
    ndim = max(x1.ndim, x2.ndim)
    sizes1 = (1,) * (ndim - x1.ndim) + x1.shape
    sizes2 = (1,) * (ndim - x2.ndim) + x2.shape
    # (M1, 1, M2, 1, ...) * (1, N1, 1, N2, ...) -> (M1, N1, M2, N2, ...)
    left = x1.reshape(tuple(n for size in sizes1 for n in (size, 1)))
    right = x2.reshape(tuple(n for size in sizes2 for n in (1, size)))
    return _core.multiply(left, right).reshape(tuple(map(operator.mul, sizes1, sizes2)))


def cross(x1: NDArray, x2: NDArray, /, *, axis: int = -1) -> NDArray:
    """The cross product of the vectors of 3 elements along an axis; the other axes broadcast.

    ShapeError if the axis does not have size 3 in both, or is not the same one from behind.

    >>> nd.linalg.cross(nd.asarray([1, 0, 0]), nd.asarray([0, 1, 0])).tolist()
    [0, 0, 1]
    """
    position = normalize_axis(axis, x1.ndim, "cross") - x1.ndim
    same = normalize_axis(axis, x2.ndim, "cross") - x2.ndim == position
    if not same or x1.shape[position] != 3 or x2.shape[position] != 3:
        raise ShapeError(
            f"cross: {x1.shape} x {x2.shape}: axis {axis} does not have size 3 in both"
        )
    a = [moveaxis(x1, position, -1)[..., i] for i in range(3)]
    b = [moveaxis(x2, position, -1)[..., i] for i in range(3)]
    components = [
        _core.subtract(_core.multiply(a[i], b[j]), _core.multiply(a[j], b[i]))
        for i, j in ((1, 2), (2, 0), (0, 1))
    ]
    return stack(components, axis=position)


def diagonal(x: NDArray, /, *, offset: int = 0) -> NDArray:
    """A view of the diagonals of x (..., M, N), the `offset`-th above the main one: (..., K).

    >>> nd.linalg.diagonal(nd.asarray([[1, 2], [3, 4]]), offset=1).tolist()
    [2]
    """
    return x.diagonal(offset)


def trace(x: NDArray, /, *, offset: int = 0, dtype: DTypeLike | None = None) -> NDArray:
    """The sums of the diagonals of x (..., M, N). Integers are summed in 64 bits.

    >>> nd.linalg.trace(nd.asarray([[1, 2], [3, 4]])).tolist()
    5
    """
    return reductions.sum(x.diagonal(offset), axis=-1, dtype=dtype)
