"""Distances and similarities of vectors."""

from __future__ import annotations

from tiny_autograd import Tensor
from tiny_autograd import functional as F
from tiny_nn.module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    """The cosine of the angle between x1 and x2 along ``dim``; ``eps`` bounds the lengths below.

    >>> import tiny_nn as nn
    >>> nn.CosineSimilarity(dim=0)(nn.tensor([1.0, 0.0]), nn.tensor([2.0, 0.0])).item()
    1.0
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps over the last dimension: (N, D), (N, D) -> (N).

    >>> import tiny_nn as nn
    >>> round(nn.PairwiseDistance()(nn.zeros((1, 2)), nn.tensor([[3.0, 4.0]])).item(), 3)
    5.0
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
