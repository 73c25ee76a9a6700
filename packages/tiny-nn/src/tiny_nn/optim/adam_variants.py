"""Adamax (Kingma & Ba 2015, algorithm 2), NAdam (Dozat 2016) and RAdam (Liu et al. 2020)."""

from __future__ import annotations

import math
from typing import Any

from tiny_autograd import Tensor, maximum, zeros_like
from tiny_nn.optim.adam import check_betas
from tiny_nn.optim.optimizer import (
    Optimizer,
    ParamGroup,
    Params,
    check_not_negative,
    check_plain_loop,
)

_RECTIFIABLE = 5  # the length of the average from which RAdam's variance is finite enough


class _AdamVariant(Optimizer):
    """What the three share: the checks, the decay, and the running mean of the gradient."""

    def _check_group(self, group: ParamGroup) -> None:
        check_not_negative("learning rate", group["lr"])
        check_not_negative("epsilon value", group["eps"])
        check_not_negative("weight_decay value", group["weight_decay"])
        check_betas(group["betas"])

    def _begin(
        self,
        parameter: Tensor,
        gradient: Tensor,
        state: dict[str, Any],
        group: ParamGroup,
        second: str,
    ) -> Tensor:
        """Count the step, move ``exp_avg``, and give the gradient with its weight decay."""
        if not state:
            state["step"] = 0
            state["exp_avg"] = zeros_like(parameter, requires_grad=False)
            state[second] = zeros_like(parameter, requires_grad=False)
        state["step"] += 1
        if group["weight_decay"] != 0:
            if group.get("decoupled_weight_decay", False):
                parameter *= 1 - group["lr"] * group["weight_decay"]
            else:
                gradient = gradient + group["weight_decay"] * parameter
        mean = state["exp_avg"]
        mean += (gradient - mean) * (1 - group["betas"][0])
        return gradient


class Adamax(_AdamVariant):
    """Adam by the infinity norm: u = max(beta2 u, |g| + eps);
    parameter -= lr / (1 - beta1^t) * m / u.

    ``weight_decay`` adds weight_decay * parameter to the gradient; ``maximize`` turns it round.

    >>> import tiny_nn as nn
    >>> x = nn.Parameter(nn.tensor([3.0]))
    >>> optimizer = nn.optim.Adamax([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 4)
    2.5
    """

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
    ) -> None:
        check_plain_loop(foreach, None)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: ParamGroup
    ) -> None:
        beta1, beta2 = group["betas"]
        gradient = self._begin(parameter, gradient, state, group, "exp_inf")
        largest = state["exp_inf"]
        largest.copy_(maximum(largest * beta2, gradient.abs() + group["eps"]))
        step_size = group["lr"] / (1 - beta1 ** state["step"])
        parameter -= step_size * (state["exp_avg"] / largest)


class NAdam(_AdamVariant):
    """Adam with Nesterov's momentum, whose size approaches beta1 by
    mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2).

    ``weight_decay`` adds weight_decay * parameter to the gradient or, with
    ``decoupled_weight_decay``, shrinks the parameter itself; ``maximize`` turns the gradient round.

    >>> import tiny_nn as nn
    >>> x = nn.Parameter(nn.tensor([3.0]))
    >>> optimizer = nn.optim.NAdam([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 4)
    2.4718
    """

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_plain_loop(foreach, None)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_group(self, group: ParamGroup) -> None:
        super()._check_group(group)
        check_not_negative("momentum_decay value", group["momentum_decay"])

    def _update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: ParamGroup
    ) -> None:
        lr, (beta1, beta2) = group["lr"], group["betas"]
        gradient = self._begin(parameter, gradient, state, group, "exp_avg_sq")
        step, variance = state["step"], state["exp_avg_sq"]
        variance *= beta2
        variance += gradient * gradient * (1 - beta2)
        momentum, next_momentum = (
            beta1 * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"])) for t in (step, step + 1)
        )
        product = state["mu_product"] = state.get("mu_product", 1.0) * momentum
        denominator = (variance / (1 - beta2**step)).sqrt() + group["eps"]
        parameter -= lr * (1 - momentum) / (1 - product) * (gradient / denominator)
        ahead = lr * next_momentum / (1 - product * next_momentum)
        parameter -= ahead * (state["exp_avg"] / denominator)


class RAdam(_AdamVariant):
    """Adam whose adaptive step is rectified by how well its variance is known (the paper's
    algorithm 2), and left out in the first steps.

    ``weight_decay`` adds weight_decay * parameter to the gradient or, with
    ``decoupled_weight_decay``, shrinks the parameter itself; ``maximize`` turns the gradient round.

    >>> import tiny_nn as nn
    >>> x = nn.Parameter(nn.tensor([3.0]))
    >>> optimizer = nn.optim.RAdam([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 4)
    0.0
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_plain_loop(foreach, None)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: ParamGroup
    ) -> None:
        beta1, beta2 = group["betas"]
        gradient = self._begin(parameter, gradient, state, group, "exp_avg_sq")
        step, variance = state["step"], state["exp_avg_sq"]
        variance *= beta2
        variance += gradient * gradient * (1 - beta2)
        correction = 1 - beta2**step
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * step * beta2**step / correction
        direction = state["exp_avg"] / (1 - beta1**step)
        if length > _RECTIFIABLE:
            rectification = math.sqrt(
                (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            )
            scale = rectification * math.sqrt(correction)
            direction = scale * (direction / (variance.sqrt() + group["eps"]))
        parameter -= group["lr"] * direction
