"""Softmax and its kin: functions of all elements along a dimension."""

from __future__ import annotations

from tiny_autograd import Tensor
from tiny_autograd import functional as F
from tiny_nn.module import Module

__all__ = ["LogSoftmax", "Softmax", "Softmax2d", "Softmin"]


class _AlongDim(Module):
    """A function of all elements along ``dim``, which has to be named."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def _checked_dim(self) -> int:
        if self.dim is None:
            name = type(self).__name__
            raise ValueError(f"{name}: say along which dimension, for example {name}(dim=-1)")
        return self.dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """exp(x) / sum(exp(x)) along ``dim``.

    >>> import tiny_nn as nn
    >>> nn.Softmax(dim=0)(nn.tensor([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self._checked_dim())


class LogSoftmax(_AlongDim):
    """x - log(sum(exp(x))) along ``dim``.

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.LogSoftmax(dim=0)(nn.tensor([0.0, 1.0])).tolist()]
    [-1.313, -0.313]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self._checked_dim())


class Softmin(_AlongDim):
    """softmax(-x) along ``dim``.

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Softmin(dim=0)(nn.tensor([0.0, 1.0])).tolist()]
    [0.731, 0.269]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self._checked_dim())


class Softmax2d(Module):
    """Softmax over the channels of (N, C, H, W) or (C, H, W), at each position.

    >>> import tiny_nn as nn
    >>> nn.Softmax2d()(nn.zeros((1, 4, 1, 2))).tolist()[0][0]
    [[0.25, 0.25]]
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead")
        return F.softmax(input, -3)
