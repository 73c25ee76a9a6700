"""OneCycleLR: one rise and one long fall, with momentum the other way round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from tiny_nn.optim.lr_scheduler.scheduler import (
    LRScheduler,
    check_optimizer,
    cosine,
    linear,
    per_group,
)
from tiny_nn.optim.optimizer import Optimizer


class _Phase(NamedTuple):
    """One stretch of a cycle: up to the step ``end``, between two named values of each group."""

    end: float
    rates: tuple[str, str]
    momenta: tuple[str, str]


class OneCycleLR(LRScheduler):
    """Up from max_lr / div_factor to max_lr in the first ``pct_start`` of the steps, then down to
    the initial rate / final_div_factor (Smith & Topin 2019).

    With ``cycle_momentum`` the momentum (beta1, if the optimizer has betas) goes the other way,
    from ``max_momentum`` down to ``base_momentum`` and up again. ``three_phase`` comes down to the
    initial rate as fast as it went up, and goes on from there. The number of steps is
    ``total_steps`` or ``epochs * steps_per_epoch``; max_lr and the momenta may be lists, one value
    per group. Raises ValueError for options out of range, and for one step too many.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0, momentum=0.9)
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
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start must be in [0, 1], got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"OneCycleLR: anneal_strategy is 'cos' or 'linear', not {anneal_strategy!r}"
            )
        options = optimizer.defaults
        if cycle_momentum and not ("momentum" in options or "betas" in options):
            raise ValueError(
                f"OneCycleLR: {type(optimizer).__name__} has neither momentum nor betas to cycle; "
                "pass cycle_momentum=False"
            )
        self.anneal = cosine if anneal_strategy == "cos" else linear
        self.cycle_momentum = cycle_momentum
        self.phases = _phases(pct_start, self.total_steps, three_phase)
        groups = optimizer.param_groups
        self.bounds = [
            {
                "first": largest / div_factor,
                "max": largest,
                "last": largest / div_factor / final_div_factor,
                "base_momentum": low,
                "max_momentum": high,
            }
            for largest, low, high in zip(
                per_group("max_lr", max_lr, len(groups)),
                per_group("base_momentum", base_momentum, len(groups)),
                per_group("max_momentum", max_momentum, len(groups)),
                strict=True,
            )
        ]
        if last_epoch == -1:
            for group, bounds in zip(groups, self.bounds, strict=True):
                group["initial_lr"] = bounds["first"]
        super().__init__(optimizer, last_epoch)

    def _set(self) -> None:
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        start = 0.0
        for phase in self.phases[:-1]:
            if step <= phase.end:
                break
            start = phase.end
        else:
            phase = self.phases[-1]
        length = phase.end - start
        share = (step - start) / length if length > 0 else 1.0

        for group, bounds in zip(self.optimizer.param_groups, self.bounds, strict=True):
            first, last = phase.rates
            group["lr"] = self.anneal(bounds[first], bounds[last], share)
            if self.cycle_momentum:
                first, last = phase.momenta
                momentum = self.anneal(bounds[first], bounds[last], share)
                if "betas" in group:
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum


def _phases(pct_start: float, total_steps: int, three_phase: bool) -> list[_Phase]:
    rise_end = pct_start * total_steps - 1  # the step with the largest rate
    up, down = ("base_momentum", "max_momentum"), ("max_momentum", "base_momentum")
    rise = _Phase(rise_end, ("first", "max"), down)
    if not three_phase:
        return [rise, _Phase(total_steps - 1, ("max", "last"), up)]
    return [
        rise,
        _Phase(2 * rise_end, ("max", "first"), up),
        _Phase(total_steps - 1, ("first", "last"), ("max_momentum", "max_momentum")),
    ]


def _total_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError(
            "OneCycleLR: You must define either total_steps OR (epochs AND steps_per_epoch)"
        )
    numbers = (
        {"total_steps": total_steps}
        if total_steps is not None
        else {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    )
    product = 1
    for name, number in numbers.items():
        if not isinstance(number, int) or number <= 0:
            raise ValueError(f"OneCycleLR: {name} must be a positive integer, got {number!r}")
        product *= number
    return product
