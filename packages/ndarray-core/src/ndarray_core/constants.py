"""Numbers with names.

Array API standard, "Constants":
https://data-apis.org/array-api/latest/API_specification/constants.html

They are Python floats, so they take the type of the array that they meet.

>>> nd.multiply(nd.asarray([0.5, 1.0], dtype=nd.float64), nd.pi).tolist()
[1.5707963267948966, 3.141592653589793]
"""

import math

__all__ = ["e", "inf", "nan", "newaxis", "pi"]

e = math.e
inf = math.inf
nan = math.nan
pi = math.pi

# In an index, a new axis of size 1: x[nd.newaxis] is x[None].
newaxis = None
