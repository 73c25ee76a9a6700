"""Schedules that multiply the rate by a function of the step: stairs, lines, powers, any other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

from tiny_nn.optim.lr_scheduler.scheduler import LRScheduler, linear
from tiny_nn.optim.optimizer import Optimizer


class LambdaLR(LRScheduler):
    """``base_lr * lr_lambda(step)``, with one function for all groups or a list, one for each.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, last_epoch)

    def _set(self) -> None:
        groups, step = self.optimizer.param_groups, self.last_epoch
        functions = [self.lr_lambda] * len(groups) if callable(self.lr_lambda) else self.lr_lambda
        if len(functions) != len(groups):
            raise ValueError(f"Expected {len(groups)} lr_lambdas, but got {len(functions)}")
        for group, base_lr, function in zip(groups, self.base_lrs, functions, strict=True):
            group["lr"] = base_lr * function(int(step))


class StepLR(LRScheduler):
    """``base_lr * gamma ** (step // step_size)``.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.StepLR(optimizer, step_size=1)
    >>> schedule.step()
    >>> [round(rate, 3) for rate in schedule.get_last_lr()]
    [0.1]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        if step_size <= 0:
            raise ValueError(f"StepLR: step_size must be positive, got {step_size}")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _lr(self, base_lr: float, step: float) -> float:
        return base_lr * self.gamma ** (int(step) // self.step_size)


class MultiStepLR(LRScheduler):
    """``base_lr * gamma ** (how many of the milestones the step has reached)``.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.MultiStepLR(optimizer, [1, 3], gamma=0.5)
    >>> rates = []
    >>> for _ in range(3):
    ...     schedule.step()
    ...     rates += schedule.get_last_lr()
    >>> rates
    [0.5, 0.5, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _lr(self, base_lr: float, step: float) -> float:
        return base_lr * self.gamma ** bisect_right(self.milestones, step)


class ExponentialLR(LRScheduler):
    """``base_lr * gamma ** step``.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    >>> schedule.step()
    >>> [round(rate, 3) for rate in schedule.get_last_lr()]
    [0.9]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _lr(self, base_lr: float, step: float) -> float:
        return float(base_lr * self.gamma**step)


class ConstantLR(LRScheduler):
    """``base_lr * factor`` for the first ``total_iters`` steps, ``base_lr`` from then on.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.ConstantLR(optimizer, 0.5)
    >>> schedule.step()
    >>> [round(rate, 3) for rate in schedule.get_last_lr()]
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _lr(self, base_lr: float, step: float) -> float:
        return base_lr * self.factor if step < self.total_iters else base_lr


class LinearLR(LRScheduler):
    """``base_lr`` times a factor that goes from ``start_factor`` to ``end_factor`` in
    ``total_iters`` steps and stays there: a warm-up, as the defaults have it.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.LinearLR(optimizer, 0.5, total_iters=5)
    >>> schedule.step()
    >>> [round(rate, 3) for rate in schedule.get_last_lr()]
    [0.6]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError("Starting multiplicative factor expected to be in (0, 1].")
        if not 0 <= end_factor <= 1:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        if total_iters < 1:
            raise ValueError(f"LinearLR: total_iters must be positive, got {total_iters}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _lr(self, base_lr: float, step: float) -> float:
        share = min(step / self.total_iters, 1.0)
        return base_lr * linear(self.start_factor, self.end_factor, share)


class PolynomialLR(LRScheduler):
    """``base_lr * (1 - step / total_iters) ** power``, and 0 from total_iters on.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4, power=2.0)
    >>> schedule.step()
    >>> [round(rate, 3) for rate in schedule.get_last_lr()]
    [0.562]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        if total_iters < 1:
            raise ValueError(f"PolynomialLR: total_iters must be positive, got {total_iters}")
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _lr(self, base_lr: float, step: float) -> float:
        share = min(step / self.total_iters, 1.0)
        return float(base_lr * (1 - share) ** self.power)
