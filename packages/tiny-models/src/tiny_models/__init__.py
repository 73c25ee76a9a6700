"""Readable models on tiny_nn, and the ``tiny-models`` command that trains and uses them."""

from tiny_models.resnet import BasicBlock, ResNet, resnet18, resnet34, resnet_digits

__version__ = "0.1.0"

__all__ = ["BasicBlock", "ResNet", "resnet18", "resnet34", "resnet_digits"]
