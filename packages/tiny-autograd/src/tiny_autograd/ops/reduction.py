"""Reductions over `dim`: one dimension, several, or None or () for all of them.

Those that add or multiply take a `dtype`, to which x is converted first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import DTypeError

from ..cost import Dim, Shape, reduced_dims, reduced_shape, reduction
from ..op import Operand, op
from .arithmetic import where
from .comparison import eq, isnan, logical_not, logical_or
from .conversion import astype
from .creation import ones_like
from .joining import concat
from .shape import expand, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "mean",
    "nanmean",
    "nansum",
    "prod",
    "sum",
]


def axes(dim: Dim, x: Operand) -> tuple[int, ...] | None:
    """`dim` as ndarray_core takes it, for x: None means all dimensions, also where there are none.

    Raises IndexError for a dimension out of range, TypeError for a bool.
    """
    return None if dim is None else reduced_dims(dim, x.ndim) or None


def axis(name: str, dim: int | None, x: Operand) -> int | None:
    """As `axes`, for the operation `name`, which goes over one dimension or over all."""
    if type(dim) is int:  # mostly
        ndim: int = x.ndim
        if -ndim <= dim < ndim:
            return dim % ndim
    if isinstance(dim, tuple | list):
        raise TypeError(f"{name}: dim is one dimension or None, not {dim}")
    found = axes(dim, x)
    return found[0] if found else None


def restore_dims(x: Operand, shape: Shape, dim: Dim, keepdim: bool) -> Operand:
    """x, a reduction over `dim` of something of `shape`, with the reduced dimensions of size 1."""
    return x if keepdim else reshape(x, reduced_shape(shape, dim, True))


def count(shape: Shape, dim: Dim) -> int:
    """How many elements go into each result of a reduction."""
    number = 1
    for d in reduced_dims(dim, len(shape)):
        number *= shape[d]
    return number


def signed(out: NDArray) -> NDArray:
    """An int64 in place of the uint64 to which ndarray_core adds up unsigned numbers."""
    return out.astype(nd.int64) if out.dtype is nd.uint64 else out


@op(cost=reduction(), name="sum")
def sum_over(x: Operand, /, dim: Dim, keepdim: bool) -> NDArray:
    """`sum`, in the type of x.

    >>> import tiny_autograd as ta
    >>> ta.ops.sum_over(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, False)
    tensor([3., 7.])
    """
    return signed(nd.sum(x, axis=axes(dim, x), keepdims=keepdim))


sum_over.vjp(
    x=lambda g, x_shape, dim, keepdim: expand(restore_dims(g, x_shape, dim, keepdim), x_shape)
)


def sum(x: Operand, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum over `dim`; of integers and bools, an int64.

    >>> import tiny_autograd as ta
    >>> ta.sum(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])
    """
    return sum_over(x if dtype is None else astype(x, dtype), dim, keepdim)


@op(cost=reduction(), name="mean")
def mean_over(x: Operand, /, dim: Dim, keepdim: bool) -> NDArray:
    """`mean`, in the type of x.

    >>> import tiny_autograd as ta
    >>> ta.ops.mean_over(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, False)
    tensor([1.5000, 3.5000])
    """
    return nd.mean(x, axis=axes(dim, x), keepdims=keepdim)


def _mean_gradient(g: Operand, x_shape: Shape, dim: Dim, keepdim: bool) -> Operand:
    # Scaled while it is still small.
    share = g * (1 / max(count(x_shape, dim), 1))
    return expand(restore_dims(share, x_shape, dim, keepdim), x_shape)


mean_over.vjp(x=_mean_gradient)


