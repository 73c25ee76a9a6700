"""What the functions check of their arguments before they compute."""

from __future__ import annotations

from ..variable import Variable


def require_tensors(function: str, /, **arguments: object) -> None:
    """TypeError, which names the function and the argument, unless all are tensors."""
    for name, value in arguments.items():
        if not isinstance(value, Variable):
            raise TypeError(
                f"{function}: {name} is a Tensor, not {type(value).__name__}; "
                "tiny_autograd.tensor(...) makes one of numbers, lists and NumPy arrays"
            )


def require_tensors_or_none(function: str, /, **arguments: object) -> None:
    """As `require_tensors`, for arguments that may be left out."""
    require_tensors(function, **{k: v for k, v in arguments.items() if v is not None})
