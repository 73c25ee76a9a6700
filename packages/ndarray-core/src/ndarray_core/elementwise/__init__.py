"""Element-wise functions: operands broadcast, the result has the broadcast shape.

Array API standard, "Element-wise functions":
https://data-apis.org/array-api/latest/API_specification/elementwise_functions.html

Binary functions take a Python number on either side, which adopts the array's type (see `dtypes`).
All of them raise DTypeError for an element type that they do not take, ShapeError for shapes that
do not broadcast, DeviceError for operands on different devices.
"""
