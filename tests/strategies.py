"""Hypothesis strategies that all packages share: arrays of every shape, element type and layout.

A strategy draws an `ArrayCase`, which says what the array is like; `case.on(device)` makes it, as
an array of ours and an equal one of NumPy's with the same strides. The elements come from a drawn
seed: Hypothesis then shrinks shapes and layouts, which is where the mistakes are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import ml_dtypes  # noqa: F401  gives NumPy the name "bfloat16"
import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

import ndarray_core as nd

FLOATING = ("float32", "float64")
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
NUMERIC = FLOATING + INTEGERS
REAL = ("bool", *NUMERIC)  # computed with as they are
HALVES = ("float16", "bfloat16")  # computed with in float32
COMPLEX = ("complex64", "complex128")
ALL = REAL + HALVES + COMPLEX

# Where elements lie: dense; axes exchanged; some repeated with stride 0; walked backwards; every
# other element of a larger array, from its second one on.
LAYOUTS = ("contiguous", "transposed", "broadcast", "reversed", "sliced")

SPECIAL_VALUES = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan)


class Pair(NamedTuple):
    """An array of ours and NumPy's with the same elements."""

    array: nd.NDArray
    host: npt.NDArray[Any]


@dataclass(frozen=True)
class ArrayCase:
    """An array to be made: `on(device)` makes it."""

    shape: tuple[int, ...]
    dtype: str
    layout: str = "contiguous"
    seed: int = 0
    low: float = -4.0
    high: float = 4.0
    special: bool = False  # infinities, NaN and zeros among floating elements

    def on(self, device: nd.Device | str) -> Pair:
        host = self._values(self._base_shape())
        array = nd.asarray(host.copy(), device=device, copy=True)
        return Pair(self._view(array), self._view(host))

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def _values(self, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        generator = self._generator()
        if self.dtype == "bool":
            return np.asarray(generator.random(shape) < 0.5)
        if self.dtype in INTEGERS:
            low = max(self.low, np.iinfo(self.dtype).min)
            numbers = generator.integers(int(low), int(self.high) + 1, shape)
            return np.asarray(numbers, dtype=self.dtype)
        values = generator.uniform(self.low, self.high, shape)
        if self.dtype in COMPLEX:
            imaginary = generator.uniform(self.low, self.high, shape)
            return np.asarray(values + 1j * imaginary, dtype=self.dtype)
        if self.special:
            chosen = generator.random(shape) < 0.2
            values = np.where(chosen, generator.choice(SPECIAL_VALUES, shape), values)
        return np.asarray(values, dtype=self.dtype)

    def _order(self) -> tuple[int, ...]:
        return tuple(int(axis) for axis in self._generator().permutation(len(self.shape)))

    def _repeated(self) -> tuple[bool, ...]:
        return tuple(bool(one) for one in self._generator().random(len(self.shape)) < 0.5)

    def _base_shape(self) -> tuple[int, ...]:
        if self.layout == "transposed":
            return tuple(self.shape[axis] for axis in self._order())
        if self.layout == "broadcast":
            pairs = zip(self.shape, self._repeated(), strict=True)
            return tuple(1 if repeated else size for size, repeated in pairs)
        if self.layout == "sliced":
            return tuple(2 * size + 1 for size in self.shape)
        return self.shape

    def _view(self, base: Any) -> Any:
        """The same view of an array of either kind."""
        if self.layout == "transposed":
            back = tuple(int(axis) for axis in np.argsort(self._order()))
            return base.transpose(back) if isinstance(base, np.ndarray) else base.permute(*back)
        if self.layout == "broadcast":
            if isinstance(base, np.ndarray):
                return np.broadcast_to(base, self.shape)
            return base.broadcast_to(self.shape)
        if self.layout == "reversed":
            return base[(..., *(slice(None, None, -1),) * len(self.shape))]
        if self.layout == "sliced":
            return base[(..., *(slice(1, 2 * size + 1, 2) for size in self.shape))]
        return base


def seeds() -> st.SearchStrategy[int]:
    return st.integers(0, 2**32 - 1)


def shapes(
    min_dims: int = 0, max_dims: int = 4, min_side: int = 0, max_side: int = 5
) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes with 0-d ones, axes of size 0 and of size 1 among them."""
    return st.lists(st.integers(min_side, max_side), min_size=min_dims, max_size=max_dims).map(
        tuple
    )


def broadcastable_shapes(
    count: int, max_dims: int = 4, max_side: int = 4, min_side: int = 0
) -> st.SearchStrategy[tuple[tuple[int, ...], ...]]:
    """So many shapes that broadcast to one."""
    return numpy_strategies.mutually_broadcastable_shapes(
        num_shapes=count, max_dims=max_dims, min_side=min_side, max_side=max_side
    ).map(lambda drawn: drawn.input_shapes)


@st.composite
def arrays(
    draw: st.DrawFn,
    dtypes: Sequence[str] = REAL,
    shape: st.SearchStrategy[tuple[int, ...]] | tuple[int, ...] | None = None,
    layouts: Sequence[str] = LAYOUTS,
    low: float = -4.0,
    high: float = 4.0,
    special: bool = False,
) -> ArrayCase:
    """Arrays of one of the types, with elements from low to high, in one of the layouts."""
    if shape is None:
        shape = shapes()
    return ArrayCase(
        shape=shape if isinstance(shape, tuple) else draw(shape),
        dtype=draw(st.sampled_from(dtypes)),
        layout=draw(st.sampled_from(layouts)),
        seed=draw(seeds()),
        low=low,
        high=high,
        special=special,
    )


@st.composite
def broadcastable_arrays(
    draw: st.DrawFn, count: int, dtypes: Sequence[str] = REAL, **options: Any
) -> tuple[ArrayCase, ...]:
    """So many arrays whose shapes broadcast, of types drawn one by one."""
    return tuple(
        draw(arrays(dtypes=dtypes, shape=shape, **options))
        for shape in draw(broadcastable_shapes(count))
    )


def axes_of(ndim: int) -> st.SearchStrategy[int | tuple[int, ...] | None]:
    """None, one axis, or several distinct ones, counted from the front or from the back."""
    if ndim == 0:
        return st.sampled_from([None, ()])
    several = st.lists(st.integers(0, ndim - 1), unique=True, max_size=ndim).flatmap(
        lambda axes: st.tuples(*(st.sampled_from([axis, axis - ndim]) for axis in axes))
    )
    return st.one_of(st.none(), st.integers(-ndim, ndim - 1), several)


# What rounding may differ by between correct implementations of one formula.
TOLERANCE = {"float32": 4e-6, "float64": 1e-13, "complex64": 4e-6, "complex128": 1e-13}


def assert_same(ours: nd.NDArray, theirs: Any, exact: bool = True, rtol: float = 0.0) -> None:
    """Equal shapes, types and elements, NaN included; or up to rounding, for floating types."""
    theirs = np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert ours.dtype.name == theirs.dtype.name
    if theirs.dtype.name in HALVES:  # NumPy's comparison does not know the NaN of bfloat16
        with np.errstate(invalid="ignore"):  # of signalling NaN: NumPy warns on some processors
            found, expected = ours.numpy().astype("float32"), theirs.astype("float32")
        np.testing.assert_array_equal(found, expected)
        return
    if exact or theirs.dtype.name not in TOLERANCE:
        np.testing.assert_array_equal(ours.numpy(), theirs)
        return
    tolerance = rtol or TOLERANCE[theirs.dtype.name]
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=tolerance, atol=tolerance)
