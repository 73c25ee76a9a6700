"""Schedules that begin with a warm-up, under the names of Hugging Face's transformers."""

from __future__ import annotations

import math

from tiny_nn.optim.lr_scheduler.decay import LambdaLR
from tiny_nn.optim.optimizer import Optimizer


def get_constant_schedule_with_warmup(
    optimizer: Optimizer, num_warmup_steps: int, last_epoch: int = -1
) -> LambdaLR:
    """The rate rises from 0 in a line for ``num_warmup_steps``, and stays.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.get_constant_schedule_with_warmup(optimizer, 4)
    >>> schedule.step()
    >>> [round(rate, 3) for rate in schedule.get_last_lr()]
    [0.25]
    """
    return LambdaLR(optimizer, lambda step: _warmup(step, num_warmup_steps), last_epoch)


def get_linear_schedule_with_warmup(
    optimizer: Optimizer, num_warmup_steps: int, num_training_steps: int, last_epoch: int = -1
) -> LambdaLR:
    """The rate rises from 0 in a line for ``num_warmup_steps``, then falls in a line to 0, which
    it reaches at ``num_training_steps``.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.SGD([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.get_linear_schedule_with_warmup(optimizer, 1, 10)
    >>> schedule.step()
    >>> [round(rate, 3) for rate in schedule.get_last_lr()]
    [1.0]
    """

    def factor(step: int) -> float:
        share = _share(step, num_warmup_steps, num_training_steps)
        return _warmup(step, num_warmup_steps) * max(0.0, 1 - share)

    return LambdaLR(optimizer, factor, last_epoch)


def get_cosine_schedule_with_warmup(
    optimizer: Optimizer,
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
    last_epoch: int = -1,
) -> LambdaLR:
    """The rate rises from 0 in a line for ``num_warmup_steps``, then falls along ``num_cycles``
    periods of a cosine: half a one takes it to 0 at ``num_training_steps``.

    >>> import tiny_nn as nn
    >>> optimizer = nn.optim.AdamW([nn.Parameter(nn.zeros((2,)))], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.get_cosine_schedule_with_warmup(optimizer, 2, 6)
    >>> rates = schedule.get_last_lr()
    >>> for _ in range(6):
    ...     schedule.step()
    ...     rates += schedule.get_last_lr()
    >>> [round(rate, 3) for rate in rates]
    [0.0, 0.5, 1.0, 0.854, 0.5, 0.146, 0.0]
    """

    def factor(step: int) -> float:
        share = _share(step, num_warmup_steps, num_training_steps)
        wave = (1 + math.cos(2 * math.pi * num_cycles * share)) / 2
        return _warmup(step, num_warmup_steps) * max(0.0, wave)

    return LambdaLR(optimizer, factor, last_epoch)


def _warmup(step: int, num_warmup_steps: int) -> float:
    return step / num_warmup_steps if step < num_warmup_steps else 1.0


def _share(step: int, num_warmup_steps: int, num_training_steps: int) -> float:
    """How much of what follows the warm-up is done."""
    return max(0, step - num_warmup_steps) / max(1, num_training_steps - num_warmup_steps)
