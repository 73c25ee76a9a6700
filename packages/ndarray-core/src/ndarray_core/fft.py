"""Discrete Fourier transforms.

Array API standard, "Fourier transform Functions":
https://data-apis.org/array-api/latest/extensions/fourier_transform_functions.html

NumPy's FFT does the work, on every device, in the precision of the operand: float32 and complex64
stay so. Along an axis of n elements, the forward transform is X[k] = sum over j of
x[j] * exp(-2 pi i j k / n).

Parameters that the functions share: n, or s for several axes, is the size of the axis to transform,
which is cut off or filled up with zeros; for a result that is real, it is the size of the result.
norm says which direction is divided: "backward" (by n), "forward" (by n), or "ortho" (both, by
sqrt(n)).

Integers and bool become float32. DTypeError for float16 and bfloat16, and for complex operands
where a real one is needed; IndexError for an axis that x does not have; ShapeError for sizes that
cannot be; ValueError for an unknown norm.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from . import creation
from ._core import NDArray
from ._typing import DeviceLike, DTypeLike
from .dtypes import float_dtype
from .errors import DTypeError, ShapeError
from .host_functions import apply, as_floating
from .manipulation import normalize_axis, roll

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]

Norm: TypeAlias = Literal["backward", "ortho", "forward"]
NORMS = ("backward", "ortho", "forward")

# The transforms of real elements. hfft and the inverses take complex ones.
REAL = ("rfft", "rfftn", "ihfft")


def _operand(name: str, x: NDArray, norm: str) -> NDArray:
    if norm not in NORMS:
        raise ValueError(f"{name}: norm is one of {', '.join(NORMS)}, not {norm!r}")
    operand = as_floating(x, name, "the FFT")
    if name in REAL and operand.dtype.kind == "complex":
        raise DTypeError(f"{name}: takes real elements, not {x.dtype.name}; fft takes complex ones")
    return operand


def _transform(
    function: Callable[..., Any], x: NDArray, n: int | None, axis: int, norm: Norm
) -> NDArray:
    """One of NumPy's transforms along one axis."""
    name = function.__name__
    operand = _operand(name, x, norm)
    position = normalize_axis(axis, x.ndim, name)
    halved = name in ("irfft", "hfft")
    size = n if n is not None else 2 * (x.shape[position] - 1) if halved else x.shape[position]
    if operator.index(size) < 1:
        raise ShapeError(f"{name}: {size} elements along axis {axis} of {x.shape}; it takes some")
    result: NDArray = apply(function, operand, n=n, axis=position, norm=norm)
    return result


def _transform_several(
    function: Callable[..., Any],
    x: NDArray,
    s: Sequence[int] | None,
    axes: Sequence[int] | None,
    norm: Norm,
) -> NDArray:
    """One of NumPy's transforms along several axes."""
    name = function.__name__
    operand = _operand(name, x, norm)
    if s is not None and (axes is None or len(s) != len(axes)):
        raise ShapeError(f"{name}: sizes {s} are for as many axes, but axes are {axes}")
    positions = [normalize_axis(axis, x.ndim, name) for axis in axes or ()]
    if axes is None:
        positions = list(range(x.ndim))
    if not positions:
        raise ShapeError(f"{name}: no axis of {x.shape} to transform")
    sizes = [x.shape[position] for position in positions]
    if name == "irfftn":
        sizes[-1] = 2 * (sizes[-1] - 1)
    if s is not None:
        sizes = [given if given != -1 else size for given, size in zip(s, sizes, strict=True)]
    if min(sizes) < 1:
        raise ShapeError(f"{name}: {sizes} elements along axes {positions} of {x.shape}")
    result: NDArray = apply(function, operand, s=sizes, axes=positions, norm=norm)
    return result


