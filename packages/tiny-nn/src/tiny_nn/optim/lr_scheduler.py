"""Learning-rate schedules: each is a closed formula of the number of steps so far."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from tiny_nn.optim.optimizer import Optimizer


class LRScheduler:
    """Sets every group's ``lr`` at construction (step 0) and after each ``step()``.

    A subclass defines ``_lr(base_lr, step)``; ``base_lr`` is the group's rate at construction.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = 0
        self._set()

    def _lr(self, base_lr: float, step: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} has no _lr")

    def _set(self) -> None:
        for group, base_lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self._lr(base_lr, self.last_epoch)

    def step(self) -> None:
        """Go on by one (an epoch or a batch, as the schedule counts)."""
        self.last_epoch += 1
        self._set()

    def get_last_lr(self) -> list[float]:
        """The current rate of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """What ``load_state_dict`` needs to go on from here."""
        return {"base_lrs": list(self.base_lrs), "last_epoch": self.last_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved ``state_dict()``."""
        self.base_lrs = list(state_dict["base_lrs"])
        self.last_epoch = state_dict["last_epoch"]
        self._set()


class LambdaLR(LRScheduler):
    """``base_lr * lr_lambda(step)``.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def _lr(self, base_lr: float, step: int) -> float:
        return base_lr * self.lr_lambda(step)


class StepLR(LRScheduler):
    """``base_lr * gamma ** (step // step_size)``."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        if step_size <= 0:
            raise ValueError(f"StepLR: step_size must be positive, got {step_size}")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def _lr(self, base_lr: float, step: int) -> float:
        return base_lr * self.gamma ** (step // self.step_size)


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from base_lr to eta_min in T_max steps (Loshchilov & Hutter 2017, eq. 5)."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        if T_max <= 0:
            raise ValueError(f"CosineAnnealingLR: T_max must be positive, got {T_max}")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def _lr(self, base_lr: float, step: int) -> float:
        return _cosine(base_lr, self.eta_min, step / self.T_max)


class OneCycleLR(LRScheduler):
    """Up from max_lr / div_factor to max_lr in the first ``pct_start`` of ``total_steps``, then
    down to the initial rate / final_div_factor (Smith & Topin 2019).

    torch's also cycles the momentum; this one leaves it alone (``cycle_momentum=False`` there).

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> rates = [schedule.get_last_lr()[0]]
    >>> for _ in range(9):
    ...     schedule.step()
    ...     rates.append(schedule.get_last_lr()[0])
    >>> round(rates[0], 6), max(rates), round(rates[-1], 6)
    (0.04, 1.0, 4e-06)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
        *,
        total_steps: int,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
    ) -> None:
        if total_steps <= 0:
            raise ValueError(f"OneCycleLR: total_steps must be positive, got {total_steps}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start must be in [0, 1], got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"OneCycleLR: anneal_strategy is 'cos' or 'linear', not {anneal_strategy!r}"
            )
        self.max_lr = max_lr
        self.total_steps = total_steps
        self.rise_end = pct_start * total_steps - 1  # the step with the largest rate
        self.anneal = _cosine if anneal_strategy == "cos" else _linear
        self.first_lr = max_lr / div_factor
        self.last_lr = self.first_lr / final_div_factor
        super().__init__(optimizer)

    def _lr(self, base_lr: float, step: int) -> float:
        if step >= self.total_steps:
            raise ValueError(
                f"Tried to step {step + 1} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        if step <= self.rise_end:
            share = step / self.rise_end if self.rise_end > 0 else 1.0
            return self.anneal(self.first_lr, self.max_lr, share)
        fall = self.total_steps - 1 - self.rise_end
        return self.anneal(self.max_lr, self.last_lr, (step - self.rise_end) / fall)


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _linear(start: float, end: float, share: float) -> float:
    return start + (end - start) * share
