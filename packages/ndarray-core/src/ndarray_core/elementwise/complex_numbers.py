"""Parts, angles and mirror images of complex numbers. Real numbers count as complex ones."""

from __future__ import annotations

from .. import _core
from .._core import NDArray

__all__ = ["angle", "conj", "imag", "real"]


def real(x: NDArray, /) -> NDArray:
    """The real parts, in the type of a part; a real x itself, copied.

    >>> nd.real(nd.asarray([1 + 2j])).tolist()
    [1.0]
    """
    return _core.real(x)


def imag(x: NDArray, /) -> NDArray:
    """The imaginary parts, in the type of a part; zeros for a real x.

    >>> nd.imag(nd.asarray([1 + 2j])).tolist()
    [2.0]
    """
    return _core.imag(x)


def conj(x: NDArray, /) -> NDArray:
    """The imaginary part with its sign changed; a real x itself, copied.

    >>> nd.conj(nd.asarray([1 + 2j])).tolist()
    [(1-2j)]
    """
    return _core.conj(x)


def angle(x: NDArray, /) -> NDArray:
    """The angle to the positive real axis, in [-pi, pi].

    >>> nd.angle(nd.asarray([1j, -1], dtype=nd.complex128)).tolist()
    [1.5707963267948966, 3.141592653589793]
    """
    return _core.atan2(_core.imag(x), _core.real(x))
