"""Element types: names, promotion, limits, conversion."""

from __future__ import annotations

import itertools
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from tests.strategies import (
    ALL,
    COMPLEX,
    FLOATING,
    HALVES,
    INTEGERS,
    REAL,
    SIGNED,
    UNSIGNED,
    ArrayCase,
    arrays,
    assert_same,
)

import ndarray_core as nd


@pytest.mark.parametrize("name", ALL)
def test_every_type_goes_by_many_names(name: str) -> None:
    dtype = getattr(nd, name)
    assert dtype.name == name and str(dtype) == name
    assert dtype.itemsize == np.dtype(name).itemsize
    assert nd.as_dtype(name) == nd.as_dtype(np.dtype(name)) == nd.as_dtype(dtype) == dtype
    assert nd.as_dtype(np.dtype(name).type) == dtype
    assert nd.zeros(1, dtype=np.dtype(name)).dtype == dtype


def test_pythons_types_are_the_defaults() -> None:
    names = [nd.as_dtype(t).name for t in (float, int, bool, complex)]
    assert names == ["float32", "int64", "bool", "complex64"]


@pytest.mark.parametrize(
    "wrong", ["float8", "complex32", "double", "", None, 3, str, np.longdouble]
)
def test_unknown_types_are_refused(wrong: Any) -> None:
    with pytest.raises(nd.errors.DTypeError, match=r"no element type .* there are bool, int8"):
        nd.as_dtype(wrong)


def expected_promotion(a: str, b: str) -> str | None:
    if a in COMPLEX or b in COMPLEX:
        return "complex128" if {a, b} & {"float64", "complex128"} else "complex64"
    floating = [name for name in (a, b) if name in FLOATING + HALVES]
    if len(floating) == 1:
        return floating[0]
    if set(floating) == set(HALVES):
        return "float32"
    if floating:
        return max(floating, key=lambda name: nd.as_dtype(name).itemsize)
    if {a, b} & {"uint64"} and {a, b} & set(SIGNED):
        return None
    return np.promote_types(a, b).name


@pytest.mark.parametrize(("a", "b"), [*itertools.combinations_with_replacement(ALL, 2)])
def test_promotion(a: str, b: str) -> None:
    expected = expected_promotion(a, b)
    if expected is None:
        for pair in ((a, b), (b, a)):
            with pytest.raises(nd.errors.DTypeError, match="no integer type holds both"):
                nd.promote_types(*pair)
        assert not nd.can_cast(a, b) and not nd.can_cast(b, a)
        return
    assert nd.promote_types(a, b).name == nd.promote_types(b, a).name == expected
    assert (nd.zeros(1, dtype=a) + nd.zeros(1, dtype=b)).dtype.name == expected
    assert nd.can_cast(a, b) == (expected == b) and nd.can_cast(b, a) == (expected == a)


@pytest.mark.parametrize(
    ("operands", "expected"),
    [
        (("int8", 1), "int8"),
        (("int8", True), "int8"),
        (("int8", 1.0), "float32"),
        (("float16", 1.0), "float16"),
        (("bfloat16", 1), "bfloat16"),
        (("bfloat16", 1j), "complex64"),
        (("float64", 1j), "complex128"),
        (("complex64", 1.0), "complex64"),
        (("int64", 1j), "complex64"),
        (("bool", 1), "int64"),
        (("bool", True), "bool"),
        (("float64", 1.0), "float64"),
        (("uint8", "int8", 1.0), "float32"),
        ((1, 2.0), "float32"),
        ((True, 2), "int64"),
    ],
)
def test_python_numbers_are_weak(operands: tuple[Any, ...], expected: str) -> None:
    assert nd.result_type(*operands).name == expected
    if isinstance(operands[0], str) and len(operands) == 2:
        assert (nd.ones(2, dtype=operands[0]) + operands[1]).dtype.name == expected


KINDS = {
    "bool": ("bool",),
    "signed integer": SIGNED,
    "unsigned integer": UNSIGNED,
    "integral": INTEGERS,
    "real floating": FLOATING + HALVES,
    "complex floating": COMPLEX,
    "numeric": FLOATING + INTEGERS + HALVES + COMPLEX,
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str) -> None:
    assert tuple(name for name in ALL if nd.isdtype(name, kind)) == tuple(
        name for name in ALL if name in KINDS[kind]
    )


@pytest.mark.parametrize("name", [*FLOATING, *HALVES])
def test_limits_of_floating_types(name: str) -> None:
    ours, theirs = nd.finfo(name), ml_dtypes.finfo(name)
    for field in ("bits", "eps", "max", "min", "smallest_normal"):
        assert getattr(ours, field) == getattr(theirs, field)
    assert nd.finfo(nd.zeros(1, dtype=name)) == ours and ours.dtype.name == name
    with pytest.raises(nd.errors.DTypeError, match="not an integer type"):
        nd.iinfo(name)