def mean(x: Operand, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean over `dim`; NaN where there is nothing to average.

    >>> import tiny_autograd as ta
    >>> ta.mean(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([2., 3.])
    """
    return mean_over(x if dtype is None else astype(x, dtype), dim, keepdim)


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


@op(cost=reduction(), name="prod")
def prod_over(x: Operand, /, dim: int | None, keepdim: bool) -> NDArray:
    """`prod`, in the type of x.

    >>> import tiny_autograd as ta
    >>> ta.ops.prod_over(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, False)
    tensor([ 2., 12.])
    """
    return signed(nd.prod(x, axis=axis("prod", dim, x), keepdims=keepdim))


prod_over.vjp(x=_prod_gradient)


def prod(x: Operand, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The product over one dimension, or over all.

    >>> import tiny_autograd as ta
    >>> ta.prod(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([ 2., 12.])
    """
    return prod_over(x if dtype is None else astype(x, dtype), dim, keepdim)


def nansum(x: Operand, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum over `dim` of what is not NaN.

    >>> import tiny_autograd as ta
    >>> ta.nansum(ta.tensor([[1.0, float("nan")], [3.0, 4.0]]), dim=1)
    tensor([1., 7.])
    """
    known = where(isnan(x), 0, x) if x.dtype.kind == "float" else x
    return sum(known, dim, keepdim, dtype=dtype)


def nanmean(x: Operand, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean over `dim` of what is not NaN; NaN where nothing is left. DTypeError for integers.

    >>> import tiny_autograd as ta
    >>> ta.nanmean(ta.tensor([[1.0, float("nan")], [3.0, 4.0]]), dim=1)
    tensor([1.0000, 3.5000])
    """
    if dtype is not None:
        x = astype(x, dtype)
    if x.dtype.kind != "float":
        raise DTypeError(
            f"nanmean: expected floating-point numbers, got {x.dtype.name}; give a dtype"
        )
    return nansum(x, dim, keepdim) / sum(logical_not(isnan(x)), dim, keepdim)


def _extremum_gradient(
    g: Operand, x: Operand, out: Operand, x_shape: Shape, dim: Dim, keepdim: bool
) -> Operand:
    # Equal extrema share the gradient evenly; a NaN is the extremum wherever there is one.
    extremal = eq(x, restore_dims(out, x_shape, dim, keepdim))
    chosen = logical_or(extremal, isnan(x)).astype(out.dtype)
    share = restore_dims(g, x_shape, dim, keepdim) / sum(chosen, dim, True)
    return chosen * share


@op(cost=reduction())
def amax(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """The largest element over `dim`; equal ones share the gradient.

    >>> import tiny_autograd as ta
    >>> ta.amax(ta.tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([2., 4.])
    """
    return nd.max(x, axis=axes(dim, x), keepdims=keepdim)


amax.vjp(x=_extremum_gradient)


@op(cost=reduction())
def amin(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """The smallest element over `dim`; equal ones share the gradient.

    >>> import tiny_autograd as ta
    >>> ta.amin(ta.tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([1., 3.])
    """
    return nd.min(x, axis=axes(dim, x), keepdims=keepdim)


amin.vjp(x=_extremum_gradient)


@op(cost=reduction())
def argmax(x: Operand, /, dim: int | None = None, keepdim: bool = False) -> NDArray:
    """Where the largest element stands (the first of equals), in the flattened x without `dim`.

    >>> import tiny_autograd as ta
    >>> ta.argmax(ta.tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([1, 0])
    """
    return nd.argmax(x, axis=axis("argmax", dim, x), keepdims=keepdim)


argmax.no_vjp()


@op(cost=reduction())
def argmin(x: Operand, /, dim: int | None = None, keepdim: bool = False) -> NDArray:
    """Where the smallest element stands (the first of equals), in the flattened x without `dim`.

    >>> import tiny_autograd as ta
    >>> ta.argmin(ta.tensor([[1.0, 2.0], [4.0, 3.0]]), dim=1)
    tensor([0, 1])
    """
    return nd.argmin(x, axis=axis("argmin", dim, x), keepdims=keepdim)


argmin.no_vjp()


@op(cost=reduction())
def count_nonzero(x: Operand, /, dim: Dim = None) -> NDArray:
    """How many elements over `dim` are not 0, as int64.

    >>> import tiny_autograd as ta
    >>> ta.count_nonzero(ta.tensor([[1, 0], [3, 4]]), dim=1)
    tensor([1, 2])
    """
    return nd.count_nonzero(x, axis=axes(dim, x))


count_nonzero.no_vjp()


# Of no dimensions at all, PyTorch's any and all go over none, where its sum goes over all.
_NOTHING: tuple[Dim, ...] = ((), [])


@op(cost=reduction())
def any(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """Whether some element is true (not zero).

    >>> import tiny_autograd as ta
    >>> ta.any(ta.tensor([[True, False], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return nd.any(x, axis=() if dim in _NOTHING else axes(dim, x), keepdims=keepdim)


any.no_vjp()


@op(cost=reduction())
def all(x: Operand, /, dim: Dim = None, keepdim: bool = False) -> NDArray:
    """Whether all elements are true (not zero).

    >>> import tiny_autograd as ta
    >>> ta.all(ta.tensor([[True, True], [True, False]]), dim=1)
    tensor([ True, False])
    """
    return nd.all(x, axis=() if dim in _NOTHING else axes(dim, x), keepdims=keepdim)


all.no_vjp()
