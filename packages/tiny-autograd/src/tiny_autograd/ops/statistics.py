"""Variances, norms and the logarithm of a sum of exponentials: reductions made of several steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import DTypeError

from ..cost import Dim, Shape, reduced_shape, reduction
from ..op import Operand, op
from .arithmetic import abs, where
from .comparison import eq
from .conversion import astype
from .reduction import amax, amin, axes, count, mean, restore_dims, sum
from .transcendental import exp

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "logsumexp",
    "norm",
    "std",
    "std_mean",
    "var",
    "var_mean",
]


@op(cost=reduction(22))
def logsumexp(x: Operand, /, dim: Dim, keepdim: bool = False) -> NDArray:
    """log(sum(exp(x))) over `dim`, without overflow on the way.

    >>> import tiny_autograd as ta
    >>> ta.logsumexp(ta.tensor([100.0, 100.0]), dim=0)
    tensor(100.6931)
    """
    if x.dtype.kind != "float":
        x = x.astype(nd.float32)
    if not x.size:  # the logarithm of an empty sum
        left = reduced_shape(x.shape, dim, keepdim)
        return nd.full(left, -float("inf"), dtype=x.dtype, device=x.device)
    largest = nd.max(x, axis=axes(dim, x), keepdims=True)
    # Infinite maxima would give inf - inf; shifted by 0, they come out as they are.
    shift = nd.where(nd.isfinite(largest), largest, 0)
    total = nd.sum(nd.exp(nd.subtract(x, shift)), axis=axes(dim, x), keepdims=True)
    out = nd.add(nd.log(total), shift)
    return out if keepdim else out.reshape(reduced_shape(x.shape, dim, False))


def _logsumexp_gradient(
    g: Operand, x: Operand, out: Operand, x_shape: Shape, dim: Dim, keepdim: bool
) -> Operand:
    weights = exp(x - restore_dims(out, x_shape, dim, keepdim))
    return restore_dims(g, x_shape, dim, keepdim) * weights


logsumexp.vjp(x=_logsumexp_gradient)


def _degrees(shape: Shape, dim: Dim, correction: float) -> float:
    return max(count(shape, dim) - correction, 0)


@op(cost=reduction(4))
def var_over(x: Operand, /, dim: Dim, correction: float, keepdim: bool) -> NDArray:
    """`var`, all said.

    >>> import tiny_autograd as ta
    >>> ta.ops.var_over(ta.tensor([1.0, 3.0]), 0, 0, False)
    tensor(1.)
    """
    return nd.var(x, axis=axes(dim, x), keepdims=keepdim, correction=correction)


def _var_gradient(
    g: Operand, x: Operand, x_shape: Shape, dim: Dim, correction: float, keepdim: bool
) -> Operand:
    degrees = _degrees(x_shape, dim, correction)
    scale = 2 / degrees if degrees else float("nan")
    return restore_dims(g * scale, x_shape, dim, keepdim) * (x - mean(x, dim, True))


var_over.vjp(x=_var_gradient)


@op(cost=reduction(4))
def std_over(x: Operand, /, dim: Dim, correction: float, keepdim: bool) -> NDArray:
    """`std`, all said.

    >>> import tiny_autograd as ta
    >>> ta.ops.std_over(ta.tensor([1.0, 3.0]), 0, 0, False)
    tensor(1.)
    """
    return nd.std(x, axis=axes(dim, x), keepdims=keepdim, correction=correction)


def _std_gradient(
    g: Operand,
    x: Operand,
    out: Operand,
    x_shape: Shape,
    dim: Dim,
    correction: float,
    keepdim: bool,
) -> Operand:
    # Where nothing deviates the derivative does not exist; 0 keeps such elements harmless.
    flat = out == 0
    share = where(flat, 0, g / (2 * where(flat, 1, out)))
    return _var_gradient(share, x, x_shape, dim, correction, keepdim)


std_over.vjp(x=_std_gradient)


def _spread(
    name: str, dim: Dim, unbiased: bool | None, correction: float | None
) -> tuple[Dim, float]:
    """The dimensions and the correction that the arguments of `var` and its siblings mean."""
    if isinstance(dim, bool):
        if unbiased is not None:
            raise TypeError(f"{name}: dim is an int, not the bool {dim}")
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise TypeError(f"{name}: give unbiased or correction, not both")
        return dim, int(unbiased)
    return dim, 1 if correction is None else correction


def var(
    x: Operand,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The variance over `dim`: squared deviations from the mean, divided by n - `correction`.

    `unbiased` says it as a bool, a correction of 1 (the default) or 0; it may also stand in the
    place of `dim`, for all elements.

    >>> import tiny_autograd as ta
    >>> ta.var(ta.tensor([1.0, 2.0, 3.0, 6.0])), ta.var(ta.tensor([1.0, 3.0]), False)
    (tensor(4.6667), tensor(1.))
    """
    dim, taken = _spread("var", dim, unbiased, correction)
    return var_over(x, dim, taken, keepdim)


