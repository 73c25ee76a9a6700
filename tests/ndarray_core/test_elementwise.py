"""Every element-wise function on every device equals NumPy: a row per function."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import (
    ALL,
    COMPLEX,
    FLOATING,
    HALVES,
    INTEGERS,
    NUMERIC,
    REAL,
    TOLERANCE,
    UNSIGNED,
    ArrayCase,
    arrays,
    assert_same,
    broadcastable_arrays,
)

import ndarray_core as nd
from ndarray_core import elementwise
from ndarray_core.backends import numpy as numpy_backend

FAMILIES = (
    elementwise.arithmetic,
    elementwise.complex_numbers,
    elementwise.logic,
    elementwise.mathematics,
    elementwise.special,
)
NOT_FLOATING = ("bool", *INTEGERS)


@dataclass(frozen=True)
class Row:
    """A function, NumPy's, the types that it takes, and between which numbers to try it."""

    name: str
    reference: Callable[..., Any]
    dtypes: tuple[str, ...] = NUMERIC
    low: float = -4.0
    high: float = 4.0
    to_floating: bool = False  # integers become float32 first
    special: bool = True  # also of infinities and NaN

    def __str__(self) -> str:
        return self.name


def floating(name: str, reference: Callable[..., Any], low: float = -4.0, high: float = 4.0) -> Row:
    return Row(name, reference, REAL, low, high, to_floating=True)


def of_each(function: Callable[[float], float]) -> Callable[..., Any]:
    return lambda x: np.vectorize(function, otypes=[x.dtype])(x)


UNARY = [
    Row("negative", np.negative),
    Row("absolute", np.absolute),
    Row("sign", np.sign),
    Row("square", np.square),
    Row("floor", np.floor),
    Row("ceil", np.ceil),
    Row("round", np.round),
    Row("trunc", np.trunc),
    Row("positive", np.positive),
    floating("reciprocal", np.reciprocal),
    floating("sqrt", np.sqrt),
    floating("exp", np.exp, -110, 90),
    floating("expm1", np.expm1, -10, 10),
    floating("log", np.log, -1, 1000),
    floating("log1p", np.log1p, -1.5, 100),
    floating("log2", np.log2, -1, 1000),
    floating("log10", np.log10, -1, 1000),
    floating("sin", np.sin, -100, 100),
    floating("cos", np.cos, -100, 100),
    floating("tan", np.tan, -1.5, 1.5),
    floating("asin", np.arcsin, -1.1, 1.1),
    floating("acos", np.arccos, -1.1, 1.1),
    floating("atan", np.arctan, -50, 50),
    floating("sinh", np.sinh, -20, 20),
    floating("cosh", np.cosh, -20, 20),
    floating("tanh", np.tanh, -12, 12),
    floating("asinh", np.arcsinh, -50, 50),
    floating("acosh", np.arccosh, 0, 50),
    floating("atanh", np.arctanh, -1.1, 1.1),
    floating("erf", of_each(math.erf)),
    floating("exp2", np.exp2, -130, 130),
    floating("erfc", of_each(math.erfc), -6, 12),
    floating("sigmoid", lambda x: 1 / (1 + np.exp(-x)), -100, 100),
    Row("isnan", np.isnan),
    Row("isinf", np.isinf),
    Row("isfinite", np.isfinite),
    Row("conj", np.conj),
    Row("real", np.real),
    Row("imag", np.imag),
    Row("signbit", np.signbit, FLOATING),
    Row("logical_not", np.logical_not, REAL),
    Row("bitwise_invert", np.invert, NOT_FLOATING),
]


def floor_divide(x: Any, y: Any) -> np.ndarray[Any, Any]:
    """NumPy's, but with the standard's special cases for infinities."""
    if np.result_type(x, y).kind != "f":
        return np.floor_divide(x, y)
    finite = np.isfinite(x) & np.isfinite(y)
    return np.where(finite, np.floor_divide(x, y), np.floor(np.divide(x, y)))


