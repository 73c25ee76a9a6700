"""Differences, comparisons up to rounding, and what to put in place of NaN.

Array API standard, "Utility functions" (its `all` and `any` are in `reductions`):
https://data-apis.org/array-api/latest/API_specification/utility_functions.html

`isclose`, `allclose`, `array_equal` and `nan_to_num` are not in the standard; they are NumPy's.
"""

from __future__ import annotations

from . import _core, manipulation
from ._core import NDArray
from ._typing import Operand, Scalar
from .constants import inf
from .dtypes import finfo, float64, result_type
from .errors import DTypeError, ShapeError

__all__ = ["allclose", "array_equal", "diff", "isclose", "nan_to_num"]


def diff(
    x: NDArray,
    /,
    *,
    axis: int = -1,
    n: int = 1,
    prepend: NDArray | None = None,
    append: NDArray | None = None,
) -> NDArray:
    """The differences x[i + 1] - x[i] of neighbours along an axis; of those again, n times in all.

    The axis (..., N, ...) shrinks to N - n elements, and to none if it has fewer. prepend and
    append are joined to x along the axis first. Unsigned integers wrap around. DTypeError for bool,
    ShapeError for a negative n.

    >>> nd.diff(nd.asarray([1, 4, 9, 16])).tolist()
    [3, 5, 7]
    >>> nd.diff(nd.asarray([1, 4, 9, 16]), n=2, prepend=nd.asarray([0])).tolist()
    [2, 2, 2]
    """
    position = manipulation.normalize_axis(axis, x.ndim, "diff")
    if n < 0:
        raise ShapeError(f"diff: takes differences 0 or more times, not {n}")
    if x.dtype.kind == "bool":
        raise DTypeError("diff: bool has no differences; convert it with astype, or use !=")
    parts = [part for part in (prepend, x, append) if part is not None]
    result = manipulation.concat(parts, axis=position) if len(parts) > 1 else x
    lead = (slice(None),) * position
    for _ in range(n):
        after, before = result[(*lead, slice(1, None))], result[(*lead, slice(None, -1))]
        result = _core.subtract(after, before)
    return result if n or len(parts) > 1 else x.copy()


def isclose(
    x1: NDArray,
    x2: Operand,
    /,
    *,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> NDArray:
    """Whether |x1 - x2| <= atol + rtol * |x2|, element by element; both broadcast.

    Infinities are close to themselves alone; NaN is close to nothing, or with equal_nan to NaN.

    >>> nd.isclose(nd.asarray([1.0, 2.0]), nd.asarray([1.000001, 2.1])).tolist()
    [True, False]
    """
    common = result_type(x1, x2)
    if common.kind in ("bool", "int", "uint"):
        common = float64  # in which no difference wraps around
    left = x1.astype(common, copy=False)
    if isinstance(x2, NDArray):
        right = x2.astype(common, copy=False)
    else:
        right = _core.full((), x2, common, x1.device)
    same = _core.equal(left, right)
    bound = _core.add(_core.multiply(_core.absolute(right), rtol), atol)
    near = _core.less_equal(_core.absolute(_core.subtract(left, right)), bound)
    close = _core.logical_or(same, _core.logical_and(near, _core.isfinite(right)))
    if equal_nan:
        both = _core.logical_and(_core.isnan(left), _core.isnan(right))
        close = _core.logical_or(close, both)
    return close


def allclose(
    x1: NDArray,
    x2: Operand,
    /,
    *,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> bool:
    """Whether `isclose` holds for every pair of elements; True of nothing.

    >>> nd.allclose(nd.asarray([1.0, 2.0]), nd.asarray([1.000001, 2.0]))
    True
    """
    return bool(_core.all(isclose(x1, x2, rtol=rtol, atol=atol, equal_nan=equal_nan)))


def array_equal(x1: NDArray, x2: NDArray, /, *, equal_nan: bool = False) -> bool:
    """Whether two arrays have one shape and equal elements, of whatever types.

    NaN equals nothing, or with equal_nan another NaN.

    >>> nd.array_equal(nd.arange(3), nd.asarray([0.0, 1.0, 2.0]))
    True
    """
    if x1.shape != x2.shape:
        return False
    equal = _core.equal(x1, x2)
    if equal_nan and {x1.dtype.kind, x2.dtype.kind} <= {"float", "complex"}:
        equal = _core.logical_or(equal, _core.logical_and(_core.isnan(x1), _core.isnan(x2)))
    return bool(_core.all(equal))


def nan_to_num(
    x: NDArray, /, *, nan: Scalar = 0.0, posinf: Scalar | None = None, neginf: Scalar | None = None
) -> NDArray:
    """A copy of x with numbers in place of NaN and the infinities.

    The infinities become the largest and the smallest number of x's type, unless other ones are
    given. In complex arrays both parts are treated alike. Integers and bool are only copied.

    >>> nd.nan_to_num(nd.asarray([float("nan"), 1.0, float("inf")]), posinf=9.0).tolist()
    [0.0, 1.0, 9.0]
    """
    if x.dtype.kind not in ("float", "complex"):
        return x.copy()
    if x.dtype.kind == "complex":
        parts = [
            nan_to_num(part, nan=nan, posinf=posinf, neginf=neginf)
            for part in (_core.real(x), _core.imag(x))
        ]
        return _core.add(parts[0], _core.multiply(parts[1].astype(x.dtype), 1j))
    limits = finfo(x.dtype)
    result = _core.where(_core.isnan(x), nan, x)
    result = _core.where(_core.equal(x, inf), limits.max if posinf is None else posinf, result)
    return _core.where(_core.equal(x, -inf), limits.min if neginf is None else neginf, result)
