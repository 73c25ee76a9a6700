"""Initial values for parameters, in place and under no_grad, with the names of torch.nn.init.

`fan_in` and `fan_out` of a weight (out, in, *kernel) are the numbers of inputs to one output and of
outputs of one input, kernel positions included. Tensors without elements stay as they are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import ndarray_core as nd
from ndarray_core.random import Generator, default_generator

from .grad_mode import no_grad
from .tensor import Tensor

_GAINS: dict[str, float] = {
    "linear": 1.0,
    "identity": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance from layer to layer, for a nonlinearity.

    param: the negative slope of leaky_relu, 0.01 when left out. Raises ValueError for an unknown
    nonlinearity.

    >>> calculate_gain("relu") == math.sqrt(2)
    True
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"calculate_gain: unknown nonlinearity {nonlinearity!r}; known are leaky_relu, "
            + ", ".join(_GAINS)
        )
    return _GAINS[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise ValueError(
            f"fan in and fan out need at least 2 dimensions, got a tensor of shape {tensor.shape}"
        )
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    fan_in, fan_out = _fans(tensor)
    return fan_in if mode == "fan_in" else fan_out


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform in [a, b). Raises ValueError when a is above b."""
    if not a <= b:
        raise ValueError(f"uniform_: the range [a, b) needs a <= b, got a={a} and b={b}")
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Normal with the given mean and standard deviation. Raises ValueError for a negative one."""
    if not std >= 0:
        raise ValueError(f"normal_: std must not be negative, got {std}")
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Normal, but what falls outside of [a, b] is drawn again.

    Raises ValueError when a is above b, or nearly everything falls outside.
    """
    if not a <= b:
        raise ValueError(f"trunc_normal_: the range [a, b] needs a <= b, got a={a} and b={b}")
    source = generator or default_generator()
    values = np.array(source.normal(mean, std, tensor.shape, dtype="float64").numpy(copy=True))
    for _ in range(10_000):
        outside = (values < a) | (values > b)
        missing = int(outside.sum())
        if not missing:
            break
        values[outside] = source.normal(mean, std, (missing,), dtype="float64").numpy()
    else:
        raise ValueError(f"trunc_normal_: [{a}, {b}] is too unlikely for mean {mean} and std {std}")
    return _assign(tensor, values)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """`val` everywhere."""
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix: a linear layer passes on its input."""
    if tensor.ndim != 2:
        raise ValueError(f"eye_: expected a matrix, got shape {tensor.shape}")
    return _assign(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """One at the centre of kernel i of channel i: a convolution passes on its input.

    With groups, each group of output channels passes on the group's inputs.
    """
    if not 3 <= tensor.ndim <= 5:
        raise ValueError(f"dirac_: expected 3 to 5 dimensions, got shape {tensor.shape}")
    if tensor.shape[0] % groups:
        raise ValueError(f"dirac_: {tensor.shape[0]} channels are not divisible by {groups} groups")
    values = np.zeros(tensor.shape)
    centre = tuple(size // 2 for size in tensor.shape[2:])
    per_group = tensor.shape[0] // groups
    for group in range(groups):
        for i in range(min(per_group, tensor.shape[1])):
            values[(group * per_group + i, i, *centre)] = 1
    return _assign(tensor, values)


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform with standard deviation gain sqrt(2 / (fan_in + fan_out)) (Glorot & Bengio 2010)."""
    if not tensor.numel():
        return tensor
    bound = gain * math.sqrt(6 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal with standard deviation gain sqrt(2 / (fan_in + fan_out)) (Glorot & Bengio 2010)."""
    if not tensor.numel():
        return tensor
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Uniform with standard deviation gain / sqrt(fan) (He et al. 2015, eq. 10).

    a: the negative slope of leaky_relu.
    """
    if not tensor.numel():
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    bound = math.sqrt(3) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Normal with standard deviation gain / sqrt(fan) (He et al. 2015, eq. 10).

    a: the negative slope of leaky_relu.
    """
    if not tensor.numel():
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """`gain` times a random matrix with orthonormal rows or columns (Saxe et al. 2014).

    Dimensions from the second on are taken together.
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: expected at least 2 dimensions, got shape {tensor.shape}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    source = generator or default_generator()
    shape = (max(rows, columns), min(rows, columns))
    q, r = np.linalg.qr(source.normal(0.0, 1.0, shape, dtype="float64").numpy())
    q = q * np.sign(np.diag(r))  # else not uniform over all such matrices (Mezzadri 2007)
    return _assign(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Normal, but in each column a fraction `sparsity` of zeros (Martens 2010)."""
    if tensor.ndim != 2:
        raise ValueError(f"sparse_: expected a matrix, got shape {tensor.shape}")
    source = generator or default_generator()
    rows, columns = tensor.shape
    values = source.normal(0.0, std, (rows, columns), dtype="float64").numpy(copy=True)
    zeros = math.ceil(sparsity * rows)
    for column in range(columns):
        values[source.permutation(rows).numpy()[:zeros], column] = 0
    return _assign(tensor, values)


def _assign(tensor: Tensor, values: np.ndarray[Any, Any]) -> Tensor:
    array = nd.asarray(values.copy(order="C"), dtype=tensor.dtype, device=tensor.device)
    with no_grad():
        return tensor.copy_(Tensor(array))
