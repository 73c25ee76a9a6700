"""Layers, losses, optimizers, data loading and checkpoints under torch.nn's names.

>>> import tiny_nn as nn
>>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
>>> optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
>>> loss = nn.CrossEntropyLoss()(model(nn.zeros((2, 4))), nn.tensor([0, 2]))
>>> loss.backward()
>>> optimizer.step()

What a model needs of the floor below stands here too: ``Tensor``, its creation functions, dtypes,
devices, ``no_grad``, ``manual_seed``, ``Generator`` and ``init``.
"""

from tiny_autograd import (
    Device,
    DType,
    Generator,
    Tensor,
    arange,
    as_tensor,
    bfloat16,
    bool,
    cat,
    default_device,
    default_generator,
    device,
    devices,
    einsum,
    empty,
    enable_grad,
    errors,
    float16,
    float32,
    float64,
    from_numpy,
    full,
    gather,
    inference_mode,
    init,
    int8,
    int16,
    int32,
    int64,
    is_grad_enabled,
    linspace,
    manual_seed,
    matmul,
    multinomial,
    no_grad,
    ones,
    ones_like,
    rand,
    randint,
    randn,
    randperm,
    set_default_device,
    set_grad_enabled,
    set_num_threads,
    stack,
    tensor,
    tril,
    triu,
    uint8,
    uint16,
    uint32,
    uint64,
    use_device,
    where,
    zeros,
    zeros_like,
)
from tiny_nn import checkpoint, data, functional, layers, losses, margin_losses, optim, utils
from tiny_nn.containers import ModuleDict, ModuleList, Sequential
from tiny_nn.hooks import RemovableHandle
from tiny_nn.layers.activation import *
from tiny_nn.layers.attention import *
from tiny_nn.layers.batch_norm import *
from tiny_nn.layers.conv_transpose import *
from tiny_nn.layers.convolution import *
from tiny_nn.layers.distance import *
from tiny_nn.layers.dropout import *
from tiny_nn.layers.embedding import *
from tiny_nn.layers.images import *
from tiny_nn.layers.linear import *
from tiny_nn.layers.normalization import *
from tiny_nn.layers.padding import *
from tiny_nn.layers.piecewise_linear import *
from tiny_nn.layers.pooling import *
from tiny_nn.layers.quantized_linear import *
from tiny_nn.layers.recurrent import *
from tiny_nn.layers.recurrent_cell import *
from tiny_nn.layers.reshaping import *
from tiny_nn.layers.softmax import *
from tiny_nn.layers.transformer import *
from tiny_nn.losses import *
from tiny_nn.margin_losses import *
from tiny_nn.module import Module
from tiny_nn.parameter import Parameter
from tiny_nn.state_dict import IncompatibleKeys

__version__ = "0.1.0"

__all__ = [
    "DType",
    "Device",
    "Generator",
    "IncompatibleKeys",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "RemovableHandle",
    "Sequential",
    "Tensor",
    "arange",
    "as_tensor",
    "bfloat16",
    "bool",
    "cat",
    "checkpoint",
    "data",
    "default_device",
    "default_generator",
    "device",
    "devices",
    "einsum",
    "empty",
    "enable_grad",
    "errors",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "functional",
    "gather",
    "inference_mode",
    "init",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "linspace",
    "manual_seed",
    "matmul",
    "multinomial",
    "no_grad",
    "ones",
    "ones_like",
    "optim",
    "rand",
    "randint",
    "randn",
    "randperm",
    "set_default_device",
    "set_grad_enabled",
    "set_num_threads",
    "stack",
    "tensor",
    "tril",
    "triu",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "use_device",
    "utils",
    "where",
    "zeros",
    "zeros_like",
]
__all__ += layers.activation.__all__
__all__ += layers.attention.__all__
__all__ += layers.batch_norm.__all__
__all__ += layers.conv_transpose.__all__
__all__ += layers.convolution.__all__
__all__ += layers.distance.__all__
__all__ += layers.dropout.__all__
__all__ += layers.embedding.__all__
__all__ += layers.images.__all__
__all__ += layers.linear.__all__
__all__ += layers.normalization.__all__
__all__ += layers.padding.__all__
__all__ += layers.piecewise_linear.__all__
__all__ += layers.pooling.__all__
__all__ += layers.quantized_linear.__all__
__all__ += layers.recurrent.__all__
__all__ += layers.recurrent_cell.__all__
__all__ += layers.reshaping.__all__
__all__ += layers.softmax.__all__
__all__ += layers.transformer.__all__
__all__ += losses.__all__
__all__ += margin_losses.__all__
