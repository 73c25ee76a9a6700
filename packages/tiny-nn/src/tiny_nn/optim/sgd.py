"""Stochastic gradient descent, with momentum (Sutskever et al. 2013)."""

from __future__ import annotations

from typing import Any

from tiny_autograd import Tensor, zeros_like
from tiny_autograd.optimization import sgd_step
from tiny_nn.optim.optimizer import (
    Optimizer,
    ParamGroup,
    Params,
    check_not_negative,
    check_plain_loop,
)


class SGD(Optimizer):
    """``parameter -= lr * direction``.

    The direction is the gradient (plus weight_decay * parameter); with ``momentum`` the buffer
    ``momentum * buffer + (1 - dampening) * gradient``, which starts as the first gradient; with
    ``nesterov`` the gradient plus momentum * buffer. ``maximize`` turns the gradient round.
    torch's ``foreach`` and ``fused`` are accepted as None or False only (ValueError).

    >>> import tiny_nn as nn
    >>> x = nn.Parameter(nn.tensor([3.0]))
    >>> optimizer = nn.optim.SGD([x], lr=0.25)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.tolist()
    [1.5]
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None:
        check_plain_loop(foreach, fused)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_group(self, group: ParamGroup) -> None:
        check_not_negative("learning rate", group["lr"])
        check_not_negative("momentum value", group["momentum"])
        check_not_negative("weight_decay value", group["weight_decay"])
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def _update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: ParamGroup
    ) -> None:
        momenta, first = None, False
        if group["momentum"] != 0:
            first = state.get("momentum_buffer") is None
            if first:
                state["momentum_buffer"] = zeros_like(parameter, requires_grad=False)
            momenta = [state["momentum_buffer"]]
        sgd_step(
            [parameter],
            [gradient],
            momenta,
            lr=group["lr"],
            momentum=group["momentum"],
            dampening=group["dampening"],
            weight_decay=group["weight_decay"],
            nesterov=group["nesterov"],
            first=first,
        )
