"""Exceptions of the array layer. Each is also the built-in class that a caller would expect.

The compiled core raises these same classes. An index that is out of bounds is Python's own
`IndexError`.
"""

import numpy as np

__all__ = [
    "DTypeError",
    "DeviceError",
    "FileFormatError",
    "LinAlgError",
    "NDArrayError",
    "OutOfMemoryError",
    "ReadOnlyError",
    "ShapeError",
]


class NDArrayError(Exception):
    """What all exceptions of this package have in common."""


class ShapeError(NDArrayError, ValueError):
    """Shapes, sizes or axes that do not fit together, or that no array can have."""


class DTypeError(NDArrayError, TypeError):
    """An element type that an operation does not take, or that does not exist here."""


class DeviceError(NDArrayError, ValueError):
    """A device that does not exist here, or operands that live on different devices."""


class OutOfMemoryError(NDArrayError, MemoryError):
    """Memory for an array could not be had."""


class ReadOnlyError(NDArrayError, ValueError):
    """A write to memory that another library shares for reading only."""


class FileFormatError(NDArrayError, ValueError):
    """A file that is not what `load` reads, is cut off, or claims what it does not hold."""


class LinAlgError(NDArrayError, np.linalg.LinAlgError):
    """A matrix that has no such factorisation or inverse; NumPy's class of that name, too."""
