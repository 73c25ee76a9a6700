"""Schedules made of schedules: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from tiny_nn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tiny_nn.optim.lr_scheduler.scheduler import LRScheduler
from tiny_nn.optim.optimizer import Optimizer


class _Composition(LRScheduler):
    """Keeps its parts, which are set by it and never stepped by hand."""

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], last_epoch: int = -1
    ) -> None:
        name = type(self).__name__
        if not schedulers:
            raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
        for index, scheduler in enumerate(schedulers):
            if not isinstance(scheduler, LRScheduler) or isinstance(scheduler, ReduceLROnPlateau):
                raise TypeError(
                    f"{name}: the scheduler at index {index} is a {type(scheduler).__name__}, "
                    "which is no function of the step"
                )
            if scheduler.optimizer is not optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but the one "
                    f"at index {index} does not"
                )
        self._schedulers = list(schedulers)
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        parts = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": parts}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        parts = state_dict["_schedulers"]
        if len(parts) != len(self._schedulers):
            raise ValueError(
                f"{type(self).__name__}: loaded state of {len(parts)} schedulers into "
                f"{len(self._schedulers)}"
            )
        super().load_state_dict(state_dict)
        for scheduler, part in zip(self._schedulers, parts, strict=True):
            scheduler.load_state_dict(part)


class SequentialLR(_Composition):
    """One schedule after the other: the next one starts, at its step 0, at each milestone.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> warmup = nn.optim.lr_scheduler.LinearLR(optimizer, 0.5, total_iters=2)
    >>> decay = nn.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    >>> schedule = nn.optim.lr_scheduler.SequentialLR(optimizer, [warmup, decay], milestones=[2])
    >>> rates = schedule.get_last_lr()
    >>> for _ in range(4):
    ...     schedule.step()
    ...     rates += schedule.get_last_lr()
    >>> rates
    [0.5, 0.75, 1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "SequentialLR expects one milestone less than schedulers, but got "
                f"{len(milestones)} for {len(schedulers)}"
            )
        self._milestones = list(milestones)
        super().__init__(optimizer, schedulers, last_epoch)

    def _set(self) -> None:
        index = bisect_right(self._milestones, self.last_epoch)
        start = self._milestones[index - 1] if index > 0 else 0
        self._schedulers[index]._go_to(self.last_epoch - start)


class ChainedScheduler(_Composition):
    """All schedules at once: the rate is ``base_lr`` times the product of their factors.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> parts = [
    ...     nn.optim.lr_scheduler.ConstantLR(optimizer, 0.5, total_iters=2),
    ...     nn.optim.lr_scheduler.ExponentialLR(optimizer, 0.5),
    ... ]
    >>> schedule = nn.optim.lr_scheduler.ChainedScheduler(parts)
    >>> rates = schedule.get_last_lr()
    >>> for _ in range(3):
    ...     schedule.step()
    ...     rates += schedule.get_last_lr()
    >>> rates
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        if optimizer is None and schedulers:
            optimizer = schedulers[0].optimizer
        super().__init__(optimizer, schedulers)  # type: ignore[arg-type]  # checked there

    def _set(self) -> None:
        factors = [1.0] * len(self.base_lrs)
        for scheduler in self._schedulers:
            scheduler._go_to(self.last_epoch)
            for index, base_lr in enumerate(scheduler.base_lrs):
                factors[index] *= scheduler._last_lr[index] / base_lr if base_lr else 0.0
        for group, base_lr, factor in zip(
            self.optimizer.param_groups, self.base_lrs, factors, strict=True
        ):
            group["lr"] = base_lr * factor
