"""Operations of several steps that a device may do in one pass over memory.

Each function here is its own definition, a few lines of array code; `softmax.definition` is that
plain function. Where the arrays' device has a kernel for it (`softmax.has_kernel("cpu")`), a call
runs the kernel, which computes the same up to rounding.

The gradient of `f` is `f_gradient(gradient, ...)`: it takes the gradient of f's (first) result, and
whatever it needs of f's operands, results (`out`, and further ones by their names) and parameters,
and returns the gradients of f's operands in their order; the bare array where there is one operand.
With several operands, `needs` says whose gradients are wanted; the others are None.

Operands hold real floating-point numbers (DTypeError otherwise) and lie on one device. float16 and
bfloat16 are computed with in float32, and rounded once.
"""

from . import (
    activation,
    convolutions,
    losses,
    normalization,
    optimization,
    pooling,
    quantization,
    recurrent,
    rotary,
)
from .activation import *
from .attention import *
from .attention import __all__ as _attention
from .convolutions import *
from .definition import Fused, fused
from .dropout import *
from .dropout import __all__ as _dropout
from .losses import *
from .normalization import *
from .optimization import *
from .pooling import *
from .quantization import *
from .recurrent import *
from .rotary import *
from .softmax import *
from .softmax import __all__ as _softmax

__all__ = ["Fused", "fused"]
__all__ += activation.__all__
__all__ += _attention
__all__ += convolutions.__all__
__all__ += _dropout
__all__ += losses.__all__
__all__ += normalization.__all__
__all__ += optimization.__all__
__all__ += pooling.__all__
__all__ += quantization.__all__
__all__ += recurrent.__all__
__all__ += rotary.__all__
__all__ += _softmax
