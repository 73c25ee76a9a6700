"""Losses of margins and distances as modules; the formulas stand in ``tiny_nn.functional``."""

from __future__ import annotations

from tiny_autograd import Tensor
from tiny_autograd import functional as F
from tiny_nn.losses import Loss

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "SoftMarginLoss",
    "TripletMarginLoss",
]


class _MarginLoss(Loss):
    """A loss that counts what is nearer than ``margin``."""

    def __init__(self, margin: float, reduction: str) -> None:
        super().__init__(reduction)
        self.margin = margin


class MarginRankingLoss(_MarginLoss):
    """max(0, -target (input1 - input2) + margin): the larger one shall be input1 where target is
    1, input2 where it is -1.

    >>> import tiny_nn as nn
    >>> loss = nn.MarginRankingLoss(margin=0.5)
    >>> loss(nn.tensor([1.0]), nn.tensor([2.0]), nn.tensor([1.0])).item()
    1.5
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(margin, reduction)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(_MarginLoss):
    """input where target is 1, max(0, margin - input) where it is -1: input is a distance.

    >>> import tiny_nn as nn
    >>> nn.HingeEmbeddingLoss()(nn.tensor([0.25, 0.25]), nn.tensor([1, -1])).item()
    0.5
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(margin, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_MarginLoss):
    """1 - cos(input1, input2) where target is 1, max(0, cos - margin) where it is -1.

    >>> import tiny_nn as nn
    >>> a, b = nn.tensor([[1.0, 0.0]]), nn.tensor([[0.0, 1.0]])
    >>> nn.CosineEmbeddingLoss()(a, b, nn.tensor([1])).item()
    1.0
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(margin, reduction)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class SoftMarginLoss(Loss):
    """log(1 + exp(-target * input)), for targets 1 and -1.

    >>> import tiny_nn as nn
    >>> round(nn.SoftMarginLoss()(nn.tensor([0.0]), nn.tensor([1.0])).item(), 4)  # log 2
    0.6931
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class TripletMarginLoss(_MarginLoss):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), where d is the ``p``-norm of
    the difference (Balntas et al. 2016); ``swap`` takes the nearer of anchor and positive.

    >>> import tiny_nn as nn
    >>> a, p, n = (nn.tensor([[value]]) for value in (0.0, 1.0, 3.0))
    >>> round(nn.TripletMarginLoss(margin=2.5)(a, p, n).item(), 3)
    0.5
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(margin, reduction)
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        options = self.margin, self.p, self.eps, self.swap
        return F.triplet_margin_loss(anchor, positive, negative, *options, reduction=self.reduction)
