"""Files of image networks: a checkpoint that also says which network it belongs to, so that it can
be rebuilt, and what it was trained on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import tiny_nn as nn
from tiny_models.image_tasks import TASKS, ImageTask
from tiny_models.resnet import resnet_digits
from tiny_models.resnet9 import ResNet9
from tiny_nn.checkpoint import CheckpointError

# What a file may ask for. It comes from anywhere, and must not make us fill the memory.
LARGEST_SIZES = {"layers": 64, "widths": 2048, "width": 512}
MOST_STAGES = 8
LISTS = ("layers", "widths")


class LoadedModel(NamedTuple):
    """A network in evaluation mode, its task, and what its file says about its training."""

    model: nn.Module
    task: ImageTask
    training: dict[str, Any]


@dataclass(frozen=True)
class _Network:
    """A kind of network: its sizes, which are attributes of it too, and how it's made of them."""

    sizes: tuple[str, ...]
    build: Callable[..., nn.Module]
    least_weights: Callable[..., int]


def save_image_model(
    model: nn.Module, task: ImageTask, path: str | os.PathLike[str], training: Mapping[str, Any]
) -> None:
    """Write the network, how to build it, its task, and ``training`` (anything JSON can hold)."""
    sizes = {name: getattr(model, name) for name in NETWORKS[task.network].sizes}
    metadata = {
        "model": task.network,
        "data": task.data,
        "sizes": json.dumps(sizes),
        "training": json.dumps(dict(training), sort_keys=True),
    }
    nn.checkpoint.save_file(model.state_dict(), path, metadata)


def load_image_model(path: str | os.PathLike[str], device: Any = None) -> LoadedModel:
    """Rebuild a network from its file.

    Raises FileNotFoundError, or CheckpointError naming the file if it is no model file of ours.
    """
    name = os.fspath(path)
    metadata = nn.checkpoint.load_metadata(path)
    task = TASKS.get(metadata.get("data", ""))
    if task is None or metadata.get("model") != task.network:
        raise CheckpointError(
            f"{name} is not an image model: its metadata says model = {metadata.get('model')!r} "
            f"for data = {metadata.get('data')!r}; known are "
            + ", ".join(f"{task.network} for {task.data}" for task in TASKS.values())
        )
    network = NETWORKS[task.network]
    try:
        sizes = _checked_sizes(json.loads(metadata.get("sizes", "null")), network.sizes)
        training = json.loads(metadata.get("training", "{}"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{name} has damaged metadata: {error}") from error
    state = nn.checkpoint.load_file(path, device)
    # Before the model is made: a small file must not ask for a large one.
    needed, found = network.least_weights(**sizes), sum(x.numel() for x in state.values())
    if needed > found:
        raise CheckpointError(
            f"{name} does not fit the model it names: a model of sizes {sizes} has at least "
            f"{needed:,} weights, and the file holds {found:,} numbers"
        )
    with nn.use_device(nn.default_device() if device is None else device):
        model = network.build(**sizes)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip()
        raise CheckpointError(f"{name} does not fit the model it names: {first}") from error
    return LoadedModel(model.eval(), task, training if isinstance(training, dict) else {})


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


NETWORKS = {
    "resnet_digits": _Network(("layers", "widths"), resnet_digits, convolution_weights),
    "resnet9": _Network(
        ("width",),
        lambda width: ResNet9(in_channels=1, width=width),
        # Its 3 x 3 convolutions: W, 2 W^2, two of 4 W^2, 8 W^2, 32 W^2, two of 64 W^2 products.
        lambda width: 9 * (width + 178 * width**2),
    ),
}


def _checked_sizes(sizes: Any, names: Sequence[str]) -> dict[str, Any]:
    if not isinstance(sizes, dict) or set(sizes) != set(names):
        raise ValueError(f"sizes should have {', '.join(names)}")
    for key in names:
        largest, values = LARGEST_SIZES[key], sizes[key]
        if key not in LISTS:
            values = [values]
        if not isinstance(values, list) or not 1 <= len(values) <= MOST_STAGES:
            raise ValueError(f"{key} should be a list of 1 to {MOST_STAGES} numbers")
        if not all(type(value) is int and 1 <= value <= largest for value in values):
            raise ValueError(f"{key} should be whole numbers from 1 to {largest}")
    if len({len(sizes[key]) for key in names if key in LISTS}) > 1:
        raise ValueError("layers and widths differ in length")
    return sizes
