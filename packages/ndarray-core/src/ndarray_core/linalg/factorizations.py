"""Factorisations of matrices, and what is computed from them: inverses, determinants.

Array API standard, "Linear Algebra Extension":
https://data-apis.org/array-api/latest/extensions/linear_algebra_functions.html

LAPACK does the work, on every device, and NumPy is the way to it (`host_functions`). What is
composed of a factorisation (pinv, matrix_rank, matrix_power) multiplies on the device.

Integers and bool become float32. DTypeError for float16 and bfloat16, which LAPACK does not have;
ShapeError for what is no matrix, or not a square one where one is needed; LinAlgError where the
factorisation does not exist.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from .. import _core, creation
from .._core import NDArray
from .._typing import expect_array
from ..dtypes import finfo, result_type
from ..errors import DeviceError, LinAlgError, ShapeError
from ..host_functions import apply, as_floating
from ..reductions import count_nonzero

__all__ = [
    "QRResult",
    "SVDResult",
    "SlogdetResult",
    "cholesky",
    "det",
    "inv",
    "matrix_power",
    "matrix_rank",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
]

# What to try where the factorisation behind a function does not exist.
WAYS_OUT = {
    "cholesky": "is it symmetric? add a small multiple of the identity?",
    "inv": "pinv has an inverse of it in the sense of least squares",
    "solve": "pinv(x1) @ x2 solves it in the sense of least squares",
}


class QRResult(NamedTuple):
    """Q (..., M, K), whose columns are orthonormal, and R (..., K, N), upper triangular."""

    Q: NDArray
    R: NDArray


class SlogdetResult(NamedTuple):
    """sign (...), of absolute value 1 or 0, and logabsdet (...): det = sign * exp(logabsdet)."""

    sign: NDArray
    logabsdet: NDArray


class SVDResult(NamedTuple):
    """U (..., M, K), the singular values S (..., K) in descending order, and Vh (..., K, N)."""

    U: NDArray
    S: NDArray
    Vh: NDArray


def as_matrices(x: NDArray, op: str, square: bool = False) -> NDArray:
    """x (..., M, N) in a type that LAPACK has; ShapeError if it is no (square) matrix."""
    expect_array(x, op)
    if x.ndim < 2 or (square and x.shape[-2] != x.shape[-1]):
        kind = "square matrix" if square else "matrix"
        raise ShapeError(f"{op}: takes a {kind} or a stack of them, not shape {x.shape}")
    return as_floating(x, op, "LAPACK")


def adjoint(x: NDArray) -> NDArray:
    """The conjugate transpose of each matrix; a view of real ones."""
    return _core.conj(x).mT if x.dtype.kind == "complex" else x.mT


def lapack(op: str, function: Callable[..., Any], *operands: NDArray) -> Any:
    """What NumPy's function makes of the operands; LinAlgError where it does not exist."""
    try:
        return apply(function, *operands)
    except np.linalg.LinAlgError as error:
        shapes = ", ".join(str(operand.shape) for operand in operands)
        hint = WAYS_OUT.get(op, "are all elements finite?")
        raise LinAlgError(f"{op}: {shapes}: {error}; {hint}") from None


def cholesky(x: NDArray, /, *, upper: bool = False) -> NDArray:
    """The lower triangular L with x = L @ L^H, or the upper triangular U with x = U^H @ U.

    x (..., M, M) is symmetric (Hermitian) and positive definite; only one triangle is read.
    LinAlgError if x is not positive definite.

    >>> nd.linalg.cholesky(nd.asarray([[4.0, 2.0], [2.0, 5.0]])).tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    matrices = as_matrices(x, "cholesky", square=True)
    factor: NDArray = lapack("cholesky", lambda a: np.linalg.cholesky(a, upper=upper), matrices)
    return factor


def qr(x: NDArray, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QRResult:
    """x = Q @ R with orthonormal columns in Q and an upper triangular R.

    x (..., M, N) gives Q (..., M, K) and R (..., K, N) with K = min(M, N), or with K = M if the
    mode is "complete" and not "reduced".

    >>> q, r = nd.linalg.qr(nd.asarray([[3.0, 1.0], [4.0, 2.0]]))
    >>> nd.allclose(q @ r, nd.asarray([[3.0, 1.0], [4.0, 2.0]]))
    True
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode is 'reduced' or 'complete', not {mode!r}")
    matrices = as_matrices(x, "qr")
    return QRResult(*lapack("qr", lambda a: tuple(np.linalg.qr(a, mode)), matrices))


