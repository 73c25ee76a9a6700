"""Norms of vectors and matrices, and what follows from singular values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import ndarray_core as nd
from ndarray_core.errors import ShapeError

from ..cost import Dim, normalize_dims
from ..op import Operand
from ..ops.arithmetic import abs, div, mul
from ..ops.conversion import astype
from ..ops.reduction import amax, amin, sum
from ..ops.shape import movedim, reshape
from ..ops.statistics import norm as element_norm
from .arrays import alike, array_of
from .solving import inv, relative_tolerance
from .spectra import svdvals

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["cond", "matrix_norm", "matrix_rank", "norm", "vector_norm"]

MatrixOrder = int | float | str


def vector_norm(
    x: Operand,
    ord: float = 2,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: nd.DType | None = None,
) -> Tensor:
    """The p-norm over `dim`, all dimensions when left out: (sum of abs(x) ** ord) ** (1 / ord).

    ord: any number; inf and -inf for the largest and the smallest absolute value, 0 for how many
    elements are not 0. dtype: of the computation and the result.

    >>> import tiny_autograd as ta
    >>> ta.linalg.vector_norm(ta.tensor([[3.0, 4.0]]))
    tensor(5.)
    """
    return element_norm(x if dtype is None else astype(x, dtype), ord, dim, keepdim)


def matrix_norm(
    A: Operand,
    ord: MatrixOrder = "fro",
    dim: tuple[int, int] | list[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: nd.DType | None = None,
) -> Tensor:
    """A norm of each matrix over the two dimensions `dim`.

    ord: "fro" for the square root of the sum of squares; 1 (-1) for the largest (smallest) sum of
    a column's absolute values, inf (-inf) of a row's; 2 (-2) for the largest (smallest) singular
    value, "nuc" for the sum of them. ShapeError unless `dim` is two dimensions of A.

    >>> import tiny_autograd as ta
    >>> A = ta.tensor([[3.0, 0.0], [4.0, 5.0]])
    >>> ta.linalg.matrix_norm(A, 1), ta.linalg.matrix_norm(A, float("inf"))
    (tensor(7.), tensor(9.))
    """
    x = A if dtype is None else astype(A, dtype)
    if x.ndim < 2:
        raise ShapeError(f"matrix_norm: takes a matrix or a stack of them, not shape {x.shape}")
    row, column = normalize_dims(tuple(dim), x.ndim) if len(dim) == 2 else (0, 0)
    if row == column:
        raise ShapeError(f"matrix_norm: dim is two different dimensions, not {dim}")
    if ord == "fro":
        return element_norm(x, 2, (row, column), keepdim)
    if ord in (1, -1, math.inf, -math.inf):
        positive = not isinstance(ord, str) and ord > 0
        summed, compared = (row, column) if ord in (1, -1) else (column, row)
        left = (amax if positive else amin)(sum(abs(x), summed, True), compared, True)
    elif ord in (2, -2, "nuc"):
        values = svdvals(movedim(x, (row, column), (-2, -1)))
        if ord == "nuc":
            left = sum(values, -1)
        else:
            left = amax(values, -1) if ord == 2 else amin(values, -1)
    else:
        raise ValueError(
            f"matrix_norm: no norm {ord!r}; there are 'fro', 'nuc', 1, -1, 2, -2, inf and -inf"
        )
    kept = tuple(1 if d in (row, column) else n for d, n in enumerate(x.shape))
    return reshape(left, kept if keepdim else _without(x.shape, row, column))


def _without(shape: tuple[int, ...], *dims: int) -> tuple[int, ...]:
    return tuple(n for d, n in enumerate(shape) if d not in dims)


def norm(
    A: Operand,
    ord: MatrixOrder | None = None,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: nd.DType | None = None,
) -> Tensor:
    """`vector_norm` over one dimension, `matrix_norm` over two.

    Without `dim`: over all dimensions, flattened to a vector without `ord`, and as one vector or
    one matrix with it: ShapeError for a tensor of other dimensions.

    >>> import tiny_autograd as ta
    >>> A = ta.tensor([[3.0, 0.0], [0.0, 4.0]])
    >>> ta.linalg.norm(A), ta.linalg.norm(A, "nuc"), ta.linalg.norm(A, 1, dim=0)
    (tensor(5.), tensor(7.), tensor([3., 4.]))
    """
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dim is None and A.ndim not in (1, 2):
        raise ShapeError(
            f"norm: with ord {ord!r} but no dim, A has 1 or 2 dimensions, not {A.ndim}"
        )
    dims = tuple(range(A.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) == 2:
        return matrix_norm(A, ord, (dims[0], dims[1]), keepdim, dtype=dtype)
    if isinstance(ord, str):
        raise ShapeError(f"norm: {ord!r} is a norm of matrices, dim has {len(dims)} dimensions")
    return vector_norm(A, ord, dims, keepdim, dtype=dtype)


def cond(A: Operand, p: MatrixOrder | None = None) -> Tensor:
    """The condition numbers (...) of A (..., M, N) by the norm p: norm(A) * norm(inv(A)).

    p: as `ord` of `matrix_norm`; None is 2, which, like -2, takes matrices that are not square:
    the ratio of the largest to the smallest singular value, or the other way round. LinAlgError
    for a singular A and another p.

    >>> import tiny_autograd as ta
    >>> ta.linalg.cond(ta.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(2.)
    """
    if p in (None, 2, -2):
        values = svdvals(A)
        largest, smallest = amax(values, -1), amin(values, -1)
        return div(smallest, largest) if p == -2 else div(largest, smallest)
    order = "fro" if p is None else p
    return mul(matrix_norm(A, order), matrix_norm(inv(A), order))


def matrix_rank(A: Operand, *, atol: float | None = None, rtol: float | None = None) -> Tensor:
    """How many singular values of A (..., M, N) are above max(atol, rtol times the largest): int64.

    rtol: max(M, N) times the machine epsilon when both are left out, else 0. No gradient.

    >>> import tiny_autograd as ta
    >>> ta.linalg.matrix_rank(ta.tensor([[1.0, 2.0], [2.0, 4.0]]))
    tensor(1)
    """
    x = array_of(A)
    rank = nd.linalg.matrix_rank(x, rtol=relative_tolerance(x, atol, rtol))
    return alike(A, rank)  # type: ignore[no-any-return]
