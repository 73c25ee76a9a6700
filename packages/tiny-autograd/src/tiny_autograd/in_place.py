"""Operations that write into a tensor's own memory. They are never recorded.

Recording a write would change what tensors that share the memory mean for the gradient, so a write
that a gradient would have to know of is refused: `x = x + y` instead of `x += y`, or `no_grad`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeAlias

from ndarray_core import NDArray, random

from .grad_mode import mode
from .variable import Variable

if TYPE_CHECKING:
    from .tensor import Tensor

    Number: TypeAlias = float | int | bool | Tensor


def value_of(x: Any) -> Any:
    """The array of a tensor; anything else as it is."""
    return x.array if isinstance(x, Variable) else x


class InPlace(Variable):
    """The in-place methods of Tensor: their names end in an underscore, they return the tensor."""

    __slots__ = ()

    def _writable(self, name: str, *others: Any) -> NDArray:
        """The array to write into, unless a gradient would have to know of it."""
        if mode.enabled:
            if self._node is not None:
                raise RuntimeError(
                    f"{name}: in-place operation on the result of {self._node!r}, which is part of "
                    "a recorded graph; use the out-of-place operation, or no_grad()"
                )
            if self._requires_grad:
                raise RuntimeError(
                    f"{name}: a leaf tensor that requires a gradient is used in an in-place "
                    "operation; do it under no_grad()"
                )
            if any(isinstance(x, Variable) and x._requires_grad for x in others):
                raise RuntimeError(
                    f"{name}: in-place operation with a tensor that requires a gradient, which "
                    "would be lost; use the out-of-place operation, detach() it, or no_grad()"
                )
        return self.array

    def add_(self, other: Number, *, alpha: float = 1) -> Self:
        """self += alpha * other.

        >>> import tiny_autograd as ta
        >>> ta.ones(2).add_(ta.ones(2), alpha=-0.5)
        tensor([0.5000, 0.5000])
        """
        array = self._writable("add_", other)
        value = value_of(other)
        array += value if alpha == 1 else value * alpha
        return self

    def sub_(self, other: Number, *, alpha: float = 1) -> Self:
        """self -= alpha * other."""
        array = self._writable("sub_", other)
        value = value_of(other)
        array -= value if alpha == 1 else value * alpha
        return self

    def mul_(self, other: Number) -> Self:
        """self *= other."""
        array = self._writable("mul_", other)
        array *= value_of(other)
        return self

    def div_(self, other: Number) -> Self:
        """self /= other."""
        array = self._writable("div_", other)
        array /= value_of(other)
        return self

    def pow_(self, exponent: Number) -> Self:
        """self **= exponent."""
        array = self._writable("pow_", exponent)
        array **= value_of(exponent)
        return self

    def remainder_(self, other: Number) -> Self:
        """self %= other.

        >>> import tiny_autograd as ta
        >>> ta.tensor([5, -5]).remainder_(3)
        tensor([2, 1])
        """
        array = self._writable("remainder_", other)
        array %= value_of(other)
        return self

    def floor_divide_(self, other: Number) -> Self:
        """self //= other."""
        array = self._writable("floor_divide_", other)
        array //= value_of(other)
        return self

    def bitwise_and_(self, other: Number) -> Self:
        """self &= other, of integers or bools."""
        array = self._writable("bitwise_and_", other)
        array &= value_of(other)
        return self

    def bitwise_or_(self, other: Number) -> Self:
        """self |= other, of integers or bools."""
        array = self._writable("bitwise_or_", other)
        array |= value_of(other)
        return self

    def bitwise_xor_(self, other: Number) -> Self:
        """self ^= other, of integers or bools."""
        array = self._writable("bitwise_xor_", other)
        array ^= value_of(other)
        return self

    def addcmul_(self, tensor1: Number, tensor2: Number, *, value: float = 1) -> Self:
        """self += value * tensor1 * tensor2."""
        array = self._writable("addcmul_", tensor1, tensor2)
        product: Any = value_of(tensor1) * value_of(tensor2)
        array += product if value == 1 else product * value
        return self

    def addcdiv_(self, tensor1: Number, tensor2: Number, *, value: float = 1) -> Self:
        """self += value * tensor1 / tensor2."""
        array = self._writable("addcdiv_", tensor1, tensor2)
        quotient: Any = value_of(tensor1) / value_of(tensor2)
        array += quotient if value == 1 else quotient * value
        return self

    def lerp_(self, end: Tensor, weight: float) -> Self:
        """self += weight * (end - self)."""
        array = self._writable("lerp_", end)
        array += (end.array - array) * weight
        return self

    def clamp_(self, min: Number | None = None, max: Number | None = None) -> Self:
        """Bring what is outside of [min, max] to the bound.

        >>> import tiny_autograd as ta
        >>> ta.tensor([-3.0, 3.0]).clamp_(min=-1)
        tensor([-1.,  3.])
        """
        from .ops.arithmetic import clamp

        array = self._writable("clamp_", min, max)
        array[...] = value_of(clamp(array, value_of(min), value_of(max)))
        return self

    def masked_fill_(self, mask: Tensor, value: float) -> Self:
        """Set to `value` where the mask is true."""
        from .ops.arithmetic import where

        array = self._writable("masked_fill_")
        array[...] = value_of(where(mask.array, value, array))
        return self

    def fill_(self, value: float) -> Self:
        """Set all elements to `value`."""
        self._writable("fill_")[...] = value
        return self

    def zero_(self) -> Self:
        """Set all elements to 0."""
        self._writable("zero_")[...] = 0
        return self

    def copy_(self, src: Tensor) -> Self:
        """Take over the numbers of `src`, which is broadcast, converted and moved as needed.

        >>> import tiny_autograd as ta
        >>> ta.zeros(2, 2).copy_(ta.tensor([1, 2]))
        tensor([[1., 2.],
                [1., 2.]])
        """
        array = self._writable("copy_", src)
        array[...] = src.array.to_device(array.device)
        return self

    def uniform_(
        self, low: float = 0.0, high: float = 1.0, *, generator: random.Generator | None = None
    ) -> Self:
        """Fill with random numbers, uniform in [low, high)."""
        array = self._writable("uniform_")
        source = generator or random.default_generator()
        array[...] = source.uniform(low, high, array.shape, dtype=array.dtype, device=array.device)
        return self

    def normal_(
        self, mean: float = 0.0, std: float = 1.0, *, generator: random.Generator | None = None
    ) -> Self:
        """Fill with random numbers of a normal distribution."""
        array = self._writable("normal_")
        source = generator or random.default_generator()
        array[...] = source.normal(mean, std, array.shape, dtype=array.dtype, device=array.device)
        return self

    def __setitem__(self, key: Any, value: Number) -> None:
        from .ops.indexing import assign

        assign(self._writable("assignment to elements", value), key, value_of(value))

    def __iadd__(self, other: Number) -> Self:
        return self.add_(other)

    def __isub__(self, other: Number) -> Self:
        return self.sub_(other)

    def __imul__(self, other: Number) -> Self:
        return self.mul_(other)

    def __itruediv__(self, other: Number) -> Self:
        return self.div_(other)

    def __ipow__(self, other: Number) -> Self:
        return self.pow_(other)

    def __imod__(self, other: Number) -> Self:
        return self.remainder_(other)

    def __ifloordiv__(self, other: Number) -> Self:
        return self.floor_divide_(other)

    def __iand__(self, other: Number) -> Self:
        return self.bitwise_and_(other)

    def __ior__(self, other: Number) -> Self:
        return self.bitwise_or_(other)

    def __ixor__(self, other: Number) -> Self:
        return self.bitwise_xor_(other)
