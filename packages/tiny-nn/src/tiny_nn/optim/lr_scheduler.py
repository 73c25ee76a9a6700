"""Learning-rate schedules: each is a closed formula of the number of steps so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from tiny_nn.optim.optimizer import Optimizer


class LRScheduler:
    """Sets every group's ``lr`` at construction (step 0) and after each ``step()``.

    A subclass defines ``_lr(base_lr, step)``; ``base_lr`` is the group's rate at construction.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        _check_optimizer(optimizer)
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = 0
        self._set()
        self._last_lr = self._current()

    def _lr(self, base_lr: float, step: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} has no _lr")

    def _set(self) -> None:
        for group, base_lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self._lr(base_lr, self.last_epoch)

    def step(self) -> None:
        """Go on by one (an epoch or a batch, as the schedule counts)."""
        self.last_epoch += 1
        self._set()
        self._last_lr = self._current()

    def get_last_lr(self) -> list[float]:
        """The rate of each group that this schedule set last."""
        return list(self._last_lr)

    def _current(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """What ``load_state_dict`` needs to go on from here."""
        return {
            "base_lrs": list(self.base_lrs),
            "last_epoch": self.last_epoch,
            "_last_lr": list(self._last_lr),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved ``state_dict()`` with the next step.

        The optimizer's rates stay as they are until then: its own state dict has them.
        """
        self.base_lrs = list(state_dict["base_lrs"])
        self.last_epoch = state_dict["last_epoch"]
        self._last_lr = list(state_dict["_last_lr"])


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
    ) -> None:
        _check_optimizer(optimizer)
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
        self.anneal = _cosine if anneal_strategy == "cos" else _linear
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
                _per_group("max_lr", max_lr, len(groups)),
                _per_group("base_momentum", base_momentum, len(groups)),
                _per_group("max_momentum", max_momentum, len(groups)),
                strict=True,
            )
        ]
        for group, bounds in zip(groups, self.bounds, strict=True):
            group["initial_lr"] = bounds["first"]
        super().__init__(optimizer)

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


def _per_group(name: str, value: float | Sequence[float], groups: int) -> list[float]:
    """One value for each parameter group."""
    if not isinstance(value, Sequence):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(f"{name} must have the same length as optimizer.param_groups: {groups}")
    return list(value)


def _check_optimizer(optimizer: object) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _linear(start: float, end: float, share: float) -> float:
    return start + (end - start) * share