@pytest.mark.parametrize("name", INTEGERS)
def test_limits_of_integer_types(name: str) -> None:
    ours, theirs = nd.iinfo(name), np.iinfo(name)
    assert (ours.bits, ours.min, ours.max) == (theirs.bits, theirs.min, theirs.max)
    with pytest.raises(nd.errors.DTypeError, match="not a floating type"):
        nd.finfo(name)


@pytest.mark.parametrize("target", ALL)
@given(case=arrays((*REAL, *HALVES), low=0, high=100))
def test_conversion_equals_numpy(device: nd.Device, target: str, case: ArrayCase) -> None:
    x, host = case.on(device)
    assert_same(x.astype(target), host.astype(target))
    assert_same(nd.astype(x, target, copy=False), host.astype(target))


@pytest.mark.parametrize("target", [*SIGNED, "float32", "float64", "bool"])
@given(case=arrays((*SIGNED, *FLOATING), low=-100, high=100))
def test_conversion_of_negative_numbers_equals_numpy(
    device: nd.Device, target: str, case: ArrayCase
) -> None:
    x, host = case.on(device)
    assert_same(x.astype(target), host.astype(target))


def test_integers_wrap_when_they_are_converted(device: nd.Device) -> None:
    host = np.array([-1, 256, 2**40 + 3, -(2**63)])
    x = nd.asarray(host, device=device)
    for target in INTEGERS:
        assert_same(x.astype(target), host.astype(target))


def test_nan_is_true(device: nd.Device) -> None:
    x = nd.asarray([float("nan"), 0.0, -0.0, 1e-45], device=device)
    assert x.astype(bool).tolist() == [True, False, False, True]


def test_conversion_copies_as_it_is_told(device: nd.Device) -> None:
    x = nd.zeros(3, device=device)
    assert x.astype(nd.float32).buffer != x.buffer
    assert x.astype(nd.float32, copy=False).buffer == x.buffer
    assert nd.astype(x, nd.int8, device="numpy").device == "numpy"


def test_the_limits_of_a_complex_type_are_those_of_its_parts() -> None:
    assert nd.finfo(nd.complex64) == nd.finfo(nd.float32)
    assert nd.finfo("complex128").dtype == nd.float64


def test_every_float16_widens_and_narrows(device: nd.Device) -> None:
    host = np.arange(2**16, dtype=np.uint16).view(np.float16)
    x = nd.asarray(host, device=device)
    with np.errstate(invalid="ignore"):  # of signalling NaN: NumPy warns on some processors
        expected = host.astype(np.float32)
    assert_same(x.astype("float32"), expected)
    assert_same(x.astype("float32").astype("float16"), host)
    assert_same(x.astype("float64").astype("float16"), host)


def test_every_bfloat16_widens_and_narrows(device: nd.Device) -> None:
    host = np.arange(2**16, dtype=np.uint16).view(ml_dtypes.bfloat16)
    x = nd.asarray(host, device=device)
    assert_same(x.astype("float32"), host.astype(np.float32))
    assert_same(x.astype("float32").astype("bfloat16"), host)


@pytest.mark.parametrize("source", FLOATING)
@pytest.mark.parametrize("target", HALVES)
def test_halves_round_to_nearest_even(device: nd.Device, source: str, target: str) -> None:
    """The neighbours of all halves, the points half way between, and their neighbours."""
    halves = np.arange(2**16, dtype=np.uint16).view(nd.dtypes.to_numpy_dtype(target))
    with np.errstate(invalid="ignore"):  # NaN with the signalling bit
        halves = halves.astype(source)
    halves = np.sort(halves[np.isfinite(halves)])
    between = halves[:-1] / 2 + halves[1:] / 2
    hosts = [between, np.nextafter(between, np.inf), np.nextafter(between, -np.inf)]
    for host in hosts:
        x = nd.asarray(host.astype(source), device=device)
        expected = (
            host.astype(target) if target == "float16" else host.astype("float32").astype(target)
        )
        assert_same(x.astype(target), expected)


@given(case=arrays(COMPLEX))
def test_complex_numbers_lose_no_part_unasked(device: nd.Device, case: ArrayCase) -> None:
    x, host = case.on(device)
    assert_same(x.astype("complex64"), host.astype("complex64"))
    assert_same(x.astype("complex128"), host.astype("complex128"))
    assert_same(x.astype("bool"), host.astype("bool"))
    with pytest.raises(nd.errors.DTypeError, match=r"would drop imaginary parts; take real\(x\)"):
        x.astype("float32")
    with pytest.raises(nd.errors.DTypeError, match="would drop imaginary parts"):
        nd.zeros(case.shape, device=device)[...] = x


@given(case=arrays(REAL, low=0, high=100))
def test_real_numbers_become_complex(device: nd.Device, case: ArrayCase) -> None:
    x, host = case.on(device)
    for target in COMPLEX:
        assert_same(x.astype(target), host.astype(target))
