"""Elements picked by position. The gradient of picking is adding up where it was picked from.

The operations come in pairs, each the gradient of the other:
getitem and scatter_slice, lookup and index_sum, gather and scatter_sum, diagonal and
scatter_diagonal.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.errors import ShapeError

from ..cost import Count, Shape, accumulation, normalize_dims, only_dim, view
from ..op import Operand, op
from ..part import Part
from ..variable import Variable
from .arithmetic import add, where
from .conversion import astype, clone
from .keys import is_basic, take_apart
from .shape import expand, lifts_numbers, permute, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "diag",
    "diagonal",
    "gather",
    "index_select",
    "masked_fill",
    "scatter_add",
    "take_along_dim",
]


def _output(_: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Shape:
    return tuple(parameters["shape"])


@op(cost=view)
def getitem(x: Operand, /, key: Any) -> Operand:
    """A view: `key` is made of integers, slices, Ellipsis and None. `x[key]` also takes tensors.

    >>> import tiny_autograd as ta
    >>> ta.ops.getitem(ta.arange(5), slice(1, 4))
    tensor([1, 2, 3])
    """
    return x[key]


@op(cost=accumulation(_output))
def scatter_slice(x: Operand, /, shape: Shape, key: Any) -> NDArray:
    """Zeros of `shape`, but x at `key`.

    >>> import tiny_autograd as ta
    >>> ta.ops.scatter_slice(ta.ones(2), (4,), slice(1, 3))
    tensor([0., 1., 1., 0.])
    """
    out = nd.zeros(shape, dtype=x.dtype, device=x.device)
    out[key] = x
    return out


def _gradient_of_part(g: Operand, x_shape: Shape, key: Any) -> Any:
    return Part(g, x_shape, key) if isinstance(g, NDArray) else scatter_slice(g, x_shape, key)


getitem.vjp(x=_gradient_of_part)
scatter_slice.vjp(x=lambda g, key: getitem(g, key))


def _selected(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    x, index = shapes
    (at,) = normalize_dims(parameters["dim"], len(x))
    size = prod((*x[:at], *index, *x[at + 1 :]))
    return 0, size + prod(index), size


@op(cost=_selected)
def lookup(x: Operand, index: Operand, /, dim: int) -> NDArray:
    """x at the positions `index` along `dim`; the dimensions of `index` replace that one.

    Raises IndexError for a position out of range; negative ones count from the end.

    >>> import tiny_autograd as ta
    >>> ta.ops.lookup(ta.tensor([10, 20, 30]), ta.tensor([[2, 0]]), 0)
    tensor([[30, 10]])
    """
    return nd.take(x, index, axis=dim)


@op(cost=accumulation(_output))
def index_sum(values: Operand, index: Operand, /, shape: Shape, dim: int) -> NDArray:
    """Zeros of `shape`, to which `values` are added at the positions `index` along `dim`.

    >>> import tiny_autograd as ta
    >>> ta.ops.index_sum(ta.ones(3), ta.tensor([0, 2, 2]), (4,), 0)
    tensor([1., 0., 2., 0.])
    """
    (at,) = normalize_dims(dim, len(shape))
    out = nd.zeros(shape, dtype=values.dtype, device=values.device)
    flat = values.reshape((*shape[:at], index.size, *shape[at + 1 :]))
    return nd.index_add(out, index.reshape((index.size,)), flat, axis=at)


lookup.vjp(x=lambda g, index, x_shape, dim: index_sum(g, index, x_shape, dim))
index_sum.vjp(values=lambda g, index, dim: lookup(g, index, dim))


def within(x: NDArray, shape: Shape, dim: int) -> NDArray:
    """The part of x that lies inside `shape` in all dimensions but `dim`."""
    if all(n == m for d, (n, m) in enumerate(zip(x.shape, shape, strict=True)) if d != dim):
        return x
    return x[tuple(slice(None) if d == dim else slice(n) for d, n in enumerate(shape))]


def require_index(name: str, x: Shape, index: Shape, dim: int) -> None:
    fits = len(x) == len(index) and all(
        n <= m for d, (n, m) in enumerate(zip(index, x, strict=True)) if d != dim
    )
    if not fits:
        raise ShapeError(
            f"{name}: index of shape {index} for a tensor of shape {x}: it must have as many "
            f"dimensions, and none but dimension {dim} may be larger"
        )


@op(cost=lambda shapes, _: (0, 2 * prod(shapes[1]), prod(shapes[1])))
def gather_elements(x: Operand, index: Operand, /, dim: int) -> NDArray:
    """`gather`, with the operands first.

    >>> import tiny_autograd as ta
    >>> ta.ops.gather_elements(ta.tensor([[1, 2], [3, 4]]), ta.tensor([[1], [0]]), 1)
    tensor([[2],
            [3]])
    """
    at = only_dim("gather", dim, x.shape)
    require_index("gather", x.shape, index.shape, at)
    return nd.take_along_axis(within(x, index.shape, at), index, axis=at)


@op(cost=accumulation(_output))
def scatter_sum(values: Operand, index: Operand, /, shape: Shape, dim: int) -> NDArray:
    """Zeros of `shape`, to which each of `values` is added at its own `index` along `dim`.

    >>> import tiny_autograd as ta
    >>> ta.ops.scatter_sum(ta.ones(1, 3), ta.tensor([[0, 2, 2]]), (1, 4), 1)
    tensor([[1., 0., 2., 0.]])
    """
    (at,) = normalize_dims(dim, len(shape))
    require_index("scatter_add", shape, index.shape, at)
    out = nd.zeros(shape, dtype=values.dtype, device=values.device)
    nd.scatter_add(within(out, index.shape, at), index, values, axis=at)
    return out


gather_elements.vjp(x=lambda g, index, x_shape, dim: scatter_sum(g, index, x_shape, dim))
scatter_sum.vjp(values=lambda g, index, dim: gather_elements(g, index, dim))


@op(cost=view)
def diagonal(x: Operand, /, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Operand:
    """A view of the diagonal of `dim1` and `dim2`, as the last dimension.

    >>> import tiny_autograd as ta
    >>> ta.diagonal(ta.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return x.diagonal(offset, dim1, dim2)


@op(cost=accumulation(_output))
def scatter_diagonal(
    x: Operand, /, shape: Shape, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> NDArray:
    """Zeros of `shape`, but x on the diagonal of `dim1` and `dim2`.

    >>> import tiny_autograd as ta
    >>> ta.ops.scatter_diagonal(ta.tensor([1, 4]), (2, 2))
    tensor([[1, 0],
            [0, 4]])
    """
    out = nd.zeros(shape, dtype=x.dtype, device=x.device)
    out.diagonal(offset, dim1, dim2)[...] = x
    return out


diagonal.vjp(
    x=lambda g, x_shape, offset, dim1, dim2: scatter_diagonal(g, x_shape, offset, dim1, dim2),
)
scatter_diagonal.vjp(x=lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2))


@lifts_numbers
def index_select(x: Operand, dim: int, index: Operand) -> Tensor:
    """x at the positions `index` (one dimension) along `dim`.

    >>> import tiny_autograd as ta
    >>> ta.index_select(ta.tensor([[1, 2], [3, 4]]), 1, ta.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    if index.ndim > 1:
        raise ShapeError(f"index_select: index has one dimension, got shape {index.shape}")
    return lookup(x, reshape(index, (-1,)), dim)


def gather(x: Operand, dim: int, index: Operand) -> Tensor:
    """out[i, j, k] = x[i, index[i, j, k], k] for dim 1, and so on: of the shape of `index`.

    >>> import tiny_autograd as ta
    >>> ta.gather(ta.tensor([[1, 2], [3, 4]]), 1, ta.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    if x.ndim < 2 and not (x.ndim and index.ndim):
        row, places = (y if y.ndim else reshape(y, (1,)) for y in (x, index))
        return reshape(gather_elements(row, places, dim), tuple(index.shape))
    return gather_elements(x, index, dim)


@lifts_numbers
def scatter_add(x: Operand, dim: int, index: Operand, src: Operand) -> Tensor:
    """x, to which src[i, j, k] is added at [i, index[i, j, k], k] for dim 1, and so on.

    >>> import tiny_autograd as ta
    >>> ta.scatter_add(ta.zeros(1, 3), 1, ta.tensor([[2, 2]]), ta.ones(1, 2))
    tensor([[0., 0., 2.]])
    """
    if tuple(src.shape) != tuple(index.shape):
        if src.ndim != index.ndim or any(
            n > m for n, m in zip(index.shape, src.shape, strict=True)
        ):
            raise ShapeError(
                f"scatter_add: src of shape {src.shape} and index of shape {index.shape}; "
                "src must have as many dimensions and be as large"
            )
        src = getitem(src, tuple(slice(n) for n in index.shape))
    return add(x, scatter_sum(src, index, tuple(x.shape), dim))


def take_along_dim(x: Operand, indices: Operand, dim: int | None = None) -> Tensor:
    """As `gather`, but the other dimensions of x and `indices` broadcast.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1, 9, 3], [8, 2, 4]])
    >>> ta.take_along_dim(x, ta.argmax(x, 1, keepdim=True), 1)
    tensor([[9],
            [8]])
    """
    if dim is None:
        return gather_elements(reshape(x, (-1,)), reshape(indices, (-1,)), 0)
    if x.ndim != indices.ndim:
        raise ShapeError(
            f"take_along_dim: x of shape {x.shape} and indices of shape {indices.shape} "
            "must have the same number of dimensions"
        )
    (at,) = normalize_dims(dim, x.ndim)
    others = [(*s[:at], 1, *s[at + 1 :]) for s in (tuple(x.shape), tuple(indices.shape))]
    common = nd.broadcast_shapes(*others)
    wide = [expand(y, (*common[:at], y.shape[at], *common[at + 1 :])) for y in (x, indices)]
    return gather_elements(wide[0], wide[1], at)


def masked_fill(x: Operand, mask: Operand, value: Operand) -> Tensor:
    """x, but `value` where the mask is true; converted to the type of x.

    >>> import tiny_autograd as ta
    >>> ta.masked_fill(ta.tensor([1.0, 2.0]), ta.tensor([True, False]), -1)
    tensor([-1.,  2.])
    """
    if not isinstance(value, int | float):
        value = astype(value, x.dtype)
    elif x.dtype.kind != "float":
        value = bool(value) if x.dtype.kind == "bool" else int(value)
    return where(mask, value, x)


def diag(x: Operand, diagonal_offset: int = 0) -> Tensor:
    """A copy of the diagonal of a matrix, or the matrix with a vector on its diagonal.

    >>> import tiny_autograd as ta
    >>> ta.diag(ta.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if x.ndim == 2:
        return clone(diagonal(x, diagonal_offset))
    if x.ndim != 1:
        raise ShapeError(f"diag: expected a vector or a matrix, got shape {x.shape}")
    size = x.shape[0] + abs(diagonal_offset)
    return scatter_diagonal(x, (size, size), diagonal_offset)


def _linear(indices: list[NDArray], lengths: list[int]) -> NDArray:
    """One index into several dimensions merged, from an index into each."""
    linear = nd.zeros_like(indices[0])
    for index, length in zip(indices, lengths, strict=True):
        wrong = nd.logical_or(nd.less(index, -length), nd.greater_equal(index, length))
        if nd.any(wrong):
            raise IndexError(f"an index is out of bounds for a dimension of size {length}")
        linear = linear * length + nd.where(nd.less(index, 0), index + length, index)
    return linear


def _locate(x: Operand, key: Any) -> tuple[Operand, int, list[NDArray]]:
    """A view of x, and index arrays of one shape for its dimensions from the given one on."""
    basic, arrays = take_apart(key, x.shape, x.device)
    y = x if all(part == slice(None) for part in basic) else getitem(x, basic)
    if not arrays:
        return y, 0, []
    dims = [dim for dim, _ in arrays]
    common = nd.broadcast_shapes(*(array.shape for _, array in arrays))
    indices = [array.broadcast_to(common) for _, array in arrays]
    first = dims[0]
    if dims != list(range(first, first + len(dims))):
        y = permute(y, (*dims, *(d for d in range(y.ndim) if d not in dims)))
        first = 0
    return y, first, indices


def index(x: Operand, key: Any) -> Tensor:
    """`x[key]`: integers, slices, Ellipsis, None; integer or bool tensors (lists, NumPy arrays).

    Without tensors a view. Several integer tensors are broadcast together and pick elements; their
    dimensions stand where the first one stood if they stood side by side, else in front. A single
    bool is a mask for a new dimension of size 1. Raises IndexError for positions out of range, too
    many of them, and masks of another shape than what they mask.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1, 2, 3], [4, 5, 6]])
    >>> x[:, -1], x[[0, 1], [2, 0]], x[x > 4]
    (tensor([3, 6]), tensor([3, 4]), tensor([5, 6]))
    """
    if is_basic(key):
        return getitem(x, key)
    y, first, indices = _locate(x, key)
    if len(indices) < 2:
        return lookup(y, indices[0], first) if indices else y
    lengths = list(y.shape[first : first + len(indices)])
    behind = y.shape[first + len(indices) :]
    merged = reshape(y, (*y.shape[:first], prod(lengths), *behind))
    return lookup(merged, _linear(indices, lengths), first)


def assign(x: NDArray, key: Any, value: Any) -> None:
    """Write to what `index` reads, for an array; the value is broadcast to the shape of x[key].

    >>> import ndarray_core as nd
    >>> import tiny_autograd as ta
    >>> x = nd.zeros((2, 2, 2))
    >>> ta.ops.assign(x, (0, slice(None), [0, 1]), nd.asarray([[1, 2], [3, 4]]))
    >>> x[0].tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    if isinstance(key, Variable) and key.array.dtype.kind == "bool":
        key = key.array.to_device(x.device)  # a mask alone, which the core writes in one pass
    if isinstance(key, NDArray) or is_basic(key):
        x[key] = value
        return
    y, first, indices = _locate(x, key)
    # Index arrays side by side, and no numbers: here NumPy's rules, the core's, are PyTorch's.
    y[(*[slice(None)] * first, *indices) if indices else ...] = value


def _written(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    return 0, prod(shapes[0]) + sum(map(prod, shapes[1:])), prod(shapes[0])


@op(cost=_written)
def setitem(x: Operand, value: Operand, /, key: Any) -> NDArray:
    """A copy of x with `value` at `key`: what `x[key] = value` leaves.

    >>> import tiny_autograd as ta
    >>> ta.ops.setitem(ta.zeros(3), ta.tensor(2.0), slice(1, 3))
    tensor([0., 2., 2.])
    """
    out: NDArray = x.copy()
    assign(out, key, value)
    return out


setitem.vjp(
    x=lambda g, key: setitem(g, 0, key=key),
    value=lambda g, key: index(g, key),
)