def svd(x: NDArray, /, *, full_matrices: bool = True) -> SVDResult:
    """x = U @ diag(S) @ Vh with orthonormal columns in U, orthonormal rows in Vh, and S >= 0.

    x (..., M, N) gives U (..., M, M), S (..., K) and Vh (..., N, N) with K = min(M, N); without
    full_matrices U (..., M, K) and Vh (..., K, N). LinAlgError if the iteration does not converge.

    >>> nd.linalg.svd(nd.asarray([[0.0, 2.0], [3.0, 0.0]])).S.tolist()
    [3.0, 2.0]
    """
    matrices = as_matrices(x, "svd")
    parts = lapack("svd", lambda a: tuple(np.linalg.svd(a, full_matrices)), matrices)
    return SVDResult(*parts)


def svdvals(x: NDArray, /) -> NDArray:
    """The singular values of x (..., M, N) in descending order: (..., min(M, N)).

    >>> nd.linalg.svdvals(nd.asarray([[0.0, 2.0], [3.0, 0.0]])).tolist()
    [3.0, 2.0]
    """
    matrices = as_matrices(x, "svdvals")
    values: NDArray = lapack("svdvals", lambda a: np.linalg.svd(a, compute_uv=False), matrices)
    return values


def det(x: NDArray, /) -> NDArray:
    """The determinants (...) of x (..., M, M).

    >>> nd.linalg.det(nd.asarray([[2.0, 0.0], [1.0, 3.0]])).tolist()
    6.0
    """
    determinants: NDArray = lapack("det", np.linalg.det, as_matrices(x, "det", square=True))
    return determinants


def slogdet(x: NDArray, /) -> SlogdetResult:
    """Signs and logarithms of the absolute values of the determinants of x (..., M, M).

    They neither overflow nor underflow, as `det` can. A determinant of 0 has sign 0 and -inf.

    >>> sign, logabsdet = nd.linalg.slogdet(nd.asarray([[1.0, 0.0], [0.0, -1.0]]))
    >>> sign.tolist(), logabsdet.tolist()
    (-1.0, 0.0)
    """
    matrices = as_matrices(x, "slogdet", square=True)
    return SlogdetResult(*lapack("slogdet", lambda a: tuple(np.linalg.slogdet(a)), matrices))


