"""Readable models on tiny_nn, and the ``tiny-models`` command that trains and uses them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiny_models.resnet import BasicBlock, ResNet, resnet18, resnet34, resnet_digits

__version__ = "0.1.0"

__all__ = ["BasicBlock", "ResNet", "resnet18", "resnet34", "resnet_digits"]


def __getattr__(name: str) -> Any:
    """Import the models when they are first asked for, so that the command can start before."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tiny_models import resnet

    return getattr(resnet, name)
