"""Linear and bilinear maps of the last dimension."""

from __future__ import annotations

import math
from typing import Any

from tiny_autograd import Tensor, empty, init
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.module import Module
from tiny_nn.parameter import Parameter

__all__ = ["Bilinear", "Linear"]


class Linear(Module):
    """``y = x @ weight.T + bias``: (..., in_features) -> (..., out_features).

    weight: (out_features, in_features); bias: (out_features,). Both start uniform in
    +-1/sqrt(in_features), which is ``kaiming_uniform_(a=sqrt(5))`` (He et al. 2015).

    >>> import tiny_nn as nn
    >>> nn.Linear(3, 2)(nn.zeros((4, 3))).shape
    (4, 2)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty((out_features, in_features), device=device, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(empty((out_features,), device=device, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        reset_bias(self.bias, fan_in=self.in_features)

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(input, self)
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    """``y_o = x1 @ weight[o] @ x2 + bias[o]``: (..., in1_features), (..., in2_features) ->
    (..., out_features).

    weight: (out_features, in1_features, in2_features); bias: (out_features,). Both start uniform
    in +-1/sqrt(in1_features).

    >>> import tiny_nn as nn
    >>> nn.Bilinear(2, 3, 4)(nn.zeros((5, 2)), nn.zeros((5, 3))).shape
    (5, 4)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got {in1_features}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(empty((out_features,), device=device, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        reset_bias(self.bias, fan_in=self.in1_features)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        check_tensor(input1, self)
        check_tensor(input2, self)
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


def reset_bias(bias: Parameter | None, fan_in: int) -> None:
    """Uniform in +-1/sqrt(fan_in), the default of torch's linear and convolution layers."""
    if bias is not None and fan_in > 0:
        bound = 1 / math.sqrt(fan_in)
        init.uniform_(bias, -bound, bound)
    elif bias is not None:
        init.zeros_(bias)
