"""Reductions over `dim`: one dimension, several, or None for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import ShapeError

from ..cost import Dim, Shape, normalize_dims, reduced_shape, reduction
from ..op import Operand, op
from .arithmetic import where
from .comparison import eq
from .creation import ones_like
from .joining import concat
from .shape import expand, reshape
from .transcendental import exp

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "logsumexp",
    "mean",
    "norm",
    "prod",
    "std",
    "sum",
    "var",
    "var_mean",
]


def axes(dim: Dim) -> int | tuple[int, ...] | None:
    """`dim` as ndarray_core takes it: lists become tuples."""
    return tuple(dim) if isinstance(dim, list) else dim


def restore_dims(x: Operand, shape: Shape, dim: Dim, keepdim: bool) -> Operand:
    """x, a reduction over `dim` of something of `shape`, with the reduced dimensions of size 1."""
    return x if keepdim else reshape(x, reduced_shape(shape, dim, True))


def count(shape: Shape, dim: Dim) -> int:
    """How many elements go into each result of a reduction."""
    number = 1
    for d in normalize_dims(dim, len(shape)):
        number *= shape[d]
    return number


@op(cost=reduction())
def sum(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """The sum over `dim`; of integers and bools, an int64.

    >>> import tiny_autograd as ta
    >>> ta.sum(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])
    """
    return nd.sum(x, axis=axes(dim), keepdims=keepdim)


sum.vjp(x=lambda g, x_shape, dim, keepdim: expand(restore_dims(g, x_shape, dim, keepdim), x_shape))


@op(cost=reduction())
def mean(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """The mean over `dim`; NaN where there is nothing to average.

    >>> import tiny_autograd as ta
    >>> ta.mean(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([2., 3.])
    """
    return nd.mean(x, axis=axes(dim), keepdims=keepdim)


def _mean_gradient(g: Operand, x_shape: Shape, dim: Dim, keepdim: bool) -> Operand:
    # Scaled while it is still small.
    share = g * (1 / max(count(x_shape, dim), 1))
    return expand(restore_dims(share, x_shape, dim, keepdim), x_shape)


def _products_of_others(x: Operand, dim: int) -> Operand:
    """For each element along `dim`, the product of all the others.

    Built from products of neighbours that double in reach, hence without a division by x, which
    may be 0; and differentiable again.
    """
    length = x.shape[dim]
    before = (slice(None),) * dim

    def running(step: int) -> Operand:
        # Exclusive products of what lies before (step 1) or behind (step -1) each element.
        def shifted(y: Operand, by: int) -> Operand:
            ones = ones_like(y[(*before, slice(0, by))])
            if step > 0:
                return concat(ones, y[(*before, slice(0, length - by))], dim=dim)
            return concat(y[(*before, slice(by, length))], ones, dim=dim)

        product = shifted(x, 1)
        reach = 1
        while reach < length:
            product = product * shifted(product, reach)
            reach *= 2
        return product

    return running(1) * running(-1)


def _prod_gradient(
    g: Operand, x: Operand, x_shape: Shape, dim: int | None, keepdim: bool
) -> Operand:
    if dim is None:
        others = reshape(_products_of_others(reshape(x, (-1,)), 0), x_shape)
    else:
        others = _products_of_others(x, dim % len(x_shape)) if x_shape else ones_like(x)
    return expand(restore_dims(g, x_shape, dim, keepdim), x_shape) * others


@op(cost=reduction())
def prod(x: Operand, /, dim: int | None = None, keepdim: bool = False) -> NDArray:
    """The product over one dimension, or over all.

    >>> import tiny_autograd as ta
    >>> ta.prod(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([ 2., 12.])
    """
    return nd.prod(x, axis=dim, keepdims=keepdim)


prod.vjp(x=_prod_gradient)


def _extremum_gradient(
    g: Operand, x: Operand, out: Operand, x_shape: Shape, dim: Dim, keepdim: bool
) -> Operand:
    # Equal extrema share the gradient evenly.
    chosen = eq(x, restore_dims(out, x_shape, dim, keepdim)).astype(out.dtype)
    share = restore_dims(g, x_shape, dim, keepdim) / sum(chosen, dim, True)
    return chosen * share


@op(cost=reduction())
def amax(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """The largest element over `dim`; equal ones share the gradient.

    >>> import tiny_autograd as ta
    >>> ta.amax(ta.tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([2., 4.])
    """
    return nd.max(x, axis=axes(dim), keepdims=keepdim)


amax.vjp(x=_extremum_gradient)


@op(cost=reduction())
def amin(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """The smallest element over `dim`; equal ones share the gradient.

    >>> import tiny_autograd as ta
    >>> ta.amin(ta.tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([1., 3.])
    """
    return nd.min(x, axis=axes(dim), keepdims=keepdim)


amin.vjp(x=_extremum_gradient)


@op(cost=reduction())
def argmax(x: Operand, /, dim: int | None = None, keepdim: bool = False) -> NDArray:
    """Where the largest element stands (the first of equals), in the flattened x without `dim`.

    >>> import tiny_autograd as ta
    >>> ta.argmax(ta.tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([1, 0])
    """
    return nd.argmax(x, axis=dim, keepdims=keepdim)


argmax.no_vjp()


@op(cost=reduction())
def argmin(x: Operand, /, dim: int | None = None, keepdim: bool = False) -> NDArray:
    """Where the smallest element stands (the first of equals), in the flattened x without `dim`.

    >>> import tiny_autograd as ta
    >>> ta.argmin(ta.tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([0, 1])
    """
    return nd.argmin(x, axis=dim, keepdims=keepdim)


argmin.no_vjp()


@op(cost=reduction())
def any(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """Whether some element is true (not zero).

    >>> import tiny_autograd as ta
    >>> ta.any(ta.tensor([[True, False], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return nd.any(x, axis=axes(dim), keepdims=keepdim)


any.no_vjp()


@op(cost=reduction())
def all(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """Whether all elements are true (not zero).

    >>> import tiny_autograd as ta
    >>> ta.all(ta.tensor([[True, True], [True, False]]), dim=1)
    tensor([ True, False])
    """
    return nd.all(x, axis=axes(dim), keepdims=keepdim)


all.no_vjp()


@op(cost=reduction(22))
def logsumexp(x: Operand, /, dim: Dim, keepdim: bool = False) -> NDArray:
    """log(sum(exp(x))) over `dim`, without overflow on the way.

    >>> import tiny_autograd as ta
    >>> ta.logsumexp(ta.tensor([100.0, 100.0]), dim=0)
    tensor(100.6931)
    """
    largest = nd.max(x, axis=axes(dim), keepdims=True)
    # Infinite maxima would give inf - inf; shifted by 0, they come out as they are.
    shift = nd.where(nd.isfinite(largest), largest, 0)
    total = nd.sum(nd.exp(nd.subtract(x, shift)), axis=axes(dim), keepdims=True)
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
def var(x: Operand, /, dim: Dim = None, *, correction: float = 1, keepdim: bool = False) -> NDArray:
    """The variance over `dim`: squared deviations from the mean, divided by n - `correction`.

    >>> import tiny_autograd as ta
    >>> ta.var(ta.tensor([1.0, 2.0, 3.0, 6.0]))
    tensor(4.6667)
    """
    return nd.var(x, axis=axes(dim), keepdims=keepdim, correction=correction)


def _var_gradient(
    g: Operand, x: Operand, x_shape: Shape, dim: Dim, correction: float, keepdim: bool
) -> Operand:
    degrees = _degrees(x_shape, dim, correction)
    scale = 2 / degrees if degrees else float("nan")
    return restore_dims(g * scale, x_shape, dim, keepdim) * (x - mean(x, dim, True))


var.vjp(x=_var_gradient)


@op(cost=reduction(4))
def std(x: Operand, /, dim: Dim = None, *, correction: float = 1, keepdim: bool = False) -> NDArray:
    """The standard deviation over `dim`, the square root of `var`.

    >>> import tiny_autograd as ta
    >>> ta.std(ta.tensor([1.0, 3.0]), correction=0)
    tensor(1.)
    """
    return nd.std(x, axis=axes(dim), keepdims=keepdim, correction=correction)


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


std.vjp(x=_std_gradient)


def _euclidean_gradient(
    g: Operand, x: Operand, out: Operand, x_shape: Shape, dim: Dim, keepdim: bool
) -> Operand:
    # At 0 every direction is as good as the other; 0 is the subgradient of least length.
    zero = out == 0
    scale = where(zero, 0, g / where(zero, 1, out))
    return restore_dims(scale, x_shape, dim, keepdim) * x


@op(cost=reduction(2))
def euclidean_norm(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """The square root of the sum of squares over `dim`.

    >>> import tiny_autograd as ta
    >>> ta.ops.euclidean_norm(ta.tensor([3.0, 4.0]))
    tensor(5.)
    """
    return nd.sqrt(nd.sum(nd.square(x), axis=axes(dim), keepdims=keepdim))


euclidean_norm.vjp(x=_euclidean_gradient)

mean.vjp(x=_mean_gradient)


def norm(x: Operand, p: float = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The p-norm over `dim`: (sum of abs(x) ** p) ** (1 / p); p may be infinite.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([3.0, -4.0])
    >>> ta.norm(x), ta.norm(x, 1), ta.norm(x, float("inf"))
    (tensor(5.), tensor(7.), tensor(4.))
    """
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
    return sum(size**p, dim, keepdim) ** (1 / p)


def var_mean(
    x: Operand, dim: Dim = None, *, correction: float = 1, keepdim: bool = False
) -> tuple[Tensor, Tensor]:
    """`var` and `mean`.

    >>> import tiny_autograd as ta
    >>> ta.var_mean(ta.tensor([1.0, 3.0]), correction=0)
    (tensor(1.), tensor(2.))
    """
    return var(x, dim, correction=correction, keepdim=keepdim), mean(x, dim, keepdim)


def require_elements(name: str, x: Operand, dim: int) -> None:
    """Raise ShapeError when there is nothing to choose from along `dim`."""
    if x.shape and x.shape[dim] == 0:
        raise ShapeError(f"{name}: dimension {dim} of shape {x.shape} has no elements")
