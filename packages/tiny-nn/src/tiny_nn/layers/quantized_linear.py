"""Linear layers of few bits, for inference."""

from __future__ import annotations

from typing import TypeVar

from tiny_autograd import Tensor, errors, no_grad
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.layers.linear import Linear
from tiny_nn.module import Module

__all__ = ["QuantizedLinear", "quantize_"]

M = TypeVar("M", bound=Module)


class QuantizedLinear(Module):
    """What a ``Linear`` does, with its weight rounded to numbers of 8 or 4 bits and scales.

    A product with a few rows of input reads the weight once, and a quarter or a seventh of its
    bytes. The buffers are weight, int8 (out_features, in_features) or, two numbers in a byte, uint8
    (out_features, in_features / 2); scales, (out_features, in_features / group_size); and bias. A
    group is a row with 8 bits, and 64 numbers with 4, unless ``group_size`` says otherwise.

    It can't be trained, and in training mode its call raises RuntimeError. Raises ValueError for
    other bits, ShapeError where groups do not fit.

    >>> import tiny_nn as nn
    >>> linear = nn.Linear(128, 2)
    >>> quantized = nn.QuantizedLinear(linear, bits=4)
    >>> quantized
    QuantizedLinear(in_features=128, out_features=2, bias=True, bits=4, group_size=64)
    >>> x = nn.ones(3, 128)
    >>> (quantized(x) - linear(x)).abs().max().item() < 0.1
    True
    """

    weight: Tensor
    scales: Tensor
    bias: Tensor | None

    def __init__(self, linear: Linear, bits: int = 8, group_size: int | None = None) -> None:
        super().__init__()
        self.in_features = linear.in_features
        self.out_features = linear.out_features
        self.bits = bits
        with no_grad():
            weight, scales = F.quantize(linear.weight, bits, group_size)
            bias = None if linear.bias is None else linear.bias.detach().clone()
        self.group_size = self.in_features // scales.shape[1]
        self.register_buffer("weight", weight)
        self.register_buffer("scales", scales)
        self.register_buffer("bias", bias)
        self.eval()

    def forward(self, input: Tensor) -> Tensor:
        check_tensor(input, self)
        if self.training:
            raise RuntimeError(
                "QuantizedLinear: rounded weights can't be trained; call eval() for inference, or "
                "train the model before quantize_"
            )
        return F.quantized_linear(input, self.weight, self.scales, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}, bits={self.bits}, group_size={self.group_size}"
        )


def quantize_(model: M, bits: int = 8, group_size: int | None = None) -> M:
    """Replace each ``Linear`` in the model by a ``QuantizedLinear``, in place; returns the model.

    The other parameters stay as they are: embeddings, and a weight that a layer shares with them. A
    state dict of the result loads into a model that was quantised in the same way. Raises
    ValueError for a model without linear layers, or that is one itself; ShapeError, which names the
    layer, where groups do not fit. Then nothing has changed.

    >>> import tiny_nn as nn
    >>> nn.quantize_(nn.Sequential(nn.Linear(3, 2), nn.ReLU()))
    Sequential(
      (0): QuantizedLinear(in_features=3, out_features=2, bias=True, bits=8, group_size=3)
      (1): ReLU()
    )
    """
    quantized: dict[Module, QuantizedLinear] = {}
    for name, module in model.named_modules():
        # A subclass may do something else with its weight.
        if type(module) is not Linear:
            continue
        if module is model:
            raise ValueError(
                "quantize_: the model is itself a Linear, which can't be replaced in place; use "
                "QuantizedLinear(model)"
            )
        try:
            quantized[module] = QuantizedLinear(module, bits, group_size)
        except errors.ShapeError as error:
            raise errors.ShapeError(f"quantize_: layer {name}: {error}") from error
    if not quantized:
        raise ValueError(f"quantize_: {type(model).__name__} has no Linear to replace")
    for path, module in list(model.named_modules(remove_duplicate=False)):
        if module in quantized:
            parent, _, name = path.rpartition(".")
            model.get_submodule(parent).add_module(name, quantized[module])
    return model
