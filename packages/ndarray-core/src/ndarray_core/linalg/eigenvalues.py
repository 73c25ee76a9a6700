"""Eigenvalues and eigenvectors of square matrices, by LAPACK (see `factorizations`).

Array API standard, "Linear Algebra Extension":
https://data-apis.org/array-api/latest/extensions/linear_algebra_functions.html

Integers and bool become float32. DTypeError for float16 and bfloat16, ShapeError for what is no
square matrix, LinAlgError where the iteration does not converge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._core import NDArray
from .factorizations import as_matrices, lapack

__all__ = ["EighResult", "eigh", "eigvalsh"]


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
