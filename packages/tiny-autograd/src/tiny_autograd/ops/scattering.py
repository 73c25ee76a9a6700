"""Elements written to where an index of their own says; the results are changed copies.

Where a position is written several times, the last value in row-major order stays, and each of the
values gets the gradient of that place; only reductions take account of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import DTypeError, ShapeError

from ..cost import Count, Shape, normalize_dims
from ..op import Operand, op
from ..variable import Variable
from .arithmetic import where
from .bounds import clamp
from .conversion import astype
from .creation import ones_like, zeros_like
from .indexing import (
    gather_elements,
    require_index,
    scatter_add,
    scatter_sum,
    within,
)
from .joining import concat
from .shape import lifts_numbers
from .sorting import argsort

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "scatter",
    "scatter_reduce",
]


def copied(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    whole, *others = map(prod, shapes)
    written = others[0] if others else 0
    return 0, whole + sum(others), whole + written


def _combined(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    whole, values, positions = map(prod, shapes)
    return values, whole + 2 * values + positions, whole + values


def check_dtypes(name: str, x: Operand, source: Operand) -> None:
    if x.dtype != source.dtype:
        raise DTypeError(
            f"{name}: {source.dtype.name} for a tensor of {x.dtype.name}; convert it with astype()"
        )


@op(cost=copied)
def scatter_assign(x: Operand, src: Operand, index: Operand, /, dim: int) -> NDArray:
    """`scatter` of a tensor, with the operands first.

    >>> import tiny_autograd as ta
    >>> ta.ops.scatter_assign(ta.zeros(1, 3), ta.ones(1, 1), ta.tensor([[1]]), 1)
    tensor([[0., 1., 0.]])
    """
    out: NDArray = x.copy()
    nd.scatter(within(out, index.shape, dim), index, src, axis=dim)
    return out


@op(cost=copied)
def scatter_value(x: Operand, index: Operand, /, dim: int, value: float) -> NDArray:
    """`scatter` of a number, with the operands first.

    >>> import tiny_autograd as ta
    >>> ta.ops.scatter_value(ta.zeros(1, 3), ta.tensor([[1]]), 1, 5)
    tensor([[0., 5., 0.]])
    """
    out: NDArray = x.copy()
    number = nd.full(index.shape, value, dtype=x.dtype, device=x.device)
    nd.scatter(within(out, index.shape, dim), index, number, axis=dim)
    return out


scatter_assign.vjp(
    x=lambda g, index, dim: scatter_value(g, index, dim, 0),
    src=lambda g, index, dim: gather_elements(g, index, dim),
)
scatter_value.vjp(x=lambda g, index, dim: scatter_value(g, index, dim, 0))


@op(cost=_combined)
def scatter_product(x: Operand, src: Operand, index: Operand, /, dim: int) -> NDArray:
    """x, multiplied at each `index` along `dim` by the element of src there.

    >>> import tiny_autograd as ta
    >>> ta.ops.scatter_product(ta.ones(2), ta.tensor([2.0, 3.0]), ta.tensor([1, 1]), 0)
    tensor([1., 6.])
    """
    out: NDArray = x.copy()
    nd.scatter(within(out, index.shape, dim), index, src, axis=dim, mode="multiply")
    return out


def _products_of_neighbours(src: Operand, index: Operand, dim: int) -> Operand:
    """For each element along `dim`, the product of the others that have the same index.

    As in the gradient of `prod`, built from products that double in reach, hence without a
    division by what may be 0; sorted by index, such elements lie side by side.
    """
    order = argsort(index, dim, stable=True)
    targets, ordered = gather_elements(index, order, dim), gather_elements(src, order, dim)
    length = index.shape[dim]
    before = (slice(None),) * dim

    def running(step: int) -> Operand:
        def shifted(y: Operand, by: int) -> Operand:
            ends = (*before, slice(0, by)), (*before, slice(length - by, length))
            first, last = (*before, slice(0, length - by)), (*before, slice(by, length))
            same = targets[first] == targets[last]
            if step > 0:
                return concat(ones_like(y[ends[0]]), where(same, y[first], 1), dim=dim)
            return concat(where(same, y[last], 1), ones_like(y[ends[1]]), dim=dim)

        product = shifted(ordered, 1)
        reach = 1
        while reach < length:
            product = product * shifted(product, reach)
            reach *= 2
        return product

    return gather_elements(running(1) * running(-1), argsort(order, dim), dim)


def _gradient_of_factor(g: Operand, x: Operand, src: Operand, index: Operand, dim: int) -> Operand:
    if not prod(src.shape):
        return src
    return gather_elements(g * x, index, dim) * _products_of_neighbours(src, index, dim)


scatter_product.vjp(
    x=lambda g, x, src, index, dim: g * scatter_product(ones_like(x), src, index, dim),
    src=_gradient_of_factor,
)


@op(cost=_combined)
def scatter_extremum(
    x: Operand, src: Operand, index: Operand, /, dim: int, mode: Literal["maximum", "minimum"]
) -> NDArray:
    """x, or what `index` along `dim` brings of src there, if larger (`mode` "maximum") or smaller.

    Equal extrema share the gradient.

    >>> import tiny_autograd as ta
    >>> src, index = ta.tensor([2.0, 3.0]), ta.tensor([1, 1])
    >>> ta.ops.scatter_extremum(ta.zeros(2), src, index, 0, "maximum")
    tensor([0., 3.])
    """
    out: NDArray = x.copy()
    nd.scatter(within(out, index.shape, dim), index, src, axis=dim, mode=mode)
    return out


def _share(g: Operand, x: Operand, src: Operand, index: Operand, out: Operand, dim: int) -> Operand:
    """The gradient of each place, divided by how many elements are equal to what is there."""
    equal = astype(src == gather_elements(out, index, dim), g.dtype)
    holders = scatter_sum(equal, index, tuple(x.shape), dim) + astype(x == out, g.dtype)
    return g / clamp(holders, min=1)


scatter_extremum.vjp(
    x=lambda g, x, src, index, out, dim: where(x == out, _share(g, x, src, index, out, dim), 0),
    src=lambda g, x, src, index, out, dim: where(
        src == gather_elements(out, index, dim),
        gather_elements(_share(g, x, src, index, out, dim), index, dim),
        0,
    ),
)


def _aligned(name: str, x: Operand, dim: int, index: Operand, src: Operand) -> tuple[int, Operand]:
    """The dimension as a number >= 0, and the part of src that the index is for."""
    check_dtypes(name, x, src)
    at = normalize_dims(dim, x.ndim)[0]
    require_index(name, x.shape, index.shape, at)
    if src.shape == index.shape:
        return at, src
    if src.ndim != index.ndim or any(n > m for n, m in zip(index.shape, src.shape, strict=True)):
        raise ShapeError(
            f"{name}: src of shape {src.shape} and index of shape {index.shape}; "
            "src must have as many dimensions and be as large"
        )
    return at, src[tuple(slice(n) for n in index.shape)]


@lifts_numbers
def scatter(
    x: Operand, dim: int, index: Operand, src: Operand, *, reduce: str | None = None
) -> Tensor:
    """x, but src[i, j, k] at [i, index[i, j, k], k] for dim 1, and so on; src may be a number.

    reduce: "add" or "multiply" combines with what is there; `scatter_reduce` knows more. Raises
    ShapeError where index or src do not fit, DTypeError for a src of another type, IndexError for
    a position out of range, ValueError for an unknown reduction.

    >>> import tiny_autograd as ta
    >>> x = ta.zeros(2, 3)
    >>> ta.scatter(x, 1, ta.tensor([[2], [0]]), 7)
    tensor([[0., 0., 7.],
            [7., 0., 0.]])
    """
    if reduce not in (None, "add", "multiply"):
        raise ValueError(f"scatter: unknown reduce {reduce!r}; known are 'add' and 'multiply'")
    if not isinstance(src, Variable | NDArray):
        at = normalize_dims(dim, x.ndim)[0]
        require_index("scatter", x.shape, index.shape, at)
        if reduce is None:
            return scatter_value(x, index, at, src)
        src = nd.full(index.shape, src, dtype=x.dtype, device=x.device)
    at, src = _aligned("scatter", x, dim, index, src)
    if reduce == "add":
        return scatter_add(x, at, index, src)
    if reduce == "multiply":
        return scatter_product(x, src, index, at)
    return scatter_assign(x, src, index, at)


def _neutral(reduce: str, x: Operand) -> float:
    """What changes nothing."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    if x.dtype.kind == "float":
        return float("-inf") if reduce == "amax" else float("inf")
    if x.dtype.kind == "bool":
        return reduce == "amin"
    limits = nd.iinfo(x.dtype)
    return limits.min if reduce == "amax" else limits.max


