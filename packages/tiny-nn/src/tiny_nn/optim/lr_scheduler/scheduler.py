"""What all schedules share: when they set the rates, and what they remember."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tiny_nn.optim.optimizer import Optimizer


class LRScheduler:
    """Sets every group's ``lr`` at construction (step 0) and after each ``step()``.

    A subclass defines ``_lr(base_lr, step)``, a closed formula; ``base_lr`` is the group's rate at
    construction, which the group keeps as ``initial_lr``. With ``last_epoch`` other than -1 the
    schedule goes on behind that step, from the ``initial_lr`` of the groups (KeyError if a group
    has none). A group that is added to the optimizer later joins with the rate that it has then.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for index, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    "param 'initial_lr' is not specified in "
                    f"param_groups[{index}] when resuming an optimizer"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self._go_to(last_epoch + 1)

    def _lr(self, base_lr: float, step: float) -> float:
        raise NotImplementedError(f"{type(self).__name__} has no _lr")

    def _set(self) -> None:
        """Set the groups' options as they are at step ``last_epoch``."""
        for group, base_lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self._lr(base_lr, self.last_epoch)

    def _go_to(self, step: float) -> None:
        self.last_epoch = step
        for group in self.optimizer.param_groups[len(self.base_lrs) :]:
            group.setdefault("initial_lr", group["lr"])
            self.base_lrs.append(group["initial_lr"])
        self._set()
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def step(self) -> None:
        """Go on by one (an epoch or a batch, as the schedule counts)."""
        self._go_to(self.last_epoch + 1)

    def get_last_lr(self) -> list[float]:
        """The rate of each group that this schedule set last."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """What ``load_state_dict`` needs to go on from here: numbers and lists of them."""
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


def check_optimizer(optimizer: object) -> None:
    """Raise TypeError for anything else."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def per_group(name: str, value: float | Sequence[float], groups: int) -> list[float]:
    """One value for each parameter group."""
    if not isinstance(value, Sequence):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(f"{name} must have the same length as optimizer.param_groups: {groups}")
    return list(value)


def cosine(start: float, end: float, share: float) -> float:
    """From start to end along half a cosine, at ``share`` of the way."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def linear(start: float, end: float, share: float) -> float:
    """From start to end along a line, at ``share`` of the way."""
    return start + (end - start) * share
