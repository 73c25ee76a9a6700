"""Losses as modules; the formulas stand in ``tiny_nn.functional``.

``reduction`` is "mean", "sum" or "none". What is optional is keyword-only: torch has two retired
positional arguments there.
"""

from __future__ import annotations

from tiny_autograd import Tensor
from tiny_autograd import functional as F
from tiny_nn.module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
]


_REDUCTIONS = ("none", "mean", "sum")


class Loss(Module):
    """A loss has a reduction."""

    def __init__(self, reduction: str) -> None:
        super().__init__()
        if reduction not in _REDUCTIONS:
            raise ValueError(
                f"{reduction} is not a valid value for reduction; use one of "
                f"{', '.join(_REDUCTIONS)}"
            )
        self.reduction = reduction


class _WeightedLoss(Loss):
    """A loss with a weight, kept as a buffer, so that it moves with the module."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None, reduction: str) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)


class MSELoss(Loss):
    """(input - target)^2.

    >>> import tiny_nn as nn
    >>> nn.MSELoss()(nn.tensor([1.0, 2.0]), nn.tensor([1.0, 4.0])).item()
    2.0
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """|input - target|.

    >>> import tiny_nn as nn
    >>> nn.L1Loss()(nn.tensor([1.0, 2.0]), nn.tensor([1.0, 4.0])).item()
    1.0
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """0.5 d^2 / beta where d = |input - target| < beta, else d - beta / 2 (Girshick 2015).

    >>> import tiny_nn as nn
    >>> nn.SmoothL1Loss()(nn.tensor([0.0, 0.0]), nn.tensor([1.0, 3.0])).item()
    1.5
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    """0.5 d^2 where d = |input - target| <= delta, else delta (d - delta / 2) (Huber 1964).

    >>> import tiny_nn as nn
    >>> nn.HuberLoss()(nn.tensor([0.0, 0.0]), nn.tensor([1.0, 3.0])).item()
    1.5
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class NLLLoss(_WeightedLoss):
    """Minus the log-probability of the target class.

    input: log-probabilities (N, C, ...); target: classes (N, ...); weight: (C,). The mean is
    weighted, and targets equal to ``ignore_index`` count nothing.

    >>> import tiny_nn as nn
    >>> nn.NLLLoss()(nn.tensor([[-0.5, -1.0]]), nn.tensor([1])).item()
    1.0
    """

    def __init__(
        self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class CrossEntropyLoss(_WeightedLoss):
    """Log-softmax over the classes, then NLLLoss.

    input: logits (N, C, ...); target: classes (N, ...), or probabilities of input's shape;
    weight: (C,). ``label_smoothing`` mixes the target with the uniform distribution (Szegedy et
    al. 2016).

    >>> import tiny_nn as nn
    >>> round(nn.CrossEntropyLoss()(nn.zeros((1, 4)), nn.tensor([2])).item(), 4)  # log 4
    1.3863
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class BCELoss(_WeightedLoss):
    """-(target log input + (1 - target) log(1 - input)) of probabilities; each log is held above
    -100, as torch does.

    >>> import tiny_nn as nn
    >>> round(nn.BCELoss()(nn.tensor([0.5]), nn.tensor([1.0])).item(), 4)  # log 2
    0.6931
    """

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """BCELoss of sigmoid(input), computed without overflow; ``pos_weight`` multiplies the
    positive part.

    >>> import tiny_nn as nn
    >>> nn.BCEWithLogitsLoss()(nn.tensor([1000.0]), nn.tensor([1.0])).item()
    0.0
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input,
            target,
            weight=self.weight,
            reduction=self.reduction,
            pos_weight=self.pos_weight,
        )


class KLDivLoss(Loss):
    """target (log target - input): the divergence of target from exp(input) (Kullback & Leibler
    1951). ``reduction`` may also be "batchmean", the sum over the batch size, which is the
    definition's; ``log_target`` says that target holds logarithms.

    >>> import tiny_nn as nn
    >>> p = nn.tensor([[0.25, 0.75]])
    >>> nn.KLDivLoss(reduction="batchmean")(p.log(), p).item()
    0.0
    """

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__("sum" if reduction == "batchmean" else reduction)
        self.reduction = reduction
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(Loss):
    """Minus the log-likelihood of counts ``target`` under Poisson distributions, exp(input) -
    target * input, where input is the logarithm of the expected count.

    Without ``log_input`` input is the expected count itself and ``eps`` is added to it inside the
    logarithm; ``full`` adds Stirling's approximation of log(target!).

    >>> import tiny_nn as nn
    >>> nn.PoissonNLLLoss()(nn.tensor([0.0]), nn.tensor([2.0])).item()
    1.0
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        *,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        options = self.log_input, self.full
        return F.poisson_nll_loss(
            log_input, target, *options, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(Loss):
    """Minus the log-likelihood of ``target`` under normal distributions of mean ``input`` and
    variance ``var``, which is at least ``eps`` (Nix & Weigend 1994); ``full`` adds the constant.

    >>> import tiny_nn as nn
    >>> nn.GaussianNLLLoss()(nn.tensor([1.0]), nn.tensor([3.0]), nn.tensor([1.0])).item()
    2.0
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return F.gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )
