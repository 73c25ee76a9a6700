"""Padding: constants or the input's own values around the last dimensions."""

from __future__ import annotations

from collections.abc import Sequence

from tiny_autograd import Tensor
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]

Padding = int | Sequence[int]


class _Pad(Module):
    """``padding`` is one number for all sides, or (before, behind) of the last dimension, then of
    the one before it, and so on. Negative numbers take elements off."""

    dims: int
    mode: str
    value: float | None = None

    def __init__(self, padding: Padding) -> None:
        super().__init__()
        numbers = (padding,) * (2 * self.dims) if isinstance(padding, int) else tuple(padding)
        if len(numbers) != 2 * self.dims:
            raise ValueError(
                f"{type(self).__name__}: padding is one int or {2 * self.dims}, got {padding}"
            )
        self.padding = numbers

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(input, self)
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Padding, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """``value`` around the last dimension.

    >>> import tiny_nn as nn
    >>> nn.ConstantPad1d((1, 2), 9.0)(nn.tensor([1.0])).tolist()
    [9.0, 1.0, 9.0, 9.0]
    """

    dims = 1


class ConstantPad2d(_ConstantPad):
    """``value`` around the last two dimensions: (left, right, top, bottom).

    >>> import tiny_nn as nn
    >>> nn.ConstantPad2d(1, 5.0)(nn.zeros((1, 3, 4))).shape
    (1, 5, 6)
    """

    dims = 2


class ConstantPad3d(_ConstantPad):
    """``value`` around the last three dimensions: (left, right, top, bottom, front, back).

    >>> import tiny_nn as nn
    >>> nn.ConstantPad3d(1, 5.0)(nn.zeros((1, 2, 3, 4))).shape
    (1, 4, 5, 6)
    """

    dims = 3


class _ZeroPad(_Pad):
    mode = "constant"
    value = 0.0


class ZeroPad1d(_ZeroPad):
    """Zeros around the last dimension.

    >>> import tiny_nn as nn
    >>> nn.ZeroPad1d(1)(nn.zeros((1, 3))).shape
    (1, 5)
    """

    dims = 1


class ZeroPad2d(_ZeroPad):
    """Zeros around the last two dimensions: (left, right, top, bottom).

    >>> import tiny_nn as nn
    >>> nn.ZeroPad2d((1, 0, 0, 1))(nn.ones((1, 1))).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """

    dims = 2


class ZeroPad3d(_ZeroPad):
    """Zeros around the last three dimensions.

    >>> import tiny_nn as nn
    >>> nn.ZeroPad3d(1)(nn.zeros((1, 2, 3, 4))).shape
    (1, 4, 5, 6)
    """

    dims = 3


class _ReflectionPad(_Pad):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPad):
    """The input mirrored at its ends, which are not repeated.

    >>> import tiny_nn as nn
    >>> nn.ReflectionPad1d(2)(nn.tensor([[1.0, 2.0, 3.0]])).tolist()
    [[3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]]
    """

    dims = 1


class ReflectionPad2d(_ReflectionPad):
    """The input mirrored at its edges, which are not repeated.

    >>> import tiny_nn as nn
    >>> nn.ReflectionPad2d(1)(nn.zeros((1, 3, 4))).shape
    (1, 5, 6)
    """

    dims = 2


class ReflectionPad3d(_ReflectionPad):
    """The input mirrored at its faces, which are not repeated.

    >>> import tiny_nn as nn
    >>> nn.ReflectionPad3d(1)(nn.zeros((1, 2, 3, 4))).shape
    (1, 4, 5, 6)
    """

    dims = 3


class _ReplicationPad(_Pad):
    mode = "replicate"


class ReplicationPad1d(_ReplicationPad):
    """The first and the last element, repeated outwards.

    >>> import tiny_nn as nn
    >>> nn.ReplicationPad1d((2, 1))(nn.tensor([[1.0, 2.0]])).tolist()
    [[1.0, 1.0, 1.0, 2.0, 2.0]]
    """

    dims = 1


class ReplicationPad2d(_ReplicationPad):
    """The edges, repeated outwards.

    >>> import tiny_nn as nn
    >>> nn.ReplicationPad2d(1)(nn.zeros((1, 3, 4))).shape
    (1, 5, 6)
    """

    dims = 2


class ReplicationPad3d(_ReplicationPad):
    """The faces, repeated outwards.

    >>> import tiny_nn as nn
    >>> nn.ReplicationPad3d(1)(nn.zeros((1, 2, 3, 4))).shape
    (1, 4, 5, 6)
    """

    dims = 3


class _CircularPad(_Pad):
    mode = "circular"


class CircularPad1d(_CircularPad):
    """What is at the other end, as if the input were a ring.

    >>> import tiny_nn as nn
    >>> nn.CircularPad1d((1, 1))(nn.tensor([[1.0, 2.0, 3.0]])).tolist()
    [[3.0, 1.0, 2.0, 3.0, 1.0]]
    """

    dims = 1


class CircularPad2d(_CircularPad):
    """What is at the opposite edge, as if the input were a torus.

    >>> import tiny_nn as nn
    >>> nn.CircularPad2d(1)(nn.zeros((1, 3, 4))).shape
    (1, 5, 6)
    """

    dims = 2


class CircularPad3d(_CircularPad):
    """What is at the opposite face.

    >>> import tiny_nn as nn
    >>> nn.CircularPad3d(1)(nn.zeros((1, 2, 3, 4))).shape
    (1, 4, 5, 6)
    """

    dims = 3