BINARY = [
    Row("add", np.add, REAL),
    Row("subtract", np.subtract),
    Row("multiply", np.multiply, REAL),
    Row("maximum", np.maximum, REAL),
    Row("minimum", np.minimum, REAL),
    Row("fmax", np.fmax, REAL),
    Row("fmin", np.fmin, REAL),
    Row("fmod", np.fmod),
    Row("floor_divide", floor_divide),
    Row("remainder", np.remainder),
    Row("pow", np.power, (*FLOATING, *UNSIGNED)),
    floating("divide", np.divide),
    floating("atan2", np.arctan2),
    floating("hypot", np.hypot),
    floating("logaddexp", np.logaddexp, -200, 200),
    floating("copysign", np.copysign),
    floating("nextafter", np.nextafter),
    Row("equal", np.equal, REAL),
    Row("not_equal", np.not_equal, REAL),
    Row("less", np.less, REAL),
    Row("less_equal", np.less_equal, REAL),
    Row("greater", np.greater, REAL),
    Row("greater_equal", np.greater_equal, REAL),
    Row("logical_and", np.logical_and, REAL),
    Row("logical_or", np.logical_or, REAL),
    Row("logical_xor", np.logical_xor, REAL),
    Row("bitwise_and", np.bitwise_and, NOT_FLOATING),
    Row("bitwise_or", np.bitwise_or, NOT_FLOATING),
    Row("bitwise_xor", np.bitwise_xor, NOT_FLOATING),
    Row("bitwise_left_shift", np.left_shift, INTEGERS, -3, 70),
    Row("bitwise_right_shift", np.right_shift, INTEGERS, -3, 70),
]


def automatic_row(name: str, operands: int) -> Row:
    """A new function is tried without a row: against the reference backend, between -4 and 4."""
    function = getattr(nd, name)

    def on_reference(*hosts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return function(*(nd.asarray(host, device="numpy") for host in hosts)).numpy()

    def takes(dtype: str) -> bool:
        try:
            function(*[nd.ones(1, dtype=dtype)] * operands)
        except nd.errors.DTypeError:
            return False
        return True

    result = function(*[nd.ones(1, dtype="int8")] * operands) if takes("int8") else None
    to_floating = result is not None and result.dtype.kind == "float"
    return Row(name, on_reference, tuple(filter(takes, REAL)), to_floating=to_floating)


for rows, table, count in ((UNARY, numpy_backend.UNARY, 1), (BINARY, numpy_backend.BINARY, 2)):
    new_names = sorted(table.keys() - {row.name for row in rows})
    rows += [automatic_row(name, count) for name in new_names]

OPERATORS = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "floor_divide": lambda x, y: x // y,
    "remainder": lambda x, y: x % y,
    "pow": lambda x, y: x**y,
    "equal": lambda x, y: x == y,
    "not_equal": lambda x, y: x != y,
    "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y,
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
    "bitwise_and": lambda x, y: x & y,
    "bitwise_or": lambda x, y: x | y,
    "bitwise_xor": lambda x, y: x ^ y,
    "bitwise_left_shift": lambda x, y: x << y,
    "bitwise_right_shift": lambda x, y: x >> y,
    "negative": lambda x: -x,
    "positive": lambda x: +x,
    "absolute": lambda x: abs(x),
    "bitwise_invert": lambda x: ~x,
}


