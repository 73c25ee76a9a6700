"""Adagrad (Duchi et al. 2011) and Adadelta (Zeiler 2012, algorithm 1)."""

from __future__ import annotations

from typing import Any

from tiny_autograd import Tensor, full_like, zeros_like
from tiny_nn.optim.optimizer import (
    Optimizer,
    ParamGroup,
    Params,
    check_not_negative,
    check_plain_loop,
)


class Adagrad(Optimizer):
    """The gradient over the root of the sum of all its squares so far.

    s = s + g^2; parameter -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps), where s starts at
    ``initial_accumulator_value``. ``weight_decay`` adds weight_decay * parameter to the gradient;
    ``maximize`` turns the gradient round.

    >>> import tiny_nn as nn
    >>> x = nn.Parameter(nn.tensor([3.0]))
    >>> optimizer = nn.optim.Adagrad([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.tolist()
    [2.5]
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_plain_loop(foreach, fused)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_group(self, group: ParamGroup) -> None:
        check_not_negative("learning rate", group["lr"])
        check_not_negative("lr_decay value", group["lr_decay"])
        check_not_negative("weight_decay value", group["weight_decay"])
        check_not_negative("initial_accumulator_value value", group["initial_accumulator_value"])
        check_not_negative("epsilon value", group["eps"])

    def _update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: ParamGroup
    ) -> None:
        if not state:
            state["step"] = 0
            start = group["initial_accumulator_value"]
            state["sum"] = full_like(parameter, start, requires_grad=False)
        state["step"] += 1
        if group["weight_decay"] != 0:
            gradient = gradient + group["weight_decay"] * parameter
        lr = group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])
        total = state["sum"]
        total += gradient * gradient
        parameter -= lr * (gradient / (total.sqrt() + group["eps"]))


class Adadelta(Optimizer):
    """Steps in the unit of the parameter: the gradient times the root of the running mean of
    squared steps, over that of squared gradients.

    v = rho v + (1 - rho) g^2; d = g sqrt(u + eps) / sqrt(v + eps); u = rho u + (1 - rho) d^2;
    parameter -= lr * d. ``weight_decay`` adds weight_decay * parameter to the gradient;
    ``maximize`` turns the gradient round.

    >>> import tiny_nn as nn
    >>> x = nn.Parameter(nn.tensor([3.0]))
    >>> optimizer = nn.optim.Adadelta([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 4)
    2.9984
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
    ) -> None:
        check_plain_loop(foreach, None)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_group(self, group: ParamGroup) -> None:
        check_not_negative("learning rate", group["lr"])
        check_not_negative("epsilon value", group["eps"])
        check_not_negative("weight_decay value", group["weight_decay"])
        if not 0 <= group["rho"] <= 1:
            raise ValueError(f"Invalid rho value: {group['rho']}")

    def _update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: ParamGroup
    ) -> None:
        if not state:
            state["step"] = 0
            state["square_avg"] = zeros_like(parameter, requires_grad=False)
            state["acc_delta"] = zeros_like(parameter, requires_grad=False)
        state["step"] += 1
        if group["weight_decay"] != 0:
            gradient = gradient + group["weight_decay"] * parameter
        rho, eps = group["rho"], group["eps"]
        square, steps = state["square_avg"], state["acc_delta"]
        square *= rho
        square += gradient * gradient * (1 - rho)
        delta = gradient * (steps + eps).sqrt() / (square + eps).sqrt()
        steps *= rho
        steps += delta * delta * (1 - rho)
        parameter -= group["lr"] * delta
