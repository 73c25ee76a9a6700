"""What training loops do to gradients, under torch.nn.utils' names."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tiny_autograd import Tensor, float32, no_grad, stack, zeros

_MARGIN = 1e-6  # torch's, against a norm of zero


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients in place by one factor, so that their norm, taken over all of them as
    one vector, is at most ``max_norm`` (Pascanu et al. 2013, algorithm 1).

    Returns the norm before, a scalar tensor. ``norm_type`` is positive; ``math.inf`` takes the
    largest magnitude. A norm that is not finite makes all gradients NaN or zero; with
    ``error_if_nonfinite`` it raises RuntimeError and leaves them. Raises ValueError for another
    ``norm_type``, and for ``foreach=True``: there are no kernels over lists of tensors.

    >>> import tiny_nn as nn
    >>> weight = nn.Parameter(nn.tensor([3.0, 4.0]))
    >>> (weight * weight / 2).sum().backward()
    >>> nn.utils.clip_grad_norm_([weight], max_norm=1.0).item()
    5.0
    >>> [round(value, 4) for value in weight.grad.tolist()]
    [0.6, 0.8]
    """
    _refuse_foreach("clip_grad_norm_", foreach)
    if not norm_type > 0:
        raise ValueError(f"clip_grad_norm_: norm_type must be positive, got {norm_type}")
    gradients = _gradients(parameters)
    if not gradients:
        return zeros((), dtype=float32)
    with no_grad():
        device = gradients[0].device
        norms = [_norm(gradient, norm_type).to(device) for gradient in gradients]
        total = _norm(stack(norms), norm_type)
        if error_if_nonfinite and not math.isfinite(total.item()):
            raise RuntimeError(
                f"The total norm of order {norm_type} for gradients from `parameters` is "
                "non-finite, so it cannot be clipped. To disable this error and scale the "
                "gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
            )
        factor = (max_norm / (total + _MARGIN)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(factor.to(gradient.device).to(gradient.dtype))
    return total


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Limit every element of the gradients to [-clip_value, clip_value], in place.

    Raises ValueError for ``foreach=True``, as ``clip_grad_norm_`` does.

    >>> import tiny_nn as nn
    >>> weight = nn.Parameter(nn.tensor([3.0, -0.5]))
    >>> (weight * weight / 2).sum().backward()
    >>> nn.utils.clip_grad_value_([weight], 1.0)
    >>> weight.grad.tolist()
    [1.0, -0.5]
    """
    _refuse_foreach("clip_grad_value_", foreach)
    limit = float(clip_value)
    with no_grad():
        for gradient in _gradients(parameters):
            gradient.copy_(gradient.clamp(-limit, limit))


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The gradients there are. Each is changed in place, whoever else holds it."""
    tensors = [parameters] if isinstance(parameters, Tensor) else parameters
    return [tensor.grad for tensor in tensors if tensor.grad is not None]


def _norm(values: Tensor, order: float) -> Tensor:
    magnitudes = values.abs()
    if order == math.inf:
        return magnitudes.amax()
    if order == 1:
        return magnitudes.sum()
    if order == 2:
        return (values * values).sum().sqrt()
    return (magnitudes**order).sum() ** (1 / order)


def _refuse_foreach(operation: str, foreach: bool | None) -> None:
    if foreach:
        raise ValueError(
            f"{operation}: foreach=True needs kernels over lists of tensors, which are not there; "
            "pass foreach=None"
        )
