"""What factorisations cost: Golub and Van Loan, "Matrix Computations", 4th edition, 2013."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from ..cost import Count, Formula, Shape

__all__ = ["of_matrix"]

# The shape of one operation's result, of the shape of its operand.
Result = Callable[[Shape], Shape]


def of_matrix(flops: Callable[[int, int], float], *results: Result) -> Formula:
    """`flops` of (M, N) for each matrix of x (..., M, N), which is read; `results` are written."""

    def formula(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
        shape = shapes[0]
        batch = prod(shape[:-2])
        written = sum(prod(result(shape)) for result in results)
        return int(batch * flops(*shape[-2:])), prod(shape), written

    return formula


def same(shape: Shape) -> Shape:
    """As large as the operand: (..., M, N)."""
    return shape


def scalar(shape: Shape) -> Shape:
    """A number for each matrix: (...)."""
    return shape[:-2]


def least(shape: Shape) -> Shape:
    """A number for each of the K = min(M, N) values of a matrix: (..., K)."""
    return (*shape[:-2], min(shape[-2:]))


def left(shape: Shape) -> Shape:
    """The columns on the left: (..., M, K)."""
    return (*shape[:-1], min(shape[-2:]))


def right(shape: Shape) -> Shape:
    """The rows on the right: (..., K, N)."""
    return (*shape[:-2], min(shape[-2:]), shape[-1])
