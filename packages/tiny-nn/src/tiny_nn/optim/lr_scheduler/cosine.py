"""Cosine schedules (Loshchilov & Hutter 2017)."""

from __future__ import annotations

from tiny_nn.optim.lr_scheduler.scheduler import LRScheduler, cosine
from tiny_nn.optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from base_lr to eta_min in T_max steps (equation 5 of the paper).

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    >>> schedule.step()
    >>> [round(rate, 3) for rate in schedule.get_last_lr()]
    [0.854]
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_max <= 0:
            raise ValueError(f"CosineAnnealingLR: T_max must be positive, got {T_max}")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _lr(self, base_lr: float, step: float) -> float:
        return cosine(base_lr, self.eta_min, step / self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine from base_lr to eta_min again and again, the first time in T_0 steps, each
    time T_mult times as many (section 3 of the paper).

    ``step(epoch)`` goes to a step of that number, which may be a fraction: epoch + batch / batches.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 2, T_mult=2)
    >>> rates = schedule.get_last_lr()
    >>> for _ in range(6):
    ...     schedule.step()
    ...     rates += schedule.get_last_lr()
    >>> [round(rate, 3) for rate in rates]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _lr(self, base_lr: float, step: float) -> float:
        length = self.T_0
        if self.T_mult == 1:
            step %= length
        while step >= length:
            step -= length
            length *= self.T_mult
        return cosine(base_lr, self.eta_min, step / length)

    def step(self, epoch: float | None = None) -> None:
        """Go on by one, or to ``epoch``."""
        if epoch is not None and epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        self._go_to(self.last_epoch + 1 if epoch is None else epoch)
