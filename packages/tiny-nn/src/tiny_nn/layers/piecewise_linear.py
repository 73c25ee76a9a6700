"""Activations made of straight lines: element-wise functions as modules."""

from __future__ import annotations

from typing import Any

from tiny_autograd import Tensor, full, no_grad
from tiny_autograd import functional as F
from tiny_nn.layers.activation import Inplace, Silent, inplace_text
from tiny_nn.module import Module
from tiny_nn.parameter import Parameter

__all__ = [
    "Hardshrink",
    "Hardsigmoid",
    "Hardtanh",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "ReLU6",
    "Softshrink",
    "Threshold",
]


class ReLU(Inplace):
    """max(x, 0).

    >>> import tiny_nn as nn
    >>> nn.ReLU()(nn.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input)


class Hardtanh(Module):
    """x clipped to [min_val, max_val].

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Hardtanh()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-1.0, 0.0, 1.0]
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if not max_val > min_val:
            raise ValueError(f"Hardtanh: max_val {max_val} must be above min_val {min_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + inplace_text(self.inplace, ", ")


class ReLU6(Hardtanh):
    """min(max(x, 0), 6) (Howard et al. 2017).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.ReLU6()(nn.tensor([-2.0, 3.0, 9.0])).tolist()]
    [0.0, 3.0, 6.0]
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return inplace_text(self.inplace)


class LeakyReLU(Module):
    """x where positive, else negative_slope * x (Maas et al. 2013).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.LeakyReLU()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-0.02, 0.0, 3.0]
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + inplace_text(self.inplace, ", ")


class PReLU(Module):
    """x where positive, else weight * x, with a learned weight for all channels, or one for each
    of ``num_parameters`` channels, the second dimension (He et al. 2015).

    >>> import tiny_nn as nn
    >>> nn.PReLU()(nn.tensor([-4.0, 2.0])).tolist()
    [-1.0, 2.0]
    """

    weight: Parameter

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(full((num_parameters,), float(init), device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        """Every weight ``init``."""
        with no_grad():
            self.weight.fill_(self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class Threshold(Module):
    """x where it is above ``threshold``, else ``value``.

    >>> import tiny_nn as nn
    >>> nn.Threshold(1.0, -5.0)(nn.tensor([0.5, 2.0])).tolist()
    [-5.0, 2.0]
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}" + inplace_text(self.inplace, ", ")


class Hardshrink(Module):
    """x, but 0 where |x| <= lambd.

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Hardshrink()(nn.tensor([-2.0, 0.25, 3.0])).tolist()]
    [-2.0, 0.0, 3.0]
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Module):
    """x brought towards 0 by ``lambd``, and 0 where it is nearer than that.

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Softshrink()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-1.5, 0.0, 2.5]
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        if lambd < 0:
            raise ValueError(f"Softshrink: lambd must not be negative, got {lambd}")
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Hardsigmoid(Silent):
    """x / 6 + 1/2 clipped to [0, 1] (Howard et al. 2019).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Hardsigmoid()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [0.167, 0.5, 1.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input)
