"""The same numbers in another type, on another device, or in memory of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import ndarray_core as nd

from ..cost import movement, same_shape, view
from ..op import Operand, op

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "clone",
]


@op(cost=movement(same_shape))
def to_floating(x: Operand, /, dtype: Any) -> Operand:
    """x converted to a floating type; `astype` takes any.

    >>> import tiny_autograd as ta
    >>> ta.ops.to_floating(ta.tensor([1, 2]), ta.float64).dtype.name
    'float64'
    """
    return x.astype(dtype)


to_floating.vjp(x=lambda g, x_dtype: g.astype(x_dtype))


@op(cost=movement(same_shape))
def to_discrete(x: Operand, /, dtype: Any) -> Operand:
    """x converted to an integer type or bool, through which no gradient flows.

    >>> import tiny_autograd as ta
    >>> ta.ops.to_discrete(ta.tensor([1.5, 2.5]), ta.int64)
    tensor([1, 2])
    """
    return x.astype(dtype)


to_discrete.no_vjp()


@op(cost=view)
def view_dtype(x: Operand, /, dtype: Any) -> Operand:
    """The same memory, read as elements of another type: `x.view(dtype)`; without a gradient.

    Elements of another size change the last dimension, whose elements lie side by side then.
    Raises ShapeError where they do not fit.

    >>> import tiny_autograd as ta
    >>> ta.tensor([1.0, -2.0]).view(ta.int32)
    tensor([ 1065353216, -1073741824], dtype=int32)
    """
    return x.view(nd.as_dtype(dtype))


view_dtype.no_vjp()


@op(cost=movement(same_shape))
def to_device(x: Operand, /, device: Any) -> Operand:
    """x in the memory of another device.

    >>> import tiny_autograd as ta
    >>> ta.ops.to_device(ta.tensor([1, 2]), "cpu").device == "cpu"
    True
    """
    return x.to_device(device)


to_device.vjp(x=lambda g, x_device: to_device(g, x_device))


@op(cost=movement(same_shape))
def clone(x: Operand, /) -> Operand:
    """A copy with memory of its own, dense and row-major; differentiable.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([1, 2])
    >>> y = ta.clone(x).fill_(0)
    >>> x
    tensor([1, 2])
    """
    return x.copy()


clone.vjp(x=lambda g: g)


def astype(x: Operand, dtype: Any) -> Tensor:
    """x converted to `dtype`; x itself when it has that type already.

    >>> import tiny_autograd as ta
    >>> ta.tensor([1.7, 0.0]).astype(bool)
    tensor([ True, False])
    """
    wanted = nd.as_dtype(dtype)
    if x.dtype == wanted:
        return cast("Tensor", x)
    return to_floating(x, wanted) if wanted.kind == "float" else to_discrete(x, wanted)


def contiguous(x: Operand) -> Tensor:
    """x itself when it is dense and row-major, else a copy that is.

    >>> import tiny_autograd as ta
    >>> ta.zeros(2, 3).T.contiguous().is_contiguous()
    True
    """
    return cast("Tensor", x) if x.is_contiguous() else clone(x)
