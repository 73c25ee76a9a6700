"""Products of matrices and tensors equal NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import (
    COMPLEX,
    FLOATING,
    HALVES,
    NUMERIC,
    ArrayCase,
    arrays,
    assert_same,
    broadcastable_shapes,
    seeds,
)

import ndarray_core as nd

SIDES = st.sampled_from([0, 1, 2, 3, 5, 8, 17])
LAYOUTS = ("contiguous", "transposed", "broadcast", "reversed", "sliced")
ROUNDING = {"float32": 1e-4, "float64": 1e-11, "complex64": 1e-4, "complex128": 1e-11}


@given(data=st.data())
def test_matmul_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    m, k, n = (data.draw(SIDES) for _ in range(3))
    batch_x, batch_y = data.draw(broadcastable_shapes(2, max_dims=2, max_side=3))
    dtype = data.draw(st.sampled_from([*NUMERIC, *COMPLEX]))
    x_shape = data.draw(st.sampled_from([(*batch_x, m, k), (k,)]))
    y_shape = data.draw(st.sampled_from([(*batch_y, k, n), (k,)]))
    (x, host_x), (y, host_y) = (
        ArrayCase(shape, dtype, data.draw(st.sampled_from(LAYOUTS)), data.draw(seeds())).on(device)
        for shape in (x_shape, y_shape)
    )
    expected = np.matmul(host_x, host_y)
    assert_same(nd.matmul(x, y), expected, exact=False, rtol=ROUNDING.get(dtype, 0.0))
    assert_same(x @ y, expected, exact=False, rtol=ROUNDING.get(dtype, 0.0))


@given(data=st.data())
def test_products_of_halves_are_rounded_once(device: nd.Device, data: st.DataObject) -> None:
    m, k, n = (data.draw(SIDES) for _ in range(3))
    batch_x, batch_y = data.draw(broadcastable_shapes(2, max_dims=2, max_side=3))
    dtype = data.draw(st.sampled_from(HALVES))
    (x, host_x), (y, host_y) = (
        ArrayCase(shape, dtype, data.draw(st.sampled_from(LAYOUTS)), data.draw(seeds())).on(device)
        for shape in ((*batch_x, m, k), (*batch_y, k, n))
    )
    wide_x, wide_y = host_x.astype(np.float64), host_y.astype(np.float64)
    exact = wide_x @ wide_y
    # Half a unit in the last place, of a sum in float32.
    rounding = nd.finfo(dtype).eps / 2 * np.abs(exact)
    summing = k * nd.finfo("float32").eps * (np.abs(wide_x) @ np.abs(wide_y))
    error = np.abs((x @ y).numpy().astype(np.float64) - exact)
    assert np.all(error <= rounding + 2 * summing + nd.finfo(dtype).smallest_normal)


@pytest.mark.parametrize("dtype", FLOATING)
# Edges of the blocks that the native product is cut into: one row, one last column, uneven parts.
@pytest.mark.parametrize(
    ("m", "k", "n"),
    [(1, 1000, 1), (129, 65, 130), (33, 400, 257), (3, 7, 999), (1, 513, 1025), (420, 130, 40)],
)
@pytest.mark.parametrize("layout", ["contiguous", "transposed", "sliced"])
def test_large_products_equal_numpy(
    device: nd.Device, m: int, k: int, n: int, dtype: str, layout: str
) -> None:
    (x, host_x), (y, host_y) = (
        ArrayCase(shape, dtype, layout, seed=m + k).on(device) for shape in ((m, k), (k, n))
    )
    exact = host_x.astype(np.float64) @ host_y.astype(np.float64)
    bound = np.abs(host_x).astype(np.float64) @ np.abs(host_y).astype(np.float64)
    assert np.all(np.abs((x @ y).numpy() - exact) <= 8 * np.finfo(dtype).eps * bound)


@given(data=st.data())
def test_a_batch_equals_its_parts(device: nd.Device, data: st.DataObject) -> None:
    x = data.draw(arrays(FLOATING, shape=(3, 4, 5))).on(device).array
    y = data.draw(arrays((x.dtype.name,), shape=(3, 5, 2))).on(device).array
    for i in range(3):
        assert ((x @ y)[i] == x[i].contiguous() @ y[i].contiguous()).all()


@given(data=st.data())
def test_tensordot_and_friends_equal_numpy(device: nd.Device, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([*NUMERIC, *COMPLEX]))
    x, host_x = data.draw(arrays((dtype,), shape=(2, 3, 4))).on(device)
    y, host_y = data.draw(arrays((dtype,), shape=(3, 4, 2))).on(device)
    rtol = ROUNDING.get(dtype, 0.0)
    for axes in (0, 2, ((0,), (-1,)), ((1, 2), (0, 1)), ((-1, 0), (1, 2)), ((), ())):
        expected = np.tensordot(host_x, host_y, axes)
        assert_same(nd.tensordot(x, y, axes=axes), expected, exact=False, rtol=rtol)
    products = np.sum(host_x.conj() * host_y.transpose(2, 0, 1), axis=1, dtype=host_x.dtype)
    ours = nd.vecdot(x, y.permute(2, 0, 1), axis=1)
    assert_same(ours, products, exact=False, rtol=rtol)
    outer = np.outer(host_x[0, 0], host_y[0, 0])
    assert_same(nd.outer(x[0, 0], y[0, 0]), outer, exact=False, rtol=rtol)
    assert_same(nd.matrix_transpose(x), host_x.swapaxes(-1, -2))


def test_products_in_place(device: nd.Device) -> None:
    x = nd.asarray([[1.0, 2.0], [3.0, 4.0]], device=device)
    alias = x
    x @= x
    assert x is alias and x.tolist() == [[7.0, 10.0], [15.0, 22.0]]
    x @= nd.eye(2, device=device)
    assert x.tolist() == [[7.0, 10.0], [15.0, 22.0]]


def test_infinities_stay_in_their_row(device: nd.Device) -> None:
    x = nd.eye(20, device=device)
    x[3, 3] = float("inf")
    product = (x @ nd.ones((20, 20), device=device)).numpy()
    assert np.isinf(product[3]).all() and np.isfinite(np.delete(product, 3, 0)).all()


@given(data=st.data())
def test_cross_kron_and_trace_equal_numpys(device: nd.Device, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([*NUMERIC, *COMPLEX]))
    rtol = ROUNDING.get(dtype, 0.0)
    shape_x, shape_y = data.draw(broadcastable_shapes(2, max_dims=2, max_side=3))
    layout = data.draw(st.sampled_from(LAYOUTS))
    x, host_x = ArrayCase((*shape_x, 3), dtype, layout, data.draw(seeds())).on(device)
    y, host_y = ArrayCase((*shape_y, 3), dtype, layout, data.draw(seeds())).on(device)
    expected = np.cross(host_x, host_y)
    assert_same(nd.linalg.cross(x, y), expected, exact=False, rtol=rtol)
    both = nd.broadcast_arrays(x.mT, y.mT) if len(shape_x) == len(shape_y) == 1 else None
    if both:
        turned = nd.linalg.cross(*both, axis=-2)
        assert_same(turned, np.swapaxes(expected, -1, -2), exact=False, rtol=rtol)
    assert_same(nd.linalg.kron(x, y), np.kron(host_x, host_y), exact=False, rtol=rtol)
    offset = data.draw(st.integers(-3, 3))
    square, host = data.draw(arrays((dtype,), shape=(2, 3, 4))).on(device)
    assert_same(nd.linalg.diagonal(square, offset=offset), np.linalg.diagonal(host, offset=offset))
    ours = nd.linalg.trace(square, offset=offset)
    assert_same(ours, np.trace(host, offset, -2, -1).astype(ours.dtype.name), exact=False)
    assert nd.linalg.trace(square, dtype="complex128").dtype == nd.complex128


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: nd.linalg.cross(x, x), nd.errors.ShapeError, "does not have size 3"),
        (lambda x: nd.linalg.cross(x[0], x, axis=0), nd.errors.ShapeError, "in both"),
        (lambda x: nd.linalg.trace(x[0]), nd.errors.ShapeError, "diagonal"),
    ],
)
def test_products_say_what_they_take(
    device: nd.Device, call: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises((error, IndexError), match=text):
        call(nd.zeros((3, 2), device=device))
