"""The larger or the smaller of two, element by element, and numbers kept within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import elementwise
from ..op import Operand, op
from ..variable import Variable
from .arithmetic import where
from .comparison import isfinite, logical_or

if TYPE_CHECKING:
    from ..tensor import Tensor

_ARRAYS = (Variable, NDArray)

__all__ = ["clamp", "clip", "fmax", "fmin", "maximum", "minimum", "nan_to_num"]


def _share_of(g: Operand, winner: Operand, loser: Operand, ahead: Operand) -> Operand:
    """The gradient where one operand won, half of it where both are equal."""
    return where(ahead, g, where(winner == loser, g * 0.5, 0))


@op(cost=elementwise())
def maximum(x: Operand, y: Operand, /) -> NDArray:
    """The larger of both; NaN if one is NaN. Equal operands share the gradient.

    >>> import tiny_autograd as ta
    >>> ta.maximum(ta.tensor([1.0, 5.0]), ta.tensor([3.0, 4.0]))
    tensor([3., 5.])
    """
    return nd.maximum(x, y)


maximum.vjp(
    x=lambda g, x, y: _share_of(g, x, y, x > y),
    y=lambda g, x, y: _share_of(g, y, x, y > x),
)


@op(cost=elementwise())
def minimum(x: Operand, y: Operand, /) -> NDArray:
    """The smaller of both; NaN if one is NaN. Equal operands share the gradient.

    >>> import tiny_autograd as ta
    >>> ta.minimum(ta.tensor([1.0, 5.0]), ta.tensor([3.0, 4.0]))
    tensor([1., 4.])
    """
    return nd.minimum(x, y)


minimum.vjp(
    x=lambda g, x, y: _share_of(g, x, y, x < y),
    y=lambda g, x, y: _share_of(g, y, x, y < x),
)


@op(cost=elementwise())
def fmax(x: Operand, y: Operand, /) -> NDArray:
    """The larger of both, or the one that is not NaN. Of equal operands x gets the gradient.

    >>> import tiny_autograd as ta
    >>> ta.fmax(ta.tensor([1.0, float("nan")]), ta.tensor([3.0, 4.0]))
    tensor([3., 4.])
    """
    return nd.fmax(x, y)


def _first(ahead: Operand, y: Operand) -> Operand:
    """Whether the first operand is taken: it is ahead, or y is NaN."""
    return logical_or(ahead, y != y)


fmax.vjp(
    x=lambda g, x, y: where(_first(x >= y, y), g, 0),
    y=lambda g, x, y: where(_first(x >= y, y), 0, g),
)


@op(cost=elementwise())
def fmin(x: Operand, y: Operand, /) -> NDArray:
    """The smaller of both, or the one that is not NaN. Of equal operands x gets the gradient.

    >>> import tiny_autograd as ta
    >>> ta.fmin(ta.tensor([1.0, float("nan")]), ta.tensor([3.0, 4.0]))
    tensor([1., 4.])
    """
    return nd.fmin(x, y)


fmin.vjp(
    x=lambda g, x, y: where(_first(x <= y, y), g, 0),
    y=lambda g, x, y: where(_first(x <= y, y), 0, g),
)


def _inside(g: Operand, x: Operand, min: float | None, max: float | None) -> Operand:
    if min is not None:
        g = where(x >= min, g, 0)
    if max is not None:
        g = where(x <= max, g, 0)
    return g


@op(cost=elementwise(2))
def clamp_to(x: Operand, /, min: float | None, max: float | None) -> NDArray:
    """`clamp` to numbers.

    >>> import tiny_autograd as ta
    >>> ta.ops.clamp_to(ta.tensor([-3.0, 0.5, 3.0]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is not None:
        x = nd.maximum(x, min)
    return x if max is None else nd.minimum(x, max)


clamp_to.vjp(x=_inside)


def clamp(x: Operand, min: Operand = None, max: Operand = None) -> Tensor:
    """x, but at least `min` and at most `max`, numbers or tensors; `max` wins where they cross.

    No gradient flows to x where it is outside, but to the bound there. Raises ValueError if neither
    bound is given.

    >>> import tiny_autograd as ta
    >>> ta.clamp(ta.tensor([-3.0, 0.5, 3.0]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise ValueError("clamp: give min, max, or both")
    if not isinstance(min, _ARRAYS) and not isinstance(max, _ARRAYS):
        return clamp_to(x, min, max)
    if min is not None:
        x = where(x < min, min, x)
    return cast("Tensor", x) if max is None else where(x > max, max, x)


clip = clamp


@op(cost=elementwise(6))
def finite_or(x: Operand, /, nan: float, posinf: float | None, neginf: float | None) -> NDArray:
    """`nan_to_num`, all said.

    >>> import tiny_autograd as ta
    >>> ta.ops.finite_or(ta.tensor([1.0, float("inf")]), 0.0, 9.0, None)
    tensor([1., 9.])
    """
    if x.dtype.kind != "float":
        return cast("NDArray", x.copy())
    limits = nd.finfo(x.dtype)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    finite = nd.where(nd.equal(x, float("inf")), high, nd.where(nd.equal(x, -float("inf")), low, x))
    return nd.where(nd.isnan(x), nan, finite)


finite_or.vjp(x=lambda g, x: where(isfinite(x), g, 0))


def nan_to_num(
    x: Operand, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """x with numbers in place of NaN (0) and of the infinities (the largest of the type).

    >>> import tiny_autograd as ta
    >>> ta.nan_to_num(ta.tensor([1.0, float("nan"), -float("inf")]), neginf=-5)
    tensor([ 1.,  0., -5.])
    """
    return finite_or(x, 0.0 if nan is None else nan, posinf, neginf)
