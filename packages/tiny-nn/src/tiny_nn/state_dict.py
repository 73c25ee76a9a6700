"""Collecting and loading a Module's state (the contract of torch's state_dict)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tiny_autograd import Tensor, no_grad

if TYPE_CHECKING:
    from tiny_nn.module import Module


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict`` found missing in, and unexpected in, the given state."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def _entries(module: Module, prefix: str) -> Iterator[tuple[str, Tensor]]:
    """Parameters, then persistent buffers, then the children's; a shared one under each name."""
    for name, parameter in module._parameters.items():
        if parameter is not None:
            yield prefix + name, parameter
    for name, buffer in module._buffers.items():
        if buffer is not None and name not in module._non_persistent_buffers:
            yield prefix + name, buffer
    for name, child in module._modules.items():
        if child is not None:
            yield from _entries(child, f"{prefix}{name}.")


def collect(
    module: Module, destination: dict[str, Tensor], prefix: str, keep_vars: bool
) -> dict[str, Tensor]:
    """Write ``module``'s entries into ``destination`` and return it."""
    for name, tensor in _entries(module, prefix):
        destination[name] = tensor if keep_vars else tensor.detach()
    return destination


def load(module: Module, state: Mapping[str, Tensor], strict: bool) -> IncompatibleKeys:
    """Check all of ``state`` against the module, then copy it in."""
    if not isinstance(state, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state)}.")
    own = dict(_entries(module, ""))
    optional = {
        f"{prefix}.{name}" if prefix else name
        for prefix, owner in module.named_modules(remove_duplicate=False)
        for name in owner._optional_state
    }
    missing = [name for name in own if name not in state and name not in optional]
    unexpected = [name for name in state if name not in own]
    errors: list[str] = []
    if strict and missing:
        errors.append(f"Missing key(s) in state_dict: {_quoted(missing)}.")
    if strict and unexpected:
        errors.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}.")
    for name, tensor in own.items():
        if name not in state:
            continue
        value = state[name]
        if not isinstance(value, Tensor):
            errors.append(
                f'While copying the parameter named "{name}", expected a Tensor from checkpoint '
                f"but received {type(value)}"
            )
        elif value.shape != tensor.shape:
            errors.append(
                f"size mismatch for {name}: copying a param with shape {list(value.shape)} from "
                f"checkpoint, the shape in current model is {list(tensor.shape)}."
            )
    if errors:
        details = "".join(f"\n\t{error}" for error in errors)
        raise RuntimeError(f"Error(s) in loading state_dict for {type(module).__name__}:{details}")
    with no_grad():
        for name, tensor in own.items():
            if name in state:
                tensor.copy_(state[name])
    return IncompatibleKeys(missing, unexpected)


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
