"""Activations that are smooth, or nearly so: element-wise functions as modules.

``inplace=True`` keeps torch's signature and text. The result is a new tensor all the same: writing
over the input would spoil values that its own gradient needs, and memory is freed with the graph.
"""

from __future__ import annotations

from typing import Literal

from tiny_autograd import Tensor
from tiny_autograd import functional as F
from tiny_nn.module import Module

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardswish",
    "LogSigmoid",
    "Mish",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
]


def inplace_text(inplace: bool, before: str = "") -> str:
    """What ``extra_repr`` shows of the option."""
    return f"{before}inplace=True" if inplace else ""


class Inplace(Module):
    """A function without parameters that torch can also compute in place."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return inplace_text(self.inplace)


class ELU(Module):
    """x where positive, else alpha * (exp(x) - 1) (Clevert et al. 2016).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.ELU()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-0.865, 0.0, 3.0]
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + inplace_text(self.inplace, ", ")


class GELU(Module):
    """x * Phi(x) (Hendrycks & Gimpel 2016); ``approximate="tanh"`` is their approximation.

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.GELU()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-0.046, 0.0, 2.996]
    """

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(Inplace):
    """x * sigmoid(x) (Elfwing et al. 2017).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.SiLU()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-0.238, 0.0, 2.858]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input)


class Sigmoid(Module):
    """1 / (1 + exp(-x)).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Sigmoid()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [0.119, 0.5, 0.953]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Tanh()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-0.964, 0.0, 0.995]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


class Softplus(Module):
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x > threshold.

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Softplus()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [0.127, 0.693, 3.049]
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Silent(Module):
    """As ``Inplace``; torch does not print the option here."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class SELU(Inplace):
    """A scaled ELU that keeps mean 0 and variance 1 (Klambauer et al. 2017).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.SELU()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-1.52, 0.0, 3.152]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input)


class CELU(Module):
    """x where positive, else alpha * (exp(x / alpha) - 1) (Barron 2017).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.CELU()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-0.865, 0.0, 3.0]
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + inplace_text(self.inplace, ", ")


class Mish(Inplace):
    """x * tanh(softplus(x)) (Misra 2019).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Mish()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-0.253, 0.0, 2.987]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input)


class Hardswish(Silent):
    """x * hardsigmoid(x) (Howard et al. 2019).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Hardswish()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-0.333, 0.0, 3.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input)


class LogSigmoid(Module):
    """log(1 / (1 + exp(-x))).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.LogSigmoid()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-2.127, -0.693, -0.049]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class Softsign(Module):
    """x / (1 + |x|) (Turian et al. 2009).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Softsign()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-0.667, 0.0, 0.75]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


class Tanhshrink(Module):
    """x - tanh(x).

    >>> import tiny_nn as nn
    >>> [round(value, 3) for value in nn.Tanhshrink()(nn.tensor([-2.0, 0.0, 3.0])).tolist()]
    [-1.036, 0.0, 2.005]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


class GLU(Module):
    """The first half along ``dim`` times the sigmoid of the second (Dauphin et al. 2017).

    >>> import tiny_nn as nn
    >>> nn.GLU()(nn.tensor([1.0, 2.0, 0.0, 0.0])).tolist()
    [0.5, 1.0]
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
