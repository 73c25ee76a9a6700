"""The state of a whole training in one file, from which it goes on as if it had never stopped.

Tensors are stored as tensors, under the name of their part and their place in it; all else is JSON
in the file's metadata. Nothing in the file runs on loading.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from tiny_autograd import Generator, Tensor, default_generator
from tiny_nn.checkpoint.tensor_file import CheckpointError, load_file, load_metadata, save_file

_KEY = "training_state"  # of the file's metadata
_DEFAULT_GENERATOR = "default_generator"
# How the JSON says what JSON does not know.
_TENSOR, _TUPLE, _ITEMS = "$tensor", "$tuple", "$items"


@runtime_checkable
class Stateful(Protocol):
    """Modules, optimizers, schedules, data loaders, and what else has these two methods."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any: ...


Parts = Mapping[str, Stateful | Generator]


def save_training_state(
    filename: str | os.PathLike[str],
    parts: Parts,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write the states of all ``parts``, that of the default generator, and the metadata (what
    JSON holds: numbers, strings, lists, dictionaries).

    A part has ``state_dict`` and ``load_state_dict``, or is a ``Generator``. Whatever happens
    meanwhile, the file is the old or the whole new one. Raises TypeError that names the place of a
    value that is neither a tensor nor JSON's.

    >>> import tempfile, tiny_nn as nn
    >>> model = nn.Linear(2, 1)
    >>> optimizer = nn.optim.SGD(model.parameters(), momentum=0.9)
    >>> parts = {"model": model, "optimizer": optimizer}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/training.safetensors"
    ...     nn.checkpoint.save_training_state(path, parts, {"epoch": 3})
    ...     metadata = nn.checkpoint.load_training_state(path, parts)
    ...     metadata, sorted(nn.checkpoint.load_file(path))
    ({'epoch': 3}, ['model.bias', 'model.weight'])
    """
    tensors: dict[str, Tensor] = {}
    tree = {name: _encoded(_state(name, part), name, tensors) for name, part in parts.items()}
    tree[_DEFAULT_GENERATOR] = default_generator().state
    try:
        text = json.dumps({"parts": tree, "metadata": dict(metadata or {})})
    except TypeError as error:
        raise TypeError(f"save_training_state: metadata that JSON does not hold: {error}") from None
    save_file(tensors, filename, {_KEY: text})


def load_training_state(filename: str | os.PathLike[str], parts: Parts) -> dict[str, Any]:
    """Give each of ``parts``, and the default generator, the state that was saved under its name;
    returns the metadata.

    Raises CheckpointError for a file that holds no training state, ValueError if the names of the
    parts differ, and what a part's ``load_state_dict`` raises.
    """
    text = load_metadata(filename).get(_KEY)
    if text is None:
        raise CheckpointError(f"{os.fspath(filename)} holds no training state")
    try:
        saved = json.loads(text)
        tree, metadata = dict(saved["parts"]), dict(saved["metadata"])
        generator_state = tree.pop(_DEFAULT_GENERATOR)
        tensors = load_file(filename)
        states = {name: _decoded(state, tensors) for name, state in tree.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{os.fspath(filename)}: the training state can't be read: {error!r}"
        ) from error
    if set(states) != set(parts):
        raise ValueError(
            f"load_training_state: {os.fspath(filename)} holds {', '.join(sorted(states))}, but "
            f"{', '.join(sorted(parts))} were given"
        )
    for name, part in parts.items():
        if isinstance(part, Generator):
            part.state = states[name]
        else:
            part.load_state_dict(states[name])
    default_generator().state = generator_state
    return metadata


def _state(name: str, part: object) -> Any:
    if name == _DEFAULT_GENERATOR:
        raise ValueError(f"save_training_state: a part can't be called {name!r}: it is in any file")
    if isinstance(part, Generator):
        return dict(part.state)
    if isinstance(part, Stateful):
        return part.state_dict()
    raise TypeError(
        f"save_training_state: {name!r} is {type(part).__name__}, which has no state_dict and "
        "load_state_dict and is no Generator"
    )


def _encoded(value: Any, place: str, tensors: dict[str, Tensor]) -> Any:
    """``value`` as JSON; its tensors go to ``tensors``, named by their places."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Tensor):
        if place in tensors:
            raise ValueError(f"save_training_state: two tensors are called {place!r}")
        tensors[place] = value
        return {_TENSOR: place}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _encoded(one, f"{place}.{key}", tensors) for key, one in value.items()}
        pairs = [
            [_encoded(key, place, tensors), _encoded(one, f"{place}.{key}", tensors)]
            for key, one in value.items()
        ]
        return {_ITEMS: pairs}
    if isinstance(value, list | tuple):
        entries = [_encoded(one, f"{place}.{index}", tensors) for index, one in enumerate(value)]
        return {_TUPLE: entries} if isinstance(value, tuple) else entries
    raise TypeError(
        f"save_training_state: {place} is {type(value).__name__}, which is neither a tensor nor a "
        "number, string, list, tuple or dictionary"
    )


def _decoded(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_decoded(one, tensors) for one in value]
    if not isinstance(value, dict):
        return value
    if _TENSOR in value:
        return tensors[value[_TENSOR]]
    if _TUPLE in value:
        return tuple(_decoded(one, tensors) for one in value[_TUPLE])
    if _ITEMS in value:
        return {_decoded(key, tensors): _decoded(one, tensors) for key, one in value[_ITEMS]}
    return {key: _decoded(one, tensors) for key, one in value.items()}