def reference(row: Row, *hosts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """NumPy's answer, computed in the type that our promotion rules say."""
    compute = nd.result_type(*(host.dtype for host in hosts))
    if row.to_floating and compute.kind != "float":
        compute = nd.float32
    with np.errstate(all="ignore"):
        return np.asarray(row.reference(*(host.astype(compute.name) for host in hosts)))


@pytest.mark.parametrize("row", UNARY, ids=str)
@given(data=st.data())
def test_unary_equals_numpy(device: nd.Device, row: Row, data: st.DataObject) -> None:
    case = data.draw(arrays(row.dtypes, low=row.low, high=row.high, special=row.special))
    x, host = case.on(device)
    expected = reference(row, host)
    assert_same(getattr(nd, row.name)(x), expected, exact=False)
    if row.name in OPERATORS:
        assert_same(OPERATORS[row.name](x), expected, exact=False)


@st.composite
def operands(draw: st.DrawFn, row: Row) -> tuple[ArrayCase, ...]:
    """Two operands whose types promote to one."""
    cases = draw(
        broadcastable_arrays(2, row.dtypes, low=row.low, high=row.high, special=row.special).filter(
            lambda cases: not {case.dtype for case in cases} >= {"int64", "uint64"}
        )
    )
    signed = {case.dtype for case in cases} & {"int8", "int16", "int32", "int64"}
    return cases if not (signed and "uint64" in {case.dtype for case in cases}) else cases[:1] * 2


@pytest.mark.parametrize("row", BINARY, ids=str)
@given(data=st.data())
def test_binary_equals_numpy(device: nd.Device, row: Row, data: st.DataObject) -> None:
    pairs = [case.on(device) for case in data.draw(operands(row))]
    expected = reference(row, *(pair.host for pair in pairs))
    ours = [pair.array for pair in pairs]
    assert_same(getattr(nd, row.name)(*ours), expected, exact=False)
    if row.name in OPERATORS:
        assert_same(OPERATORS[row.name](*ours), expected, exact=False)


OF_HALVES = [row for row in UNARY + BINARY if "float32" in row.dtypes and row.name != "nextafter"]


@pytest.mark.parametrize("row", OF_HALVES, ids=str)
@given(data=st.data())
def test_halves_are_computed_with_in_float32(
    device: nd.Device, row: Row, data: st.DataObject
) -> None:
    dtype = data.draw(st.sampled_from(HALVES))
    count = 1 if row in UNARY else 2
    cases = data.draw(
        broadcastable_arrays(count, (dtype,), low=row.low, high=row.high, special=row.special)
    )
    halves = [case.on(device).array for case in cases]
    function = getattr(nd, row.name)
    result, wide = function(*halves), function(*(half.astype("float32") for half in halves))
    assert result.dtype.name == (dtype if wide.dtype == nd.float32 else wide.dtype.name)
    assert_same(result, wide.astype(result.dtype).numpy())


COMPLEX_UNARY = [
    "negative",
    "positive",
    "square",
    "reciprocal",
    "sqrt",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "round",
    "absolute",
    "sign",
    "isnan",
    "isinf",
    "isfinite",
    "logical_not",
    "real",
    "imag",
    "conj",
    "angle",
]
COMPLEX_BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "pow",
    "equal",
    "not_equal",
    "logical_and",
]
INVERSES = {
    name: getattr(np, f"arc{name[1:]}")
    for name in ["asin", "acos", "atan", "asinh", "acosh", "atanh"]
}


@pytest.mark.parametrize("name", [*COMPLEX_UNARY, *INVERSES])
@given(case=arrays(COMPLEX, low=-3, high=3))
def test_unary_of_complex_numbers_equals_numpy(
    device: nd.Device, name: str, case: ArrayCase
) -> None:
    x, host = case.on(device)
    theirs = INVERSES.get(name) or getattr(np, name)
    with np.errstate(all="ignore"):
        expected = np.asarray(theirs(host))
    assert_same(getattr(nd, name)(x), expected, exact=False, rtol=TOLERANCE[case.dtype] * 10)


@pytest.mark.parametrize("name", COMPLEX_BINARY)
@given(data=st.data())
def test_binary_of_complex_numbers_equals_numpy(
    device: nd.Device, name: str, data: st.DataObject
) -> None:
    cases = data.draw(broadcastable_arrays(2, (*COMPLEX, *FLOATING), low=0.5, high=2))
    pairs = [case.on(device) for case in cases]
    compute = nd.promote_types(nd.result_type(*(pair.array for pair in pairs)), "complex64")
    hosts = [pair.host.astype(compute.name) for pair in pairs]
    ours = [pair.array.astype(compute) for pair in pairs]
    expected = np.asarray(getattr(np, name)(*hosts))
    tolerance = TOLERANCE[compute.name] * 10
    assert_same(getattr(nd, name)(*ours), expected, exact=False, rtol=tolerance)


