"""Random numbers: the same ones on every device, from a seed and a position.

A Generator is a position in the stream of its seed (Philox4x32-10; Salmon et al., SC 2011,
https://doi.org/10.1145/2063384.2063405). Whatever it makes is bit for bit the same on every device,
but for `normal`, whose logarithm and sine differ by rounding.
"""

from __future__ import annotations

import math
import operator
import secrets
import threading
from typing import TypedDict

import numpy as np

from . import _core
from ._core import DType, NDArray
from ._typing import DeviceLike, DTypeLike, Shape, shape_tuple
from .device import device as as_device
from .dtypes import (
    as_dtype,
    bfloat16,
    default_int,
    float16,
    float32,
    float_dtype,
    int64,
    uint32,
    uint64,
)
from .errors import DTypeError, ShapeError
from .interchange import from_host

__all__ = ["Generator", "GeneratorState", "default_generator", "manual_seed"]

_WORDS_PER_BLOCK = 4
_COUNTER_PERIOD = 1 << 64


class GeneratorState(TypedDict):
    """Where a generator stands: its seed, and how many blocks of four words it has used."""

    seed: int
    offset: int


class Generator:
    """A stream of random numbers, made of a seed: an int from 0 to 2**64 - 1, or None for any.

    Several threads may draw from one generator; which of them gets which numbers is then open.

    >>> generator = nd.random.Generator(0)
    >>> generator.random((2,)).tolist()
    [0.3990464210510254, 0.8805201649665833]
    """

    def __init__(self, seed: int | None = None) -> None:
        self._lock = threading.Lock()
        self._seed = _check_seed(secrets.randbits(64) if seed is None else seed)
        self._offset = 0

    @property
    def seed(self) -> int:
        """The seed that the stream is made of."""
        return self._seed

    @property
    def offset(self) -> int:
        """How many blocks of four 32-bit words have been used."""
        return self._offset

    @property
    def state(self) -> GeneratorState:
        """Seed and offset. Assigning a state goes back, or ahead, to where it was taken.

        >>> generator = nd.random.Generator(0)
        >>> state = generator.state
        >>> first = generator.random((3,))
        >>> generator.state = state
        >>> bool(nd.all(generator.random((3,)) == first))
        True
        """
        with self._lock:
            return {"seed": self._seed, "offset": self._offset}

    @state.setter
    def state(self, state: GeneratorState) -> None:
        seed, offset = _check_seed(state["seed"]), operator.index(state["offset"])
        if not 0 <= offset < _COUNTER_PERIOD:
            raise ValueError(f"Generator: offset {offset} is not in [0, 2**64)")
        with self._lock:
            self._seed, self._offset = seed, offset

    def __getstate__(self) -> GeneratorState:
        return self.state

    def __setstate__(self, state: GeneratorState) -> None:
        self._lock = threading.Lock()
        self.state = state

    def __repr__(self) -> str:
        return f"Generator(seed={self._seed}, offset={self._offset})"

    def reserve(self, words: int) -> GeneratorState:
        """The state that so many 32-bit words begin at; the generator goes on behind their blocks.

        For what makes its numbers later, or twice, of that state (`nd.fused.dropout`).

        >>> generator = nd.random.Generator(0)
        >>> generator.reserve(5), generator
        ({'seed': 0, 'offset': 0}, Generator(seed=0, offset=2))
        """
        if words < 0:
            raise ValueError(f"Generator: {words} words are less than none")
        blocks = -(-words // _WORDS_PER_BLOCK)
        with self._lock:
            start: GeneratorState = {"seed": self._seed, "offset": self._offset}
            self._offset = (self._offset + blocks) % _COUNTER_PERIOD
        return start

    def _draw(
        self, distribution: str, shape: tuple[int, ...], dtype: DType, device: DeviceLike | None
    ) -> NDArray:
        if min(shape, default=0) < 0:
            raise ShapeError(f"random: shape {shape} has a negative size")
        count = math.prod(shape)
        words = (count + count % 2 if distribution == "normal" else count) * (dtype.itemsize // 4)
        start = self.reserve(words)
        return _core.random(
            distribution, shape, dtype, as_device(device), start["seed"], start["offset"]
        )

    def random(
        self, shape: Shape, dtype: DTypeLike | None = None, device: DeviceLike | None = None
    ) -> NDArray:
        """Uniform numbers in [0, 1), as multiples of a power of two.

        2**-53 in float64, 2**-24 in float32, of which float16 takes the first 11 bits and bfloat16
        the first 8.

        >>> nd.random.Generator(1).random((2, 3)).shape
        (2, 3)
        """
        chosen = _floating(dtype)
        if chosen not in _HALF_BITS:
            return self._draw("uniform", shape_tuple(shape), chosen, device)
        steps = 2.0 ** _HALF_BITS[chosen]
        numbers = self._draw("uniform", shape_tuple(shape), float32, device)
        return _core.multiply(_core.floor(_core.multiply(numbers, steps)), 1 / steps).astype(chosen)

    def uniform(
        self,
        low: float,
        high: float,
        shape: Shape,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> NDArray:
        """Uniform numbers from low to high, which rounding can reach.

        >>> x = nd.random.Generator(1).uniform(-1.0, 1.0, 1000)
        >>> -1 <= float(x.min()) < -0.9 and 0.9 < float(x.max()) <= 1
        True
        """
        numbers = self.random(shape, dtype, device)
        numbers *= float(high) - float(low)
        numbers += float(low)
        return numbers

    def normal(
        self,
        mean: float,
        std: float,
        shape: Shape,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> NDArray:
        """Normally distributed numbers (Box and Muller 1958). ValueError for a negative std.

        >>> x = nd.random.Generator(1).normal(5.0, 2.0, 10_000)
        >>> abs(float(x.mean()) - 5.0) < 0.1 and abs(float(nd.std(x)) - 2.0) < 0.1
        True
        """
        if std < 0:
            raise ValueError(f"normal: the standard deviation {std} is negative")
        chosen = _floating(dtype)
        drawn = float32 if chosen in _HALF_BITS else chosen
        numbers = self._draw("normal", shape_tuple(shape), drawn, device)
        if std != 1:
            numbers *= float(std)
        if mean != 0:
            numbers += float(mean)
        return numbers.astype(chosen, copy=False)

    def integers(
        self,
        low: int,
        high: int,
        shape: Shape,
        dtype: DTypeLike = default_int,
        device: DeviceLike | None = None,
    ) -> NDArray:
        """Whole numbers from low up to but without high, all equally likely.

        A number is the remainder of 64 random bits, so that the likelihoods differ by less than
        (high - low) / 2**64. ValueError if there is no such number, DTypeError if the type does not
        hold them.

        >>> sorted(set(nd.random.Generator(0).integers(-1, 2, 100).tolist()))
        [-1, 0, 1]
        """
        chosen, low, high = as_dtype(dtype), operator.index(low), operator.index(high)
        if chosen.kind not in ("int", "uint"):
            raise DTypeError(f"integers: {chosen.name} is not an integer type")
        limits = np.iinfo(chosen.name)
        if low >= high:
            raise ValueError(f"integers: there is none from {low} up to but without {high}")
        if low < limits.min or high - 1 > limits.max:
            raise DTypeError(f"integers: {chosen.name} does not hold all from {low} to {high - 1}")
        sizes = shape_tuple(shape)
        numbers = self._words64(sizes, device)
        if high - low < _COUNTER_PERIOD:
            numbers %= high - low
        # In two's complement the sum is right whatever the signs of low and of the conversion.
        numbers += low % _COUNTER_PERIOD
        return numbers.astype(int64, copy=False).astype(chosen, copy=False)

    def _words64(self, shape: tuple[int, ...], device: DeviceLike | None) -> NDArray:
        """uint64 words, each of two consecutive words of the stream, the high half first."""
        halves = self._draw("bits", (*shape, 2), uint32, device).astype(uint64)
        words = halves[..., 0] << 32
        words |= halves[..., 1]
        return words

    def permutation(self, n: int, device: DeviceLike | None = None) -> NDArray:
        """The numbers 0 to n - 1 in random order, as int64.

        They are sorted by 64 random bits each, on the host. ShapeError for a negative n.

        >>> sorted(nd.random.Generator(0).permutation(5).tolist())
        [0, 1, 2, 3, 4]
        """
        if n < 0:
            raise ShapeError(f"permutation: of {n} elements there is none")
        keys = self._words64((n,), "numpy").numpy()
        order = np.argsort(keys, kind="stable").astype(np.int64, copy=False)
        return from_host(order, as_device(device))

    def bernoulli(self, p: float, shape: Shape, device: DeviceLike | None = None) -> NDArray:
        """bool that are true with probability p, to 24 bits. ValueError if p is not in [0, 1].

        >>> int(nd.count_nonzero(nd.random.Generator(0).bernoulli(0.25, 1000))) in range(200, 300)
        True
        """
        if not 0 <= p <= 1:
            raise ValueError(f"bernoulli: the probability {p} is not in [0, 1]")
        return _core.less(self.random(shape, device=device), float(p))


# Bits of the fraction in [0, 1) that every number of the type has.
_HALF_BITS = {float16: 11, bfloat16: 8}


def _check_seed(seed: int) -> int:
    number = operator.index(seed)
    if not 0 <= number < 1 << 64:
        raise ValueError(f"Generator: seed {number} is not in [0, 2**64)")
    return number


def _floating(dtype: DTypeLike | None) -> DType:
    chosen = float_dtype(dtype)
    if chosen.kind != "float":
        raise DTypeError(f"random: numbers are of a floating type, not {chosen.name}")
    return chosen


_default = Generator()


def default_generator() -> Generator:
    """The generator of those who do not bring their own. Its first seed is the system's choice.

    >>> nd.random.default_generator() is nd.random.default_generator()
    True
    """
    return _default


def manual_seed(seed: int, /) -> Generator:
    """Starts the default generator anew from a seed, and returns it.

    >>> nd.random.manual_seed(7)
    Generator(seed=7, offset=0)
    """
    _default.state = {"seed": seed, "offset": 0}
    return _default
