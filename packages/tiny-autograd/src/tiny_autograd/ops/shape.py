"""Shapes: views wherever strides allow it, copies where they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import ShapeError

from ..cost import Count, Shape, normalize_dims, view
from ..op import Operand, op
from ..variable import Variable

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "broadcast_to",
    "expand",
    "flatten",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "squeeze",
    "transpose",
    "unflatten",
    "unsqueeze",
]


# Sizes as separate arguments, or as one sequence.
Sizes: TypeAlias = Any


def sizes(shape: tuple[Any, ...]) -> tuple[int, ...]:
    """One tuple, from separate numbers or from one sequence of them.

    >>> sizes((2, 3)), sizes(((2, 3),))
    ((2, 3), (2, 3))
    """
    if len(shape) == 1 and not isinstance(shape[0], int) and not hasattr(shape[0], "__index__"):
        return tuple(shape[0])
    return shape


F = TypeVar("F", bound=Callable[..., Any])


def lifts_numbers(function: F) -> F:
    """Let a function of (x, dim, ...) take tensors without dimensions for rows of one element.

    As PyTorch does, also of the operands behind `dim` if x is a row itself."""

    @wraps(function)
    def call(x: Operand, dim: int, *operands: Any, **parameters: Any) -> Any:
        if x.ndim > 1:
            return function(x, dim, *operands, **parameters)

        def lift(y: Any) -> Any:
            is_number = isinstance(y, Variable | NDArray) and not y.ndim  # type: ignore[union-attr]
            return y.reshape((1,)) if is_number else y

        lifted = {name: lift(y) for name, y in parameters.items()}
        result = function(lift(x), dim, *map(lift, operands), **lifted)
        return result if x.ndim else reshape(result, ())

    return cast("F", call)


@op(cost=view)
def reshape(x: Operand, /, *shape: Sizes) -> Operand:
    """The same elements, in row-major order, in another shape; one size may be -1.

    A view where the strides allow it, else a copy. Raises ShapeError when the sizes do not fit.

    >>> import tiny_autograd as ta
    >>> ta.reshape(ta.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    return x.reshape(sizes(shape))


reshape.vjp(x=lambda g, x_shape: reshape(g, x_shape))


@op(cost=view)
def permute(x: Operand, /, *dims: Sizes) -> Operand:
    """A view with the dimensions in the order `dims`.

    >>> import tiny_autograd as ta
    >>> ta.permute(ta.zeros(2, 3, 4), (2, 0, 1)).shape
    (4, 2, 3)
    """
    return x.permute(*sizes(dims))


def _inverse(g: Operand, dims: tuple[Any, ...]) -> Operand:
    order = normalize_dims(sizes(dims), g.ndim)
    return permute(g, tuple(sorted(range(len(order)), key=order.__getitem__)))


permute.vjp(x=_inverse)


@op(cost=view)
def transpose(x: Operand, /, dim0: int, dim1: int) -> Operand:
    """A view with two dimensions exchanged.

    >>> import tiny_autograd as ta
    >>> ta.transpose(ta.zeros(2, 3, 4), 0, -1).shape
    (4, 3, 2)
    """
    at = (*normalize_dims(dim0, x.ndim), *normalize_dims(dim1, x.ndim))
    return x.transpose(*at) if at else x.reshape(())


transpose.vjp(x=lambda g, dim0, dim1: transpose(g, dim0, dim1))


@op(cost=view)
def expand(x: Operand, /, *shape: Sizes) -> Operand:
    """A view that repeats dimensions of size 1 (and new ones in front); -1 keeps a size.

    Raises ShapeError when another size would have to change.

    >>> import tiny_autograd as ta
    >>> ta.expand(ta.tensor([[1], [2]]), (-1, 3))
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    wanted = sizes(shape)
    if -1 in wanted:
        added = len(wanted) - x.ndim
        wanted = tuple(x.shape[i - added] if n == -1 else n for i, n in enumerate(wanted))
    return x.broadcast_to(wanted)


def _sum_to_cost(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    size = prod(shapes[0])
    return size, size, prod(parameters["shape"])


@op(cost=_sum_to_cost)
def sum_to(x: Operand, /, shape: Shape) -> NDArray:
    """The sum over the dimensions along which `shape` would be broadcast to x's shape.

    It undoes `expand`: what un-broadcasting a gradient means. Raises ShapeError when `shape` does
    not broadcast to x's shape.

    >>> import tiny_autograd as ta
    >>> ta.ops.sum_to(ta.ones(2, 3), (1, 3))
    tensor([[2., 2., 2.]])
    """
    added = x.ndim - len(shape)
    axes = tuple(
        i for i, n in enumerate(x.shape) if i < added or (shape[i - added] == 1 and n != 1)
    )
    summed = nd.sum(x, axis=axes, keepdims=True) if axes else x
    return summed.reshape(shape) if summed.shape != shape else summed


expand.vjp(x=lambda g, x_shape: sum_to(g, x_shape))
sum_to.vjp(x=lambda g, x_shape: expand(g, x_shape))


def broadcast_to(x: Operand, shape: Sequence[int]) -> Tensor:
    """A view of x in `shape`: sizes of 1 are repeated. As `expand`.

    >>> import tiny_autograd as ta
    >>> ta.broadcast_to(ta.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return expand(x, tuple(shape))


def squeeze(x: Operand, dim: int | tuple[int, ...] | None = None) -> Tensor:
    """x without its dimensions of size 1; of `dim`, those that have size 1.

    >>> import tiny_autograd as ta
    >>> ta.squeeze(ta.zeros(1, 2, 1)).shape, ta.squeeze(ta.zeros(1, 2, 1), 0).shape
    ((2,), (2, 1))
    """
    dims = normalize_dims(dim, x.ndim)
    return reshape(x, tuple(n for i, n in enumerate(x.shape) if i not in dims or n != 1))


def unsqueeze(x: Operand, dim: int) -> Tensor:
    """x with a new dimension of size 1 at `dim`.

    >>> import tiny_autograd as ta
    >>> ta.unsqueeze(ta.zeros(2, 3), -1).shape
    (2, 3, 1)
    """
    (at,) = normalize_dims(dim, x.ndim + 1)
    return reshape(x, (*x.shape[:at], 1, *x.shape[at:]))


def flatten(x: Operand, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` as one.

    >>> import tiny_autograd as ta
    >>> ta.flatten(ta.zeros(2, 3, 4), 1).shape
    (2, 12)
    """
    if x.ndim == 0:
        return reshape(x, (1,))
    (start,) = normalize_dims(start_dim, x.ndim)
    (end,) = normalize_dims(end_dim, x.ndim)
    if start > end:
        raise ShapeError(
            f"flatten: start_dim {start_dim} lies behind end_dim {end_dim} for shape {x.shape}"
        )
    merged = prod(x.shape[start : end + 1])
    return reshape(x, (*x.shape[:start], merged, *x.shape[end + 1 :]))


def ravel(x: Operand) -> Tensor:
    """All elements in one dimension, in row-major order.

    >>> import tiny_autograd as ta
    >>> ta.ravel(ta.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return reshape(x, (prod(x.shape),))


def unflatten(x: Operand, dim: int, shape: Sequence[int]) -> Tensor:
    """Dimension `dim` split into `shape`, of which one size may be -1.

    >>> import tiny_autograd as ta
    >>> ta.unflatten(ta.zeros(2, 12), 1, (3, -1)).shape
    (2, 3, 4)
    """
    (at,) = normalize_dims(dim, x.ndim)
    parts = list(shape)
    if parts.count(-1) == 1:
        rest = prod(n for n in parts if n != -1)
        parts[parts.index(-1)] = x.shape[at] // rest if rest else 0
    if prod(parts) != x.shape[at] or any(n < 0 for n in parts):
        raise ShapeError(
            f"unflatten: dimension {dim} of shape {x.shape} has size {x.shape[at]}, "
            f"which does not split into {tuple(shape)}"
        )
    return reshape(x, (*x.shape[:at], *parts, *x.shape[at + 1 :]))


def movedim(x: Operand, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """A view with the dimensions `source` moved to `destination`; the others keep their order.

    >>> import tiny_autograd as ta
    >>> ta.movedim(ta.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    moved = normalize_dims(source if isinstance(source, int) else tuple(source), x.ndim)
    places = normalize_dims(
        destination if isinstance(destination, int) else tuple(destination), x.ndim
    )
    if len(set(moved)) != len(moved) or len(set(places)) != len(places):
        raise ValueError(f"movedim: repeated dimensions in {source} or {destination}")
    if len(moved) != len(places):
        raise ValueError(f"movedim: {source} and {destination} have different lengths")
    order = [i for i in range(x.ndim) if i not in moved]
    for place, i in sorted(zip(places, moved, strict=True)):
        order.insert(place, i)
    return permute(x, tuple(order))


def mT(x: Operand) -> Tensor:
    """A view with the last two dimensions exchanged: the transposed matrices.

    >>> import tiny_autograd as ta
    >>> ta.zeros(5, 2, 3).mT.shape
    (5, 3, 2)
    """
    if x.ndim < 2:
        raise ShapeError(f"mT: a matrix has at least 2 dimensions, got shape {x.shape}")
    return transpose(x, -2, -1)
