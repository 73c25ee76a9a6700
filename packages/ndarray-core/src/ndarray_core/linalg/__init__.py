"""Linear algebra: products, norms, factorisations.

Array API standard, "Linear Algebra Extension":
https://data-apis.org/array-api/latest/extensions/linear_algebra_functions.html

Leading axes (...) of an operand stack matrices, and each is treated on its own. Products and norms
are computed by the device; factorisations by LAPACK, which is NumPy's (see `factorizations`).
"""

from . import eigenvalues, factorizations, norms, products
from .eigenvalues import *
from .factorizations import *
from .norms import *
from .products import *

__all__ = eigenvalues.__all__ + factorizations.__all__ + norms.__all__ + products.__all__
