"""Stochastic gradient descent, with momentum (Sutskever et al. 2013)."""

from __future__ import annotations

from typing import Any

from tiny_autograd import Tensor
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
        if group["weight_decay"] != 0:
            gradient = gradient + group["weight_decay"] * parameter
        if group["momentum"] != 0:
            buffer = state.get("momentum_buffer")
            if buffer is None:
                buffer = state["momentum_buffer"] = gradient.clone()
            else:
                buffer *= group["momentum"]
                buffer += gradient * (1 - group["dampening"])
            gradient = gradient + group["momentum"] * buffer if group["nesterov"] else buffer
        parameter -= group["lr"] * gradient
