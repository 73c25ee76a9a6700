"""Arrays as Python's numbers and containers, and everything that may be assigned to them."""

from __future__ import annotations

import array
import math
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import ALL, COMPLEX, INTEGERS, arrays, assert_same
from tests.strategies import ArrayCase as Case

import ndarray_core as nd


@given(case=arrays(ALL, shape=st.sampled_from([(), (1,), (1, 1)]), special=True))
def test_one_element_is_every_kind_of_number(device: nd.Device, case: Case) -> None:
    x, host = case.on(device)
    value = host.item()
    assert bool(x) is bool(value)
    assert repr(x.item()) == repr(value) and type(x.item()) is type(value)
    assert repr(complex(x)) == repr(complex(value))
    if case.dtype in COMPLEX:
        for number in (int, float):
            with pytest.raises(TypeError, match="not 'complex'"):
                number(x)
        return
    assert repr(float(x)) == repr(float(value))
    if math.isfinite(value):
        assert int(x) == int(value)
    else:
        with pytest.raises((ValueError, OverflowError), match="cannot convert float"):
            int(x)
    if x.ndim == 0 and case.dtype in INTEGERS:
        assert operator.index(x) == value
    else:
        with pytest.raises(TypeError, match="0-d integer array"):
            operator.index(x)


@pytest.mark.parametrize("shape", [(0,), (2,), (1, 2)])
@pytest.mark.parametrize("number", [bool, int, float, complex])
def test_several_elements_are_no_number(
    device: nd.Device, shape: tuple[int, ...], number: Any
) -> None:
    with pytest.raises(ValueError, match=r"shape \("):
        number(nd.zeros(shape, device=device))


@given(case=arrays(ALL, special=True))
def test_containers(device: nd.Device, case: Case) -> None:
    x, host = case.on(device)
    for value in (0, 1, 2.5, True, math.nan, -3):
        assert (value in x) is (value in host)
    if x.ndim == 0:
        with pytest.raises(TypeError, match="0-d array has no length"):
            len(x)
        with pytest.raises(TypeError, match="0-d array cannot be iterated"):
            list(x)
        return
    assert len(x) == len(host)
    assert [part.tolist() for part in x] == host.tolist() or "nan" in repr(host.tolist())
    if x.size:
        assert (x[-1] in x) is bool((host[-1] == host).any())


@pytest.mark.parametrize("value", ["a", None, {}, object()])
def test_what_no_array_contains(device: nd.Device, value: Any) -> None:
    with pytest.raises(TypeError, match="looks for a number or an array, not"):
        assert value in nd.zeros(3, device=device)


def test_an_array_is_no_key(device: nd.Device) -> None:
    with pytest.raises(TypeError, match="unhashable type"):
        {nd.zeros(3, device=device): 1}


ROW = [4, 5, 6]
VALUES = [
    7,
    True,
    np.int8(7),
    np.float64(2.0),
    [4, 5, 6],
    (4, 5, 6),
    [[4], [5]],
    [np.float32(4), 5, True],
    range(3),
    np.array(ROW, "int16"),
    np.array(ROW, ">f4"),
    np.array([[4], [5]]),
    array.array("d", ROW),
    bytes(ROW),
    memoryview(bytes(ROW)),
    np.bool_(True),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize(
    "key", [..., slice(None), (slice(None, None, -1), slice(None)), [0, 1], [-1, 0]], ids=repr
)
@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "uint8"])
def test_everything_can_be_assigned(device: nd.Device, value: Any, key: Any, dtype: str) -> None:
    x = nd.zeros((2, 3), dtype=dtype, device=device)
    host = np.zeros((2, 3), dtype)
    x[key] = value
    host[key] = np.asarray(memoryview(value) if isinstance(value, bytes) else value)
    assert_same(x, host)


@given(
    target=arrays(ALL, shape=(2, 3), layouts=("contiguous", "transposed", "reversed")),
    value=arrays(ALL, shape=st.sampled_from([(), (3,), (1,), (2, 1), (2, 3), (1, 2, 3)]), low=0),
)
def test_arrays_of_every_type_can_be_assigned(device: nd.Device, target: Case, value: Case) -> None:
    x, host = target.on(device)
    y, other = value.on(device)
    if value.dtype in COMPLEX and target.dtype not in (*COMPLEX, "bool"):
        with pytest.raises(nd.errors.DTypeError, match=r"imaginary parts; take real\(x\)"):
            x[...] = y
        return
    x[...] = y
    host[...] = other
    assert_same(x, host)
    x[1, 2] = y[..., :1].reshape(-1)[0] if y.ndim else y
    host[1, 2] = other[..., :1].reshape(-1)[0] if y.ndim else other
    assert_same(x, host)


@pytest.mark.parametrize(
    ("key", "value", "error", "text"),
    [
        (0, "a", TypeError, "not str"),
        (0, None, TypeError, "not NoneType"),
        (0, {}, TypeError, "not dict"),
        (0, object(), TypeError, "not object"),
        ([0], object(), TypeError, "not object"),
        (0, ["a"], TypeError, "no element type"),
        (0, [1, 2], nd.errors.ShapeError, "broadcast"),
        ([0], [1, 2], nd.errors.ShapeError, "broadcast"),
        (0, 300, OverflowError, "does not fit into uint8"),
        (0, -1, OverflowError, "does not fit into uint8"),
        (0, math.inf, OverflowError, "does not fit into uint8"),
        (2, 1, IndexError, "index 2 is out of bounds"),
        ("a", 1, IndexError, "not str"),
        (1.0, 1, IndexError, "not float"),
    ],
)
def test_what_cannot_be_assigned(
    device: nd.Device, key: Any, value: Any, error: type[Exception], text: str
) -> None:
    x = nd.ones((2, 3), dtype="uint8", device=device)
    with pytest.raises(error, match=text):
        x[key] = value
    assert x.tolist() == [[1] * 3] * 2