def test_the_neighbours_of_halves_are_not_made(device: nd.Device) -> None:
    with pytest.raises(nd.errors.DTypeError, match="nextafter is not defined for float16"):
        nd.nextafter(nd.ones(1, dtype="float16", device=device), 2.0)


def test_complex_numbers_have_no_order(device: nd.Device) -> None:
    x = nd.asarray([1 + 2j], device=device)
    for name in ("maximum", "less", "floor_divide", "remainder", "atan2"):
        with pytest.raises(nd.errors.DTypeError, match=f"{name} is not defined for complex64"):
            getattr(nd, name)(x, x)
    for name in ("floor", "erf"):
        with pytest.raises(nd.errors.DTypeError, match=f"{name} is not defined for complex64"):
            getattr(nd, name)(x)


def test_python_complex_numbers_are_weak(device: nd.Device) -> None:
    x = nd.asarray([1.0, 2.0], device=device)
    assert ((x + 1j) * 2).tolist() == [2 + 2j, 4 + 2j]
    assert (x + 1j).dtype == nd.complex64
    assert (x.astype("float64") * 1j).dtype == nd.complex128
    assert (nd.asarray([1], device=device) - 1j).dtype == nd.complex64
    assert complex(nd.asarray(3 - 1j, device=device)) == 3 - 1j


SPECIAL_COMPLEX = [complex(a, b) for a in (0.0, 1.0, np.inf, np.nan) for b in (0.0, -2.0, np.inf)]


@pytest.mark.parametrize("name", ["sqrt", "exp", "log", "sinh", "tanh", "square", "absolute"])
def test_special_complex_numbers_give_what_numpy_gives(device: nd.Device, name: str) -> None:
    host = np.array(SPECIAL_COMPLEX, np.complex128)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(host)
    assert_same(getattr(nd, name)(nd.asarray(host, device=device)), expected, exact=False)


SCALARS: list[bool | int | float] = [True, 2, 2.5]


@pytest.mark.parametrize("row", BINARY, ids=str)
@given(data=st.data())
def test_numbers_take_the_type_of_the_array(
    device: nd.Device, row: Row, data: st.DataObject
) -> None:
    case = data.draw(arrays(row.dtypes, low=max(row.low, 0), high=min(row.high, 4)))
    scalars = [s for s in SCALARS if not (isinstance(s, float) and "float32" not in row.dtypes)]
    scalar = data.draw(st.sampled_from(scalars))
    x, host = case.on(device)
    other = np.asarray(scalar).astype(nd.result_type(x, scalar).name)
    left, right = reference(row, host, other), reference(row, other, host)
    assert_same(getattr(nd, row.name)(x, scalar), left, exact=False)
    assert_same(getattr(nd, row.name)(scalar, x), right, exact=False)
    if row.name in OPERATORS:
        assert_same(OPERATORS[row.name](x, scalar), left, exact=False)
        assert_same(OPERATORS[row.name](scalar, x), right, exact=False)


@given(data=st.data())
def test_where_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from(ALL))
    condition, x, y = data.draw(broadcastable_arrays(3, (dtype,)))
    condition = ArrayCase(condition.shape, "bool", condition.layout, condition.seed)
    pairs = [case.on(device) for case in (condition, x, y)]
    assert_same(nd.where(*(p.array for p in pairs)), np.where(*(p.host for p in pairs)))
    (mask, host_mask), (values, host_values) = pairs[:2]
    zero = np.zeros((), dtype)
    assert_same(nd.where(mask, values, False), np.where(host_mask, host_values, zero))
    assert_same(nd.where(mask, False, values), np.where(host_mask, zero, host_values))


