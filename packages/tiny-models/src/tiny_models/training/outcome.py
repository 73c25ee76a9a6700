"""How a run may go wrong, and how that is noticed."""

from __future__ import annotations

import tiny_nn as nn


class DivergedError(ArithmeticError):
    """The loss or the weights are no longer finite: the learning rate is too high."""


def is_finite(model: nn.Module) -> bool:
    """Whether all the model's weights and running statistics are finite."""
    return all(bool(tensor.isfinite().all()) for tensor in model.state_dict().values())
