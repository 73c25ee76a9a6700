"""RMSprop (Tieleman & Hinton 2012, lecture 6e of "Neural Networks for Machine Learning")."""

from __future__ import annotations

from typing import Any

from tiny_autograd import Tensor, zeros_like
from tiny_nn.optim.optimizer import (
    Optimizer,
    ParamGroup,
    Params,
    check_not_negative,
    check_plain_loop,
)


class RMSprop(Optimizer):
    """The gradient over the root of a running mean of its square.

    v = alpha v + (1 - alpha) g^2; parameter -= lr * g / (sqrt(v) + eps).

    ``centered`` subtracts the square of the gradient's own running mean from v (Graves 2013,
    section 2.3); with ``momentum`` the quotients gather in a buffer first. ``weight_decay`` adds
    weight_decay * parameter to the gradient; ``maximize`` turns the gradient round.

    >>> import tiny_nn as nn
    >>> x = nn.Parameter(nn.tensor([3.0]))
    >>> optimizer = nn.optim.RMSprop([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 4)
    2.0
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
    ) -> None:
        check_plain_loop(foreach, None)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_group(self, group: ParamGroup) -> None:
        check_not_negative("learning rate", group["lr"])
        check_not_negative("epsilon value", group["eps"])
        check_not_negative("momentum value", group["momentum"])
        check_not_negative("weight_decay value", group["weight_decay"])
        check_not_negative("alpha value", group["alpha"])

    def _update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: ParamGroup
    ) -> None:
        if not state:
            state["step"] = 0
            names = ["square_avg"]
            names += ["momentum_buffer"] if group["momentum"] > 0 else []
            names += ["grad_avg"] if group["centered"] else []
            state.update({name: zeros_like(parameter, requires_grad=False) for name in names})
        state["step"] += 1
        if group["weight_decay"] != 0:
            gradient = gradient + group["weight_decay"] * parameter
        alpha, square = group["alpha"], state["square_avg"]
        square *= alpha
        square += gradient * gradient * (1 - alpha)
        if group["centered"]:
            mean = state["grad_avg"]
            mean += (gradient - mean) * (1 - alpha)
            square = square - mean * mean
        direction = gradient / (square.sqrt() + group["eps"])
        if group["momentum"] > 0:
            buffer = state["momentum_buffer"]
            buffer *= group["momentum"]
            buffer += direction
            direction = buffer
        parameter -= group["lr"] * direction
