"""Embedding: a table of vectors looked up by index."""

from __future__ import annotations

from typing import Any, Self

from tiny_autograd import Tensor, empty, init, no_grad
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.module import Module
from tiny_nn.parameter import Parameter

__all__ = ["Embedding"]


class Embedding(Module):
    """Row ``i`` of the weight for each index ``i``: (...) integers -> (..., embedding_dim).

    weight: (num_embeddings, embedding_dim), normal(0, 1) at the start. The row ``padding_idx``
    starts at zero and gets no gradient. Raises IndexError for an index out of range.

    >>> import tiny_nn as nn
    >>> table = nn.Embedding(10, 3, padding_idx=0)
    >>> table(nn.tensor([[1, 2], [3, 0]])).shape, table(nn.tensor(0)).tolist()
    ((2, 2, 3), [0.0, 0.0, 0.0])
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(
                    f"Padding_idx must be within num_embeddings ({num_embeddings}), "
                    f"but got {padding_idx}"
                )
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.weight = Parameter(empty((num_embeddings, embedding_dim), device=device, dtype=dtype))
        self.reset_parameters()

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None
    ) -> Self:
        """A table with the given rows, which are trained only with ``freeze=False``."""
        if embeddings.ndim != 2:
            raise ValueError("Embeddings parameter is expected to be 2-dimensional")
        count, width = embeddings.shape
        table = cls(count, width, padding_idx)
        table.weight = Parameter(embeddings, requires_grad=not freeze)
        return table

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(input, self)
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
