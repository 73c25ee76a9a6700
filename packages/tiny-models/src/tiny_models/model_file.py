"""Model files: a checkpoint that also says which model it belongs to, so that it can be rebuilt."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tiny_nn as nn
from tiny_models.resnet import ResNet, resnet_digits
from tiny_nn.checkpoint import CheckpointError

# What a file may ask for. It comes from anywhere, and must not make us fill the memory.
MODEL_NAME = "resnet_digits"
LARGEST_SIZES = {"layers": 64, "widths": 2048}
MOST_STAGES = 8


class LoadedModel(NamedTuple):
    """A model in evaluation mode, and what its file says about its training."""

    model: ResNet
    training: dict[str, Any]


def save_digits_model(
    model: ResNet, path: str | os.PathLike[str], training: Mapping[str, Any]
) -> None:
    """Write the model, how to build it, and ``training`` (anything JSON can hold)."""
    metadata = {
        "model": MODEL_NAME,
        "sizes": json.dumps({"layers": model.layers, "widths": model.widths}),
        "training": json.dumps(dict(training), sort_keys=True),
    }
    nn.checkpoint.save_file(model.state_dict(), path, metadata)


def load_digits_model(path: str | os.PathLike[str], device: Any = None) -> LoadedModel:
    """Rebuild a model from its file.

    Raises FileNotFoundError, or CheckpointError naming the file if it is no model file of ours.
    """
    name = os.fspath(path)
    metadata = nn.checkpoint.load_metadata(path)
    if metadata.get("model") != MODEL_NAME:
        raise CheckpointError(
            f"{name} is not a digits model: its metadata says model = {metadata.get('model')!r}, "
            f"not {MODEL_NAME!r}"
        )
    try:
        sizes = _checked_sizes(json.loads(metadata.get("sizes", "null")))
        training = json.loads(metadata.get("training", "{}"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{name} has damaged metadata: {error}") from error
    state = nn.checkpoint.load_file(path, device)
    # Before the model is made: a small file must not ask for a large one.
    needed, found = convolution_weights(**sizes), sum(x.numel() for x in state.values())
    if needed > found:
        raise CheckpointError(
            f"{name} does not fit the model it names: a model of sizes {sizes} has at least "
            f"{needed:,} weights, and the file holds {found:,} numbers"
        )
    with nn.use_device(nn.default_device() if device is None else device):
        model = resnet_digits(**sizes)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip()
        raise CheckpointError(f"{name} does not fit the model it names: {first}") from error
    return LoadedModel(model.eval(), training if isinstance(training, dict) else {})


def convolution_weights(layers: Sequence[int], widths: Sequence[int]) -> int:
    """How many weights the 3 x 3 convolutions of ``resnet_digits(layers, widths)`` have: nearly all
    that it has.

    >>> convolution_weights((1, 1), (16, 32))  # 9 (1*16 + 2 * 16*16 + 16*32 + 32*32)
    18576
    """
    products, planes = widths[0], widths[0]  # the stem has one input channel
    for depth, width in zip(layers, widths, strict=True):
        products += planes * width + (2 * depth - 1) * width * width
        planes = width
    return 9 * products


def _checked_sizes(sizes: Any) -> dict[str, Any]:
    if not isinstance(sizes, dict) or set(sizes) != set(LARGEST_SIZES):
        raise ValueError(f"sizes should have {', '.join(LARGEST_SIZES)}")
    for key, largest in LARGEST_SIZES.items():
        values = sizes[key]
        if not isinstance(values, list) or not 1 <= len(values) <= MOST_STAGES:
            raise ValueError(f"{key} should be a list of 1 to {MOST_STAGES} numbers")
        if not all(type(value) is int and 1 <= value <= largest for value in values):
            raise ValueError(f"{key} should be whole numbers from 1 to {largest}")
    if len(sizes["layers"]) != len(sizes["widths"]):
        raise ValueError("layers and widths differ in length")
    return sizes