def fft(x: NDArray, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> NDArray:
    """The transform of complex or real elements along an axis: complex.

    >>> nd.fft.fft(nd.asarray([1.0, 0.0, -1.0, 0.0])).tolist()
    [0j, (2+0j), 0j, (2+0j)]
    """
    return _transform(np.fft.fft, x, n, axis, norm)


def ifft(
    x: NDArray, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> NDArray:
    """The inverse of `fft`.

    >>> nd.fft.ifft(nd.fft.fft(nd.asarray([1.0, 2.0]))).tolist()
    [(1+0j), (2+0j)]
    """
    return _transform(np.fft.ifft, x, n, axis, norm)


def fftn(
    x: NDArray,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm = "backward",
) -> NDArray:
    """`fft` along several axes, or all of them. -1 in s keeps an axis' size.

    >>> nd.fft.fftn(nd.ones((2, 2))).tolist()
    [[(4+0j), 0j], [0j, 0j]]
    """
    return _transform_several(np.fft.fftn, x, s, axes, norm)


def ifftn(
    x: NDArray,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm = "backward",
) -> NDArray:
    """The inverse of `fftn`.

    >>> nd.fft.ifftn(nd.fft.fftn(nd.ones((1, 2)))).tolist()
    [[(1+0j), (1+0j)]]
    """
    return _transform_several(np.fft.ifftn, x, s, axes, norm)


def rfft(
    x: NDArray, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> NDArray:
    """The transform of real elements: its first n // 2 + 1, which determine the others.

    >>> nd.fft.rfft(nd.asarray([1.0, 0.0, -1.0, 0.0])).tolist()
    [0j, (2+0j), 0j]
    """
    return _transform(np.fft.rfft, x, n, axis, norm)


def irfft(
    x: NDArray, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> NDArray:
    """The inverse of `rfft`: n real elements from n // 2 + 1; n = 2 * (size - 1) if None.

    >>> nd.fft.irfft(nd.fft.rfft(nd.asarray([1.0, 2.0, 3.0])), n=3).tolist()
    [1.0, 2.0, 3.0]
    """
    return _transform(np.fft.irfft, x, n, axis, norm)


def rfftn(
    x: NDArray,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm = "backward",
) -> NDArray:
    """`rfft` along the last one of the axes, then `fft` along the others.

    >>> nd.fft.rfftn(nd.ones((2, 2))).tolist()
    [[(4+0j), 0j], [0j, 0j]]
    """
    return _transform_several(np.fft.rfftn, x, s, axes, norm)


def irfftn(
    x: NDArray,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Norm = "backward",
) -> NDArray:
    """The inverse of `rfftn`; the last one of the axes gets 2 * (size - 1) elements if s is None.

    >>> nd.fft.irfftn(nd.fft.rfftn(nd.ones((2, 2)))).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    return _transform_several(np.fft.irfftn, x, s, axes, norm)


def hfft(
    x: NDArray, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> NDArray:
    """The transform of elements that are Hermitian, x[-j] = conj(x[j]), from the first half: real.

    >>> nd.fft.hfft(nd.asarray([1.0, 2.0])).tolist()
    [3.0, -1.0]
    """
    return _transform(np.fft.hfft, x, n, axis, norm)


def ihfft(
    x: NDArray, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
) -> NDArray:
    """The inverse of `hfft`: n // 2 + 1 complex elements from n real ones.

    >>> nd.fft.ihfft(nd.asarray([3.0, -1.0])).tolist()
    [(1-0j), (2-0j)]
    """
    return _transform(np.fft.ihfft, x, n, axis, norm)


def fftfreq(
    n: int,
    /,
    *,
    d: float = 1.0,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> NDArray:
    """The frequencies of `fft`'s n elements, for samples at distance d: 0, 1, ..., -2, -1 over n d.

    >>> nd.fft.fftfreq(4).tolist()
    [0.0, 0.25, -0.5, -0.25]
    """
    if n < 1:
        raise ShapeError(f"fftfreq: {n} elements have no frequencies")
    numbers = np.arange(n, dtype=np.float64)
    numbers[(n + 1) // 2 :] -= n
    return _frequencies(numbers, n, d, dtype, device)


def rfftfreq(
    n: int,
    /,
    *,
    d: float = 1.0,
    dtype: DTypeLike | None = None,
    device: DeviceLike | None = None,
) -> NDArray:
    """The frequencies of `rfft`'s n // 2 + 1 elements, for samples at distance d.

    >>> nd.fft.rfftfreq(4).tolist()
    [0.0, 0.25, 0.5]
    """
    if n < 1:
        raise ShapeError(f"rfftfreq: {n} elements have no frequencies")
    return _frequencies(np.arange(n // 2 + 1, dtype=np.float64), n, d, dtype, device)


def _frequencies(
    numbers: Any, n: int, d: float, dtype: DTypeLike | None, device: DeviceLike | None
) -> NDArray:
    chosen = float_dtype(dtype)
    if chosen.kind != "float":
        raise DTypeError(f"frequencies are real floating numbers, not {chosen.name}")
    return creation.asarray(numbers / (n * d), dtype=chosen, device=device)


def _shift(x: NDArray, axes: int | Sequence[int] | None, sign: int, name: str) -> NDArray:
    if axes is None:
        axes = tuple(range(x.ndim))
    chosen = (axes,) if isinstance(axes, int) else tuple(axes)
    positions = tuple(normalize_axis(axis, x.ndim, name) for axis in chosen)
    # Down by half, rounded down, and back up by as much.
    return roll(x, tuple(sign * (x.shape[p] // 2) for p in positions), axis=positions)


def fftshift(x: NDArray, /, *, axes: int | Sequence[int] | None = None) -> NDArray:
    """x with the frequency 0 moved from the front of each axis to its middle.

    >>> nd.fft.fftshift(nd.fft.fftfreq(4)).tolist()
    [-0.5, -0.25, 0.0, 0.25]
    """
    return _shift(x, axes, 1, "fftshift")


def ifftshift(x: NDArray, /, *, axes: int | Sequence[int] | None = None) -> NDArray:
    """The inverse of `fftshift`.

    >>> nd.fft.ifftshift(nd.asarray([-1, 0, 1])).tolist()
    [0, 1, -1]
    """
    return _shift(x, axes, -1, "ifftshift")
