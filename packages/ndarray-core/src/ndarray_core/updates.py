"""Writing at any selection of elements, repeated ones included.

After NumPy's ufunc.at (https://numpy.org/doc/stable/reference/generated/numpy.ufunc.at.html), with
the names that JAX gave to it.
"""

from __future__ import annotations

from typing import Any

from ._core import NDArray
from .advanced_indexing import write

__all__ = ["Selected", "at"]


class Selected:
    """The elements x[key], to be written; `at` makes it.

    Each method takes values that broadcast to the shape of x[key], changes x in place and returns
    it; with copy=True it leaves x alone and returns a changed copy. A position that the key names
    several times counts every time; of what is set, the last value in row-major order stays.
    Nothing is written if a position is out of bounds (IndexError).
    """

    def __init__(self, x: NDArray, key: Any) -> None:
        self._x = x
        self._key = key

    def set(self, values: Any, /, *, copy: bool = False) -> NDArray:
        """x[key] = values, which are converted to x's type.

        >>> x = nd.zeros(3)
        >>> nd.at(x, [0, 2]).set(7, copy=True).tolist(), x.tolist()
        ([7.0, 0.0, 7.0], [0.0, 0.0, 0.0])
        """
        return self._write("assign", values, copy)

    def add(self, values: Any, /, *, copy: bool = False) -> NDArray:
        """x[key] += values. DTypeError, here and below, for values of another kind than x's.

        >>> nd.at(nd.zeros(3), [0, 2, 0]).add(1).tolist()
        [2.0, 0.0, 1.0]
        """
        return self._write("add", values, copy)

    def subtract(self, values: Any, /, *, copy: bool = False) -> NDArray:
        """x[key] -= values.

        >>> nd.at(nd.zeros(3), [0, 2, 0]).subtract(1).tolist()
        [-2.0, 0.0, -1.0]
        """
        return self._write("subtract", values, copy)

    def multiply(self, values: Any, /, *, copy: bool = False) -> NDArray:
        """x[key] *= values.

        >>> nd.at(nd.ones(3), [0, 2, 0]).multiply(3).tolist()
        [9.0, 1.0, 3.0]
        """
        return self._write("multiply", values, copy)

    def maximum(self, values: Any, /, *, copy: bool = False) -> NDArray:
        """x[key] becomes the larger one of itself and the value; NaN wins.

        >>> nd.at(nd.ones(3), slice(1, None)).maximum(nd.asarray([0.0, 5.0])).tolist()
        [1.0, 1.0, 5.0]
        """
        return self._write("maximum", values, copy)

    def minimum(self, values: Any, /, *, copy: bool = False) -> NDArray:
        """x[key] becomes the smaller one of itself and the value; NaN wins.

        >>> nd.at(nd.ones(3), [0, 0]).minimum(nd.asarray([0.5, 0.2])).numpy().round(1).tolist()
        [0.20000000298023224, 1.0, 1.0]
        """
        return self._write("minimum", values, copy)

    def _write(self, mode: str, values: Any, copy: bool) -> NDArray:
        target = self._x.copy() if copy else self._x
        write(target, self._key, values, mode, f"at(...).{'set' if mode == 'assign' else mode}")
        return target


def at(x: NDArray, key: Any, /) -> Selected:
    """The elements x[key], to be set, added to and so on; any key that x[key] takes.

    Unlike x[key] += values, a position that occurs several times in the key counts every time.

    >>> x = nd.zeros(3)
    >>> nd.at(x, nd.asarray([1, 1, 2])).add(nd.asarray([1.0, 2.0, 3.0])).tolist()
    [0.0, 3.0, 3.0]
    """
    return Selected(x, key)