@given(case=arrays(NUMERIC, special=True))
def test_clip_equals_numpy(device: nd.Device, case: ArrayCase) -> None:
    x, host = case.on(device)
    low, high = (0, 3) if case.dtype in UNSIGNED else (-1, 2)
    assert_same(nd.clip(x, low, high), np.clip(host, low, high))
    assert_same(nd.clip(x, max=high), np.minimum(host, np.asarray(high, host.dtype)))
    assert_same(nd.clip(x, nd.full_like(x, low)), np.maximum(host, np.asarray(low, host.dtype)))
    assert_same(nd.clip(x), host)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "negative", "absolute", "square"])
def test_integers_wrap_around(device: nd.Device, dtype: str, name: str) -> None:
    limits = np.iinfo(dtype)
    host = np.array([limits.min, limits.min + 1, limits.max - 1, limits.max], dtype)
    hosts = [host] if name in ("negative", "absolute", "square") else [host, host[::-1]]
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(*hosts)
    assert_same(getattr(nd, name)(*(nd.asarray(h, device=device) for h in hosts)), expected)


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("name", ["floor_divide", "remainder", "pow", "divide", "atan2", "hypot"])
def test_special_values_meet_as_in_numpy(device: nd.Device, dtype: str, name: str) -> None:
    values = np.array([0.0, -0.0, 1.0, -1.0, 2.5, -3.0, np.inf, -np.inf, np.nan], dtype)
    x, y = (grid.copy() for grid in np.meshgrid(values, values))
    ours = getattr(nd, name)(nd.asarray(x, device=device), nd.asarray(y, device=device))
    theirs = next(row.reference for row in BINARY if row.name == name)
    with np.errstate(all="ignore"):
        expected = theirs(x, y)
    assert_same(ours, expected, exact=False)
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(ours.numpy())[zero], np.signbit(expected)[zero])


def test_integers_divided_by_zero_give_zero(device: nd.Device) -> None:
    x = nd.asarray([7, -7, 0], device=device)
    assert (x // 0).tolist() == [0, 0, 0]
    assert (x % 0).tolist() == [0, 0, 0]


def test_every_function_has_a_row() -> None:
    tested = {row.name for row in UNARY + BINARY} | {"abs", "angle", "where", "clip", "polygamma"}
    assert tested == set().union(*(family.__all__ for family in FAMILIES))


def test_comparisons_see_numbers_outside_the_range_of_the_type(device: nd.Device) -> None:
    x = nd.asarray([1, 2], dtype=nd.uint8, device=device)
    assert (x < 300).tolist() == [True, True]
    assert (x == -1).tolist() == [False, False]
    with pytest.raises(OverflowError, match="add: the number does not fit into uint8"):
        x + 300


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize("dtype", COMPLEX)
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("expm1", complex(-0.0, 0.0), complex(0.0, 0.0)),
        ("expm1", complex(INF, 0.0), complex(INF, 0.0)),
        ("expm1", complex(-INF, INF), complex(-1.0, 0.0)),
        ("expm1", complex(INF, INF), complex(INF, NAN)),
        ("expm1", complex(NAN, 0.0), complex(NAN, 0.0)),
        ("tanh", complex(INF, 2.0), complex(1.0, 0.0)),
        ("tanh", complex(-INF, -2.0), complex(-1.0, -0.0)),
        ("tanh", complex(INF, INF), complex(1.0, 0.0)),
    ],
)
def test_special_complex_values_are_the_standards(
    device: nd.Device, dtype: str, name: str, value: complex, expected: complex
) -> None:
    # Six of them, for whatever a kernel does several at a time.
    x = nd.full((6,), value, dtype=dtype, device=device)
    result = getattr(nd, name)(x).numpy()
    np.testing.assert_array_equal(result.real, np.full(6, expected.real))
    np.testing.assert_array_equal(result.imag, np.full(6, expected.imag))
    if np.isfinite(value.imag) and not np.isnan(value.real):
        assert np.signbit(result.imag).tolist() == [np.signbit(expected.imag)] * 6
        assert np.signbit(result.real).tolist() == [np.signbit(expected.real)] * 6
