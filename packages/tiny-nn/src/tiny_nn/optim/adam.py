"""Adam (Kingma & Ba 2015, algorithm 1) and AdamW (Loshchilov & Hutter 2019, algorithm 2)."""

from __future__ import annotations

from typing import Any

from tiny_autograd import Tensor, zeros_like
from tiny_autograd.optimization import adam_step
from tiny_nn.optim.optimizer import (
    Optimizer,
    ParamGroup,
    Params,
    check_not_negative,
    check_plain_loop,
)


class Adam(Optimizer):
    """Steps of about ``lr``, scaled per element by running moments of the gradient.

    m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
    parameter -= lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps).

    ``weight_decay`` adds weight_decay * parameter to the gradient; ``amsgrad`` uses the largest v
    so far (Reddi et al. 2018); ``maximize`` turns the gradient round. torch's ``foreach`` and
    ``fused`` are accepted as None or False only (ValueError).

    >>> import tiny_nn as nn
    >>> x = nn.Parameter(nn.tensor([3.0]))
    >>> optimizer = nn.optim.Adam([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.tolist()
    [2.5]
    """

    _decoupled_weight_decay = False

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None:
        check_plain_loop(foreach, fused)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check_group(self, group: ParamGroup) -> None:
        check_not_negative("learning rate", group["lr"])
        check_not_negative("epsilon value", group["eps"])
        check_not_negative("weight_decay value", group["weight_decay"])
        check_betas(group["betas"])

    def _update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: ParamGroup
    ) -> None:
        if not state:
            state["step"] = 0
            state["exp_avg"] = zeros_like(parameter, requires_grad=False)
            state["exp_avg_sq"] = zeros_like(parameter, requires_grad=False)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros_like(parameter, requires_grad=False)
        state["step"] += 1
        adam_step(
            [parameter],
            [gradient],
            [state["exp_avg"]],
            [state["exp_avg_sq"]],
            [state["max_exp_avg_sq"]] if group["amsgrad"] else None,
            step=state["step"],
            lr=group["lr"],
            betas=group["betas"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            decoupled=self._decoupled_weight_decay,
        )


class AdamW(Adam):
    """Adam whose ``weight_decay`` shrinks the parameter itself by lr * weight_decay.

    >>> import tiny_nn as nn
    >>> nn.optim.AdamW([nn.Parameter(nn.zeros((2,)))]).defaults["weight_decay"]
    0.01
    """

    _decoupled_weight_decay = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            foreach=foreach,
            fused=fused,
        )


def check_betas(betas: tuple[float, ...]) -> None:
    """Raise ValueError for one outside of [0, 1)."""
    for index, beta in enumerate(betas):
        if not 0 <= beta < 1:
            raise ValueError(f"Invalid beta parameter at index {index}: {beta}")
