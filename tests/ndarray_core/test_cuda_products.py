"""Matrix products, convolutions and pools on `cuda` devices at sizes that need each of their
kernels: tiles of all sizes, sums in parts, tensor cores. What they mean is tested with all devices.

Without a GPU: NDARRAY_CORE_CUDA=emulated.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest

import ndarray_core as nd
from ndarray_core import fused

if not nd.cuda.is_available():
    pytest.skip(f"cuda: {nd.cuda.reason()}", allow_module_level=True)

# Of the largest element of the result.
ERRORS = {
    "float16": 1e-3,
    "bfloat16": 8e-3,
    "float32": 1e-5,
    "float64": 1e-13,
    "complex64": 1e-5,
    "complex128": 1e-13,
}


def numbers(
    rng: np.random.Generator, shape: tuple[int, ...], dtype: str
) -> npt.NDArray[np.generic]:
    if "int" in dtype:
        return rng.integers(0, 100, shape).astype(dtype)
    parts = rng.standard_normal(shape)
    if "complex" in dtype:
        return (parts + 1j * rng.standard_normal(shape)).astype(dtype)
    return parts.astype(getattr(ml_dtypes, dtype, None) or dtype)


def check_product(
    dtype: str,
    m: int,
    n: int,
    k: int,
    *,
    transposed: tuple[bool, bool] = (False, False),
    start: int = 0,
    error: float | None = None,
) -> None:
    """x @ y of matrices that begin in column `start` of longer ones, which vectors need not fit."""
    rng = np.random.default_rng(m + n + k)
    host, device = [], []
    for (rows, columns), is_transposed in zip(((m, k), (k, n)), transposed, strict=True):
        shape = (columns, rows + start) if is_transposed else (rows, columns + start)
        whole = numbers(rng, shape, dtype)
        part, on_device = whole[:, start:], nd.asarray(whole, device="cuda")[:, start:]
        host.append(part.T if is_transposed else part)
        device.append(on_device.T if is_transposed else on_device)
    result = np.asarray((device[0] @ device[1]).to_device("numpy"))
    exact = "int" in dtype
    wide = np.complex128 if "complex" in dtype else np.int64 if exact else np.float64
    expected = host[0].astype(wide) @ host[1].astype(wide)
    where = f"{dtype} {m, n, k}, transposed {transposed}, from {start}"
    if exact:
        assert (result == expected.astype(dtype)).all(), where
        return
    allowed = (error or ERRORS[dtype]) * np.abs(expected).max()
    assert np.abs(result.astype(wide) - expected).max() <= allowed, where


@pytest.mark.parametrize("dtype", [*ERRORS, "int8", "uint16", "int32", "int64"])
def test_matrix_products(dtype: str) -> None:
    both = (False, True)
    for (m, n, k), start in itertools.product([(5, 7, 9), (33, 66, 40)], (0, 1)):
        for transposed in itertools.product(both, both):
            check_product(dtype, m, n, k, transposed=transposed, start=start)
    check_product(dtype, 2, 3, 2100)  # in parts
    check_product(dtype, 1, 200, 30)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_large_tiles(dtype: str) -> None:
    check_product(dtype, 900, 770, 24)


@pytest.fixture
def tf32() -> Iterator[None]:
    nd.cuda.set_allow_tf32(True)
    yield
    nd.cuda.set_allow_tf32(False)


@pytest.mark.usefixtures("tf32")
def test_tf32() -> None:
    assert nd.cuda.allow_tf32()
    for transposed in itertools.product((False, True), (False, True)):
        check_product("float32", 33, 70, 50, transposed=transposed, start=2, error=2e-3)
    x = nd.asarray([[1 + 2.0**-12]], dtype=nd.float32, device="cuda")
    assert (x @ nd.ones((1, 1), device="cuda")).item() == 1.0


def test_precise_by_default() -> None:
    assert not nd.cuda.allow_tf32()


def convolutions(x: nd.NDArray, weight: nd.NDArray, **options: Any) -> list[nd.NDArray]:
    """The convolution, and with its result as gradient those of x and of the weight."""
    out = fused.convolution(x, weight, **options)
    of_x = fused.transposed_convolution(out, weight, size=x.shape[2:], **options)
    of_weight = fused.convolution_weight_gradient(out, x, size=weight.shape[2:], **options)
    return [out, of_x, of_weight]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("x_shape", "weight_shape", "stride", "groups"),
    [
        ((2, 6, 9, 8), (70, 6, 3, 3), (2, 1), 1),
        ((1, 8, 7, 7), (8, 1, 3, 3), (1, 2), 8),  # depthwise
        ((3, 1, 20, 20), (1, 1, 5, 5), (1, 1), 1),  # one channel
        ((2, 3, 24, 24), (40, 3, 3, 3), (1, 1), 1),  # a weight's gradient in parts
        ((2, 40, 12, 12), (48, 40, 3, 3), (1, 1), 1),  # larger tiles
        ((2, 8, 5, 6), (12, 4, 2, 3), (3, 2), 2),
    ],
)
def test_convolutions(
    dtype: str,
    x_shape: tuple[int, ...],
    weight_shape: tuple[int, ...],
    stride: tuple[int, int],
    groups: int,
) -> None:
    rng = np.random.default_rng(0)
    operands = [numbers(rng, shape, dtype) for shape in (x_shape, weight_shape)]
    options = {"stride": stride, "padding": ((1, 0), (2, 1)), "dilation": (1, 2), "groups": groups}
    ours, expected = (
        convolutions(*[nd.asarray(x, device=device) for x in operands], **options)
        for device in ("cuda", "numpy")
    )
    for ours_one, expected_one in zip(ours, expected, strict=True):
        wanted = np.asarray(expected_one)
        found = np.asarray(ours_one.to_device("numpy"))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ERRORS[dtype] * abs(wanted).max())
