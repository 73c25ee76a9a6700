"""Extrema together with where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, overload

from ndarray_core import NDArray

from ..op import Operand
from ..variable import Variable
from .arithmetic import maximum, minimum
from .indexing import gather_elements
from .reduction import amax, amin, argmax, argmin
from .shape import squeeze

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "max",
    "min",
]


class Extremum(NamedTuple):
    """The extreme values along a dimension, and their positions (the first of equals)."""

    values: Tensor
    indices: Tensor


def _along(x: Operand, positions: Operand, dim: int, keepdim: bool) -> Extremum:
    values = gather_elements(x, positions, dim) if x.ndim else x
    if keepdim or not x.ndim:
        return Extremum(values, positions)
    return Extremum(squeeze(values, dim), squeeze(positions, dim))


@overload
def max(x: Operand, dim: None = None, keepdim: bool = False) -> Tensor: ...
@overload
def max(x: Operand, dim: int, keepdim: bool = False) -> Extremum: ...
def max(x: Operand, dim: Any = None, keepdim: bool = False) -> Tensor | Extremum:
    """The largest element; with `dim`, the largest ones along it and their positions.

    Positions are of the first of equal elements, which gets the gradient; without `dim` equal ones
    share it. `dim` may also be a tensor: then as `maximum`.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1.0, 3.0], [5.0, 2.0]])
    >>> x.max(), x.max(dim=1).indices
    (tensor(5.), tensor([1, 0]))
    """
    if isinstance(dim, Variable | NDArray):
        return maximum(x, dim)
    if dim is None:
        return amax(x)
    return _along(x, argmax(x, dim, True), dim, keepdim)


@overload
def min(x: Operand, dim: None = None, keepdim: bool = False) -> Tensor: ...
@overload
def min(x: Operand, dim: int, keepdim: bool = False) -> Extremum: ...
def min(x: Operand, dim: Any = None, keepdim: bool = False) -> Tensor | Extremum:
    """The smallest element; with `dim`, the smallest ones along it and their positions.

    As `max`, the other way round.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1.0, 3.0], [5.0, 2.0]])
    >>> x.min(), x.min(dim=1).indices
    (tensor(1.), tensor([0, 1]))
    """
    if isinstance(dim, Variable | NDArray):
        return minimum(x, dim)
    if dim is None:
        return amin(x)
    return _along(x, argmin(x, dim, True), dim, keepdim)