@pytest.mark.parametrize("operation", [operator.add, operator.mul, operator.matmul, operator.lt])
@pytest.mark.parametrize("other", ["a", None, [1], {}, object()])
def test_operators_refuse_other_types(device: nd.Device, operation: Any, other: Any) -> None:
    x = nd.ones((2, 2), device=device)
    for arguments in ((x, other), (other, x)):
        with pytest.raises(TypeError, match=r"NDArray|0-d integer array"):
            operation(*arguments)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: nd.add(x, "a"), "an array or a number, got str"),
        (lambda x: nd.where(x > 0, x, "a"), "an array or a number, got str"),
        (lambda x: nd.exp([1.0]), r"exp: expected an array, got list; asarray\(...\) makes one"),
        (lambda x: x == [1, 2], r"equal: the other operand is a list; convert it with asarray"),
        (lambda x: nd.sum([1]), "sum: expected an array, got list"),
        (lambda x: nd.matmul(x, [1]), "matmul: expected an array, got list"),
        (lambda x: nd.where(True, x, 0), "where: expected an array, got bool"),
        (lambda x: nd.concat([x, [1]]), "concat: expected an array, got list"),
        (lambda x: nd.concat(x), "concat: takes a sequence of arrays, not one"),
        (lambda x: nd.linalg.inv([[1.0]]), "inv: expected an array, got list"),
        (lambda x: nd.fft.fft([1.0]), "fft: expected an array, got list"),
        (lambda x: nd.arange(1j), "arange: complex numbers have no order"),
        (lambda x: x.astype("a"), "no element type 'a'"),
        (lambda x: x.to_device(3), "a device or its name, got int"),
        (lambda x: x.fill("a"), "an array or a number, got str"),
        (lambda x: x.reshape("a"), "an int or a sequence of ints"),
    ],
)
def test_type_errors_name_what_is_taken(device: nd.Device, call: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        call(nd.ones((2, 2), device=device))


INTEGER_RANGE_CASES = [("uint64", -1), ("uint8", 300), ("int64", 2**63), ("int8", -129)]


@pytest.mark.parametrize(("dtype", "number"), INTEGER_RANGE_CASES)
def test_numbers_outside_a_type_are_compared(device: nd.Device, dtype: str, number: int) -> None:
    x = nd.asarray([0, 1, 100], dtype=dtype, device=device)
    for compare in (
        operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
    ):  # fmt: skip
        assert compare(x, number).tolist() == [compare(value, number) for value in (0, 1, 100)]
        assert compare(number, x).tolist() == [compare(number, value) for value in (0, 1, 100)]


def test_types_go_by_their_names() -> None:
    assert nd.float32 == "float32" and nd.float32 == np.float32 == nd.float32
    assert nd.float32 == np.dtype("float32") and nd.float32 in ("float32",)
    assert nd.float32 != "float64" and nd.float32 != "abc" and nd.float32 != 3
    assert {nd.float32: 1}["float32"] == 1  # type: ignore[index]


def test_numbers_that_no_type_holds_are_refused(device: nd.Device) -> None:
    with pytest.raises(nd.errors.DTypeError, match=r"no integer type holds both -1 and 922337"):
        nd.asarray([[2**63], [-1]], device=device)
    with pytest.raises(OverflowError, match="not all numbers from 250 to 259 fit into uint8"):
        nd.arange(250, 260, dtype="uint8", device=device)
    with pytest.raises(OverflowError, match="NaN"):
        nd.asarray([float("nan")], dtype="int32", device=device)
    with pytest.raises(ValueError, match="NaN is no bound"):
        nd.arange(0, float("nan"), device=device)
    for x, count in ((nd.ones(4, device=device), 2**62), (nd.ones(2**20, device=device), 2**44)):
        with pytest.raises(nd.errors.OutOfMemoryError, match=r"repeat: .* elements along axis 0"):
            nd.repeat(x, count)


def test_statistics_of_halves_are_rounded_once(device: nd.Device) -> None:
    assert nd.var(nd.asarray([256, 258], dtype="bfloat16", device=device)).item() == 1
    assert nd.std(nd.asarray([-1000, 1000], dtype="float16", device=device)).item() == 1000
    x = nd.asarray([300, 400], dtype="float16", device=device)
    assert nd.linalg.vector_norm(x).item() == 500
    assert nd.linalg.matrix_norm(x.reshape(1, 2)).item() == 500


def test_complex_corners(device: nd.Device) -> None:
    x = nd.asarray([1 + 1j, 2], device=device)
    assert nd.var(x).item() == 0.5 and nd.std(x).dtype == nd.float32
    assert nd.linspace(0, 1j, 3, device=device).tolist() == [0, 0.5j, 1j]
    numbers = nd.asarray([complex(1, math.inf), complex(math.nan, 2)], device=device)
    assert nd.nan_to_num(numbers, posinf=7.0).tolist() == [1 + 7j, 2j]
    assert (nd.asarray([1 + 1j], device=device) / 0).item() == complex(math.inf, math.inf)
    large = nd.sign(nd.asarray([3e38 + 3e38j, 0, -1e-40j], device=device)).numpy()
    np.testing.assert_allclose(large, [0.5**0.5 * (1 + 1j), 0, -1j], rtol=1e-6)
    small = nd.log1p(nd.asarray([1e-10 + 1e-10j], device=device)).numpy()
    np.testing.assert_allclose(small, [1e-10 + 1e-10j], rtol=1e-6)


@pytest.mark.parametrize("name", ["tanh", "sin", "expm1", "log1p", "erf", "asinh", "atan"])
def test_odd_functions_keep_the_sign_of_zero(device: nd.Device, name: str) -> None:
    function = getattr(nd, name)
    for dtype in ("float16", "bfloat16", "float32", "float64"):
        for count in (1, 67):
            x = nd.full(count, -0.0, dtype=dtype, device=device)
            assert bool(nd.all(nd.signbit(function(x))))


def test_assignment_names_itself(device: nd.Device) -> None:
    with pytest.raises(nd.errors.ShapeError, match=r"assignment: shape \(3,\) does not broadcast"):
        nd.zeros(2, device=device)[:] = nd.ones(3, device=device)
