"""What the residual networks can be trained for: data, the network for it, and how both meet."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tiny_nn as nn
from tiny_models.data import digits, fashion_mnist
from tiny_models.data.images import Images
from tiny_models.resnet import resnet_digits
from tiny_models.resnet9 import ResNet9
from tiny_nn.data import transforms

Folder = str | os.PathLike[str]
Transform = Callable[[nn.Tensor], nn.Tensor]


@dataclass(frozen=True)
class ImageTask:
    """Images (N, 1, size, size) with a class each, and a network that tells the classes."""

    data: str  # what the command calls the data
    network: str  # and the network, in ``model_file``
    classes: tuple[str, ...]
    size: int  # height and width
    full_ink: int  # the value of a stored pixel of ink; paper is 0
    load: Callable[[Folder, Any], tuple[Images, Images]]  # folder, device -> training, test
    build: Callable[[], nn.Module]
    prepare: Transform  # stored images -> what the network takes
    augment: Callable[[nn.Generator], Transform]  # changes prepared images at random
    label_smoothing: float = 0.0


DIGITS = ImageTask(
    data="digits",
    network="resnet_digits",
    classes=tuple("0123456789"),
    size=digits.SIZE,
    full_ink=1,
    load=lambda folder, device: digits.load(device),
    build=resnet_digits,
    prepare=lambda images: images,
    augment=lambda generator: transforms.RandomCrop(digits.SIZE, padding=1, generator=generator),
)


def fashion_mnist_task(width: int = 16) -> ImageTask:
    """Clothes by a ResNet-9 of so many channels at the start."""
    return ImageTask(
        data="fashion-mnist",
        network="resnet9",
        classes=fashion_mnist.CLASSES,
        size=fashion_mnist.SIZE,
        full_ink=255,
        load=fashion_mnist.load,
        build=lambda: ResNet9(len(fashion_mnist.CLASSES), in_channels=1, width=width),
        prepare=transforms.Compose(
            [
                transforms.ConvertImageDtype(),
                transforms.Normalize([fashion_mnist.MEAN], [fashion_mnist.STD]),
            ]
        ),
        augment=lambda generator: transforms.Compose(
            [
                transforms.RandomCrop(fashion_mnist.SIZE, padding=2, generator=generator),
                transforms.RandomHorizontalFlip(generator=generator),
            ]
        ),
        label_smoothing=0.1,
    )


FASHION_MNIST = fashion_mnist_task()
TASKS = {task.data: task for task in (DIGITS, FASHION_MNIST)}
