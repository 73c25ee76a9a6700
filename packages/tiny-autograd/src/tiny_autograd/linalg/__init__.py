"""Linear algebra, with the names and arguments of torch.linalg.

Leading dimensions (...) of a tensor stack matrices, and each is treated on its own. LAPACK does the
work, on every device; what is composed of it multiplies on the device.
"""

from __future__ import annotations

from ..ops.linalg import matmul
from ..ops.products import multi_dot, vecdot
from ..ops.products import vector_product as cross
from . import factorizations, norms, solving, spectra
from .factorizations import *
from .norms import *
from .solving import *
from .spectra import *

__all__ = ["cross", "matmul", "multi_dot", "vecdot"]
__all__ += factorizations.__all__
__all__ += norms.__all__
__all__ += solving.__all__
__all__ += spectra.__all__
