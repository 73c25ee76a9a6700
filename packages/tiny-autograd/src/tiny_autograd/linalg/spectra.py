"""Eigenvalues of symmetric matrices, singular values of any, and the gradients through them.

Leading dimensions (...) stack matrices, and each is treated on its own. Integers and bools become
float32. ShapeError for what is no (square) matrix, DTypeError for float16 and bfloat16, which
LAPACK does not have, LinAlgError where the iteration does not converge.

Vectors have a gradient only where the values are distinct: those of equal values are any basis of
their space. It grows without bound as two values approach each other. The sign of a vector is
LAPACK's choice, so a function of it should not depend on the sign. Gradients: Giles, "An extended
collection of matrix derivative results", 2008; Townsend, "Differentiating the singular value
decomposition", 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import view
from ..op import Operand, op
from ..ops.indexing import masked_fill
from ..ops.joining import cat
from ..ops.linalg import matmul
from ..ops.shape import mT, unsqueeze
from .arrays import alike, array_of
from .costs import least, left, of_matrix, right, same
from .factors import Factors

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["EighResult", "SVDResult", "eigh", "eigvalsh", "svd", "svdvals"]


class EighResult(NamedTuple):
    """eigenvalues (..., M), ascending, and eigenvectors (..., M, M), one in each column."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class SVDResult(NamedTuple):
    """U (..., M, K), the singular values S (..., K) in descending order, and Vh (..., K, N)."""

    U: Tensor
    S: Tensor
    Vh: Tensor


def _columns(x: Operand, factors: Operand) -> Operand:
    """x @ diag(factors), for factors (..., N)."""
    return x * unsqueeze(factors, -2)


def _rows(factors: Operand, x: Operand) -> Operand:
    """diag(factors) @ x, for factors (..., M)."""
    return unsqueeze(factors, -1) * x


def _differences(values: Operand) -> Operand:
    """values[j] - values[i] at (i, j), and infinity on the diagonal: (..., K, K)."""
    gaps = unsqueeze(values, -2) - unsqueeze(values, -1)
    same = nd.eye(values.shape[-1], dtype=nd.bool, device=values.device)
    return masked_fill(gaps, same, float("inf"))


# Eigenvalues


