"""What the arguments of ``Module.to`` ask for."""

from __future__ import annotations

from typing import Any, NamedTuple

from tiny_autograd import DType, Tensor


def is_floating(tensor: Tensor) -> bool:
    """Whether the tensor's dtype is a floating one: only those are trained and cast."""
    return tensor.dtype.kind == "float"


def check_tensor(input: object, layer: object) -> None:
    """Raise TypeError for a layer's input that isn't a Tensor."""
    if not isinstance(input, Tensor):
        raise TypeError(
            f"{type(layer).__name__}: input must be a Tensor, not {type(input).__name__}; "
            "wrap it with tiny_nn.tensor(...)"
        )


class ConversionTarget(NamedTuple):
    """A device and a floating dtype; None leaves that side as it is."""

    device: Any
    dtype: Any

    def converted(self, tensor: Tensor) -> Tensor:
        """``tensor`` on the device and, if it is floating, in the dtype."""
        if self.device is not None:
            tensor = tensor.to(self.device)
        if self.dtype is not None and is_floating(tensor):
            tensor = tensor.to(self.dtype)
        return tensor


def conversion_target(*args: Any, device: Any = None, dtype: Any = None) -> ConversionTarget:
    """Sort the arguments of ``Module.to`` into device and dtype.

    Raises TypeError for more arguments than that, and for a dtype that is not floating.
    """
    for argument in args:
        if isinstance(argument, Tensor):
            device, dtype = argument.device, argument.dtype
        elif isinstance(argument, DType):
            dtype = _once("dtype", dtype, argument)
        else:
            device = _once("device", device, argument)
    if dtype is not None and dtype.kind != "float":
        raise TypeError(f"Module.to only accepts floating point dtypes, but got {dtype}")
    return ConversionTarget(device, dtype)


def _once(name: str, given: Any, argument: Any) -> Any:
    if given is not None:
        raise TypeError(f"Module.to: two values for {name}: {given!r} and {argument!r}")
    return argument
