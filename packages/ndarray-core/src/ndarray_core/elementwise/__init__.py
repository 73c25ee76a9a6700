"""Element-wise functions: operands broadcast, the result has the broadcast shape.

Array API standard, "Element-wise functions":
https://data-apis.org/array-api/latest/API_specification/elementwise_functions.html

Binary functions take a Python number on either side, which adopts the array's type (see `dtypes`).
All of them raise DTypeError for an element type that they do not take, ShapeError for shapes that
do not broadcast, DeviceError for operands on different devices.
"""

from . import arithmetic, logic, mathematics
from .arithmetic import *
from .logic import *
from .mathematics import *

__all__: list[str] = []
__all__ += arithmetic.__all__
__all__ += logic.__all__
__all__ += mathematics.__all__
