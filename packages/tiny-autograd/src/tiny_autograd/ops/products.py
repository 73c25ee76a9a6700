"""Products of vectors, matrices and tensors that are composed of other operations."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core.errors import ShapeError

from ..cost import normalize_dims
from ..op import Operand
from .arithmetic import mul
from .joining import select, stack
from .linalg import bmm, matmul, mv, outer, scaled_sum
from .reduction import sum
from .shape import broadcast_to, permute, reshape, unsqueeze
from .statistics import norm

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "addbmm",
    "addmv",
    "addr",
    "baddbmm",
    "cdist",
    "cross",
    "inner",
    "kron",
    "tensordot",
    "vdot",
]


def addmv(x: Operand, mat: Operand, vec: Operand, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta x + alpha (mat @ vec); for beta 0, whatever x holds is ignored.

    >>> import tiny_autograd as ta
    >>> ta.addmv(ta.ones(2), ta.eye(2), ta.tensor([1.0, 2.0]))
    tensor([2., 3.])
    """
    return scaled_sum(x, mv(mat, vec), beta, alpha)


def addr(x: Operand, vec1: Operand, vec2: Operand, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta x + alpha outer(vec1, vec2); for beta 0, whatever x holds is ignored.

    >>> import tiny_autograd as ta
    >>> ta.addr(ta.ones(1, 2), ta.tensor([2.0]), ta.tensor([1.0, 3.0]))
    tensor([[3., 7.]])
    """
    return scaled_sum(x, outer(vec1, vec2), beta, alpha)


def baddbmm(
    x: Operand, batch1: Operand, batch2: Operand, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta x + alpha bmm(batch1, batch2); for beta 0, whatever x holds is ignored.

    >>> import tiny_autograd as ta
    >>> ta.baddbmm(ta.ones(2, 1, 1), ta.ones(2, 1, 3), ta.ones(2, 3, 1), beta=2).flatten()
    tensor([5., 5.])
    """
    return scaled_sum(x, bmm(batch1, batch2), beta, alpha)


def addbmm(
    x: Operand, batch1: Operand, batch2: Operand, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta x + alpha times the sum of bmm(batch1, batch2) over the batch.

    For beta 0, whatever x holds is ignored.

    >>> import tiny_autograd as ta
    >>> ta.addbmm(ta.ones(1, 1), ta.ones(2, 1, 3), ta.ones(2, 3, 1))
    tensor([[7.]])
    """
    if batch1.ndim != 3 or batch2.ndim != 3 or batch1.shape[0] != batch2.shape[0]:
        raise ShapeError(
            f"addbmm: {batch1.shape} @ {batch2.shape}: expected (B, M, K) and (B, K, N)"
        )
    return scaled_sum(x, tensordot(batch1, batch2, ([0, 2], [0, 1])), beta, alpha)


def tensordot(
    a: Operand, b: Operand, dims: int | tuple[Sequence[int], Sequence[int]] | list[Any] = 2
) -> Tensor:
    """The sum of products over pairs of dimensions; those left follow each other, a's first.

    dims: the pairs, as the dimensions of a and those of b; or how many of a's last dimensions pair
    with as many of b's first ones. Raises ShapeError when their sizes differ.

    >>> import tiny_autograd as ta
    >>> ta.tensordot(ta.ones(2, 3, 4), ta.ones(3, 4, 5)).shape
    (2, 5)
    """
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise ShapeError(f"tensordot: {a.shape} and {b.shape} do not have {dims} dims each")
        of_a, of_b = tuple(range(a.ndim - dims, a.ndim)), tuple(range(dims))
    else:
        of_a, of_b = (normalize_dims(tuple(d), x.ndim) for d, x in zip(dims, (a, b), strict=True))
    if [a.shape[d] for d in of_a] != [b.shape[d] for d in of_b]:
        raise ShapeError(f"tensordot: dims {of_a} of {a.shape} and {of_b} of {b.shape} differ")
    free_a = tuple(d for d in range(a.ndim) if d not in of_a)
    free_b = tuple(d for d in range(b.ndim) if d not in of_b)
    inside = prod(a.shape[d] for d in of_a)
    left, right = tuple(a.shape[d] for d in free_a), tuple(b.shape[d] for d in free_b)
    rows = reshape(permute(a, (*free_a, *of_a)), (prod(left), inside))
    columns = reshape(permute(b, (*of_b, *free_b)), (inside, prod(right)))
    return reshape(matmul(rows, columns), (*left, *right))


def inner(x: Operand, y: Operand) -> Tensor:
    """The sums of products over the last dimension of both, for all pairs of the others.

    A number is multiplied with everything. Raises ShapeError when the last sizes differ.

    >>> import tiny_autograd as ta
    >>> ta.inner(ta.tensor([1.0, 2.0]), ta.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([11.,  2.])
    """
    if not x.ndim or not y.ndim:
        return mul(x, y)
    if x.shape[-1] != y.shape[-1]:
        raise ShapeError(f"inner: the last sizes of {x.shape} and {y.shape} differ")
    return tensordot(x, y, ([-1], [-1]))


def vdot(x: Operand, y: Operand) -> Tensor:
    """The inner product of two vectors; of real ones the same as `dot`.

    >>> import tiny_autograd as ta
    >>> ta.vdot(ta.tensor([1.0, 2.0]), ta.tensor([3.0, 4.0]))
    tensor(11.)
    """
    if x.ndim != 1 or y.ndim != 1:
        raise ShapeError(f"vdot: takes two vectors, not shapes {x.shape} and {y.shape}")
    return matmul(x, y)


def vecdot(x: Operand, y: Operand, *, dim: int = -1) -> Tensor:
    """The sum of products along one dimension; the shapes are broadcast first.

    >>> import tiny_autograd as ta
    >>> ta.linalg.vecdot(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), ta.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    return sum(mul(x, y), dim)


def kron(x: Operand, y: Operand) -> Tensor:
    """The Kronecker product: x with each element replaced by that element times y.

    Shapes (M1, M2, ...) and (N1, N2, ...) give (M1 * N1, M2 * N2, ...); leading dimensions of size
    1 make up for missing ones.

    >>> import tiny_autograd as ta
    >>> ta.kron(ta.tensor([[1, 2]]), ta.tensor([[1], [10]]))
    tensor([[ 1,  2],
            [10, 20]])
    """
    ndim = max(x.ndim, y.ndim)
    first = (1,) * (ndim - x.ndim) + tuple(x.shape)
    second = (1,) * (ndim - y.ndim) + tuple(y.shape)
    # (M1, 1, M2, 1, ...) * (1, N1, 1, N2, ...) -> (M1, N1, M2, N2, ...)
    left = reshape(x, tuple(n for size in first for n in (size, 1)))
    right = reshape(y, tuple(n for size in second for n in (1, size)))
    return reshape(mul(left, right), tuple(m * n for m, n in zip(first, second, strict=True)))


def vector_product(x: Operand, y: Operand, *, dim: int = -1) -> Tensor:
    """The cross product of the vectors of 3 elements along `dim`; the shapes are broadcast first.

    Raises ShapeError unless that dimension has size 3 in both.

    >>> import tiny_autograd as ta
    >>> ta.linalg.cross(ta.tensor([1, 0, 0]), ta.tensor([0, 1, 0]))
    tensor([0, 0, 1])
    """
    shape = nd.broadcast_shapes(x.shape, y.shape)
    (at,) = normalize_dims(dim, len(shape)) or (0,)
    behind = at - len(shape)
    if not all(z.ndim >= -behind and z.shape[behind] == 3 for z in (x, y)):
        raise ShapeError(f"cross: {x.shape} x {y.shape}: dimension {dim} is not 3 in both")
    a = [select(broadcast_to(x, shape), at, i) for i in range(3)]
    b = [select(broadcast_to(y, shape), at, i) for i in range(3)]
    return stack([a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))], at)


def cross(x: Operand, y: Operand, dim: int | None = None) -> Tensor:
    """`linalg.cross`; without `dim`, along the first dimension of size 3.

    >>> import tiny_autograd as ta
    >>> ta.cross(ta.tensor([1, 0, 0]), ta.tensor([0, 1, 0]))
    tensor([0, 0, 1])
    """
    if dim is not None:
        return vector_product(x, y, dim=dim)
    shape = nd.broadcast_shapes(x.shape, y.shape)
    if 3 not in shape:
        raise ShapeError(f"cross: {x.shape} x {y.shape}: no dimension has size 3")
    return vector_product(x, y, dim=shape.index(3))


def multi_dot(tensors: Sequence[Operand]) -> Tensor:
    """The product of two or more matrices, in the order that takes the fewest multiplications.

    The first may be a vector, a row, and the last one, a column. Raises ShapeError when sizes do
    not fit, ValueError for fewer than two.

    >>> import tiny_autograd as ta
    >>> ta.linalg.multi_dot([ta.ones(2, 9), ta.ones(9, 1), ta.ones(1, 2)])
    tensor([[9., 9.],
            [9., 9.]])
    """
    factors = list(tensors)
    if len(factors) < 2:
        raise ValueError(f"multi_dot: expected two matrices or more, got {len(factors)}")
    for i, x in enumerate(factors):
        if x.ndim != 2 and not (x.ndim == 1 and i in (0, len(factors) - 1)):
            raise ShapeError(f"multi_dot: factor {i} has shape {x.shape}, expected a matrix")
    sizes = [1 if factors[0].ndim == 1 else factors[0].shape[0]]
    sizes += [x.shape[0] for x in factors[1:]]
    sizes.append(1 if factors[-1].ndim == 1 else factors[-1].shape[1])
    # Cormen et al., "Introduction to Algorithms", 15.2: the cheapest product of each run of them.
    best = {(i, i): (0, i) for i in range(len(factors))}
    for length in range(1, len(factors)):
        for i in range(len(factors) - length):
            j = i + length
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )

    def product(i: int, j: int) -> Any:
        if i == j:
            return factors[i]
        k = best[i, j][1]
        return matmul(product(i, k), product(k + 1, j))

    return product(0, len(factors) - 1)  # type: ignore[no-any-return]


def cdist(x1: Operand, x2: Operand, p: float = 2.0) -> Tensor:
    """The p-norm of the difference of each pair of rows: (..., P, M), (..., R, M) -> (..., P, R).

    Leading dimensions broadcast. The derivative at distance 0 is taken as 0. Raises ShapeError
    when the last sizes differ.

    >>> import tiny_autograd as ta
    >>> ta.cdist(ta.tensor([[0.0, 0.0]]), ta.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"cdist: {x1.shape} and {x2.shape}: expected (..., P, M) and (..., R, M)")
    return norm(unsqueeze(x1, -2) - unsqueeze(x2, -3), p, -1)
