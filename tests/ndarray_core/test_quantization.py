"""Matrices of few bits: rounding, layout, and products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fused import assert_as_defined, assert_close, assert_threads_agree

import ndarray_core as nd
from ndarray_core import errors, fused
from ndarray_core.quantization import dequantize, quantize


def normal(*shape: int, dtype: str = "float32", device: Any = "cpu", seed: int = 0) -> nd.NDArray:
    host = np.random.default_rng(seed).standard_normal(shape)
    return nd.asarray(host, dtype=nd.as_dtype(dtype), device=device)


@pytest.mark.parametrize(("bits", "group_size"), [(8, None), (8, 64), (4, None), (4, 128)])
def test_is_the_nearest_matrix(bits: int, group_size: int | None, device: nd.Device) -> None:
    weight = normal(3, 256, dtype="float64", device=device)
    weight[1, :128] = 0
    numbers, scales = quantize(weight, bits=bits, group_size=group_size)
    host = weight.numpy().reshape(3, scales.shape[1], -1)
    largest = np.abs(host).max(axis=-1)
    assert group_size is None or scales.shape == (3, 256 // group_size)
    np.testing.assert_allclose(scales.numpy(), largest / (127 if bits == 8 else 7), rtol=1e-15)
    error = np.abs(dequantize(numbers, scales).numpy().reshape(host.shape) - host).max(axis=-1)
    assert (error <= scales.numpy() / 2 * (1 + 1e-12)).all()
    assert numbers.device == weight.device


def test_two_numbers_in_a_byte(device: nd.Device) -> None:
    weight = nd.asarray([[7.0, -7.0, 1.0, -1.0, *[0.0] * 60]], device=device)
    numbers, scales = quantize(weight, bits=4)
    assert (numbers.shape, numbers.dtype, scales.tolist()) == ((1, 32), nd.uint8, [[1.0]])
    assert numbers[0, :3].tolist() == [0x97, 0xF1, 0]
    every = nd.arange(256, dtype=nd.uint8, device=device)[None]
    halves = dequantize(every, nd.ones((1, 1), device=device)).numpy().reshape(16, 16, 2)
    signed = [*range(8), *range(-8, 0)]
    np.testing.assert_array_equal(halves[..., 1], np.repeat(signed, 16).reshape(16, 16))
    np.testing.assert_array_equal(halves[..., 0], np.tile(signed, 16).reshape(16, 16))


SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 200))


@given(sizes=SIZES, dtype=st.sampled_from(("float32", "float64", "float16", "bfloat16")))
@settings(max_examples=30)
def test_product_is_as_defined(sizes: tuple[int, int, int], dtype: str) -> None:
    m, n, k = sizes
    weight, scales = quantize(normal(n, k))
    assert_as_defined(fused.quantized_matmul, normal(m, k, dtype=dtype), weight, scales, slack=8)
    whole = -(-k // 64) * 64
    for bits in (4, 8):
        weight, scales = quantize(normal(n, whole), bits=bits, group_size=64)
        x = normal(2, m, whole, dtype=dtype, seed=1).permute(1, 0, 2)
        assert_as_defined(fused.quantized_matmul, x, weight, scales, slack=8)


@pytest.mark.parametrize("bits", [8, 4])
def test_product(bits: int, device: nd.Device) -> None:
    x, matrix = normal(3, 128, device=device), normal(5, 128, device=device, seed=1)
    weight, scales = quantize(matrix, bits=bits)
    expected = x.numpy().astype("float64") @ dequantize(weight, scales).numpy().T
    expected = nd.asarray(expected, dtype=nd.float32, device=device)
    assert_close(fused.quantized_matmul(x, weight, scales), expected, slack=4)
    assert_close(fused.quantized_matmul(x[0], weight, scales), expected[0], slack=4)
    many = nd.concat([x] * 40)  # more rows than a kernel takes
    assert_close(fused.quantized_matmul(many, weight, scales)[-3:], expected, slack=4)
    assert fused.quantized_matmul(x[:0], weight, scales).shape == (0, 5)


def test_has_a_kernel_whose_threads_agree() -> None:
    assert fused.quantized_matmul.has_kernel("cpu")
    weight, scales = quantize(normal(1030, 640), bits=4)
    x = normal(5, 640, seed=1)
    assert_threads_agree(lambda: fused.quantized_matmul(x, weight, scales))


def test_wrong(device: nd.Device) -> None:
    matrix = normal(4, 128, device=device)
    with pytest.raises(ValueError, match="8 or 4 bits, not 3"):
        quantize(matrix, bits=3)
    with pytest.raises(errors.DTypeError, match="int8"):
        quantize(nd.astype(matrix, nd.int8))
    with pytest.raises(errors.ShapeError, match=r"a matrix \(N, K\)"):
        quantize(matrix[0])
    with pytest.raises(errors.ShapeError, match=r"no groups of 64 .* divides 100; use 8 bits"):
        quantize(matrix[:, :100], bits=4)
    with pytest.raises(errors.ShapeError, match="no groups of 96"):
        quantize(matrix, group_size=96)
    weight, scales = quantize(matrix, bits=4)
    x = nd.ones((2, 128), device=device)
    with pytest.raises(errors.DTypeError, match=r"int64.*quantization\.quantize"):
        fused.quantized_matmul(x, nd.astype(weight, nd.int64), scales)
    for operands, what in (
        ((x[:, :64], weight, scales), r"x of shape \(2, 64\).*other than K"),
        ((x, weight, scales[:3]), "N rows each"),
        ((x, weight, scales[:, :0]), "equal parts of K"),
        ((x, weight, nd.ones((4, 4), device=device)), "a multiple of 64"),
        ((x, weight[0], scales), r"expected \(\.\.\., K\)"),
    ):
        with pytest.raises(errors.ShapeError, match=what):
            fused.quantized_matmul(*operands)
