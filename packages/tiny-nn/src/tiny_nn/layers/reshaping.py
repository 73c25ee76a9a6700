"""Modules that change the shape or nothing at all: Identity, Flatten, Unflatten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiny_autograd import Tensor
from tiny_nn.module import Module

__all__ = ["Flatten", "Identity", "Unflatten"]


class Identity(Module):
    """Returns its input; takes and ignores any arguments, so that it can stand for any layer.

    >>> import tiny_nn as nn
    >>> nn.Identity(64, whatever=True)(nn.tensor([1.0])).tolist()
    [1.0]
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


def _dim_index(dim: int, ndim: int) -> int:
    if not -ndim <= dim < ndim:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], "
            f"but got {dim})"
        )
    return dim % ndim


class Flatten(Module):
    """Join the dimensions start_dim to end_dim (inclusive) into one.

    >>> import tiny_nn as nn
    >>> nn.Flatten()(nn.zeros((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        first = _dim_index(self.start_dim, input.ndim)
        last = _dim_index(self.end_dim, input.ndim)
        if first > last:
            raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
        joined = 1
        for size in input.shape[first : last + 1]:
            joined *= size
        return input.reshape((*input.shape[:first], joined, *input.shape[last + 1 :]))

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split dimension ``dim`` into ``unflattened_size``; one -1 there is worked out.

    >>> import tiny_nn as nn
    >>> nn.Unflatten(1, (3, -1))(nn.zeros((2, 12))).shape
    (2, 3, 4)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        dim = _dim_index(self.dim, input.ndim)
        sizes = list(self.unflattened_size)
        known = 1
        for size in sizes:
            known *= size if size != -1 else 1
        if sizes.count(-1) == 1 and known > 0 and input.shape[dim] % known == 0:
            sizes[sizes.index(-1)] = input.shape[dim] // known
        elif known != input.shape[dim] or -1 in sizes:
            raise RuntimeError(
                f"unflatten: Provided sizes {list(self.unflattened_size)} don't multiply up to "
                f"the size of dim {dim} ({input.shape[dim]}) in the input tensor"
            )
        return input.reshape((*input.shape[:dim], *sizes, *input.shape[dim + 1 :]))

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
