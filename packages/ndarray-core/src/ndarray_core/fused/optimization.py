"""Steps of optimizers over lists of parameters, in place.

The lists that go with the parameters (gradients and what is remembered of them) have their length
and shapes: ShapeError otherwise. Everything is checked before anything is written. Not for the
gradient: a step is not to be differentiated.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from .._core import NDArray
from ..elementwise.arithmetic import maximum
from ..elementwise.mathematics import sqrt as square_root
from .definition import fused

__all__ = ["adam_step", "sgd_step"]

Arrays = Sequence[NDArray]


@fused
def sgd_step(
    parameters: Arrays,
    gradients: Arrays,
    momenta: Arrays | None = None,
    /,
    *,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    first: bool = False,
) -> Arrays:
    """parameter -= lr * direction; the direction is the gradient + weight_decay * parameter.

    With momenta it is momentum * m + (1 - dampening) * gradient, which becomes m; the gradient
    alone where this is the `first` step; and the gradient + momentum * m with `nesterov` (Sutskever
    et al. 2013). Returns the parameters.

    >>> x = nd.asarray([3.0])
    >>> nd.fused.sgd_step([x], [nd.asarray([6.0])], lr=0.25) == [x], x.tolist()
    (True, [1.5])
    """
    for i, (parameter, direction) in enumerate(zip(parameters, gradients, strict=True)):
        if weight_decay:
            direction = direction + weight_decay * parameter
        if momenta is not None:
            if first:
                momenta[i][...] = direction
            else:
                momenta[i][...] = momentum * momenta[i] + (1 - dampening) * direction
            direction = direction + momentum * momenta[i] if nesterov else momenta[i]
        parameter -= lr * direction
    return parameters


@fused
def adam_step(
    parameters: Arrays,
    gradients: Arrays,
    means: Arrays,
    variances: Arrays,
    largest: Arrays | None = None,
    /,
    *,
    step: int,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> Arrays:
    """parameter -= lr * mean / (sqrt(variance) + eps), both with their bias corrected.

    means and variances are running ones of the gradients and of their squares, with the shares
    betas; step counts from 1 (Kingma and Ba 2015, algorithm 1). weight_decay * parameter is added
    to the gradient or, if decoupled, lr times that taken from the parameter (Loshchilov and Hutter
    2019). largest: in place of the variance, the largest one so far (Reddi et al. 2018). Returns
    the parameters.

    >>> x, mean, variance = nd.asarray([3.0]), nd.zeros(1), nd.zeros(1)
    >>> nd.fused.adam_step([x], [nd.asarray([6.0])], [mean], [variance], step=1, lr=0.5) == [x]
    True
    >>> x.tolist()
    [2.5]
    """
    beta1, beta2 = betas
    step_size, deviation_factor = lr / (1 - beta1**step), 1 / sqrt(1 - beta2**step)
    lists = zip(parameters, gradients, means, variances, strict=True)
    for i, (parameter, direction, mean, variance) in enumerate(lists):
        if weight_decay:
            if decoupled:
                parameter *= 1 - lr * weight_decay
            else:
                direction = direction + weight_decay * parameter
        mean += (direction - mean) * (1 - beta1)
        variance *= beta2
        variance += direction * direction * (1 - beta2)
        if largest is not None:
            largest[i][...] = variance = maximum(largest[i], variance)
        parameter -= step_size * (mean / (square_root(variance) * deviation_factor + eps))
    return parameters
