"""Products of matrices, and parts of them."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import ShapeError

from ..cost import Count, Shape, matrix_product, movement, same_shape
from ..op import Operand, op
from .arithmetic import add, mul
from .creation import ones_like
from .indexing import diagonal, masked_fill
from .reduction import sum
from .shape import mT, reshape, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "addmm",
    "bmm",
    "dot",
    "linear",
    "matmul",
    "mm",
    "mv",
    "outer",
    "trace",
    "tril",
    "triu",
]


@op(cost=matrix_product)
def matmul(x: Operand, y: Operand, /) -> NDArray:
    """The matrix product (..., M, K) @ (..., K, N) -> (..., M, N); leading dimensions broadcast.

    A vector on the left counts as a row, on the right as a column, and its dimension is dropped
    from the result. Raises ShapeError when the inner sizes differ.

    >>> import tiny_autograd as ta
    >>> ta.matmul(ta.tensor([[1.0, 2.0]]), ta.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    if x.ndim > 2 and y.ndim == 2 and x.shape[-1] == y.shape[0]:
        # One large product instead of a batch of small ones.
        rows = nd.matmul(x.reshape((-1, x.shape[-1])), y) if x.size else nd.matmul(x, y)
        return rows.reshape((*x.shape[:-1], y.shape[1]))
    return nd.matmul(x, y)


def _left_gradient(g: Operand, y: Operand, x_shape: Shape, y_shape: Shape) -> Operand:
    if len(y_shape) == 1:
        return unsqueeze(g, -1) * y
    if len(x_shape) == 1:
        columns = matmul(y, unsqueeze(g, -1))  # (..., K, 1)
        return reshape(columns, (*g.shape[:-1], y_shape[-2]))
    return matmul(g, mT(y))


def _right_gradient(g: Operand, x: Operand, x_shape: Shape, y_shape: Shape) -> Operand:
    if len(x_shape) == 1:
        return g * x if len(y_shape) == 1 else unsqueeze(x, -1) * unsqueeze(g, -2)
    if len(y_shape) == 1:
        return sum(reshape(unsqueeze(g, -1) * x, (prod(g.shape), x_shape[-1])), 0)
    if len(y_shape) == 2 and len(x_shape) > 2:
        rows = reshape(x, (prod(x_shape[:-1]), x_shape[-1]))
        return matmul(mT(rows), reshape(g, (prod(x_shape[:-1]), y_shape[-1])))
    return matmul(mT(x), g)


matmul.vjp(x=_left_gradient, y=_right_gradient)


def _linear_cost(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    x, weight, *bias = shapes
    written = prod(x[:-1]) * weight[0]
    added = written if bias else 0
    read = prod(x) + prod(weight) + (weight[0] if bias else 0)
    return 2 * written * weight[1] + added, read, written


@op(cost=_linear_cost)
def linear(x: Operand, weight: Operand, bias: Operand = None, /) -> NDArray:
    """x @ weight.T + bias.

    x: (..., in), weight: (out, in), bias: (out) or None -> (..., out). Raises ShapeError when the
    sizes do not fit.

    >>> import tiny_autograd as ta
    >>> ta.linear(ta.tensor([1.0, 2.0]), ta.tensor([[3.0, 4.0]]), ta.tensor([0.5]))
    tensor([11.5000])
    """
    if weight.ndim != 2 or not x.ndim or x.shape[-1] != weight.shape[1]:
        raise ShapeError(
            f"linear: x {x.shape} and weight {weight.shape}: the weight is (out, in), "
            "and the last size of x must be in"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(
            f"linear: bias {bias.shape} for weight {weight.shape}: expected {weight.shape[:1]}"
        )
    rows = x if x.ndim == 2 else x.reshape((prod(x.shape[:-1]), x.shape[-1]))
    out = nd.matmul(rows, weight.T)
    if bias is not None:
        if bias.dtype == out.dtype:
            out += bias  # nobody else holds the product yet
        else:
            out = nd.add(out, bias)
    return out if x.ndim == 2 else out.reshape((*x.shape[:-1], weight.shape[0]))


def _weight_gradient(g: Operand, x: Operand, x_shape: Shape, weight_shape: Shape) -> Operand:
    count = prod(x_shape[:-1])
    rows = reshape(x, (count, x_shape[-1]))
    return matmul(mT(reshape(g, (count, weight_shape[0]))), rows)


linear.vjp(
    x=lambda g, weight: matmul(g, weight),
    weight=_weight_gradient,
    bias=lambda g: g,
)


@op(cost=movement(same_shape))
def tril(x: Operand, /, diagonal: int = 0) -> NDArray:
    """The lower triangle of the last two dimensions, zeros above the given diagonal.

    >>> import tiny_autograd as ta
    >>> ta.tril(ta.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return nd.tril(x, k=diagonal)


tril.vjp(x=lambda g, diagonal: tril(g, diagonal))


@op(cost=movement(same_shape))
def triu(x: Operand, /, diagonal: int = 0) -> NDArray:
    """The upper triangle of the last two dimensions, zeros below the given diagonal.

    >>> import tiny_autograd as ta
    >>> ta.triu(ta.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return nd.triu(x, k=diagonal)


triu.vjp(x=lambda g, diagonal: triu(g, diagonal))


def _expect(name: str, x: Operand, y: Operand, x_ndim: int, y_ndim: int) -> None:
    if x.ndim != x_ndim or y.ndim != y_ndim:
        raise ShapeError(
            f"{name}: expected {x_ndim} and {y_ndim} dimensions, got shapes {x.shape} and "
            f"{y.shape}; matmul takes any"
        )


def mm(x: Operand, y: Operand) -> Tensor:
    """The product of two matrices.

    >>> import tiny_autograd as ta
    >>> ta.mm(ta.eye(2), ta.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    _expect("mm", x, y, 2, 2)
    return matmul(x, y)


def bmm(x: Operand, y: Operand) -> Tensor:
    """The products of a batch of matrices (B, M, K) with another (B, K, N).

    >>> import tiny_autograd as ta
    >>> ta.bmm(ta.ones(2, 1, 3), ta.ones(2, 3, 1)).flatten()
    tensor([3., 3.])
    """
    _expect("bmm", x, y, 3, 3)
    if x.shape[0] != y.shape[0]:
        raise ShapeError(f"bmm: batches of {x.shape[0]} and {y.shape[0]}: {x.shape} @ {y.shape}")
    return matmul(x, y)


def mv(x: Operand, y: Operand) -> Tensor:
    """The product of a matrix and a vector.

    >>> import tiny_autograd as ta
    >>> ta.mv(ta.eye(2), ta.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """
    _expect("mv", x, y, 2, 1)
    return matmul(x, y)


def dot(x: Operand, y: Operand) -> Tensor:
    """The inner product of two vectors.

    >>> import tiny_autograd as ta
    >>> ta.dot(ta.tensor([1.0, 2.0]), ta.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _expect("dot", x, y, 1, 1)
    return matmul(x, y)


def outer(x: Operand, y: Operand) -> Tensor:
    """The outer product of two vectors.

    >>> import tiny_autograd as ta
    >>> ta.outer(ta.tensor([1, 2]), ta.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    _expect("outer", x, y, 1, 1)
    return mul(unsqueeze(x, 1), y)


def scaled_sum(x: Operand, product: Operand, beta: float, alpha: float) -> Tensor:
    """beta x + alpha product; for beta 0, whatever x holds is ignored."""
    if beta == 0:  # 0 * NaN would be NaN
        scaled = masked_fill(x, ones_like(x).astype(bool), 0)
    else:
        scaled = x if beta == 1 else x * beta
    return add(scaled, product if alpha == 1 else product * alpha)


def addmm(x: Operand, mat1: Operand, mat2: Operand, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta x + alpha (mat1 @ mat2); for beta 0, whatever x holds is ignored.

    >>> import tiny_autograd as ta
    >>> ta.addmm(ta.ones(1, 1), ta.ones(1, 3), ta.ones(3, 1), beta=2)
    tensor([[5.]])
    """
    return scaled_sum(x, mm(mat1, mat2), beta, alpha)


def trace(x: Operand) -> Tensor:
    """The sum of a matrix's diagonal.

    >>> import tiny_autograd as ta
    >>> ta.trace(ta.eye(3))
    tensor(3.)
    """
    if x.ndim != 2:
        raise ShapeError(f"trace: expected a matrix, got shape {x.shape}")
    return sum(diagonal(x))
