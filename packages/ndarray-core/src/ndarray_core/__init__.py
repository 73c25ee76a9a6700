"""Strided N-dimensional arrays behind the names of the Python Array API standard.

An `NDArray` is a `Buffer` (flat memory, one element type, one device) seen through a `Layout`
(shape, strides, offset). The same operations run on every device: "numpy", the readable reference
and the default, and "cpu", written in C++.

>>> import ndarray_core as nd
>>> x = nd.asarray([[1.0, 2.0], [3.0, 4.0]], device="cpu")
>>> (x @ x.mT).sum(axis=0).tolist()
[16.0, 36.0]

Families of functions: creation, elementwise, reductions, cumulative, sorting, searching, sets,
manipulation, indexing, updates, utility, einsum, interchange, inspection, linalg, fft, random,
quantization, fused; and dtypes, constants, device, config, errors. All of them are names of this
package, too, but for those of fft, random, quantization, fused and most of linalg.
Standard: https://data-apis.org/array-api/latest/
"""

from . import _loader as _loader  # isort: split  # first: it says so if the core is missing

# The families of functions bring their own lists of names, so that a new function is named once.
from . import (
    backends,
    constants,
    creation,
    cuda,
    cumulative,
    elementwise,
    errors,
    fft,
    fused,
    indexing,
    linalg,
    manipulation,
    padding,
    printing,
    quantization,
    random,
    reductions,
    searching,
    sets,
    sorting,
    storage,
    updates,
    utility,
)
from ._core import Buffer, Device, DType, Layout, NDArray
from .config import (
    empty_cache,
    isa,
    memory_stats,
    num_threads,
    set_num_threads,
    show_config,
)
from .constants import *
from .creation import *
from .cumulative import *
from .device import (
    default_device,
    device,
    devices,
    set_default_device,
    use_device,
)
from .dtypes import (
    as_dtype,
    bfloat16,
    bool,
    can_cast,
    complex64,
    complex128,
    finfo,
    float16,
    float32,
    float64,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    isdtype,
    promote_types,
    result_type,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .einsum import einsum
from .elementwise.arithmetic import *
from .elementwise.complex_numbers import *
from .elementwise.logic import *
from .elementwise.mathematics import *
from .elementwise.special import *
from .indexing import *
from .inspection import __array_api_version__, __array_namespace_info__
from .interchange import astype, from_dlpack, from_numpy, to_device
from .linalg import matmul, matrix_transpose, outer, tensordot, vecdot
from .manipulation import *
from .padding import *
from .printing import *
from .reductions import *
from .searching import *
from .sets import *
from .sorting import *
from .storage import *
from .updates import *
from .utility import *

__version__ = "0.1.0"

__all__ = [
    "Buffer",
    "DType",
    "Device",
    "Layout",
    "NDArray",
    "__array_api_version__",
    "__array_namespace_info__",
    "__version__",
    "as_dtype",
    "astype",
    "backends",
    "bfloat16",
    "bool",
    "can_cast",
    "complex64",
    "complex128",
    "cuda",
    "default_device",
    "device",
    "devices",
    "einsum",
    "empty_cache",
    "errors",
    "fft",
    "finfo",
    "float16",
    "float32",
    "float64",
    "from_dlpack",
    "from_numpy",
    "fused",
    "iinfo",
    "int8",
    "int16",
    "int32",
    "int64",
    "isa",
    "isdtype",
    "linalg",
    "matmul",
    "matrix_transpose",
    "memory_stats",
    "num_threads",
    "outer",
    "promote_types",
    "quantization",
    "random",
    "result_type",
    "set_default_device",
    "set_num_threads",
    "show_config",
    "tensordot",
    "to_device",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "use_device",
    "vecdot",
]
__all__ += constants.__all__
__all__ += creation.__all__
__all__ += cumulative.__all__
__all__ += elementwise.arithmetic.__all__
__all__ += elementwise.complex_numbers.__all__
__all__ += elementwise.logic.__all__
__all__ += elementwise.mathematics.__all__
__all__ += elementwise.special.__all__
__all__ += indexing.__all__
__all__ += manipulation.__all__
__all__ += padding.__all__
__all__ += printing.__all__
__all__ += reductions.__all__
__all__ += searching.__all__
__all__ += sets.__all__
__all__ += sorting.__all__
__all__ += storage.__all__
__all__ += updates.__all__
__all__ += utility.__all__
