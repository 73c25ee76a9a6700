"""Norms of vectors and matrices.

Array API standard, "Linear Algebra Extension":
https://data-apis.org/array-api/latest/extensions/linear_algebra_functions.html

Integers and bool become float32. Norms of complex elements are real.
"""

from __future__ import annotations

import math

from .. import _core
from .._core import NDArray
from .._halves import rounded_once
from .._typing import Axis
from ..dtypes import default_float
from ..errors import ShapeError
from ..reductions import count_nonzero
from .factorizations import svdvals

__all__ = ["matrix_norm", "vector_norm"]


def _absolute(x: NDArray) -> NDArray:
    if x.dtype.kind in ("bool", "int", "uint"):
        x = x.astype(default_float)
    return _core.absolute(x)


@rounded_once
def vector_norm(
    x: NDArray, /, *, axis: Axis = None, keepdims: bool = False, ord: int | float = 2
) -> NDArray:
    """The p-norm of the elements along some axes, for p = ord: sum(|x|^p)^(1/p).

    ord: 2 for the Euclidean norm, 1 for the sum of absolute values, inf (-inf) for the largest
    (smallest) one, 0 for the number of elements that are not 0, or any other number.

    >>> nd.linalg.vector_norm(nd.asarray([3.0, 4.0])).tolist()
    5.0
    """
    size = _absolute(x)
    if ord == 0:
        return count_nonzero(size, axis=axis, keepdims=keepdims).astype(size.dtype)
    if ord == 1:
        return _core.sum(size, axis, keepdims)
    if ord == 2:
        return _core.sqrt(_core.sum(_core.square(size), axis, keepdims))
    if math.isinf(ord):
        return (_core.max if ord > 0 else _core.min)(size, axis, keepdims)
    return _core.pow(_core.sum(_core.pow(size, float(ord)), axis, keepdims), 1 / ord)


@rounded_once
def matrix_norm(
    x: NDArray, /, *, keepdims: bool = False, ord: int | float | str | None = "fro"
) -> NDArray:
    """A norm of each matrix of x (..., M, N): (...), or (..., 1, 1) if keepdims.

    ord: "fro", or None, for the Frobenius norm sqrt(sum(|x|^2)); 1 (-1) for the largest (smallest)
    sum of a column's absolute values, inf (-inf) of a row's; 2 (-2) for the largest (smallest)
    singular value, "nuc" for the sum of them.

    >>> x = nd.asarray([[3.0, 0.0], [4.0, 5.0]])
    >>> nd.linalg.matrix_norm(x, ord=1).tolist(), nd.linalg.matrix_norm(x, ord=nd.inf).tolist()
    (7.0, 9.0)
    """
    if x.ndim < 2:
        raise ShapeError(f"matrix_norm: takes a matrix or a stack of them, not shape {x.shape}")
    if ord is None or ord == "fro":
        return vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord in (1, -1, math.inf, -math.inf):
        extreme = _core.max if float(ord) > 0 else _core.min
        summed, compared = (-2, -1) if abs(float(ord)) == 1 else (-1, -2)
        norms = extreme(_core.sum(_absolute(x), summed, True), compared, True)
    elif ord in (2, -2, "nuc"):
        reduce = {2: _core.max, -2: _core.min, "nuc": _core.sum}[ord]
        norms = reduce(svdvals(x), -1, True).expand_dims(-1)
    else:
        raise ValueError(
            f"matrix_norm: no norm {ord!r}; there are 'fro', 'nuc', 1, -1, 2, -2, inf and -inf"
        )
    return norms if keepdims else norms.squeeze((-2, -1))
