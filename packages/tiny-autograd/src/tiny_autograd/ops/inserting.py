"""Copies in which a part is replaced, where `select`, slices and `diagonal` give that part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ndarray_core.errors import ShapeError

from ..cost import normalize_dims, only_dim
from ..op import Operand
from .arithmetic import where
from .conversion import astype
from .creation import ones_like
from .indexing import diagonal, scatter_diagonal, setitem
from .shape import reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "diag_embed",
    "diagflat",
    "diagonal_scatter",
    "select_scatter",
    "slice_scatter",
]


def _check(name: str, src: Operand, shape: tuple[int, ...], x: Operand) -> None:
    if tuple(src.shape) != shape:
        raise ShapeError(
            f"{name}: src of shape {src.shape} for a part of shape {shape} of {x.shape}"
        )


def select_scatter(x: Operand, src: Operand, dim: int, index: int) -> Tensor:
    """x with `src` at one position along `dim`: where `select` reads.

    >>> import tiny_autograd as ta
    >>> ta.select_scatter(ta.zeros(2, 2), ta.ones(2), 1, 0)
    tensor([[1., 0.],
            [1., 0.]])
    """
    at = only_dim("select_scatter", dim, x.shape)
    _check("select_scatter", src, (*x.shape[:at], *x.shape[at + 1 :]), x)
    return setitem(x, src, (*[slice(None)] * at, index))


def slice_scatter(
    x: Operand,
    src: Operand,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """x with `src` from `start` to `end` along `dim`, every `step`.

    >>> import tiny_autograd as ta
    >>> ta.slice_scatter(ta.zeros(4), ta.ones(2), start=0, step=2)
    tensor([1., 0., 1., 0.])
    """
    at = only_dim("slice_scatter", dim, x.shape)
    part = slice(start, end, step)
    size = len(range(*part.indices(x.shape[at])))
    _check("slice_scatter", src, (*x.shape[:at], size, *x.shape[at + 1 :]), x)
    return setitem(x, src, (*[slice(None)] * at, part))


def diagonal_scatter(
    x: Operand, src: Operand, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """x with `src` on the diagonal of `dim1` and `dim2`: where `diagonal` reads.

    >>> import tiny_autograd as ta
    >>> ta.diagonal_scatter(ta.zeros(2, 2), ta.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    old = diagonal(x, offset, dim1, dim2)
    _check("diagonal_scatter", src, tuple(old.shape), x)
    where_to = tuple(x.shape), offset, dim1, dim2
    on_diagonal = scatter_diagonal(astype(ones_like(old), bool), *where_to)
    return where(on_diagonal, scatter_diagonal(astype(src, x.dtype), *where_to), x)


def diag_embed(x: Operand, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices with the last dimension of x on their diagonal, in the dimensions `dim1` and `dim2`.

    >>> import tiny_autograd as ta
    >>> ta.diag_embed(ta.tensor([[1, 2]]))
    tensor([[[1, 0],
             [0, 2]]])
    """
    length = x.shape[only_dim("diag_embed", -1, x.shape)]
    rows, columns = normalize_dims((dim1, dim2), x.ndim + 1)
    if rows == columns:
        raise ValueError(f"diag_embed: two different dimensions are needed, got {dim1} and {dim2}")
    shape = list(x.shape[:-1])
    for place in sorted((rows, columns)):
        shape.insert(place, length + abs(offset))
    return scatter_diagonal(x, tuple(shape), offset, rows, columns)


def diagflat(x: Operand, offset: int = 0) -> Tensor:
    """A matrix with the elements of x, read as one row, on its diagonal.

    >>> import tiny_autograd as ta
    >>> ta.diagflat(ta.tensor([[1, 2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(reshape(x, (-1,)), offset)
