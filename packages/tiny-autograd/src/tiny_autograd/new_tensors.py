"""New tensors of another one's type, or drawn by it, on its device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from .variable import Variable

if TYPE_CHECKING:
    from ndarray_core.random import Generator

    from .tensor import Tensor

    DTypeLike = Any
    DeviceLike = Any


class NewTensors(Variable):
    """The part of Tensor that makes others; `dtype` and `device` are its own when left out."""

    __slots__ = ()

    def _alike(self, dtype: DTypeLike, device: DeviceLike, requires_grad: bool) -> dict[str, Any]:
        return {
            "dtype": self.array.dtype if dtype is None else dtype,
            "device": self.array.device if device is None else device,
            "requires_grad": requires_grad,
        }

    def new_zeros(
        self,
        *size: Any,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """Zeros.

        >>> import tiny_autograd as ta
        >>> ta.tensor([1, 2]).new_zeros(2)
        tensor([0, 0])
        """
        from .creation import zeros

        return zeros(*size, **self._alike(dtype, device, requires_grad))

    def new_ones(
        self,
        *size: Any,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """Ones.

        >>> import tiny_autograd as ta
        >>> ta.tensor([1, 2]).new_ones(2)
        tensor([1, 1])
        """
        from .creation import ones

        return ones(*size, **self._alike(dtype, device, requires_grad))

    def new_empty(
        self,
        *size: Any,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """Uninitialised memory.

        >>> import tiny_autograd as ta
        >>> ta.tensor([1, 2]).new_empty(2, 3).shape
        (2, 3)
        """
        from .creation import empty

        return empty(*size, **self._alike(dtype, device, requires_grad))

    def new_full(
        self,
        size: int | Sequence[int],
        fill_value: float,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """`fill_value` everywhere.

        >>> import tiny_autograd as ta
        >>> ta.tensor([1.0]).new_full((2,), 7)
        tensor([7., 7.])
        """
        from .creation import full

        return full(size, fill_value, **self._alike(dtype, device, requires_grad))

    def new_tensor(
        self,
        data: Any,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """The numbers of `data`, copied.

        >>> import tiny_autograd as ta
        >>> ta.tensor([1.0]).new_tensor([2, 3])
        tensor([2., 3.])
        """
        from .creation import tensor

        return tensor(data, **self._alike(dtype, device, requires_grad))

    def multinomial(
        self, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
    ) -> Tensor:
        """Random positions along the last dimension, in proportion to the weights this one holds.

        As `tiny_autograd.multinomial`.

        >>> import tiny_autograd as ta
        >>> ta.tensor([0.0, 3.0]).multinomial(2, replacement=True)
        tensor([1, 1])
        """
        from .sampling import multinomial

        return multinomial(cast("Tensor", self), num_samples, replacement, generator=generator)