def std(
    x: Operand,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The standard deviation over `dim`, the square root of `var`.

    >>> import tiny_autograd as ta
    >>> ta.std(ta.tensor([1.0, 3.0]), correction=0)
    tensor(1.)
    """
    dim, taken = _spread("std", dim, unbiased, correction)
    return std_over(x, dim, taken, keepdim)


def _euclidean_gradient(
    g: Operand, x: Operand, out: Operand, x_shape: Shape, dim: Dim, keepdim: bool
) -> Operand:
    # At 0 every direction is as good as the other; 0 is the subgradient of least length.
    zero = out == 0
    scale = where(zero, 0, g / where(zero, 1, out))
    return restore_dims(scale, x_shape, dim, keepdim) * x


@op(cost=reduction(2))
def euclidean_norm(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """The square root of the sum of squares over `dim`, without overflow on the way.

    >>> import tiny_autograd as ta
    >>> ta.ops.euclidean_norm(ta.tensor([3.0, 4.0]))
    tensor(5.)
    """
    over = axes(dim, x)
    out = nd.sqrt(nd.sum(nd.square(x), axis=over, keepdims=keepdim))
    if not nd.any(nd.isinf(out)):
        return out
    # Some squares are too large: scaled by the largest number, none is.
    largest = nd.max(nd.absolute(x), axis=over, keepdims=True)
    scale = nd.where(nd.logical_and(nd.isfinite(largest), nd.greater(largest, 0)), largest, 1)
    scaled = nd.sum(nd.square(nd.divide(x, scale)), axis=over, keepdims=True)
    return nd.multiply(nd.sqrt(scaled), scale).reshape(out.shape)


euclidean_norm.vjp(x=_euclidean_gradient)


def _power(x: Operand, exponent: float) -> Tensor:
    """x ** exponent for positive exponents; the derivative at 0 is taken as 0, never infinite."""
    zero = eq(x, 0)
    return where(zero, 0, where(zero, 1, x) ** exponent)


def norm(
    x: Operand,
    p: float | str = "fro",
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """The p-norm over `dim`: (sum of abs(x) ** p) ** (1 / p); p may be infinite, or 0: a count.

    "fro" is p = 2. `dtype` is a type to which x is converted first. Raises DTypeError for integers,
    ValueError for other texts.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([3.0, -4.0])
    >>> ta.norm(x), ta.norm(x, 1), ta.norm(x, float("inf"))
    (tensor(5.), tensor(7.), tensor(4.))
    """
    if dtype is not None:
        x = astype(x, dtype)
    if x.dtype.kind != "float":
        raise DTypeError(f"norm: expected floating-point numbers, got {x.dtype.name}; give a dtype")
    if isinstance(p, str):
        if p != "fro":
            raise ValueError(f"norm: p is a number or 'fro', and not {p!r}")
        p = 2
    if p == 2:
        return euclidean_norm(x, dim, keepdim)
    size = abs(x)
    if p == 1:
        return sum(size, dim, keepdim)
    if p == float("inf"):
        return amax(size, dim, keepdim)
    if p == -float("inf"):
        return amin(size, dim, keepdim)
    if p == 0:
        return sum(x != 0, dim, keepdim).astype(x.dtype)
    if p < 0:
        return sum(size**p, dim, keepdim) ** (1 / p)
    return _power(sum(_power(size, p), dim, keepdim), 1 / p)


def var_mean(
    x: Operand,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """`var` and `mean`.

    >>> import tiny_autograd as ta
    >>> ta.var_mean(ta.tensor([1.0, 3.0]), correction=0)
    (tensor(1.), tensor(2.))
    """
    dim, taken = _spread("var_mean", dim, unbiased, correction)
    return var_over(x, dim, taken, keepdim), mean(x, dim, keepdim)


def std_mean(
    x: Operand,
    dim: Dim = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """`std` and `mean`.

    >>> import tiny_autograd as ta
    >>> ta.std_mean(ta.tensor([1.0, 3.0]), correction=0)
    (tensor(1.), tensor(2.))
    """
    dim, taken = _spread("std_mean", dim, unbiased, correction)
    return std_over(x, dim, taken, keepdim), mean(x, dim, keepdim)
