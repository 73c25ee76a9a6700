"""Operations that write into a tensor: their names end in an underscore, they return the tensor.

A write that no gradient has to know of goes into the tensor's own memory, and counts its version:
a rule that needs what was there before refuses to go on. A write that a gradient has to know of is
recorded as the operation that it is, and the tensor gets the result's memory, so that what other
rules have saved stays as it was. Where other tensors look at the same memory, which would have to
see such a write, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from ndarray_core import NDArray, random
from ndarray_core.errors import DTypeError, ShapeError

from . import ops
from .grad_mode import is_recording, no_grad
from .variable import Variable

if TYPE_CHECKING:
    from .tensor import Tensor

    Number: TypeAlias = float | int | bool | Tensor

_KIND_RANKS = {"bool": 0, "uint": 1, "int": 1, "float": 2, "complex": 3}


def value_of(x: Any) -> Any:
    """The array of a tensor; anything else as it is."""
    return x.array if isinstance(x, Variable) else x


def in_place(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The method that writes what an operation on the tensor gives: `exp_` of `exp`.

    >>> import tiny_autograd as ta
    >>> ta.tensor([4.0, 9.0]).sqrt_()
    tensor([2., 3.])
    """
    name = f"{getattr(operation, 'name', operation.__name__)}_"

    def method(self: InPlace, *args: Any, **parameters: Any) -> Any:
        if self._is_recorded(*args, *parameters.values()):
            return self._become(name, operation(self, *args, **parameters))
        with no_grad():
            result = operation(self, *args, **parameters).array
        self._check_result(name, result)
        self.array[...] = result
        return self

    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    method.__doc__ = f"`{name[:-1]}`, written into this tensor, which is returned."
    return method


