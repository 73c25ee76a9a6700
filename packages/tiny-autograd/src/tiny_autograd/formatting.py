"""How a tensor prints itself: as PyTorch does, numbers with four digits behind the point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import ndarray_core as nd

if TYPE_CHECKING:
    from .tensor import Tensor

_DIGITS = 4
_SHOWN_WITHOUT = ("float32", "int64", "bool")  # the types that numbers, ints and bools give


def tensor_repr(x: Tensor) -> str:
    """The text of `repr(x)`."""
    array = x.array
    dtype = array.dtype.name
    suffixes = []
    if array.size == 0 and array.ndim != 1:
        suffixes.append(f"size={tuple(array.shape)}")
    if dtype not in _SHOWN_WITHOUT or (array.size == 0 and dtype != "float32"):
        suffixes.append(f"dtype={dtype}")
    if array.device != nd.default_device():
        suffixes.append(f"device='{array.device}'")
    if x.grad_fn is not None:
        suffixes.append(f"grad_fn={x.grad_fn!r}")
    elif x.requires_grad:
        suffixes.append("requires_grad=True")
    name = "tensor" if type(x).__name__ == "Tensor" else type(x).__name__
    prefix = f"{name}("
    return prefix + ", ".join([_numbers(array.numpy(), prefix), *suffixes]) + ")"


def _numbers(values: np.ndarray[Any, Any], prefix: str) -> str:
    if values.size == 0:
        return "[]"
    to_text = _float_format(values) if values.dtype.kind == "f" else str
    width = 0
    if values.ndim:
        shown = values if values.size <= 1000 else _corners(values)
        width = max(len(to_text(v)) for v in shown.flat)
    return np.array2string(
        values,
        separator=", ",
        threshold=1000,
        prefix=prefix,
        formatter={"all": lambda v: to_text(v).rjust(width)},
    )


def _corners(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The first and last three along each dimension: what is shown of a large tensor."""
    for axis, size in enumerate(values.shape):
        if size > 6:
            values = np.take(values, [0, 1, 2, -3, -2, -1], axis)
    return values


def _float_format(values: np.ndarray[Any, Any]) -> Any:
    finite = np.abs(values[np.isfinite(values)]).astype(np.float64)
    nonzero = finite[finite > 0]
    if nonzero.size == 0:
        return lambda v: f"{v:.0f}." if np.isfinite(v) else str(v)
    largest, smallest = nonzero.max(), nonzero.min()
    if np.all(finite == np.floor(finite)) and largest < 1e8:
        return lambda v: f"{v:.0f}." if np.isfinite(v) else str(v)
    scientific = largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4
    kind = "e" if scientific else "f"
    return lambda v: f"{v:.{_DIGITS}{kind}}"
