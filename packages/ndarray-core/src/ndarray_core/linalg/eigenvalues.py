"""Eigenvalues and eigenvectors of square matrices, by LAPACK (see `factorizations`).

Array API standard, "Linear Algebra Extension":
https://data-apis.org/array-api/latest/extensions/linear_algebra_functions.html

Integers and bool become float32. DTypeError for float16 and bfloat16, ShapeError for what is no
square matrix, LinAlgError where the iteration does not converge.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._core import NDArray
from .factorizations import as_matrices, lapack

__all__ = ["EigResult", "EighResult", "eig", "eigh", "eigvals", "eigvalsh"]

Host = npt.NDArray[Any]


class EigResult(NamedTuple):
    """eigenvalues (..., M) and eigenvectors (..., M, M), one in each column; both complex."""

    eigenvalues: NDArray
    eigenvectors: NDArray


class EighResult(NamedTuple):
    """Real eigenvalues (..., M), ascending, and eigenvectors (..., M, M), one in each column."""

    eigenvalues: NDArray
    eigenvectors: NDArray


def eigh(x: NDArray, /) -> EighResult:
    """Eigenvalues (..., M), ascending, and orthonormal eigenvectors of a symmetric (Hermitian) x.

    Only the lower triangles of x (..., M, M) are read.

    >>> nd.linalg.eigh(nd.asarray([[2.0, 0.0], [0.0, 1.0]])).eigenvalues.tolist()
    [1.0, 2.0]
    """
    matrices = as_matrices(x, "eigh", square=True)
    return EighResult(*lapack("eigh", lambda a: tuple(np.linalg.eigh(a)), matrices))


def eigvalsh(x: NDArray, /) -> NDArray:
    """The eigenvalues (..., M) of a symmetric (Hermitian) x (..., M, M), ascending.

    >>> nd.linalg.eigvalsh(nd.asarray([[2.0, 0.0], [0.0, 1.0]])).tolist()
    [1.0, 2.0]
    """
    matrices = as_matrices(x, "eigvalsh", square=True)
    values: NDArray = lapack("eigvalsh", np.linalg.eigvalsh, matrices)
    return values


def _complex(host: Host) -> Host:
    """The complex type of the same precision: NumPy's eig makes it only where it has to."""
    return host.astype(np.result_type(host.dtype, np.complex64), copy=False)


def eig(x: NDArray, /) -> EigResult:
    """Eigenvalues (..., M) and eigenvectors (..., M, M), in columns, of any square x: complex.

    `eigh` is for symmetric (Hermitian) matrices. LinAlgError for infinities and NaN.

    >>> eigenvalues, _ = nd.linalg.eig(nd.asarray([[0.0, -1.0], [1.0, 0.0]]))
    >>> sorted(eigenvalues.tolist(), key=lambda value: value.imag)
    [-1j, 1j]
    """
    matrices = as_matrices(x, "eig", square=True)
    return EigResult(*lapack("eig", lambda a: tuple(map(_complex, np.linalg.eig(a))), matrices))


def eigvals(x: NDArray, /) -> NDArray:
    """The eigenvalues (..., M) of any square x (..., M, M): complex.

    >>> nd.linalg.eigvals(nd.asarray([[2.0, 0.0], [0.0, 1.0]])).tolist()
    [(2+0j), (1+0j)]
    """
    matrices = as_matrices(x, "eigvals", square=True)
    values: NDArray = lapack("eigvals", lambda a: _complex(np.linalg.eigvals(a)), matrices)
    return values
