"""Tensors with gradients to any order, in PyTorch's spelling, over ndarray_core.

>>> import tiny_autograd as ta
>>> x = ta.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> loss = (x**2).sum()
>>> loss.backward()
>>> x.grad
tensor([2., 4., 6.])
"""

import ndarray_core as _nd
from ndarray_core import (
    Device,
    DType,
    bfloat16,
    default_device,
    device,
    devices,
    empty_cache,
    errors,
    finfo,
    float16,
    float32,
    float64,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    memory_stats,
    num_threads,
    promote_types,
    set_default_device,
    set_num_threads,
    show_config,
    uint8,
    uint16,
    uint32,
    uint64,
    use_device,
)
from ndarray_core.random import Generator, default_generator, manual_seed

from . import autograd, cost, func, functional, init, linalg, ops, testing
from .anomaly import AnomalyError, detect_anomaly
from .autograd import backward, grad
from .checkpointing import checkpoint
from .cost import Cost
from .creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from .function import Function, FunctionContext
from .functional import (
    channel_shuffle,
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    pixel_shuffle,
    pixel_unshuffle,
)
from .fused import FusedOp, fused
from .grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from .linalg import (
    cholesky_inverse,
    cholesky_solve,
    det,
    logdet,
    matrix_power,
    slogdet,
)
from .linalg import inv as inverse
from .linalg import pinv as pinverse
from .op import Op, op

# Each family lists its public names, so that a new operation is named in one file.
from .ops.activation import *
from .ops.arithmetic import *
from .ops.bounds import *
from .ops.comparison import *
from .ops.contraction import *
from .ops.conversion import *
from .ops.counting import *
from .ops.indexing import *
from .ops.inserting import *
from .ops.joining import *
from .ops.linalg import *
from .ops.products import *
from .ops.rearranging import *
from .ops.reduction import *
from .ops.replacing import *
from .ops.rounding import *
from .ops.scan import *
from .ops.scattering import *
from .ops.selection import *
from .ops.shape import *
from .ops.sorting import *
from .ops.special import *
from .ops.statistics import *
from .ops.transcendental import *
from .sampling import (
    bernoulli,
    multinomial,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
)
from .tensor import Tensor
from .variable import RemovableHandle

__version__ = "0.1.0"

bool = _nd.bool

__all__ = [
    "AnomalyError",
    "Cost",
    "DType",
    "Device",
    "Function",
    "FunctionContext",
    "FusedOp",
    "Generator",
    "Op",
    "RemovableHandle",
    "Tensor",
    "arange",
    "as_tensor",
    "autograd",
    "backward",
    "bernoulli",
    "bfloat16",
    "bool",
    "channel_shuffle",
    "checkpoint",
    "cholesky_inverse",
    "cholesky_solve",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cost",
    "default_device",
    "default_generator",
    "det",
    "detect_anomaly",
    "device",
    "devices",
    "empty",
    "empty_cache",
    "empty_like",
    "enable_grad",
    "errors",
    "eye",
    "finfo",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "full_like",
    "func",
    "functional",
    "fused",
    "grad",
    "iinfo",
    "inference_mode",
    "init",
    "int8",
    "int16",
    "int32",
    "int64",
    "inverse",
    "is_grad_enabled",
    "linalg",
    "linspace",
    "logdet",
    "manual_seed",
    "matrix_power",
    "memory_stats",
    "multinomial",
    "no_grad",
    "num_threads",
    "ones",
    "ones_like",
    "op",
    "ops",
    "pinverse",
    "pixel_shuffle",
    "pixel_unshuffle",
    "promote_types",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "set_default_device",
    "set_grad_enabled",
    "set_num_threads",
    "show_config",
    "slogdet",
    "tensor",
    "testing",
    "tril_indices",
    "triu_indices",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "use_device",
    "zeros",
    "zeros_like",
]
__all__ += ops.activation.__all__
__all__ += ops.arithmetic.__all__
__all__ += ops.bounds.__all__
__all__ += ops.comparison.__all__
__all__ += ops.conversion.__all__
__all__ += ops.contraction.__all__
__all__ += ops.indexing.__all__
__all__ += ops.inserting.__all__
__all__ += ops.joining.__all__
__all__ += ops.linalg.__all__
__all__ += ops.products.__all__
__all__ += ops.reduction.__all__
__all__ += ops.rounding.__all__
__all__ += ops.scan.__all__
__all__ += ops.selection.__all__
__all__ += ops.shape.__all__
__all__ += ops.special.__all__
__all__ += ops.statistics.__all__
__all__ += ops.transcendental.__all__
__all__ += ops.counting.__all__
__all__ += ops.rearranging.__all__
__all__ += ops.replacing.__all__
__all__ += ops.scattering.__all__
__all__ += ops.sorting.__all__
