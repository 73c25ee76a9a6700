"""Steps of optimizers: parameters and what is remembered of them change in place, in one pass.

Each function takes lists of tensors of equal length, whose elements have the parameters' shapes.
Nothing is recorded. The formulas are those of `ndarray_core.fused`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ndarray_core as nd
from ndarray_core import NDArray

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["adam_step", "sgd_step"]


def sgd_step(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    momenta: Sequence[Tensor] | None = None,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    first: bool = False,
) -> None:
    """A step of stochastic gradient descent; with momenta, `first` says that they hold nothing yet.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([3.0])
    >>> sgd_step([x], [ta.tensor([6.0])], lr=0.25)
    >>> x
    tensor([1.5000])
    """
    nd.fused.sgd_step(
        _arrays(parameters),
        _arrays(gradients),
        None if momenta is None else _arrays(momenta),
        lr=lr,
        momentum=momentum,
        dampening=dampening,
        weight_decay=weight_decay,
        nesterov=nesterov,
        first=first,
    )


def adam_step(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    means: Sequence[Tensor],
    variances: Sequence[Tensor],
    largest: Sequence[Tensor] | None = None,
    *,
    step: int,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    """A step of Adam, or of AdamW where the weight decay is decoupled; `step` counts from 1.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([3.0])
    >>> adam_step([x], [ta.tensor([6.0])], [ta.zeros(1)], [ta.zeros(1)], step=1, lr=0.5)
    >>> x
    tensor([2.5000])
    """
    nd.fused.adam_step(
        _arrays(parameters),
        _arrays(gradients),
        _arrays(means),
        _arrays(variances),
        None if largest is None else _arrays(largest),
        step=step,
        lr=lr,
        betas=betas,
        eps=eps,
        weight_decay=weight_decay,
        decoupled=decoupled,
    )


def _arrays(tensors: Sequence[Tensor]) -> list[NDArray]:
    return [x.array for x in tensors]
