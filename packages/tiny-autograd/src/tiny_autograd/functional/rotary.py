"""Rotary position embedding."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import ndarray_core as nd

from ..cost import Count, Shape
from ..op import Operand, op
from .arguments import require_tensors

if TYPE_CHECKING:
    from ..tensor import Tensor


def rotary_embedding(input: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the pairs (x_i, x_(i + D/2)) by angles that depend on the position (Su et al. 2021).

    input: (..., T, D); cos, sin: of each position's angles, (T, D / 2) -> (..., T, D). Raises
    ShapeError where sizes do not fit.

    >>> import tiny_autograd as ta
    >>> quarter = ta.tensor([[0.0]]), ta.tensor([[1.0]])
    >>> ta.functional.rotary_embedding(ta.tensor([[1.0, 0.0]]), *quarter)
    tensor([[0., 1.]])
    """
    require_tensors("rotary_embedding", input=input, cos=cos, sin=sin)
    return rotated(input, cos, sin)


def _cost(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    x, cos, sin = map(prod, shapes)
    return 3 * x, x + cos + sin, x


@op(cost=_cost, name="rotary_embedding")
def rotated(x: Operand, cos: Operand, sin: Operand, /) -> nd.NDArray:
    """`rotary_embedding`, as an operation."""
    return nd.fused.rotary_embedding(x, cos, sin)


def _halves(x: Operand) -> tuple[Operand, Operand]:
    half = x.shape[-1] // 2
    return x[..., :half], x[..., half:]


def _of_cos(g: Operand, x: Operand) -> Operand:
    (g_1, g_2), (x_1, x_2) = _halves(g), _halves(x)
    return g_1 * x_1 + g_2 * x_2


def _of_sin(g: Operand, x: Operand) -> Operand:
    (g_1, g_2), (x_1, x_2) = _halves(g), _halves(x)
    return g_2 * x_1 - g_1 * x_2


# Back by the same angles.
rotated.vjp(x=lambda g, cos, sin: rotated(g, cos, -sin), cos=_of_cos, sin=_of_sin)
