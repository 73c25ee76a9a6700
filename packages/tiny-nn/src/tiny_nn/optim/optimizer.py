"""Optimizer: parameter groups, state and their dictionary (torch.optim.Optimizer's contract)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tiny_autograd import Tensor, enable_grad, no_grad
from tiny_nn.conversion import is_floating
from tiny_nn.module import Module, clear_grad

# Numbers in a parameter's state that torch keeps in tensors.
_NUMBERS: dict[str, type[int] | type[float]] = {"step": int, "mu_product": float}

ParamGroup = dict[str, Any]
Params = Iterable[Tensor] | Iterable[Mapping[str, Any]]
Closure = Callable[[], Any]


class Optimizer:
    """Holds the parameters in groups, each with its own options, and what is remembered per
    parameter (``state``).

    A subclass defines ``_update(parameter, gradient, state, group)``, which runs without recording
    and writes the new value into the parameter.
    """

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        _check_iterable(params)
        self.defaults = defaults
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.param_groups: list[ParamGroup] = []
        given = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        if isinstance(given[0], Mapping):
            for group in given:
                self.add_param_group(group)  # type: ignore[arg-type]
        else:
            self.add_param_group({"params": given})

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add ``{"params": tensors, **options}``; options left out take the defaults.

        Raises TypeError or ValueError for what is not a leaf tensor, is in a group already, or
        for an unknown option.
        """
        if not isinstance(param_group, Mapping):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        if "params" not in param_group:
            raise ValueError("param_group has no 'params'")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        if not isinstance(params, Tensor):
            _check_iterable(params)
        tensors = [params] if isinstance(params, Tensor) else list(params)
        unknown = sorted(set(param_group) - set(self.defaults) - {"params", "initial_lr"})
        if unknown:
            raise ValueError(
                f"{type(self).__name__}: unknown option(s) {', '.join(unknown)} in a parameter "
                f"group; it has {', '.join(self.defaults)}"
            )
        seen = {id(tensor) for group in self.param_groups for tensor in group["params"]}
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is "
                    f"{type(tensor)}; pass module.parameters()"
                )
            if not tensor.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
            if id(tensor) in seen:
                raise ValueError("some parameters appear in more than one parameter group")
            seen.add(id(tensor))
        group = {**self.defaults, **param_group, "params": tensors}
        self._check_group(group)
        self.param_groups.append(group)

    def _check_group(self, group: ParamGroup) -> None:
        """Raise ValueError for options out of range; for subclasses."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or zero them in place with ``set_to_none=False``."""
        for group in self.param_groups:
            for parameter in group["params"]:
                clear_grad(parameter, set_to_none)

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient; ``closure`` recomputes the loss first.

        State follows a parameter that has moved to another device. Returns what the closure
        returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        gradient = parameter.grad.detach()
                        if group.get("maximize", False):
                            gradient = -gradient
                        state = self.state.get(parameter, {})
                        _move(state, parameter)
                        self._update(parameter, gradient, state, group)
                        if state:
                            self.state[parameter] = state
        return loss

    def _update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: ParamGroup
    ) -> None:
        raise NotImplementedError(f"{type(self).__name__} has no _update")

    def state_dict(self) -> dict[str, Any]:
        """``{"state": {index: ...}, "param_groups": [{"params": [index, ...], ...}]}``.

        Parameters are numbered through all groups in order. Tensors are shared, not copied.
        """
        indices: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for parameter in group["params"]:
                indices[id(parameter)] = len(indices)
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [indices[id(parameter)] for parameter in group["params"]]
            groups.append(packed)
        state = {indices[id(parameter)]: entry for parameter, entry in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over options and state from ``state_dict()`` of an optimizer with as many
        parameters in as many groups; state moves to each parameter's device and dtype.

        Raises ValueError if the groups differ in number, size or options.
        """
        if not {"state", "param_groups"} <= set(state_dict):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: expected 'state' and 'param_groups', as "
                f"state_dict() gives them, got {', '.join(map(repr, state_dict)) or 'nothing'}"
            )
        own, saved = self.param_groups, state_dict["param_groups"]
        if len(own) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(a["params"]) != len(b["params"]) for a, b in zip(own, saved, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                "optimizer's group"
            )
        for loaded in saved:
            if missing := set(self.defaults) - set(loaded):
                raise ValueError(
                    f"{type(self).__name__}.load_state_dict: a parameter group has no "
                    f"{', '.join(sorted(missing))}; is the state dict another optimizer's?"
                )
        parameters: dict[int, Tensor] = {}
        groups: list[ParamGroup] = []
        for group, loaded in zip(own, saved, strict=True):
            parameters.update(zip(loaded["params"], group["params"], strict=True))
            groups.append({**copy.deepcopy(dict(loaded)), "params": group["params"]})
        state: dict[Tensor, dict[str, Any]] = {}
        for index, entry in state_dict["state"].items():
            if index not in parameters:
                raise ValueError(f"loaded state dict has state for an unknown parameter {index}")
            parameter = parameters[index]
            state[parameter] = {
                key: _state_for(parameter, key, value) for key, value in entry.items()
            }
        self.param_groups = groups
        self.state = state

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for index, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {index}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _check_iterable(params: object) -> None:
    # Containers are iterable, but over modules.
    if isinstance(params, (Tensor, Mapping, Module)) or not isinstance(params, Iterable):
        raise TypeError(
            "params argument given to the optimizer should be an iterable of Tensors or dicts, "
            f"but got {type(params).__name__}; pass module.parameters(), or a list of tensors"
        )


def check_plain_loop(foreach: bool | None, fused: bool | None) -> None:
    """Raise ValueError for torch's choices among ways to take a step: here is one."""
    for name, chosen in (("foreach", foreach), ("fused", fused)):
        if chosen:
            raise ValueError(
                f"Optimizer: {name}={chosen!r}: there is no choice, parameters are updated one by "
                f"one; pass {name}=None"
            )


def _move(state: dict[str, Any], parameter: Tensor) -> None:
    """Bring a parameter's state to where the parameter is (after ``Module.to``)."""
    for key, value in state.items():
        if isinstance(value, Tensor) and value.device != parameter.device:
            state[key] = value.to(parameter.device)


def _state_for(parameter: Tensor, key: str, value: Any) -> Any:
    """A copy of one entry of a parameter's state, where and as the parameter is."""
    if not isinstance(value, Tensor):
        return copy.deepcopy(value)
    if key in _NUMBERS:
        return _NUMBERS[key](value.item())
    value = value.detach().clone().to(parameter.device)
    return value.to(parameter.dtype) if is_floating(parameter) else value


def check_not_negative(name: str, value: float) -> None:
    """Raise ValueError for a negative (or NaN) option."""
    if not value >= 0:
        raise ValueError(f"Invalid {name}: {value}")
