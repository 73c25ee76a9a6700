"""A fused operation: array code that defines it, and kernels that compute the same in one pass.

    @fused
    def softmax(x, /, *, axis=-1):
        e = nd.exp(x - nd.max(x, axis=axis, keepdims=True))
        return e / nd.sum(e, axis=axis, keepdims=True)

A call goes to the compiled function of that name, which checks the arguments and runs the kernel of
the arrays' device. Where there is none for this call, that function returns None, and the
definition runs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, cast

from .. import _core
from .._core import NDArray
from .._typing import DeviceLike
from ..dtypes import bfloat16, float16, float32
from ..interchange import astype

__all__ = ["Fused", "fused"]

P = ParamSpec("P")
R = TypeVar("R")


class Fused(Generic[P, R]):
    """A function with a definition in array code, and perhaps a kernel for it.

    Operands of float16 and bfloat16 are widened to float32, and the result is rounded once, to the
    type of the first operand. What a function returns besides its result for use in the gradient
    stays float32. Functions whose names end in `_gradient` return results only.
    """

    __name__: str

    def __init__(self, definition: Callable[P, R]) -> None:
        self.definition = definition
        # The compiled function has no defaults of its own.
        defaults = getattr(definition, "__kwdefaults__", None) or {}
        kernel: Callable[..., Any] = getattr(_core, definition.__name__)
        self._kernel = functools.partial(kernel, **defaults) if defaults else kernel
        functools.update_wrapper(self, definition)

    def has_kernel(self, device: DeviceLike) -> bool:
        """Whether the device has a kernel for this operation.

        >>> nd.fused.softmax.has_kernel("cpu"), nd.fused.softmax.has_kernel("numpy")
        (True, False)
        """
        return _core.has_kernel(self.__name__, device)

    def __call__(self, *operands: P.args, **parameters: P.kwargs) -> R:
        result: R | None = self._kernel(*operands, **parameters)
        if result is not None:
            return result
        if any(map(_is_half, operands)):
            return cast(R, self._widened(operands, parameters))
        return self.definition(*operands, **parameters)

    def __repr__(self) -> str:
        return f"<fused operation {self.__name__}>"

    def _widened(self, operands: tuple[Any, ...], parameters: dict[str, Any]) -> Any:
        """Of operands in float32, for which there may be a kernel; rounded."""
        dtype = operands[0].dtype
        call = cast(Callable[..., Any], self)
        result = call(*(astype(x, float32) if _is_half(x) else x for x in operands), **parameters)
        if not _is_half(operands[0]):
            return result
        if not isinstance(result, tuple):
            return astype(result, dtype)
        rounded = len(result) if self.__name__.endswith("_gradient") else 1
        return tuple(
            astype(x, dtype) if i < rounded and x is not None else x for i, x in enumerate(result)
        )


def _is_half(x: object) -> bool:
    return isinstance(x, NDArray) and x.dtype in (float16, bfloat16)


def fused(definition: Callable[P, R]) -> Fused[P, R]:
    """Decorates the definition of a fused operation; the module says how it works."""
    return Fused(definition)
