"""Factorisations have their defining properties; norms and what is composed equal NumPy's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import (
    COMPLEX,
    FLOATING,
    LAYOUTS,
    ArrayCase,
    Pair,
    arrays,
    assert_same,
    axes_of,
    seeds,
    shapes,
)

import ndarray_core as nd

ROUNDING = {"float32": 2e-3, "float64": 1e-9, "complex64": 2e-3, "complex128": 1e-9}


@st.composite
def matrices(draw: st.DrawFn, square: bool = False, min_side: int = 0) -> ArrayCase:
    """Stacks of matrices of floating and complex numbers, in every layout."""
    batch = draw(shapes(max_dims=2, max_side=3))
    rows, columns = draw(st.integers(min_side, 5)), draw(st.integers(min_side, 5))
    shape = (*batch, rows, rows if square else columns)
    return ArrayCase(
        shape,
        draw(st.sampled_from(FLOATING + COMPLEX)),
        draw(st.sampled_from(LAYOUTS)),
        draw(seeds()),
    )


def regular(case: ArrayCase, device: nd.Device) -> Pair:
    """Square matrices far from singular ones: the diagonal outweighs the rest of its row."""
    x, host = case.on(device)
    strong = nd.eye(case.shape[-1], dtype=x.dtype, device=device) * 30
    return Pair(x + strong, host + 30 * np.eye(case.shape[-1], dtype=case.dtype))


def adjoint(x: nd.NDArray) -> nd.NDArray:
    return nd.conj(x).mT


def positive_definite(case: ArrayCase, device: nd.Device) -> nd.NDArray:
    x = case.on(device).array
    return x @ adjoint(x) + nd.eye(case.shape[-1], dtype=x.dtype, device=device)


def assert_close(ours: nd.NDArray, theirs: nd.NDArray) -> None:
    assert_same(ours, theirs.numpy(), exact=False, rtol=ROUNDING[ours.dtype.name])


@given(case=matrices(square=True), upper=st.booleans())
def test_cholesky(device: nd.Device, case: ArrayCase, upper: bool) -> None:
    x = positive_definite(case, device)
    factor = nd.linalg.cholesky(x, upper=upper)
    assert_close(adjoint(factor) @ factor if upper else factor @ adjoint(factor), x)
    assert nd.array_equal(factor, nd.triu(factor) if upper else nd.tril(factor))
    assert factor.device == device


@given(case=matrices(), mode=st.sampled_from(["reduced", "complete"]))
def test_qr(device: nd.Device, case: ArrayCase, mode: Any) -> None:
    x = case.on(device).array
    q, r = nd.linalg.qr(x, mode=mode)
    assert_close(q @ r, x)
    gram = adjoint(q) @ q
    assert_close(gram, nd.eye(q.shape[-1], dtype=x.dtype, device=device).broadcast_to(gram.shape))
    assert nd.array_equal(r, nd.triu(r))
    inner = case.shape[-2] if mode == "complete" else min(case.shape[-2:])
    assert (q.shape[-1], r.shape[-2]) == (inner, inner)


@given(case=matrices(), full=st.booleans())
def test_svd(device: nd.Device, case: ArrayCase, full: bool) -> None:
    x = case.on(device).array
    u, s, vh = nd.linalg.svd(x, full_matrices=full)
    k = min(case.shape[-2:])
    assert_close(u[..., :k] * s.expand_dims(-2) @ vh[..., :k, :], x)
    assert_close(nd.linalg.svdvals(x), s)
    assert bool((s[..., 1:] <= s[..., :-1]).all()) and bool((s >= 0).all())
    assert u.shape[-1] == (case.shape[-2] if full else k)
    assert vh.shape[-2] == (case.shape[-1] if full else k)


@given(case=matrices(square=True))
def test_eigh(device: nd.Device, case: ArrayCase) -> None:
    x = positive_definite(case, device)
    values, vectors = nd.linalg.eigh(x)
    assert_close(x @ vectors, vectors * values.expand_dims(-2))
    assert_close(nd.linalg.eigvalsh(x), values)
    assert values.dtype.kind == "float"


@given(case=matrices(square=True))
def test_eig(device: nd.Device, case: ArrayCase) -> None:
    x, _ = case.on(device)
    values, vectors = nd.linalg.eig(x)
    precision = "complex64" if case.dtype in ("float32", "complex64") else "complex128"
    assert values.dtype.name == vectors.dtype.name == precision
    assert_close(x.astype(precision) @ vectors, vectors * values.expand_dims(-2))
    same = nd.linalg.eigvals(x)
    assert_close(nd.linalg.trace(x).astype(precision), nd.sum(same, axis=-1))
    assert_same(same, np.linalg.eigvals(x.numpy()).astype(precision), exact=False, rtol=1e-3)


@given(case=matrices(square=True))
def test_determinants_and_inverses(device: nd.Device, case: ArrayCase) -> None:
    x, host = regular(case, device)
    assert_same(nd.linalg.det(x), np.linalg.det(host), exact=False, rtol=1e-3)
    sign, logarithm = nd.linalg.slogdet(x)
    for ours, theirs in zip((sign, logarithm), np.linalg.slogdet(host), strict=True):
        assert_same(ours, theirs, exact=False, rtol=ROUNDING[case.dtype])
    inverse = nd.linalg.inv(x)
    identity = nd.eye(case.shape[-1], dtype=x.dtype, device=device).broadcast_to(x.shape)
    assert_close(x @ inverse, identity)
    assert_close(nd.linalg.pinv(x), inverse)
    assert nd.linalg.matrix_rank(x).tolist() == np.linalg.matrix_rank(host).tolist()
    assert_close(nd.linalg.matrix_power(x / 30, -2), nd.linalg.inv((x / 30) @ (x / 30)))


@given(case=matrices(square=True), data=st.data())
def test_solve(device: nd.Device, case: ArrayCase, data: st.DataObject) -> None:
    x, _ = regular(case, device)
    columns = data.draw(st.integers(0, 3))
    shape = data.draw(
        st.sampled_from([(case.shape[-1],), (*case.shape[:-1], columns), (case.shape[-1], columns)])
    )
    y = data.draw(arrays((case.dtype,), shape=shape)).on(device).array
    solution = nd.linalg.solve(x, y)
    product = x @ (solution.expand_dims(-1) if y.ndim == 1 else solution)
    expected = y.expand_dims(-1) if y.ndim == 1 else y
    assert_close(product, expected.broadcast_to(product.shape))


@given(case=matrices(min_side=1), rtol=st.sampled_from([None, 0.5]))
def test_pseudo_inverses_and_ranks_equal_numpys(
    device: nd.Device, case: ArrayCase, rtol: float | None
) -> None:
    x, host = case.on(device)
    tolerance = ROUNDING[case.dtype]
    ranks = np.linalg.matrix_rank(host, rtol=rtol)
    assert nd.linalg.matrix_rank(x, rtol=rtol).tolist() == ranks.tolist()
    inverse = nd.linalg.pinv(x, rtol=rtol)
    assert_same(inverse, np.linalg.pinv(host, rtol=rtol), exact=False, rtol=tolerance * 50)
    if rtol and x.size:
        each = nd.full(x.shape[:-2], rtol, dtype=nd.real(x).dtype, device=device)
        assert_close(nd.linalg.pinv(x, rtol=each), inverse)


def test_matrices_without_elements(device: nd.Device) -> None:
    x = nd.zeros((2, 0, 3), device=device)
    assert nd.linalg.matrix_rank(x).tolist() == [0, 0]
    assert nd.linalg.pinv(x).shape == (2, 3, 0)
    assert nd.linalg.det(x[..., :0]).tolist() == [1.0, 1.0]
    assert nd.linalg.matrix_norm(x).tolist() == [0.0, 0.0]


@given(case=matrices(square=True), n=st.integers(0, 6))
def test_matrix_power_equals_numpys(device: nd.Device, case: ArrayCase, n: int) -> None:
    x, host = case.on(device)
    expected = np.linalg.matrix_power(host / 4, n)
    assert_same(nd.linalg.matrix_power(x / 4, n), expected, exact=False, rtol=1e-3)
    integers = nd.asarray([[1, 1], [1, 0]], device=device)
    assert nd.linalg.matrix_power(integers, 10).tolist() == [[89, 55], [55, 34]]
    assert nd.linalg.matrix_power(integers, 1).buffer != integers.buffer


ORDERS = (0, 1, 2, 3, -1, -2, 0.5, math.inf, -math.inf)


@given(data=st.data(), order=st.sampled_from(ORDERS), keepdims=st.booleans())
def test_vector_norms_equal_numpys(
    device: nd.Device, data: st.DataObject, order: Any, keepdims: bool
) -> None:
    dtypes = FLOATING + COMPLEX
    case = data.draw(arrays(dtypes, shape=shapes(min_dims=1, max_dims=3, min_side=1), low=0.5))
    x, host = case.on(device)
    axis = data.draw(axes_of(x.ndim).filter(lambda axis: axis != ()))
    ours = nd.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=order)
    theirs = np.linalg.vector_norm(host, axis=axis, keepdims=keepdims, ord=order)
    assert_same(ours, theirs.astype(np.abs(host).dtype), exact=False, rtol=1e-4)


@pytest.mark.parametrize("order", ["fro", None, "nuc", 1, -1, 2, -2, math.inf, -math.inf])
@given(case=matrices(min_side=1), keepdims=st.booleans())
def test_matrix_norms_equal_numpys(
    device: nd.Device, case: ArrayCase, order: Any, keepdims: bool
) -> None:
    x, host = case.on(device)
    ours = nd.linalg.matrix_norm(x, ord=order, keepdims=keepdims)
    theirs = np.linalg.matrix_norm(host, ord=order or "fro", keepdims=keepdims)
    assert_same(ours, theirs, exact=False, rtol=ROUNDING[case.dtype])


def test_integers_become_floating(device: nd.Device) -> None:
    x = nd.asarray([[2, 0], [0, 4]], device=device)
    assert nd.linalg.inv(x).tolist() == [[0.5, 0.0], [0.0, 0.25]]
    assert nd.linalg.vector_norm(x[0]).dtype == nd.linalg.det(x).dtype == nd.float32


SINGULAR = [[1.0, 2.0], [2.0, 4.0]]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (nd.linalg.inv, nd.errors.LinAlgError, r"inv: \(2, 2\): Singular matrix; pinv"),
        (lambda x: nd.linalg.solve(x, x), nd.errors.LinAlgError, "solve: .*least squares"),
        (lambda x: nd.linalg.cholesky(-x), np.linalg.LinAlgError, "add a small multiple"),
        (lambda x: nd.linalg.matrix_power(x, -1), nd.errors.LinAlgError, "Singular"),
        (lambda x: nd.linalg.svd(x * nd.nan), nd.errors.LinAlgError, "all elements finite"),
        (lambda x: nd.linalg.inv(x.astype("bfloat16")), nd.errors.DTypeError, "in bfloat16"),
        (lambda x: nd.linalg.inv(x[:1]), nd.errors.ShapeError, r"inv: .* not shape \(1, 2\)"),
        (lambda x: nd.linalg.qr(x[0]), nd.errors.ShapeError, "takes a matrix"),
        (lambda x: nd.linalg.qr(x, mode="raw"), ValueError, "'reduced' or 'complete'"),
        (lambda x: nd.linalg.solve(x, x[:1]), nd.errors.ShapeError, "do not fit"),
        (lambda x: nd.linalg.solve(x, x[0, 0]), nd.errors.ShapeError, "do not fit"),
        (lambda x: nd.linalg.matrix_norm(x, ord=3), ValueError, "no norm 3"),
        (lambda x: nd.linalg.matrix_norm(x[0]), nd.errors.ShapeError, "takes a matrix"),
        (lambda x: nd.linalg.matrix_power(x[0], 2), nd.errors.ShapeError, "square matrix"),
        (lambda x: nd.linalg.matrix_power(x, 0.5), TypeError, "integer"),
    ],
)
def test_what_does_not_exist_says_why(
    device: nd.Device, call: Callable[[nd.NDArray], Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        call(nd.asarray(SINGULAR, device=device))
