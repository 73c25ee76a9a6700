"""Pools: kernels, definitions and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fused import assert_as_defined, assert_gradients, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused

OPERATIONS = (fused.max_pool, fused.max_pool_gradient, fused.avg_pool, fused.avg_pool_gradient)
TYPES = ("float32", "float64", "float16", "bfloat16")


def distinct(*shape: int, dtype: str = "float64", device: Any = "cpu", seed: int = 0) -> nd.NDArray:
    """Numbers of which no two are equal, exactly representable in any type if they are few."""
    host = np.random.default_rng(seed).permutation(int(np.prod(shape))).reshape(shape) / 8.0
    return nd.asarray(host, dtype=nd.as_dtype(dtype), device=device)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A shape, and windows of which each sees something."""
    axes = draw(st.integers(1, 3))
    leading = draw(st.sampled_from([(), (3,), (2, 2)]))
    columns = []
    for _ in range(axes):
        size, stride = draw(st.integers(1, 4)), draw(st.integers(1, 3))
        dilation, n = draw(st.integers(1, 2)), draw(st.integers(4, 24 // axes))
        padding = draw(st.integers(0, size // 2))
        most = (n - 1 + padding) // stride + 1
        columns.append((n, size, stride, padding, dilation, draw(st.integers(1, most))))
    sizes, size, stride, padding, dilation, places = map(tuple, zip(*columns, strict=True))
    windows = {"size": size, "stride": stride, "padding": padding, "places": places}
    return {"shape": (*leading, *sizes), "windows": windows, "dilation": dilation}


def test_has_kernels() -> None:
    for operation in OPERATIONS:
        assert operation.has_kernel("cpu")
        assert not operation.has_kernel("numpy")


@given(case=cases(), dtype=st.sampled_from(TYPES), turned=st.booleans())
def test_largest_are_as_defined(case: dict[str, Any], dtype: str, turned: bool) -> None:
    x = distinct(*case["shape"], dtype=dtype)
    if turned:
        x = nd.astype(nd.flip(x), x.dtype)[..., ::-1]
    out, positions = assert_as_defined(
        fused.max_pool, x, dilation=case["dilation"], **case["windows"]
    )
    gradient = distinct(*out.shape, dtype=dtype, seed=1)
    assert_as_defined(fused.max_pool_gradient, gradient, x, positions, size=case["windows"]["size"])


@given(
    case=cases(),
    dtype=st.sampled_from(TYPES),
    count_include_pad=st.booleans(),
    divisor=st.sampled_from([None, None, 3]),
)
def test_means_are_as_defined(
    case: dict[str, Any], dtype: str, count_include_pad: bool, divisor: int | None
) -> None:
    options = {**case["windows"], "count_include_pad": count_include_pad, "divisor": divisor}
    x = distinct(*case["shape"], dtype=dtype)
    out = assert_as_defined(fused.avg_pool, x, **options)
    gradient = distinct(*out.shape, dtype=dtype, seed=1)
    assert_as_defined(fused.avg_pool_gradient, gradient, x, **options, slack=4)


@given(case=cases())
@settings(max_examples=10)
def test_gradients(case: dict[str, Any], device: nd.Device) -> None:
    x = distinct(*case["shape"], device=device)
    windows = case["windows"]
    assert_gradients(
        lambda x: fused.max_pool(x, dilation=case["dilation"], **windows)[0],
        lambda g, x: fused.max_pool_gradient(
            g, x, fused.max_pool(x, dilation=case["dilation"], **windows)[1], size=windows["size"]
        ),
        [x],
    )
    assert_gradients(
        lambda x: fused.avg_pool(x, **windows),
        lambda g, x: fused.avg_pool_gradient(g, x, **windows),
        [x],
    )


def test_equal_ones_and_nan(device: nd.Device) -> None:
    nan = float("nan")
    x = nd.asarray([[0.0, 0.0, 1.0, nan], [0.0, 0.0, nan, 1.0]], device=device)
    values, positions = fused.max_pool(
        x, size=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1), places=(1, 2)
    )
    np.testing.assert_array_equal(values.numpy(), [[0.0, nan]])
    assert positions.tolist() == [[0, 3]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("size", "stride", "padding", "dilation"),
    [(3, 2, 1, 1), (200, 150, 70, 1), (150, 150, 0, 3), (5, 700, 2, 40), (4999, 1, 0, 1)],
)
def test_long_rows(size: int, stride: int, padding: int, dilation: int, dtype: str) -> None:
    """Rows of several parts, and windows that are wide or far apart; equal numbers, and NaN."""
    host = np.random.default_rng(0).integers(-9, 9, (2, 3, 5000)).astype(dtype)
    host[0, 1, 1234] = host[0, 1, 1240] = np.nan
    places = (5000 + 2 * padding - dilation * (size - 1) - 1) // stride + 1
    windows = {"size": (1, size), "stride": (1, stride), "padding": (0, padding)}
    options = {**windows, "dilation": (1, dilation), "places": (3, places)}
    assert_as_defined(fused.max_pool, nd.asarray(host, device="cpu"), **options)
    both = {**options, "size": (3, size), "places": (1, places)}
    _, positions = assert_as_defined(fused.max_pool, nd.asarray(host, device="cpu"), **both)
    assert positions.dtype == nd.int32


@pytest.mark.parametrize("axis", [1, 2])
def test_windows_that_see_nothing(axis: int, device: nd.Device) -> None:
    x = nd.asarray(np.arange(24.0).reshape(2, 4, 3), device=device)
    x = x if axis == 1 else nd.permute_dims(x, (0, 2, 1))
    far, near = (
        {"size": 2, "padding": 1, "dilation": 5, "places": 3},
        {"size": 1, "padding": 0, "dilation": 1, "places": 3},
    )
    windows = {
        name: (far[name], near[name]) if axis == 1 else (near[name], far[name]) for name in far
    }
    values, positions = fused.max_pool(x, stride=(1, 1), **windows)
    # The first window reaches from -1 to 4, of four.
    blind = values[:, :1] if axis == 1 else values[..., :1]
    assert blind.tolist() == nd.full(blind.shape, -float("inf")).tolist()
    assert bool(nd.all((positions >= 0) & (positions < 12)))
    seen = values[:, 1:] if axis == 1 else values[..., 1:]
    expected = x[:, :2] if axis == 1 else x[..., :2]
    np.testing.assert_array_equal(seen.numpy(), expected.numpy())
    gradient = fused.max_pool_gradient(nd.ones_like(values), x, positions, size=(1, 1))
    assert gradient.shape == x.shape


def test_threads_agree() -> None:
    x = distinct(40, 50, 60)
    windows = {"size": (3, 3), "stride": (1, 2), "padding": (1, 1), "places": (50, 30)}
    _, positions = fused.max_pool(x, dilation=(1, 1), **windows)
    gradient = distinct(40, 50, 30)
    assert_threads_agree(lambda: fused.max_pool(x, dilation=(1, 1), **windows))
    assert_threads_agree(lambda: fused.max_pool_gradient(gradient, x, positions, size=(3, 3)))
    assert_threads_agree(lambda: fused.avg_pool(x, **windows))
    assert_threads_agree(lambda: fused.avg_pool_gradient(gradient, x, **windows))


def test_empty_and_wrong(device: nd.Device) -> None:
    windows = {"size": (2,), "stride": (1,), "padding": (0,), "places": (3,)}
    none = nd.zeros((0, 4), device=device)
    assert fused.max_pool(none, dilation=(1,), **windows)[1].shape == (0, 3)
    assert fused.avg_pool(none, **windows).shape == (0, 3)
    x = nd.zeros((2, 4), device=device)
    for change, message in (
        ({"size": (0,)}, "size is"),
        ({"stride": (1, 1)}, "stride is"),
        ({"places": (5,)}, "do not all reach"),
        ({"padding": (2,)}, "do not all reach"),
    ):
        with pytest.raises(errors.ShapeError, match=message):
            fused.avg_pool(x, **{**windows, **change})
    with pytest.raises(errors.DTypeError, match=r"int64.*astype"):
        fused.avg_pool(nd.arange(4, device=device), **windows)
    with pytest.raises(errors.ShapeError, match=r"gradient of shape \(2, 2\)"):
        fused.avg_pool_gradient(x[:, :2], x, **windows)
    with pytest.raises(IndexError):
        fused.max_pool_gradient(x, x, nd.full((2, 4), 4, dtype=nd.int32, device=device), size=(2,))
