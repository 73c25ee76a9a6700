"""Random numbers: the published vectors, the same on every device, with the right frequencies."""

from __future__ import annotations

import pickle
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import assert_same, seeds

import ndarray_core as nd
from ndarray_core import _core
from ndarray_core.backends import philox

# Random123's kat_vectors, philox4x32 with 10 rounds: counter, key, the four words.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]

SEEDS = [0, 1, 2**32 - 1, 2**32, 2**64 - 1]
OFFSETS = [0, 1, 2**32 - 2, 2**40, 2**64 - 2]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_the_reference_gives_the_published_words(
    counter: tuple[int, ...], key: tuple[int, int], words: tuple[int, ...]
) -> None:
    block: Any = tuple(np.array([word], np.uint64) for word in counter)
    assert tuple(int(word[0]) for word in philox.philox4x32(block, key)) == words


def test_every_device_gives_the_published_words(device: nd.Device) -> None:
    words = _core.random("bits", (4,), nd.uint32, device, 0, 0)
    assert tuple(words.tolist()) == KNOWN_ANSWERS[0][2]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("offset", OFFSETS)
def test_every_device_gives_the_same_bits(device: nd.Device, seed: int, offset: int) -> None:
    for count in (0, 1, 3, 4, 5, 17, 1000):
        ours = _core.random("bits", (count,), nd.uint32, device, seed, offset)
        assert_same(ours, philox.bits(count, seed, offset))
        for dtype in (nd.float32, nd.float64):
            host = np.dtype(dtype.name)
            uniform = _core.random("uniform", (count,), dtype, device, seed, offset)
            assert_same(uniform, philox.uniform(count, host, seed, offset))
            normal = _core.random("normal", (count,), dtype, device, seed, offset)
            expected = philox.normal(count, host, seed, offset)
            assert_same(normal, expected, exact=False)


@given(seed=seeds(), count=st.integers(0, 40), dtype=st.sampled_from(["float32", "float64"]))
def test_a_stream_does_not_depend_on_how_it_is_cut(
    device: nd.Device, seed: int, count: int, dtype: str
) -> None:
    # Whole blocks: 8 numbers take a multiple of four words in either type.
    whole = nd.random.Generator(seed).random(8 * count, dtype, device)
    parts = nd.random.Generator(seed)
    again = [parts.random(8, dtype, device) for _ in range(count)]
    assert whole.tolist() == [number for part in again for number in part.tolist()]


DRAWS = {
    "random": lambda g, device: g.random((3, 5), device=device),
    "random float64": lambda g, device: g.random((3, 5), nd.float64, device),
    "uniform": lambda g, device: g.uniform(-2.0, 3.0, (3, 5), device=device),
    "integers": lambda g, device: g.integers(-(2**62), 2**63, (3, 5), device=device),
    "few integers": lambda g, device: g.integers(0, 3, 100, nd.uint8, device),
    "permutation": lambda g, device: g.permutation(100, device),
    "bernoulli": lambda g, device: g.bernoulli(0.3, 100, device),
}


@pytest.mark.parametrize("name", DRAWS)
def test_generators_give_the_same_on_every_device(device: nd.Device, name: str) -> None:
    ours = DRAWS[name](nd.random.Generator(5), device)
    assert ours.device == device
    assert_same(ours, DRAWS[name](nd.random.Generator(5), "numpy").numpy())
    assert ours.tolist() != DRAWS[name](nd.random.Generator(6), device).tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_distributions(device: nd.Device, dtype: str) -> None:
    generator, count = nd.random.Generator(3), 200_000
    uniform = generator.random(count, dtype, device).numpy()
    assert uniform.min() >= 0 and uniform.max() < 1
    counts, _ = np.histogram(uniform, 20, (0, 1))
    # Binomial: a bin differs by more than five standard deviations once in a million.
    assert np.all(np.abs(counts - count / 20) < 5 * np.sqrt(count / 20))
    normal = generator.normal(1.0, 2.0, count + 1, dtype, device).numpy()
    standard = (normal - 1.0) / 2.0
    for moment, expected, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((standard**moment).mean() - expected) < 5 * np.sqrt(spread / count)
    assert abs(np.corrcoef(standard[:-1:2], standard[1::2])[0, 1]) < 5 / np.sqrt(count / 2)


