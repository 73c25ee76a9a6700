"""Writing in place: overlapping operands, refused writes, and the count of writes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import FLOATING, INTEGERS, NUMERIC, arrays, assert_same, shapes

import ndarray_core as nd

IN_PLACE: dict[str, tuple[Callable[[Any, Any], Any], tuple[str, ...]]] = {
    "+=": (operator.iadd, NUMERIC),
    "-=": (operator.isub, NUMERIC),
    "*=": (operator.imul, NUMERIC),
    "/=": (operator.itruediv, FLOATING),
    "//=": (operator.ifloordiv, NUMERIC),
    "%=": (operator.imod, NUMERIC),
    "&=": (operator.iand, INTEGERS),
    "|=": (operator.ior, INTEGERS),
    "^=": (operator.ixor, INTEGERS),
    "<<=": (operator.ilshift, INTEGERS),
    ">>=": (operator.irshift, INTEGERS),
}
SLICES = st.builds(
    slice,
    st.none() | st.integers(-6, 6),
    st.none() | st.integers(-6, 6),
    st.sampled_from([None, 1, 2, -1, -2]),
)


@pytest.mark.parametrize("name", IN_PLACE)
@given(data=st.data())
def test_operators_in_place_equal_numpy(device: nd.Device, name: str, data: st.DataObject) -> None:
    operate, dtypes = IN_PLACE[name]
    writable = ("contiguous", "transposed", "reversed", "sliced")
    x, host = data.draw(arrays(dtypes, layouts=writable, low=0)).on(device)
    shape = host.shape[data.draw(st.integers(0, host.ndim)) :]
    y, other = data.draw(arrays((x.dtype.name,), shape=shape, low=1)).on(device)
    result = x
    with np.errstate(all="ignore"):
        result, expected = operate(result, y), operate(host, other)
    assert result is x
    assert_same(x, expected, exact=False)
    result = operate(result, 2)
    assert result is x
    assert_same(x, operate(expected, 2), exact=False)


@given(data=st.data())
def test_overlapping_operands_equal_numpy(device: nd.Device, data: st.DataObject) -> None:
    size = data.draw(st.integers(0, 9))
    host = np.arange(size * size, dtype="float32").reshape(size, size)
    x = nd.asarray(host, device=device, copy=True)
    to, of = (data.draw(st.tuples(SLICES, SLICES)) for _ in range(2))
    if host[to].shape != host[of].shape and data.draw(st.booleans()):
        of = to
    flip = data.draw(st.booleans())
    source, theirs = (x[of].mT, host[of].mT) if flip else (x[of], host[of])
    try:
        np.broadcast_to(theirs, host[to].shape)
    except ValueError:
        with pytest.raises(nd.errors.ShapeError):
            x[to] += source
        return
    if data.draw(st.booleans()):
        x[to] = source
        host[to] = theirs.copy()
    else:
        x[to] += source
        host[to] += theirs.copy()
    assert_same(x, host)


def test_a_running_sum_reads_before_it_writes(device: nd.Device) -> None:
    for size in (5, 1000, 100_000):
        x = nd.ones(size, device=device)
        x[1:] += x[:-1]
        assert float(x[0]) == 1.0 and bool(nd.all(x[1:] == 2.0))
        x[:-1] = x[1:]
        assert bool(nd.all(x == 2.0))
        x += x
        assert bool(nd.all(x == 4.0))


def test_views_of_one_numpy_array_are_known_to_overlap(host_device: nd.Device) -> None:
    host = np.arange(6.0)
    with nd.use_device(host_device):
        whole, shifted = nd.from_numpy(host[1:]), nd.from_numpy(host[:-1])
    whole += shifted
    assert host.tolist() == [0.0, 1.0, 3.0, 5.0, 7.0, 9.0]


ROWS = [
    (lambda x: x.__iadd__(nd.zeros((2, 3))), nd.errors.ShapeError, "does not broadcast to"),
    (lambda x: x.broadcast_to((2, 3)).__iadd__(1), nd.errors.ShapeError, r"copy\(\) it before"),
    (lambda x: x.windows(0, 2).fill(1.0), nd.errors.ShapeError, r"copy\(\) it before writing"),
    (lambda x: x.broadcast_to((2, 3)).__setitem__(0, 1), nd.errors.ShapeError, None),
    (lambda x: x.broadcast_to((2, 3)).__setitem__(..., 1), nd.errors.ShapeError, "more than once"),
    (lambda x: x.astype(int).__iadd__(0.5), nd.errors.DTypeError, "in place"),
    (lambda x: x.astype(int).__itruediv__(2), nd.errors.DTypeError, "in place"),
    (lambda x: (x > 0).__iadd__(1), nd.errors.DTypeError, "in place"),
]


@pytest.mark.parametrize(("write", "error", "text"), ROWS)
def test_writes_that_cannot_be(
    device: nd.Device, write: Any, error: type[Exception], text: str | None
) -> None:
    with nd.use_device(device):
        x = nd.zeros(3)
        if text is None:  # one row of a broadcast view reaches every element once
            write(x)
            assert x.tolist() == [1.0] * 3
            return
        with pytest.raises(error, match=text):
            write(x)
    assert x.tolist() == [0.0] * 3


def test_wider_operands_are_converted_back(device: nd.Device) -> None:
    x = nd.ones(3, dtype=nd.float32, device=device)
    x += nd.full(3, 0.5, dtype=nd.float64, device=device)
    assert x.dtype == nd.float32 and x.tolist() == [1.5] * 3
    y = nd.ones(3, dtype=nd.int8, device=device)
    y += nd.full(3, 300, dtype=nd.int32, device=device)
    assert y.dtype == nd.int8 and y.tolist() == [45] * 3  # 301 modulo 256


WRITES: list[tuple[str, Callable[[nd.NDArray], Any], int]] = [
    ("reads", lambda x: (x + 1, x.sum(), x[0], x[[0]], x.T, x.copy(), x.numpy()), 0),
    ("+=", lambda x: x.__iadd__(1), 1),
    ("+= array", lambda x: x.__iadd__(x.copy()), 1),
    ("through a view", lambda x: x.T[1:].__imul__(2), 1),
    ("fill", lambda x: x.fill(3.0), 1),
    ("number", lambda x: x.__setitem__(0, 1.0), 1),
    ("array", lambda x: x.__setitem__(..., x.copy()), 1),
    ("index arrays", lambda x: x.__setitem__([0], 1.0), 1),
    ("mask", lambda x: x.__setitem__(x == 0, 1.0), 1),
    ("index_add", lambda x: nd.index_add(x, nd.arange(1, device=x.device), x[:1].copy(), 0), 1),
    ("nothing", lambda x: x[:0].fill(1.0), 0),
]


@pytest.mark.parametrize(("name", "write", "count"), WRITES)
def test_the_buffer_counts_writes(
    device: nd.Device, name: str, write: Callable[[nd.NDArray], Any], count: int
) -> None:
    x = nd.zeros((2, 3), device=device)
    before = x.buffer.version
    write(x)
    assert x.buffer.version == before + count == x.T.buffer.version


@given(shape=shapes(max_dims=3), value=st.sampled_from([0, 1, True, -3, 2.5]))
def test_fill_equals_numpy(device: nd.Device, shape: tuple[int, ...], value: float) -> None:
    for dtype in ("float32", "float64", "int32", "int8"):
        host = np.zeros(shape, dtype)
        host[...] = value
        assert_same(nd.zeros(shape, dtype=dtype, device=device).fill(value), host)
