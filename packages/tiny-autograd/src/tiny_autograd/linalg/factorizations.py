"""Factorisations of matrices, determinants, and the gradients through them.

Leading dimensions (...) stack matrices, and each is treated on its own. Integers and bools become
float32. ShapeError for what is no (square) matrix, DTypeError for float16 and bfloat16, which
LAPACK does not have, LinAlgError where the factorisation does not exist.

The gradients are those of Giles, "An extended collection of matrix derivative results for forward
and reverse mode algorithmic differentiation", 2008, and of Walter and Lehmann, "Algorithmic
differentiation of linear algebra functions", 2010.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import view
from ..grad_mode import is_recording
from ..op import Operand, op
from ..ops.arithmetic import add, where
from ..ops.joining import cat
from ..ops.linalg import matmul, tril
from ..ops.shape import mT, unsqueeze
from ..variable import Variable
from .arrays import alike, array_of
from .costs import left, of_matrix, right, same, scalar
from .factors import Factors
from .solving import inv, triangular_solution

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "QRResult",
    "SlogdetResult",
    "cholesky",
    "det",
    "logdet",
    "qr",
    "slogdet",
]


class SlogdetResult(NamedTuple):
    """sign (...), which is 1, -1 or 0, and logabsdet (...): det = sign * exp(logabsdet)."""

    sign: Tensor
    logabsdet: Tensor


class QRResult(NamedTuple):
    """Q (..., M, K), whose columns are orthonormal, and R (..., K, N), upper triangular."""

    Q: Tensor
    R: Tensor


# The Cholesky factorisation


@op(cost=of_matrix(lambda m, n: n**3 / 3, same))
def cholesky_factor(x: Operand, /) -> NDArray:
    """The lower triangular factor of `cholesky`.

    >>> import tiny_autograd as ta
    >>> ta.linalg.factorizations.cholesky_factor(ta.tensor([[4.0]]))
    tensor([[2.]])
    """
    return nd.linalg.cholesky(x)


def _cholesky_gradient(g: Operand, out: Operand) -> Operand:
    lower = tril(matmul(mT(out), g))
    symmetric = (lower + mT(tril(lower, -1))) * 0.5
    left = triangular_solution(mT(out), symmetric, upper=True)
    return mT(triangular_solution(mT(out), mT(left), upper=True))


cholesky_factor.vjp(x=_cholesky_gradient)


def cholesky(A: Operand, *, upper: bool = False) -> Tensor:
    """The lower triangular L with A = L @ L.mT, or its transpose if `upper`.

    A (..., M, M) is symmetric and positive definite; only its lower triangle is read, or the upper
    one if `upper`. LinAlgError if A is not positive definite. The gradient is symmetric.

    >>> import tiny_autograd as ta
    >>> ta.linalg.cholesky(ta.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    return mT(cholesky_factor(mT(A))) if upper else cholesky_factor(A)


# Determinants


def _cofactors(x: NDArray) -> NDArray:
    """The derivatives of the determinant by the elements of x, which may be singular.

    With x = U S Vh they are det(U Vh) U D Vh, where D has the products of all other values of S.
    """
    u, s, vh = nd.linalg.svd(x, full_matrices=False)
    size = s.shape[-1]
    others = nd.where(nd.eye(size, dtype=nd.bool, device=x.device), 1, s.expand_dims(-2))
    products = nd.prod(others, axis=-1)
    sign = nd.multiply(nd.linalg.det(u), nd.linalg.det(vh)).expand_dims(-1).expand_dims(-1)
    return nd.multiply(sign, nd.matmul(nd.multiply(u, products.expand_dims(-2)), vh))


@op(cost=of_matrix(lambda m, n: 2 * n**3 / 3, scalar))
def det(A: Operand, /) -> NDArray:
    """The determinants (...) of A (..., M, M).

    The first derivative is there for every matrix; those of higher order, and first ones with
    `create_graph`, need an invertible one: LinAlgError.

    >>> import tiny_autograd as ta
    >>> ta.linalg.det(ta.tensor([[2.0, 0.0], [1.0, 3.0]]))
    tensor(6.)
    """
    return nd.linalg.det(A)


def _det_gradient(g: Operand, A: Operand, out: Operand) -> Operand:
    if isinstance(g, NDArray) and nd.any(nd.equal(out, 0)):
        return g.expand_dims(-1).expand_dims(-1) * _cofactors(A)
    return unsqueeze(unsqueeze(g * out, -1), -1) * mT(inv(A))


det.vjp(A=_det_gradient)


@op(cost=of_matrix(lambda m, n: 2 * n**3 / 3, scalar, scalar))
def slogdet_logarithm(x: Operand, /, factors: Factors) -> NDArray:
    """The second result of `slogdet`.

    >>> import tiny_autograd as ta
    >>> ta.linalg.slogdet(ta.tensor([[2.0]])).logabsdet
    tensor(0.6931)
    """
    return factors.of(x, 1)


slogdet_logarithm.vjp(x=lambda g, x: unsqueeze(unsqueeze(g, -1), -1) * mT(inv(x)))


@op(cost=view)
def slogdet_sign(x: Operand, /, factors: Factors) -> NDArray:
    """The first result of `slogdet`.

    >>> import tiny_autograd as ta
    >>> ta.linalg.slogdet(ta.tensor([[-2.0]])).sign
    tensor(-1.)
    """
    return factors.of(x, 0)


slogdet_sign.no_vjp()


def slogdet(A: Operand) -> SlogdetResult:
    """Signs and logarithms of the absolute values of the determinants of A (..., M, M).

    They neither overflow nor underflow, as `det` can. A determinant of 0 has sign 0 and logarithm
    -inf, and no gradient: LinAlgError. The sign never has one.

    >>> import tiny_autograd as ta
    >>> sign, logabsdet = ta.linalg.slogdet(ta.tensor([[1.0, 0.0], [0.0, -1.0]]))
    >>> sign.item(), logabsdet.item()
    (-1.0, 0.0)
    """
    factors = Factors("slogdet", nd.linalg.slogdet)
    logarithm = slogdet_logarithm(A, factors)
    return SlogdetResult(slogdet_sign(A, factors), logarithm)


def logdet(input: Operand) -> Tensor:
    """The logarithms (...) of the determinants of x (..., M, M): -inf for 0, NaN for negative ones.

    >>> import tiny_autograd as ta
    >>> ta.logdet(ta.tensor([[2.0]]))
    tensor(0.6931)
    """
    sign, logarithm = slogdet(input)
    return where(sign < 0, float("nan"), logarithm)


# The QR factorisation


def _qr_flops(m: int, n: int) -> float:
    k = min(m, n)
    return 4 * (m * n * k - (m + n) * k**2 / 2 + k**3 / 3)


@op(cost=of_matrix(_qr_flops, left, right))
def qr_orthonormal(x: Operand, /, factors: Factors) -> NDArray:
    """The first result of `qr`, for matrices with as many rows as columns or more.

    >>> import tiny_autograd as ta
    >>> ta.linalg.qr(ta.tensor([[-3.0], [-4.0]])).Q
    tensor([[-0.6000],
            [-0.8000]])
    """
    return factors.of(x, 0)


@op(cost=view)
def qr_triangular(x: Operand, /, factors: Factors) -> NDArray:
    """The second result of `qr`, for matrices with as many rows as columns or more.

    >>> import tiny_autograd as ta
    >>> ta.linalg.qr(ta.tensor([[-3.0], [-4.0]])).R
    tensor([[5.]])
    """
    return factors.of(x, 1)


def _qr_gradient(direct: Operand | None, product: Operand, q: Operand, r: Operand) -> Operand:
    """(direct + Q symmetric) R^-T, where `product` is the lower half of the symmetric matrix."""
    lower = tril(product)
    total = matmul(q, lower + mT(tril(lower, -1)))
    if direct is not None:
        total = add(direct, total)
    return mT(triangular_solution(r, mT(total), upper=True))


def _orthonormal_gradient(g: Operand, x: Operand, factors: Factors) -> Operand:
    q, r = qr_orthonormal(x, factors), qr_triangular(x, factors)
    return _qr_gradient(g, -matmul(mT(g), q), q, r)


def _triangular_gradient(g: Operand, x: Operand, factors: Factors) -> Operand:
    q, r = qr_orthonormal(x, factors), qr_triangular(x, factors)
    return _qr_gradient(None, matmul(r, mT(g)), q, r)


qr_orthonormal.vjp(x=_orthonormal_gradient)
qr_triangular.vjp(x=_triangular_gradient)


def qr(A: Operand, mode: Literal["reduced", "complete", "r"] = "reduced") -> QRResult:
    """A = Q @ R with orthonormal columns in Q and an upper triangular R.

    A (..., M, N) gives Q (..., M, K) and R (..., K, N) with K = min(M, N); mode "complete" has
    K = M; mode "r" leaves Q empty. There is a gradient where the first K columns are linearly
    independent; in mode "complete" only where M <= N, and in mode "r" never, as in PyTorch:
    RuntimeError.

    >>> import tiny_autograd as ta
    >>> A = ta.tensor([[3.0, 1.0], [4.0, 2.0]])
    >>> Q, R = ta.linalg.qr(A)
    >>> ta.allclose(Q @ R, A)
    True
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr: mode is 'reduced', 'complete' or 'r', not {mode!r}")
    rows, columns = A.shape[-2:] if A.ndim >= 2 else (0, 0)
    if mode == "r" or (mode == "complete" and rows > columns):
        if isinstance(A, Variable) and A.requires_grad and is_recording():
            raise RuntimeError(
                f"qr: mode {mode!r} has no gradient for shape {A.array.shape}; "
                "mode 'reduced' has one, and detach() does without"
            )
        found = nd.linalg.qr(array_of(A), mode="complete" if mode == "complete" else "reduced")
        none = nd.zeros((0,), dtype=found.R.dtype, device=A.device)
        return QRResult(alike(A, none if mode == "r" else found.Q), alike(A, found.R))
    if rows < columns:
        # The first columns alone decide on Q.
        q, first = qr(A[..., :rows])
        return QRResult(q, cat([first, matmul(mT(q), A[..., rows:])], -1))
    factors = Factors("qr", nd.linalg.qr)
    return QRResult(qr_orthonormal(A, factors), qr_triangular(A, factors))
