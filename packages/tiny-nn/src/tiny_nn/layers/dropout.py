"""Dropout: of elements, of channels, and for self-normalising networks."""

from __future__ import annotations

from tiny_autograd import Tensor
from tiny_autograd import functional as F
from tiny_nn.module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d"]


class _Dropout(Module):
    """A probability, and text for it."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace  # signature and text only, as for the activations

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, zero each element with probability ``p`` and divide the others by 1 - p
    (Srivastava et al. 2014); the identity in evaluation.

    The random numbers come from the default generator: see ``tiny_nn.manual_seed``.

    >>> import tiny_nn as nn
    >>> nn.Dropout(0.5).eval()(nn.ones((3,))).tolist()
    [1.0, 1.0, 1.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training)


class Dropout1d(_Dropout):
    """In training, zero whole channels of (N, C, L) or (C, L) (Tompson et al. 2015).

    >>> import tiny_nn as nn
    >>> sorted(set(nn.Dropout1d()(nn.ones((8, 4, 3))).sum(2).flatten().tolist()))
    [0.0, 6.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training)


class Dropout2d(_Dropout):
    """In training, zero whole channels of (N, C, H, W) (Tompson et al. 2015).

    >>> import tiny_nn as nn
    >>> y = nn.Dropout2d()(nn.ones((8, 4, 3, 3)))
    >>> sorted(set(y.sum((2, 3)).flatten().tolist()))
    [0.0, 18.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training)


class Dropout3d(_Dropout):
    """In training, zero whole channels of (N, C, D, H, W) or (C, D, H, W).

    >>> import tiny_nn as nn
    >>> sorted(set(nn.Dropout3d()(nn.ones((8, 4, 2, 2, 2))).sum((2, 3, 4)).flatten().tolist()))
    [0.0, 16.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout3d(input, self.p, self.training)


class AlphaDropout(_Dropout):
    """In training, dropout that keeps mean 0 and variance 1, for SELU (Klambauer et al. 2017).

    >>> import tiny_nn as nn
    >>> nn.AlphaDropout(0.5).eval()(nn.ones((3,))).tolist()
    [1.0, 1.0, 1.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.alpha_dropout(input, self.p, self.training)