@op(cost=of_matrix(lambda m, n: 9 * n**3, least, same))
def eigh_values(x: Operand, /, factors: Factors) -> NDArray:
    """The first result of `eigh`.

    >>> import tiny_autograd as ta
    >>> ta.linalg.eigh(ta.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    return factors.of(x, 0)


@op(cost=view)
def eigh_vectors(x: Operand, /, factors: Factors) -> NDArray:
    """The second result of `eigh`.

    >>> import tiny_autograd as ta
    >>> ta.linalg.eigh(ta.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvectors.abs()
    tensor([[0., 1.],
            [1., 0.]])
    """
    return factors.of(x, 1)


def _eigenvalues_gradient(g: Operand, x: Operand, factors: Factors) -> Operand:
    vectors = eigh_vectors(x, factors)
    return matmul(_columns(vectors, g), mT(vectors))


def _eigenvectors_gradient(g: Operand, x: Operand, factors: Factors) -> Operand:
    values, vectors = eigh_values(x, factors), eigh_vectors(x, factors)
    inner = matmul(mT(vectors), g) / _differences(values)
    return matmul(matmul(vectors, inner), mT(vectors))


eigh_values.vjp(x=_eigenvalues_gradient)
eigh_vectors.vjp(x=_eigenvectors_gradient)


def _of_triangle(name: str, A: Operand, UPLO: str) -> Operand:
    """The matrix whose lower triangle is the one of A that is to be read."""
    if UPLO not in ("L", "U", "l", "u"):
        raise ValueError(f"{name}: UPLO is 'L' or 'U', not {UPLO!r}")
    return A if UPLO in "Ll" or A.ndim < 2 else mT(A)


def eigh(A: Operand, UPLO: Literal["L", "U"] = "L") -> EighResult:
    """Eigenvalues, ascending, and orthonormal eigenvectors of a symmetric A (..., M, M).

    UPLO: whether the lower or the upper triangle of A is read. The eigenvectors have a gradient
    where the eigenvalues are distinct.

    >>> import tiny_autograd as ta
    >>> ta.linalg.eigh(ta.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    x, factors = _of_triangle("eigh", A, UPLO), Factors("eigh", nd.linalg.eigh)
    return EighResult(eigh_values(x, factors), eigh_vectors(x, factors))


@op(cost=of_matrix(lambda m, n: 4 * n**3 / 3, least))
def symmetric_eigenvalues(x: Operand, /) -> NDArray:
    """`eigvalsh` by the lower triangle.

    >>> import tiny_autograd as ta
    >>> ta.linalg.eigvalsh(ta.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    return nd.linalg.eigvalsh(x)


symmetric_eigenvalues.vjp(
    # Only the gradient needs the vectors.
    x=lambda g, x: _eigenvalues_gradient(g, x, Factors("eigvalsh", nd.linalg.eigh)),
)


def eigvalsh(A: Operand, UPLO: Literal["L", "U"] = "L") -> Tensor:
    """The eigenvalues (..., M), ascending, of a symmetric A (..., M, M); UPLO as for `eigh`.

    >>> import tiny_autograd as ta
    >>> ta.linalg.eigvalsh(ta.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    return symmetric_eigenvalues(_of_triangle("eigvalsh", A, UPLO))


# Singular values


def _svd_flops(m: int, n: int) -> float:
    long, short = max(m, n), min(m, n)
    return 6 * long * short**2 + 20 * short**3


@op(cost=of_matrix(_svd_flops, least, left, right))
def svd_values(x: Operand, /, factors: Factors) -> NDArray:
    """The second result of `svd`.

    >>> import tiny_autograd as ta
    >>> ta.linalg.svd(ta.tensor([[0.0, 2.0], [3.0, 0.0]])).S
    tensor([3., 2.])
    """
    return factors.of(x, 1)


@op(cost=view)
def svd_left(x: Operand, /, factors: Factors) -> NDArray:
    """The first K = min(M, N) columns of the first result of `svd`.

    >>> import tiny_autograd as ta
    >>> ta.linalg.svd(ta.tensor([[0.0, 2.0], [3.0, 0.0]])).U.abs()
    tensor([[0., 1.],
            [1., 0.]])
    """
    return factors.of(x, 0)


@op(cost=view)
def svd_right(x: Operand, /, factors: Factors) -> NDArray:
    """The first K = min(M, N) rows of the third result of `svd`.

    >>> import tiny_autograd as ta
    >>> ta.linalg.svd(ta.tensor([[0.0, 2.0], [3.0, 0.0]])).Vh.abs()
    tensor([[1., 0.],
            [0., 1.]])
    """
    return factors.of(x, 2)


def _singular_gradient(g: Operand, x: Operand, factors: Factors) -> Operand:
    return matmul(_columns(svd_left(x, factors), g), svd_right(x, factors))


def _skew_share(product: Operand, values: Operand) -> Operand:
    """(P - P.mT) / (values[j]^2 - values[i]^2): what rotates the vectors."""
    return (product - mT(product)) / _differences(values * values)


def _left_gradient(g: Operand, x: Operand, factors: Factors) -> Operand:
    u, s, vh = svd_left(x, factors), svd_values(x, factors), svd_right(x, factors)
    product = matmul(mT(u), g)
    inner = matmul(u, _columns(_skew_share(product, s), s))
    if x.shape[-2] > x.shape[-1]:
        inner = inner + (g - matmul(u, product)) / unsqueeze(s, -2)
    return matmul(inner, vh)


def _right_gradient(g: Operand, x: Operand, factors: Factors) -> Operand:
    u, s, vh = svd_left(x, factors), svd_values(x, factors), svd_right(x, factors)
    product = matmul(vh, mT(g))
    inner = matmul(_rows(s, _skew_share(product, s)), vh)
    if x.shape[-1] > x.shape[-2]:
        inner = inner + (g - matmul(mT(product), vh)) / unsqueeze(s, -1)
    return matmul(u, inner)


svd_values.vjp(x=_singular_gradient)
svd_left.vjp(x=_left_gradient)
svd_right.vjp(x=_right_gradient)


def svd(A: Operand, full_matrices: bool = True) -> SVDResult:
    """A = U @ diag(S) @ Vh with orthonormal columns in U, orthonormal rows in Vh, and S >= 0.

    A (..., M, N) gives U (..., M, M), S (..., K) and Vh (..., N, N) with K = min(M, N); without
    `full_matrices` U (..., M, K) and Vh (..., K, N). U and Vh have a gradient where the singular
    values are distinct, and not 0 unless M = N. What `full_matrices` adds to them has none: any
    basis of the rest would do.

    >>> import tiny_autograd as ta
    >>> ta.linalg.svd(ta.tensor([[0.0, 2.0], [3.0, 0.0]])).S
    tensor([3., 2.])
    """
    if not full_matrices or A.ndim < 2 or A.shape[-1] == A.shape[-2]:
        factors = Factors("svd", lambda x: nd.linalg.svd(x, full_matrices=False))
        values = svd_values(A, factors)
        return SVDResult(svd_left(A, factors), values, svd_right(A, factors))
    u, s, vh = nd.linalg.svd(array_of(A))
    count = s.shape[-1]
    factors = Factors("svd", lambda _: (u[..., :count], s, vh[..., :count, :]))
    values = svd_values(A, factors)
    first, last = svd_left(A, factors), svd_right(A, factors)
    if u.shape[-1] > count:
        return SVDResult(cat([first, alike(A, u[..., count:])], -1), values, last)
    return SVDResult(first, values, cat([last, alike(A, vh[..., count:, :])], -2))


@op(cost=of_matrix(lambda m, n: 2 * max(m, n) * min(m, n) ** 2 + 2 * min(m, n) ** 3, least))
def svdvals(A: Operand, /) -> NDArray:
    """The singular values (..., K) of A (..., M, N) in descending order, K = min(M, N).

    >>> import tiny_autograd as ta
    >>> ta.linalg.svdvals(ta.tensor([[0.0, 2.0], [3.0, 0.0]]))
    tensor([3., 2.])
    """
    return nd.linalg.svdvals(A)


def _svdvals_gradient(g: Operand, A: Operand) -> Operand:
    # Only the gradient needs the vectors.
    return _singular_gradient(
        g, A, Factors("svdvals", lambda x: nd.linalg.svd(x, full_matrices=False))
    )


svdvals.vjp(A=_svdvals_gradient)
