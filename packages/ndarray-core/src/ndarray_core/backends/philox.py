"""The random numbers of every backend, in NumPy: Philox4x32-10, a counter put through ten rounds.

Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
https://doi.org/10.1145/2063384.2063405. Because number n depends on the seed and on n alone, any
part of a stream can be made anywhere: by a thread, by a vector lane, on another device.

The key is the seed, block b has the counter (low 32 bits of b, high 32 bits of b, 0, 0) and yields
four words. Word w of a call that starts at block `offset` is word w % 4 of block offset + w // 4.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["bits", "normal", "philox4x32", "uniform"]

Words = npt.NDArray[np.uint64]  # 32-bit words, kept in 64 bits so that products do not overflow

# The paper's multipliers and key increments (Weyl sequences of the golden ratio and sqrt(3) - 1).
_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_KEY_INCREMENTS = (0x9E3779B9, 0xBB67AE85)
_LOW_32 = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


def philox4x32(
    counter: tuple[Words, Words, Words, Words], key: tuple[int, int], rounds: int = 10
) -> tuple[Words, Words, Words, Words]:
    """The four words of each counter under a key, all of them 32-bit numbers in uint64 arrays."""
    c0, c1, c2, c3 = counter
    for i in range(rounds):
        k0, k1 = (
            np.uint64((word + i * increment) & 0xFFFFFFFF)
            for word, increment in zip(key, _KEY_INCREMENTS, strict=True)
        )
        product0 = c0 * _MULTIPLIERS[0]
        product1 = c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (product1 >> _32) ^ c1 ^ k0,
            product1 & _LOW_32,
            (product0 >> _32) ^ c3 ^ k1,
            product0 & _LOW_32,
        )
    return c0, c1, c2, c3


def bits(count: int, seed: int, offset: int) -> npt.NDArray[np.uint32]:
    """`count` words of the stream of `seed`, from block `offset` on."""
    blocks = np.arange(-(-count // 4), dtype=np.uint64) + np.uint64(offset)  # wraps at 2**64
    zeros = np.zeros_like(blocks)
    counter = (blocks & _LOW_32, blocks >> _32, zeros, zeros)
    words = philox4x32(counter, (seed & 0xFFFFFFFF, seed >> 32))
    return np.stack(words, axis=1).reshape(-1)[:count].astype(np.uint32)


def uniform(count: int, dtype: np.dtype, seed: int, offset: int) -> npt.NDArray[np.floating]:
    """Multiples of 2**-24 (float32, a word each) or 2**-53 (float64, two words each) in [0, 1)."""
    if dtype == np.float32:
        return (bits(count, seed, offset) >> np.uint32(8)).astype(np.float32) * np.float32(2**-24)
    pairs = bits(2 * count, seed, offset).astype(np.uint64).reshape(count, 2)
    return (((pairs[:, 0] << _32) | pairs[:, 1]) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(count: int, dtype: np.dtype, seed: int, offset: int) -> npt.NDArray[np.floating]:
    """Numbers of mean 0 and variance 1, two from two uniform ones.

    Box, Muller: "A note on the generation of random normal deviates", Annals of Mathematical
    Statistics 29, 1958, https://doi.org/10.1214/aoms/1177706645.
    """
    pairs = -(-count // 2)
    u = uniform(2 * pairs, dtype, seed, offset).reshape(pairs, 2)
    radius = np.sqrt(-2 * np.log(1 - u[:, 0]))  # 1 - u lies in (0, 1]: the logarithm is finite
    angle = dtype.type(2 * math.pi) * u[:, 1]
    return np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1).reshape(-1)[:count]
