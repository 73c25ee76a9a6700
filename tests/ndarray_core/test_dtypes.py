"""Element types: names, promotion, limits, conversion."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.strategies import (
    ALL,
    FLOATING,
    INTEGERS,
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
    assert [nd.as_dtype(t).name for t in (float, int, bool)] == ["float32", "int64", "bool"]


@pytest.mark.parametrize("wrong", ["float16", "complex64", "double", "", None, 3, str, np.float16])
def test_unknown_types_are_refused(wrong: Any) -> None:
    with pytest.raises(nd.errors.DTypeError, match=r"no element type .* there are bool, int8"):
        nd.as_dtype(wrong)


def expected_promotion(a: str, b: str) -> str | None:
    if (a in FLOATING) != (b in FLOATING):
        return a if a in FLOATING else b
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
    "real floating": FLOATING,
    "complex floating": (),
    "numeric": FLOATING + INTEGERS,
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str) -> None:
    assert tuple(name for name in ALL if nd.isdtype(name, kind)) == tuple(
        name for name in ALL if name in KINDS[kind]
    )


@pytest.mark.parametrize("name", FLOATING)
def test_limits_of_floating_types(name: str) -> None:
    ours, theirs = nd.finfo(name), np.finfo(name)
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
@given(case=arrays(ALL, low=0, high=100))
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