def inv(x: NDArray, /) -> NDArray:
    """The inverses of x (..., M, M). LinAlgError if one is singular.

    `solve` is faster and more exact where the inverse is only a means.

    >>> nd.linalg.inv(nd.asarray([[2.0, 0.0], [0.0, 4.0]])).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    inverses: NDArray = lapack("inv", np.linalg.inv, as_matrices(x, "inv", square=True))
    return inverses


def solve(x1: NDArray, x2: NDArray, /) -> NDArray:
    """The solution y of x1 @ y = x2 for square matrices x1 (..., M, M).

    x2 is one vector (M,), which gives (..., M), or matrices (..., M, K), which give (..., M, K);
    leading axes broadcast. LinAlgError if x1 is singular.

    >>> nd.linalg.solve(nd.asarray([[2.0, 0.0], [0.0, 4.0]]), nd.asarray([2.0, 2.0])).tolist()
    [1.0, 0.5]
    """
    left = as_matrices(x1, "solve", square=True)
    right = as_floating(x2, "solve", "LAPACK")
    if x1.device != x2.device:
        raise DeviceError(f"solve: operands on '{x1.device}' and '{x2.device}'")
    if x2.ndim == 0 or x2.shape[0 if x2.ndim == 1 else -2] != x1.shape[-1]:
        raise ShapeError(
            f"solve: {x1.shape} and {x2.shape} do not fit: x2 is ({x1.shape[-1]},) or "
            f"(..., {x1.shape[-1]}, K)"
        )
    _core.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    dtype = result_type(left, right)
    operands = (left.astype(dtype, copy=False), right.astype(dtype, copy=False))
    solution: NDArray = lapack("solve", np.linalg.solve, *operands)
    return solution


def _is_large(singular: NDArray, x: NDArray, rtol: float | NDArray | None) -> NDArray:
    """Which singular values (..., K) are more than rtol times the largest one of their matrix."""
    if rtol is None:
        rtol = max(x.shape[-2:]) * finfo(singular.dtype).eps
    elif isinstance(rtol, NDArray):
        rtol = rtol.expand_dims(-1)  # (..., 1): one for each matrix
    return _core.greater(singular, _core.multiply(_core.max(singular, -1, True), rtol))


def pinv(x: NDArray, /, *, rtol: float | NDArray | None = None) -> NDArray:
    """The pseudo-inverses (..., N, M) of x (..., M, N): V @ diag(1 / S) @ U^H (Penrose 1955).

    Singular values up to rtol times the largest one count as 0. rtol: one number, or an array
    of them that broadcasts to the stack (...); max(M, N) * eps if None.

    >>> nd.linalg.pinv(nd.asarray([[2.0, 0.0], [0.0, 0.0]])).tolist()
    [[0.5, 0.0], [0.0, 0.0]]
    """
    matrices = as_matrices(x, "pinv")
    if matrices.size == 0:
        return creation.zeros_like(matrices.mT)
    u, singular, vh = svd(matrices, full_matrices=False)
    large = _is_large(singular, matrices, rtol)
    inverse = _core.where(large, _core.reciprocal(_core.where(large, singular, 1)), 0)
    scaled = _core.multiply(adjoint(vh), inverse.expand_dims(-2))  # (..., N, K)
    return _core.matmul(scaled, adjoint(u))


def matrix_rank(x: NDArray, /, *, rtol: float | NDArray | None = None) -> NDArray:
    """How many singular values of x (..., M, N) are more than rtol times the largest one: int64.

    rtol as for `pinv`.

    >>> nd.linalg.matrix_rank(nd.asarray([[1.0, 2.0], [2.0, 4.0]])).tolist()
    1
    """
    matrices = as_matrices(x, "matrix_rank")
    if matrices.size == 0:
        return creation.zeros(x.shape[:-2], dtype="int64", device=x.device)
    return count_nonzero(_is_large(svdvals(matrices), matrices, rtol), axis=-1)


def matrix_power(x: NDArray, n: int, /) -> NDArray:
    """x (..., M, M) multiplied by itself n times, by repeated squaring; of the inverse if n < 0.

    Integers stay integers if n >= 0. LinAlgError if n < 0 and x is singular.

    >>> nd.linalg.matrix_power(nd.asarray([[1, 1], [1, 0]]), 10).tolist()
    [[89, 55], [55, 34]]
    """
    exponent = operator.index(n)
    if x.ndim < 2 or x.shape[-2] != x.shape[-1]:
        raise ShapeError(f"matrix_power: takes a square matrix or a stack of them, not {x.shape}")
    factor = inv(x) if exponent < 0 else x
    result: NDArray | None = None
    exponent = abs(exponent)
    while exponent:
        if exponent % 2:
            result = factor if result is None else _core.matmul(result, factor)
        exponent //= 2
        if exponent:
            factor = _core.matmul(factor, factor)
    if result is None:
        identity = creation.eye(x.shape[-1], dtype=x.dtype, device=x.device)
        return identity.broadcast_to(x.shape).copy()
    return result.copy() if result is x else result
