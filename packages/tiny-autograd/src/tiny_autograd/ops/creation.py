"""Tensors of the shape, type and device of another one; no gradient flows through them."""

from __future__ import annotations

import ndarray_core as nd
from ndarray_core import NDArray

from ..cost import Count, Shape, elementwise
from ..op import Operand, op


def _fill(shapes: tuple[Shape, ...], parameters: object) -> Count:
    _, _, written = elementwise()(shapes, {})
    return 0, 0, written


@op(cost=_fill)
def zeros_like(x: Operand, /) -> NDArray:
    """Zeros in the shape of x, of its type, on its device.

    >>> import tiny_autograd as ta
    >>> ta.zeros_like(ta.tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    return nd.zeros_like(x)


zeros_like.no_vjp()


@op(cost=_fill)
def ones_like(x: Operand, /) -> NDArray:
    """Ones in the shape of x, of its type, on its device.

    >>> import tiny_autograd as ta
    >>> ta.ones_like(ta.tensor([1.0, 2.0]))
    tensor([1., 1.])
    """
    return nd.ones_like(x)


ones_like.no_vjp()


@op(cost=_fill)
def full_like(x: Operand, /, fill_value: float) -> NDArray:
    """`fill_value` everywhere, in the shape of x, of its type, on its device.

    >>> import tiny_autograd as ta
    >>> ta.full_like(ta.tensor([1.0, 2.0]), 7)
    tensor([7., 7.])
    """
    return nd.full_like(x, fill_value)


full_like.no_vjp()


@op(cost=_fill)
def empty_like(x: Operand, /) -> NDArray:
    """Uninitialised memory for the shape of x, of its type, on its device.

    >>> import tiny_autograd as ta
    >>> ta.empty_like(ta.tensor([1.0, 2.0])).shape
    (2,)
    """
    return nd.empty_like(x)


empty_like.no_vjp()