@lifts_numbers
def scatter_reduce(
    x: Operand,
    dim: int,
    index: Operand,
    src: Operand,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """x, combined with all that `index` along `dim` brings of src to each place.

    reduce: "sum", "prod", "mean", "amax" or "amin"; include_self: whether x's own element there
    takes part. Elements of x to which nothing comes stay. Equal extrema share the gradient. Raises
    as `scatter`.

    >>> import tiny_autograd as ta
    >>> src, index = ta.tensor([1.0, 2.0, 6.0]), ta.tensor([0, 0, 1])
    >>> ta.scatter_reduce(ta.full((3,), 3.0), 0, index, src, "mean")
    tensor([2.0000, 4.5000, 3.0000])
    >>> ta.scatter_reduce(ta.full((3,), 3.0), 0, index, src, "amax", include_self=False)
    tensor([2., 6., 3.])
    """
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise ValueError(
            f"scatter_reduce: unknown reduce {reduce!r}; known are sum, prod, mean, amax, amin"
        )
    at, src = _aligned("scatter_reduce", x, dim, index, src)
    base = x if include_self else scatter_value(x, index, at, _neutral(reduce, x))
    if reduce == "prod":
        return scatter_product(base, src, index, at)
    if reduce in ("amax", "amin"):
        return scatter_extremum(base, src, index, at, "maximum" if reduce == "amax" else "minimum")
    total = scatter_add(base, at, index, src)
    if reduce == "sum":
        return total
    counted = ones_like(x) if include_self else zeros_like(x)
    terms = clamp(scatter_add(counted, at, index, ones_like(src)), min=1)
    return total / terms if x.dtype.kind == "float" else total // terms
