"""Systems of linear equations, and inverses.

Leading dimensions (...) stack matrices, and each is treated on its own. Integers and bools become
float32. Raises ShapeError for what is no (square) matrix and for sizes that do not fit, DTypeError
for float16 and bfloat16, which LAPACK does not have, LinAlgError where there is no solution.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import ShapeError

from ..cost import Count, Shape
from ..op import Operand, op
from ..ops.arithmetic import add, square
from ..ops.conversion import clone
from ..ops.creation import zeros_like
from ..ops.linalg import matmul, tril, triu
from ..ops.reduction import sum
from ..ops.shape import mT, squeeze, unsqueeze
from .arrays import alike, array_of
from .costs import of_matrix, same

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "LstsqResult",
    "cholesky_inverse",
    "cholesky_solve",
    "inv",
    "lstsq",
    "matrix_power",
    "pinv",
    "solve",
    "solve_triangular",
]


@op(cost=of_matrix(lambda m, n: 2 * n**3, same))
def inv(x: Operand, /) -> NDArray:
    """The inverses of x (..., M, M). LinAlgError if one is singular.

    `solve` is faster and more exact where the inverse is only a means.

    >>> import tiny_autograd as ta
    >>> ta.linalg.inv(ta.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return nd.linalg.inv(x)


inv.vjp(x=lambda g, out: -matmul(mT(out), matmul(g, mT(out))))


def matrix_power(A: Operand, n: int) -> Tensor:
    """A (..., M, M) multiplied by itself n times, by repeated squaring; of the inverse if n < 0.

    Raises ShapeError for what is no square matrix, LinAlgError if n < 0 and A is singular.

    >>> import tiny_autograd as ta
    >>> ta.linalg.matrix_power(ta.tensor([[1, 1], [1, 0]]), 10)
    tensor([[89, 55],
            [55, 34]])
    """
    exponent = index(n)
    if A.ndim < 2 or A.shape[-2] != A.shape[-1]:
        raise ShapeError(f"matrix_power: takes a square matrix or a stack of them, not {A.shape}")
    if exponent == 0:
        identity = nd.eye(A.shape[-1], dtype=A.dtype, device=A.device)
        # Added to zeros of A's shape, so that it is a tensor, one matrix for each of A.
        return add(zeros_like(A), identity)
    if exponent == 1:
        return clone(A)
    if exponent < 0:
        return matrix_power(inv(A), -exponent)
    result: Any = None
    factor: Any = A
    while exponent:
        if exponent % 2:
            result = factor if result is None else matmul(result, factor)
        exponent //= 2
        if exponent:
            factor = matmul(factor, factor)
    return result  # type: ignore[no-any-return]


def _solution_cost(factorisation: float) -> Any:
    def formula(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
        x, y = shapes
        size, columns = x[-1], y[-1]
        batch = prod(nd.broadcast_shapes(x[:-2], y[:-2]))
        flops = batch * (factorisation * size**3 + 2 * size**2 * columns)
        return int(flops), prod(x) + prod(y), batch * size * columns

    return formula


@op(cost=_solution_cost(2 / 3))
def solve_matrices(x: Operand, y: Operand, /) -> NDArray:
    """`solve` for matrices x (..., M, M) and y (..., M, K), whose leading dimensions broadcast.

    >>> import tiny_autograd as ta
    >>> ta.linalg.solving.solve_matrices(ta.tensor([[2.0]]), ta.tensor([[4.0, 6.0]]))
    tensor([[2., 3.]])
    """
    return nd.linalg.solve(x, y)


solve_matrices.vjp(
    x=lambda g, x, out: -matmul(solve_matrices(mT(x), g), mT(out)),
    y=lambda g, x: solve_matrices(mT(x), g),
)


def solve(A: Operand, B: Operand, *, left: bool = True) -> Tensor:
    """The solution X of A @ X = B, or of X @ A = B unless `left`. LinAlgError if A is singular.

    A: (..., M, M). B: (..., M, K), (..., K, M) unless `left`; or vectors: (M,), or (..., M) with
    the leading dimensions of A. X has the shape of B, with the leading dimensions broadcast.

    >>> import tiny_autograd as ta
    >>> ta.linalg.solve(ta.tensor([[2.0, 0.0], [0.0, 4.0]]), ta.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    if A.ndim < 2 or A.shape[-1] != A.shape[-2] or not B.ndim:
        raise ShapeError(
            f"solve: A {A.shape} and B {B.shape}: A is a square matrix or a stack of them, "
            "B has at least one dimension"
        )
    if B.ndim == 1 or B.shape == A.shape[:-1]:
        return squeeze(solve_matrices(A if left else mT(A), unsqueeze(B, -1)), -1)
    return solve_matrices(A, B) if left else mT(solve_matrices(mT(A), mT(B)))


# Up to this size one call of LAPACK is faster than two halves.
_LEAF = 64


def _substitute(x: NDArray, y: NDArray, upper: bool) -> NDArray:
    """Solve x @ out = y by blocks: one half, then the other without what the first contributes."""
    size = x.shape[-1]
    if size <= _LEAF:
        return nd.linalg.solve(x, y)
    low, high = slice(0, size // 2), slice(size // 2, None)
    first, then = (high, low) if upper else (low, high)
    known = _substitute(x[..., first, first], y[..., first, :], upper)
    rest = nd.subtract(y[..., then, :], nd.matmul(x[..., then, first], known))
    found = _substitute(x[..., then, then], rest, upper)
    return nd.concat((found, known) if upper else (known, found), axis=-2)


@op(cost=_solution_cost(0))
def triangular_solution(
    x: Operand, y: Operand, /, upper: bool, unitriangular: bool = False
) -> NDArray:
    """`solve_triangular` from the left.

    >>> import tiny_autograd as ta
    >>> x, y = ta.tensor([[2.0, 9.0], [1.0, 1.0]]), ta.tensor([[4.0], [3.0]])
    >>> ta.linalg.solving.triangular_solution(x, y, upper=False)
    tensor([[2.],
            [1.]])
    """
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != x.shape[-2] or x.shape[-1] != y.shape[-2]:
        raise ShapeError(
            f"solve_triangular: A {x.shape} and B {y.shape}: A is (..., M, M), and B (..., M, K), "
            "or (..., K, M) without `left`"
        )
    triangle = _triangle(x, upper, unitriangular)
    if unitriangular:
        triangle = nd.add(triangle, nd.eye(x.shape[-1], dtype=x.dtype, device=x.device))
    return _substitute(triangle, y, upper)


def _triangle(x: Operand, upper: bool, unitriangular: bool) -> Operand:
    """The part of x that the solution depends on, and zeros."""
    offset = int(unitriangular)
    return triu(x, offset) if upper else tril(x, -offset)


def _triangle_gradient(
    g: Operand, x: Operand, out: Operand, upper: bool, unitriangular: bool
) -> Operand:
    right = triangular_solution(mT(x), g, not upper, unitriangular)
    return -_triangle(matmul(right, mT(out)), upper, unitriangular)


triangular_solution.vjp(
    x=_triangle_gradient,
    y=lambda g, x, upper, unitriangular: triangular_solution(mT(x), g, not upper, unitriangular),
)


def solve_triangular(
    A: Operand, B: Operand, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """The solution X of A @ X = B, or of X @ A = B unless `left`, for triangular A (..., M, M).

    Only the upper triangle of A is read, or the lower one unless `upper`; `unitriangular`: without
    its diagonal, which counts as ones. B: (..., M, K), or (..., K, M) unless `left`. LinAlgError
    if a number on the diagonal is 0.

    >>> import tiny_autograd as ta
    >>> A, B = ta.tensor([[2.0, 0.0], [1.0, 1.0]]), ta.tensor([[4.0], [3.0]])
    >>> ta.linalg.solve_triangular(A, B, upper=False)
    tensor([[2.],
            [1.]])
    """
    if left:
        return triangular_solution(A, B, upper, unitriangular)
    if A.ndim < 2 or B.ndim < 2:
        raise ShapeError(f"solve_triangular: A {A.shape} and B {B.shape} are matrices, or stacks")
    return mT(triangular_solution(mT(A), mT(B), not upper, unitriangular))


def cholesky_solve(B: Operand, L: Operand, upper: bool = False) -> Tensor:
    """The solution X of L @ L.mT @ X = B (L.mT @ L @ X = B if `upper`), L from `cholesky`.

    L: (..., M, M), of which one triangle is read; B: (..., M, K).

    >>> import tiny_autograd as ta
    >>> ta.cholesky_solve(ta.tensor([[8.0]]), ta.tensor([[2.0]]))
    tensor([[2.]])
    """
    lower = mT(L) if upper else L
    return triangular_solution(mT(lower), triangular_solution(lower, B, upper=False), upper=True)


def cholesky_inverse(L: Operand, upper: bool = False) -> Tensor:
    """The inverse of L @ L.mT (of L.mT @ L if `upper`) for L (..., M, M) from `cholesky`.

    >>> import tiny_autograd as ta
    >>> ta.cholesky_inverse(ta.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    if L.ndim < 2:
        raise ShapeError(f"cholesky_inverse: takes a matrix or a stack of them, not {L.shape}")
    return cholesky_solve(nd.eye(L.shape[-1], dtype=L.dtype, device=L.device), L, upper)


def _transposed(shape: Shape) -> Shape:
    return (*shape[:-2], shape[-1], shape[-2])


@op(cost=of_matrix(lambda m, n: 8 * m * n * min(m, n) + 20 * min(m, n) ** 3, _transposed))
def pseudo_inverse(x: Operand, /, rtol: Any = None) -> NDArray:
    """`pinv`, where rtol is None, a number, or an array of one number for each matrix.

    >>> import tiny_autograd as ta
    >>> ta.linalg.solving.pseudo_inverse(ta.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    return nd.linalg.pinv(x, rtol=rtol)


def _pseudo_inverse_gradient(g: Operand, x: Operand, out: Operand) -> Operand:
    # Golub and Pereyra, SIAM J. Numer. Anal. 10(2), 1973, eq. 4.12, with the gradient's transpose.
    gt, p, pt = mT(g), out, mT(out)
    through = matmul(pt, matmul(g, pt))
    left = matmul(gt - matmul(x, matmul(p, gt)), matmul(p, pt))
    right = matmul(matmul(pt, p), gt - matmul(matmul(gt, p), x))
    return left + right - through


pseudo_inverse.vjp(x=_pseudo_inverse_gradient)


def pinv(A: Operand, *, atol: float | None = None, rtol: float | None = None) -> Tensor:
    """The pseudo-inverses (..., N, M) of A (..., M, N) (Penrose 1955).

    Singular values up to max(atol, rtol times the largest one) count as 0. rtol: max(M, N) times
    the machine epsilon when both are left out, else 0. There is a gradient where the rank does
    not change nearby.

    >>> import tiny_autograd as ta
    >>> ta.linalg.pinv(ta.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    return pseudo_inverse(A, relative_tolerance(array_of(A), atol, rtol))


def relative_tolerance(x: NDArray, atol: float | None, rtol: float | None) -> Any:
    """What `atol` and `rtol` of `pinv` say relative to the largest singular value of each matrix.

    >>> import ndarray_core as nd
    >>> relative_tolerance(nd.asarray([[4.0, 0.0], [0.0, 1.0]]), 2.0, 0.1).item()
    0.5
    """
    if atol is None or not x.size:
        return rtol
    largest = nd.max(nd.linalg.svdvals(x), axis=-1)
    absolute = nd.divide(atol, nd.where(nd.greater(largest, 0), largest, 1))
    return nd.maximum(absolute, 0.0 if rtol is None else rtol)


class LstsqResult(NamedTuple):
    """solution (..., N, K), residuals (..., K) or (0,), rank (...), singular_values (..., min)."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


_DRIVERS = ("gelsy", "gels", "gelsd", "gelss")


def lstsq(
    A: Operand, B: Operand, rcond: float | None = None, *, driver: str | None = None
) -> LstsqResult:
    """The X of least norm among those with the least norm of A @ X - B, as pinv(A) @ B.

    A: (..., M, N); B: (..., M, K), or a vector (..., M) with A's leading dimensions. `rcond` is
    the rtol of `pinv`. There is a gradient where the rank does not change nearby.

    The way to the solution is always the singular values, so `driver` decides, as in PyTorch, only
    which results there are: rank but for "gels"; singular_values for "gelsd" and "gelss";
    residuals, the squared norms of A @ X - B, but for "gelsy", which is what None means, and where
    M > N and all matrices have full rank. The others are empty.

    >>> import tiny_autograd as ta
    >>> ta.linalg.lstsq(ta.tensor([[1.0], [1.0]]), ta.tensor([[1.0], [3.0]])).solution
    tensor([[2.0000]])
    """
    chosen = "gelsy" if driver is None else driver
    if chosen not in _DRIVERS:
        raise ValueError(f"lstsq: driver is one of {', '.join(_DRIVERS)}, not {driver!r}")
    vector = A.ndim >= 2 and B.shape == A.shape[:-1]
    right = unsqueeze(B, -1) if vector else B
    if A.ndim < 2 or right.ndim < 2 or A.shape[-2] != right.shape[-2]:
        raise ShapeError(
            f"lstsq: A {A.shape} and B {B.shape}: expected (..., M, N) and (..., M, K) or (..., M)"
        )
    rows, columns = A.shape[-2:]
    x = array_of(A)
    singular = nd.linalg.svdvals(x)
    rtol = max(rows, columns) * nd.finfo(singular.dtype).eps if rcond is None else rcond
    rank = nd.linalg.matrix_rank(x, rtol=rtol)
    solution = matmul(pseudo_inverse(A, rtol), right)
    none = nd.zeros((0,), dtype=singular.dtype, device=x.device)
    over = rows > columns and chosen != "gelsy" and bool(nd.all(nd.equal(rank, columns)))
    residuals = sum(square(matmul(A, solution) - right), -2) if over else alike(A, none)
    return LstsqResult(
        squeeze(solution, -1) if vector else solution,
        residuals,
        alike(A, none.astype(nd.int64) if chosen == "gels" else rank),
        alike(A, singular if chosen in ("gelsd", "gelss") else none),
    )