def test_integers_are_all_equally_likely(device: nd.Device) -> None:
    numbers = nd.random.Generator(4).integers(-3, 4, 70_000, device=device).numpy()
    values, counts = np.unique(numbers, return_counts=True)
    assert values.tolist() == list(range(-3, 4))
    assert np.all(np.abs(counts - 10_000) < 500)


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        ("int64", -(2**63), 2**63),
        ("uint64", 0, 2**64),
        ("int8", -128, 128),
        ("uint64", 2**63, 2**64),
    ],
)
def test_integers_reach_the_ends_of_their_type(
    device: nd.Device, dtype: str, low: int, high: int
) -> None:
    numbers = nd.random.Generator(4).integers(low, high, 4000, dtype, device).numpy().astype(object)
    assert low <= numbers.min() < low + (high - low) // 100
    assert high - (high - low) // 100 <= numbers.max() < high


def test_permutations_are_permutations(device: nd.Device) -> None:
    generator = nd.random.Generator(1)
    for n in (0, 1, 2, 1000):
        assert sorted(generator.permutation(n, device).tolist()) == list(range(n))
    firsts = [int(generator.permutation(3, device)[0]) for _ in range(600)]
    assert min(firsts.count(i) for i in range(3)) > 150


def test_states_are_taken_and_put_back(device: nd.Device) -> None:
    generator = nd.random.Generator(9)
    generator.random(5, device=device)
    copy = pickle.loads(pickle.dumps(generator))
    state = generator.state
    first = generator.normal(0.0, 1.0, 7, device=device).tolist()
    assert copy.normal(0.0, 1.0, 7, device=device).tolist() == first
    generator.state = state
    assert generator.normal(0.0, 1.0, 7, device=device).tolist() == first
    assert state == {"seed": 9, "offset": 2} and generator.offset == 4


def test_threads_draw_different_numbers() -> None:
    generator = nd.random.Generator(0)
    drawn: list[float] = []

    def draw() -> None:
        for _ in range(100):
            drawn.extend(generator.random(4).tolist())

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(drawn) == sorted(nd.random.Generator(0).random(1600).tolist())


def test_the_default_generator(device: nd.Device) -> None:
    assert nd.random.manual_seed(3) is nd.random.default_generator()
    first = nd.random.default_generator().random(4, device=device).tolist()
    assert first == nd.random.Generator(3).random(4).tolist()
    assert nd.random.Generator().seed != nd.random.Generator().seed


@pytest.mark.parametrize(
    ("draw", "error", "text"),
    [
        (lambda g: nd.random.Generator(-1), ValueError, r"seed -1 is not in"),
        (lambda g: nd.random.Generator(2**64), ValueError, "is not in"),
        (lambda g: g.random(2, nd.int32), nd.errors.DTypeError, "not int32"),
        (lambda g: g.random((2, -2)), nd.errors.ShapeError, "negative size"),
        (lambda g: g.normal(0, -1, 2), ValueError, "-1 is negative"),
        (lambda g: g.integers(3, 3, 2), ValueError, "none from 3"),
        (lambda g: g.integers(0, 300, 2, nd.uint8), nd.errors.DTypeError, "uint8 does not hold"),
        (lambda g: g.integers(0, 3, 2, nd.float32), nd.errors.DTypeError, "not an integer type"),
        (lambda g: g.bernoulli(1.5, 2), ValueError, "1.5 is not in"),
        (lambda g: g.permutation(-1), nd.errors.ShapeError, "of -1 elements"),
    ],
)
def test_what_cannot_be_drawn_says_why(draw: Any, error: type[Exception], text: str) -> None:
    generator = nd.random.Generator(0)
    with pytest.raises(error, match=text):
        draw(generator)
    assert generator.offset == 0


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_certain_events(device: nd.Device, p: float) -> None:
    assert set(nd.random.Generator(0).bernoulli(p, 5000, device).tolist()) == {bool(p)}
