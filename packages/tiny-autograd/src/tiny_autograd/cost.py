"""What an operation costs: floating-point operations, and bytes read and written.

The numbers follow from the shapes alone, so that a profiler can set a measured time against the
limits of the machine (Williams et al. 2009, "Roofline"). A formula counts elements; `Op.cost`
multiplies by their size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

import ndarray_core as nd

Shape: TypeAlias = tuple[int, ...]
Dim: TypeAlias = int | tuple[int, ...] | list[int] | None
# (floating-point operations, elements read, elements written)
Count: TypeAlias = tuple[int, int, int]
# The shapes of the operands and the values of the parameters, defaults included.
Formula: TypeAlias = Callable[[tuple[Shape, ...], Mapping[str, Any]], Count]


@dataclass(frozen=True, slots=True)
class Cost:
    """Floating-point operations and memory traffic of one call.

    >>> Cost(flops=4, bytes_read=32, bytes_written=16) + Cost(1, 8, 4)
    Cost(flops=5, bytes_read=40, bytes_written=20)
    >>> Cost(flops=24, bytes_read=8, bytes_written=4).intensity
    2.0
    """

    flops: int
    bytes_read: int
    bytes_written: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.flops + other.flops,
            self.bytes_read + other.bytes_read,
            self.bytes_written + other.bytes_written,
        )

    @property
    def intensity(self) -> float:
        """Floating-point operations per byte moved; 0 where nothing is moved."""
        moved = self.bytes_read + self.bytes_written
        return self.flops / moved if moved else 0.0


def normalize_dims(dim: Dim, ndim: int) -> tuple[int, ...]:
    """The dimensions as non-negative numbers; None means all of them.

    Without dimensions, 0 and -1 are accepted, and mean none. Raises IndexError for others out of
    range, TypeError for a bool.

    >>> normalize_dims(-1, 3), normalize_dims(None, 2)
    ((2,), (0, 1))
    """
    if type(dim) is int and -ndim <= dim < ndim:  # nearly always
        return (dim % ndim,)
    if dim is None:
        return tuple(range(ndim))
    dims = tuple(dim) if isinstance(dim, tuple | list) else (dim,)
    for d in dims:
        if isinstance(d, bool):
            raise TypeError(f"a dimension is an int, not the bool {d}")
        if not -max(ndim, 1) <= d < max(ndim, 1):
            raise IndexError(
                f"dimension {d} is out of range for {ndim} dimensions: "
                f"expected {-max(ndim, 1)} to {max(ndim, 1) - 1}"
            )
    return tuple(d % ndim for d in dims) if ndim else ()


def only_dim(operation: str, dim: int, shape: Shape) -> int:
    """The one dimension an operation works along, as a number >= 0.

    Raises IndexError where there is none, also for a shape without dimensions.

    >>> only_dim("split", -1, (2, 3))
    1
    """
    if not shape:
        raise IndexError(f"{operation}: a tensor without dimensions has no dimension {dim}")
    return normalize_dims(dim, len(shape))[0]


def reduced_dims(dim: Dim, ndim: int) -> tuple[int, ...]:
    """The dimensions that a reduction goes over: all of them for None and for ().

    >>> reduced_dims((), 2), reduced_dims([-1], 2), reduced_dims(-1, 0)
    ((0, 1), (1,), ())
    """
    return normalize_dims(dim if dim or isinstance(dim, int) else None, ndim)


def reduced_shape(shape: Shape, dim: Dim, keepdim: bool) -> Shape:
    """The shape after a reduction over `dim`.

    >>> reduced_shape((2, 3, 4), (0, -1), False), reduced_shape((2, 3), 1, True)
    ((3,), (2, 1))
    """
    dims = reduced_dims(dim, len(shape))
    if keepdim:
        return tuple(1 if i in dims else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in dims)


def elementwise(flops: int = 1) -> Formula:
    """`flops` operations for each element of the operands' common (broadcast) shape."""

    def formula(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
        size = prod(nd.broadcast_shapes(*shapes))
        return flops * size, sum(map(prod, shapes)), size

    return formula


def reduction(flops: int = 1) -> Formula:
    """`flops` operations for each element read; parameters `dim` and `keepdim` say what is left."""

    def formula(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
        size = prod(shapes[0])
        left = reduced_shape(shapes[0], parameters["dim"], parameters.get("keepdim", False))
        return flops * size, size, prod(left)

    return formula


def view(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    """Only shape and strides change: nothing is computed and nothing moves."""
    return 0, 0, 0


def movement(output: Callable[[tuple[Shape, ...], Mapping[str, Any]], Shape]) -> Formula:
    """Elements are copied into the shape that `output` states, once each, without arithmetic."""

    def formula(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
        size = prod(output(shapes, parameters))
        return 0, size, size

    return formula


def accumulation(output: Callable[[tuple[Shape, ...], Mapping[str, Any]], Shape]) -> Formula:
    """Each element of the first operand is added into an array of zeros of the shape `output`."""

    def formula(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
        added = prod(shapes[0])
        return added, 2 * added, prod(output(shapes, parameters)) + added

    return formula


def matrix_product(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Count:
    """A multiplication and an addition for each term: 2 M N K for (M, K) @ (K, N), per batch."""
    x, y = shapes[0], shapes[1]
    rows = 1 if len(x) == 1 else x[-2]
    columns = 1 if len(y) == 1 else y[-1]
    written = prod(nd.broadcast_shapes(x[:-2], y[:-2])) * rows * columns
    return 2 * written * x[-1], prod(x) + prod(y), written


def same_shape(shapes: tuple[Shape, ...], _: Mapping[str, Any]) -> Shape:
    """The output has the first operand's shape."""
    return shapes[0]
