"""Embedding: a table of vectors looked up by index."""

from __future__ import annotations

from typing import Any, Self

from tiny_autograd import Tensor, empty, init, linalg, no_grad
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.module import Module
from tiny_nn.parameter import Parameter

__all__ = ["Embedding"]


class Embedding(Module):
    """Row ``i`` of the weight for each index ``i``: (...) integers -> (..., embedding_dim).

    weight: (num_embeddings, embedding_dim), normal(0, 1) at the start. The row ``padding_idx``
    starts at zero and gets no gradient. ``max_norm`` shortens, in place, each row that is looked up
    and whose ``norm_type``-norm is larger. Raises IndexError for an index out of range, ValueError
    for torch's ``scale_grad_by_freq`` and ``sparse``, which are not there.

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
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        for name, chosen in (("scale_grad_by_freq", scale_grad_by_freq), ("sparse", sparse)):
            if chosen:
                raise ValueError(f"Embedding: {name}=True is not there: gradients are dense sums")
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
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.weight = Parameter(empty((num_embeddings, embedding_dim), device=device, dtype=dtype))
        self.reset_parameters()

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
    ) -> Self:
        """A table with the given rows, which are trained only with ``freeze=False``."""
        if embeddings.ndim != 2:
            raise ValueError("Embeddings parameter is expected to be 2-dimensional")
        count, width = embeddings.shape
        table = cls(count, width, padding_idx, max_norm, norm_type)
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
        if self.max_norm is not None:
            self._shorten_rows(input)
        return F.embedding(input, self.weight, self.padding_idx)

    def _shorten_rows(self, input: Tensor) -> None:
        with no_grad():
            used = input.flatten()
            rows = F.embedding(used, self.weight)
            norms = linalg.vector_norm(rows, self.norm_type, dim=-1, keepdim=True)
            # The margin is torch's, against rows that stay a rounding too long.
            factors = (self.max_norm / (norms + 1e-7)).clamp(max=1.0)
            self.weight[used] = rows * factors

    def extra_repr(self) -> str:
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        for name, default in (("padding_idx", None), ("max_norm", None), ("norm_type", 2.0)):
            value = getattr(self, name)
            if value != default:
                parts.append(f"{name}={value}")
        return ", ".join(parts)