class InPlace(Variable):
    """The in-place methods of Tensor."""

    __slots__ = ()

    def _is_recorded(self, *others: Any) -> bool:
        """Whether a gradient has to know of a write of what is made of the others."""
        if not is_recording():
            return False
        return self._requires_grad or any(
            isinstance(x, Variable) and x._requires_grad for x in others
        )

    def _become(self, name: str, result: Any) -> Self:
        """Take over the array and the history of a recorded result."""
        if self._node is None and self._requires_grad:
            raise RuntimeError(
                f"{name}: a leaf tensor that requires a gradient is used in an in-place "
                "operation; do it under no_grad()"
            )
        if self.array.is_shared:
            raise RuntimeError(
                f"{name}: this in-place operation has to be recorded for the gradient, and other "
                "tensors (views, or what this is a view of) look at the same memory; use the "
                "out-of-place operation, or no_grad()"
            )
        self._check_result(name, result.array)
        if result.array.dtype != self.array.dtype:
            result = result.astype(self.array.dtype)
        self.array = result.array
        self._node = result._node
        self._requires_grad = result._requires_grad
        return self

    def _check_result(self, name: str, result: NDArray) -> None:
        if result.shape != self.array.shape:
            raise ShapeError(
                f"{name}: the result has shape {result.shape}, and cannot be written into "
                f"{self.array.shape} in place"
            )
        if _KIND_RANKS[result.dtype.kind] > _KIND_RANKS[self.array.dtype.kind]:
            raise DTypeError(
                f"{name}: the result is {result.dtype.name}, and cannot be written into "
                f"{self.array.dtype.name} in place"
            )

    def add_(self, other: Number, *, alpha: float = 1) -> Self:
        """self += alpha * other.

        >>> import tiny_autograd as ta
        >>> ta.ones(2).add_(ta.ones(2), alpha=-0.5)
        tensor([0.5000, 0.5000])
        """
        if self._is_recorded(other):
            return self._become("add_", ops.add(self, other, alpha=alpha))
        array = self.array
        value = value_of(other)
        array += value if alpha == 1 else value * alpha
        return self

    def sub_(self, other: Number, *, alpha: float = 1) -> Self:
        """self -= alpha * other."""
        if self._is_recorded(other):
            return self._become("sub_", ops.sub(self, other, alpha=alpha))
        array = self.array
        value = value_of(other)
        array -= value if alpha == 1 else value * alpha
        return self

    def mul_(self, other: Number) -> Self:
        """self *= other."""
        if self._is_recorded(other):
            return self._become("mul_", ops.mul(self, other))
        array = self.array
        array *= value_of(other)
        return self

    def div_(self, other: Number) -> Self:
        """self /= other."""
        if self._is_recorded(other):
            return self._become("div_", ops.div(self, other))
        array = self.array
        array /= value_of(other)
        return self

    def pow_(self, exponent: Number) -> Self:
        """self **= exponent."""
        if self._is_recorded(exponent):
            return self._become("pow_", ops.pow(self, exponent))
        array = self.array
        array **= value_of(exponent)
        return self

    def remainder_(self, other: Number) -> Self:
        """self %= other.

        >>> import tiny_autograd as ta
        >>> ta.tensor([5, -5]).remainder_(3)
        tensor([2, 1])
        """
        if self._is_recorded(other):
            return self._become("remainder_", ops.remainder(self, other))
        array = self.array
        array %= value_of(other)
        return self

    def floor_divide_(self, other: Number) -> Self:
        """self //= other."""
        if self._is_recorded(other):
            return self._become("floor_divide_", ops.floor_divide(self, other))
        array = self.array
        array //= value_of(other)
        return self

    def bitwise_and_(self, other: Number) -> Self:
        """self &= other, of integers or bools."""
        array = self.array
        array &= value_of(other)
        return self

    def bitwise_or_(self, other: Number) -> Self:
        """self |= other, of integers or bools."""
        array = self.array
        array |= value_of(other)
        return self

    def bitwise_xor_(self, other: Number) -> Self:
        """self ^= other, of integers or bools."""
        array = self.array
        array ^= value_of(other)
        return self

    def addcmul_(self, tensor1: Number, tensor2: Number, *, value: float = 1) -> Self:
        """self += value * tensor1 * tensor2."""
        if self._is_recorded(tensor1, tensor2):
            result = ops.addcmul(self, tensor1, tensor2, value=value)
            return self._become("addcmul_", result)
        array = self.array
        product: Any = value_of(tensor1) * value_of(tensor2)
        array += product if value == 1 else product * value
        return self

    def addcdiv_(self, tensor1: Number, tensor2: Number, *, value: float = 1) -> Self:
        """self += value * tensor1 / tensor2."""
        if self._is_recorded(tensor1, tensor2):
            result = ops.addcdiv(self, tensor1, tensor2, value=value)
            return self._become("addcdiv_", result)
        array = self.array
        quotient: Any = value_of(tensor1) / value_of(tensor2)
        array += quotient if value == 1 else quotient * value
        return self

    def lerp_(self, end: Tensor, weight: float) -> Self:
        """self += weight * (end - self)."""
        if self._is_recorded(end):
            return self._become("lerp_", ops.lerp(self, end, weight))
        array = self.array
        array += (end.array - array) * weight
        return self

    clamp_ = in_place(ops.clamp)
    masked_fill_ = in_place(ops.masked_fill)
    abs_ = in_place(ops.abs)
    neg_ = in_place(ops.neg)
    reciprocal_ = in_place(ops.reciprocal)
    sqrt_ = in_place(ops.sqrt)
    rsqrt_ = in_place(ops.rsqrt)
    square_ = in_place(ops.square)
    exp_ = in_place(ops.exp)
    log_ = in_place(ops.log)
    sin_ = in_place(ops.sin)
    cos_ = in_place(ops.cos)
    tanh_ = in_place(ops.tanh)
    sigmoid_ = in_place(ops.sigmoid)
    relu_ = in_place(ops.relu)
    floor_ = in_place(ops.floor)
    ceil_ = in_place(ops.ceil)
    round_ = in_place(ops.round)
    trunc_ = in_place(ops.trunc)
    expm1_ = in_place(ops.expm1)
    exp2_ = in_place(ops.exp2)
    log1p_ = in_place(ops.log1p)
    log2_ = in_place(ops.log2)
    log10_ = in_place(ops.log10)
    tan_ = in_place(ops.tan)
    asin_ = in_place(ops.asin)
    acos_ = in_place(ops.acos)
    atan_ = in_place(ops.atan)
    sinh_ = in_place(ops.sinh)
    cosh_ = in_place(ops.cosh)
    asinh_ = in_place(ops.asinh)
    acosh_ = in_place(ops.acosh)
    atanh_ = in_place(ops.atanh)
    erf_ = in_place(ops.erf)
    erfc_ = in_place(ops.erfc)
    erfinv_ = in_place(ops.erfinv)
    lgamma_ = in_place(ops.lgamma)
    digamma_ = in_place(ops.digamma)
    logit_ = in_place(ops.logit)
    sign_ = in_place(ops.sign)
    frac_ = in_place(ops.frac)
    fmod_ = in_place(ops.fmod)
    float_power_ = in_place(ops.float_power)
    atan2_ = in_place(ops.atan2)
    hypot_ = in_place(ops.hypot)
    nan_to_num_ = in_place(ops.nan_to_num)
    clip_ = in_place(ops.clip)
    cumsum_ = in_place(ops.cumsum)
    cumprod_ = in_place(ops.cumprod)
    logical_and_ = in_place(ops.logical_and)
    logical_or_ = in_place(ops.logical_or)
    logical_xor_ = in_place(ops.logical_xor)
    logical_not_ = in_place(ops.logical_not)
    bitwise_not_ = in_place(ops.bitwise_not)
    bitwise_left_shift_ = in_place(ops.bitwise_left_shift)
    bitwise_right_shift_ = in_place(ops.bitwise_right_shift)
    tril_ = in_place(ops.tril)
    triu_ = in_place(ops.triu)
    fill_diagonal_ = in_place(ops.fill_diagonal)
    scatter_ = in_place(ops.scatter)
    scatter_add_ = in_place(ops.scatter_add)
    scatter_reduce_ = in_place(ops.scatter_reduce)
    index_add_ = in_place(ops.index_add)
    index_copy_ = in_place(ops.index_copy)
    index_fill_ = in_place(ops.index_fill)
    index_put_ = in_place(ops.index_put)
    masked_scatter_ = in_place(ops.masked_scatter)
    put_ = in_place(ops.put)

    def _set(self, name: str, value: Any) -> Self:
        """Write numbers without a history, whatever their own is."""
        if self._is_recorded():
            return self._become(name, ops.setitem(self, value, ...))
        self.array[...] = value
        return self

    def fill_(self, value: float) -> Self:
        """Set all elements to `value`."""
        return self._set("fill_", value)

    def zero_(self) -> Self:
        """Set all elements to 0."""
        return self._set("zero_", 0)

    def copy_(self, src: Tensor) -> Self:
        """Take over the numbers of `src`, which is broadcast, converted and moved as needed.

        >>> import tiny_autograd as ta
        >>> ta.zeros(2, 2).copy_(ta.tensor([1, 2]))
        tensor([[1., 2.],
                [1., 2.]])
        """
        if self._is_recorded(src):
            return self._become("copy_", ops.setitem(self, src.to(self.array.device), ...))
        self.array[...] = src.array.to_device(self.array.device)
        return self

    def uniform_(
        self, low: float = 0.0, high: float = 1.0, *, generator: random.Generator | None = None
    ) -> Self:
        """Fill with random numbers, uniform in [low, high)."""
        array = self.array
        source = generator or random.default_generator()
        numbers = source.uniform(low, high, array.shape, dtype=array.dtype, device=array.device)
        return self._set("uniform_", numbers)

    def normal_(
        self, mean: float = 0.0, std: float = 1.0, *, generator: random.Generator | None = None
    ) -> Self:
        """Fill with random numbers of a normal distribution."""
        array = self.array
        source = generator or random.default_generator()
        numbers = source.normal(mean, std, array.shape, dtype=array.dtype, device=array.device)
        return self._set("normal_", numbers)

    def __setitem__(self, key: Any, value: Number) -> None:
        if self._is_recorded(value):
            self._become("assignment to elements", ops.setitem(self, value, key))
        else:
            ops.assign(self.array, key, value_of(value))

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

    def __ilshift__(self, other: Number) -> Self:
        shifted: Self = self.bitwise_left_shift_(other)
        return shifted

    def __irshift__(self, other: Number) -> Self:
        shifted: Self = self.bitwise_right_shift_(other)
        return shifted
