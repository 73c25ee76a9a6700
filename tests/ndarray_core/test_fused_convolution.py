"""Convolutions, their transposes and their weights' gradients: kernels, definitions, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fused import assert_as_defined, assert_gradients, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused

TYPES = ("float32", "float64", "float16", "bfloat16")


def normal(*shape: int, dtype: str = "float64", device: Any = "cpu", seed: int = 0) -> nd.NDArray:
    host = np.random.default_rng(seed).standard_normal(shape)
    return nd.asarray(host, dtype=nd.as_dtype(dtype), device=device)


def windows(axes: int, stride: int = 1, padding: int = 0, **others: Any) -> dict[str, Any]:
    """The same number along each axis."""
    return {
        "stride": (stride,) * axes,
        "padding": ((padding, padding),) * axes,
        "dilation": (1,) * axes,
        **others,
    }


def padded(x: nd.NDArray) -> nd.NDArray:
    """The same elements, with gaps between them and the channels behind."""
    wide = nd.zeros((*x.shape[:1], *x.shape[2:], 2 * x.shape[1]), dtype=x.dtype, device=x.device)
    view = nd.moveaxis(wide[..., ::2], -1, 1)
    view[...] = x
    return view


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Shapes of images and a weight, and where its windows lie."""
    axes = draw(st.integers(1, 3))

    def numbers(least: int, most: int) -> tuple[int, ...]:
        return draw(st.tuples(*[st.integers(least, most)] * axes))

    groups = draw(st.sampled_from([1, 1, 2, 3]))
    size, dilation = numbers(1, 4), numbers(1, 2)
    padding = tuple(zip(numbers(0, 3), numbers(0, 3), strict=True))
    spatial = tuple(
        max(draw(st.integers(1, 20 // axes)), d * (k - 1) + 1 - sum(p))
        for k, d, p in zip(size, dilation, padding, strict=True)
    )
    in_group = draw(st.integers(1, 7))
    out = groups * draw(st.sampled_from([1, 2, 5, 13]))
    images = draw(st.integers(1, 3))
    return {
        "x": (images, groups * in_group, *spatial),
        "weight": (out, in_group, *size),
        "windows": {
            "stride": numbers(1, 3),
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
        },
    }


def test_has_kernels() -> None:
    for operation in (
        fused.convolution,
        fused.transposed_convolution,
        fused.convolution_weight_gradient,
    ):
        assert operation.has_kernel("cpu")
        assert not operation.has_kernel("numpy")


@given(case=cases(), dtype=st.sampled_from(TYPES), dense=st.booleans())
def test_is_as_defined(case: dict[str, Any], dtype: str, dense: bool) -> None:
    where = case["windows"]
    x, weight = normal(*case["x"], dtype=dtype), normal(*case["weight"], dtype=dtype, seed=1)
    if not dense:
        x, weight = padded(x), padded(weight)
    out = assert_as_defined(fused.convolution, x, weight, **where, slack=4)
    gradient = normal(*out.shape, dtype=dtype, seed=2)
    if not dense:
        gradient = padded(gradient)
    assert_as_defined(
        fused.transposed_convolution, gradient, weight, size=case["x"][2:], **where, slack=4
    )
    assert_as_defined(
        fused.convolution_weight_gradient, gradient, x, size=case["weight"][2:], **where, slack=4
    )


@given(case=cases())
@settings(max_examples=10)
def test_gradients(case: dict[str, Any], device: nd.Device) -> None:
    where = case["windows"]
    x, weight = normal(*case["x"], device=device), normal(*case["weight"], device=device, seed=1)
    size, window = x.shape[2:], weight.shape[2:]
    assert_gradients(
        lambda x, weight: fused.convolution(x, weight, **where),
        lambda g, x, weight: (
            fused.transposed_convolution(g, weight, size=size, **where),
            fused.convolution_weight_gradient(g, x, size=window, **where),
        ),
        [x, weight],
    )


@pytest.mark.parametrize(
    ("x", "weight", "where"),
    [
        ((3, 40, 24, 24), (50, 40, 3, 3), windows(2, padding=1)),  # several blocks of everything
        ((20, 30, 7, 5), (25, 30, 3, 3), windows(2, padding=2)),  # odd sizes, in fewer products
        ((4, 300, 10, 9), (100, 300, 3, 3), windows(2)),
        ((5, 130, 10, 9), (100, 130, 3, 3), windows(2)),  # channels of the gradient in two parts
        ((2, 24, 6, 12, 11), (30, 24, 3, 3, 3), windows(3, padding=1)),  # planes behind each other
        ((2, 25, 7, 9, 9), (32, 25, 3, 3, 3), windows(3) | {"padding": ((1, 0), (2, 2), (0, 1))}),
        ((3, 24, 5, 13, 8), (40, 24, 1, 3, 3), windows(3, padding=0)),
        ((2, 300, 9, 9), (200, 300, 1, 1), windows(2)),
        ((20, 16, 4, 4), (32, 16, 3, 3), windows(2, padding=1)),  # panels across images
        ((2, 3, 60, 60), (20, 3, 7, 7), windows(2, stride=2, padding=3)),
        ((3, 40, 33, 37), (50, 40, 1, 1), windows(2, stride=2)),  # rows end with an element seen
        ((2, 24, 50, 50), (24, 1, 3, 3), windows(2, padding=1, groups=24)),
    ],
)
def test_large(x: tuple[int, ...], weight: tuple[int, ...], where: dict[str, Any]) -> None:
    images, kernel = normal(*x, dtype="float32"), normal(*weight, dtype="float32", seed=1)
    size, window = x[2:], weight[2:]
    out = assert_as_defined(fused.convolution, images, kernel, **where, slack=4)
    gradient = normal(*out.shape, dtype="float32", seed=2)
    for operation, operands, given_size in (
        (fused.transposed_convolution, (gradient, kernel), size),
        (fused.convolution_weight_gradient, (gradient, images), window),
    ):
        assert_as_defined(operation, *operands, size=given_size, **where, slack=8)
        assert_threads_agree(lambda f=operation, xs=operands, n=given_size: f(*xs, size=n, **where))
    assert_threads_agree(lambda: fused.convolution(images, kernel, **where))


def test_nothing_to_add_up(device: nd.Device) -> None:
    x, weight = nd.zeros((2, 0, 4), device=device), nd.zeros((3, 0, 2), device=device)
    out = fused.convolution(x, weight, **windows(1))
    assert out.shape == (2, 3, 3) and not nd.any(out)
    none = nd.zeros((0, 5, 4), device=device)
    gradient = fused.convolution_weight_gradient(
        nd.zeros((0, 3, 3), device=device), none, size=(2,), **windows(1)
    )
    assert gradient.shape == (3, 5, 2) and not nd.any(gradient)


def test_other_numbers(device: nd.Device) -> None:
    """Definitions serve what no kernel is made for."""
    x = nd.reshape(nd.arange(4, device=device), (1, 1, 4))
    weight = nd.asarray([[[1, 10]]], device=device)
    assert fused.convolution(x, weight, **windows(1)).tolist() == [[[10, 21, 32]]]
    axes = nd.ones((1, 1, 2, 2, 2, 2), device=device)
    assert fused.convolution(axes, axes, **windows(4)).tolist() == [[[[[[16.0]]]]]]


@pytest.mark.parametrize(
    ("message", "x", "weight", "where"),
    [
        (r"weight of shape \(3, 2\)", (1, 2, 4), (3, 2), windows(1)),
        (r"x of shape \(4,\)", (4,), (1, 1, 1), windows(1)),
        ("channels", (1, 3, 4), (3, 2, 1), windows(1)),
        ("divisible by groups", (1, 4, 4), (3, 2, 1), windows(1, groups=2)),
        ("do not fit", (1, 1, 2), (1, 1, 3), windows(1)),
        ("stride", (1, 1, 4), (1, 1, 3), windows(1, stride=0)),
        ("stride", (1, 1, 4), (1, 1, 3), windows(2)),
        ("padding", (1, 1, 4), (1, 1, 3), windows(1, padding=-1)),
        ("groups is 0", (1, 1, 4), (1, 1, 3), windows(1, groups=0)),
        ("window is", (1, 1, 4), (1, 1, 0), windows(1)),
    ],
)
def test_refuses(message: str, x: Any, weight: Any, where: Any, device: nd.Device) -> None:
    with pytest.raises(errors.ShapeError, match=message):
        fused.convolution(nd.zeros(x, device=device), nd.zeros(weight, device=device), **where)


def test_gradients_refuse_other_shapes(device: nd.Device) -> None:
    g, x, weight = (nd.zeros(s, device=device) for s in ((1, 2, 3), (1, 1, 5), (2, 1, 2)))
    with pytest.raises(errors.ShapeError, match="is not what a convolution"):
        fused.transposed_convolution(g, weight, size=(5,), **windows(1))
    with pytest.raises(errors.ShapeError, match="is not what a convolution"):
        fused.convolution_weight_gradient(g, x, size=(2,), **windows(1))
