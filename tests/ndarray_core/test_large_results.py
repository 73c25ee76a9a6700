"""Results larger than the caches, which `cpu` writes past them line by line, equal NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

import ndarray_core as nd


@pytest.mark.parametrize("offset", [0, 3])
def test_dense_results_and_rows_with_gaps(offset: int) -> None:
    rows, columns = 2100, 3000
    numbers = np.random.default_rng(0).standard_normal((2, rows, columns + 16), dtype=np.float32)
    seen = slice(offset, offset + columns)  # from within a line, where the offset is 3
    x, y = (nd.asarray(part, device="cpu") for part in numbers)
    a, b = numbers[0, :, seen], numbers[1, :, seen]
    np.testing.assert_array_equal((x + y).numpy(), numbers[0] + numbers[1])
    np.testing.assert_array_equal((x[:, seen] - y[:, seen]).numpy(), a - b)
    np.testing.assert_array_equal((x[:, seen] * y[0, seen]).numpy(), a * b[0])
    np.testing.assert_array_equal(nd.abs(x[:, seen]).numpy(), np.abs(a))
    wide = nd.astype(x[:, seen], nd.float64)
    np.testing.assert_array_equal(wide.numpy(), a.astype(np.float64))
    np.testing.assert_array_equal(nd.astype(wide, nd.float16).numpy(), a.astype(np.float16))
    target = nd.zeros((rows, columns + 16), device="cpu")
    target[:, seen] = x[:, seen]
    np.testing.assert_array_equal(target[:, seen].numpy(), a)
    assert not nd.any(target[:, offset + columns :]) and not nd.any(target[:, :offset])


def test_elements_across_two_lines() -> None:
    # Complex numbers in memory from elsewhere that is aligned for their parts alone.
    count = 2_500_000
    parts = np.random.default_rng(0).standard_normal(2 * count + 1)
    shifted = parts[1:].view(np.complex128)
    assert shifted.ctypes.data % 16 == 8
    x = nd.asarray(np.ascontiguousarray(shifted), device="cpu")
    target = nd.from_dlpack(np.zeros(2 * count + 1)[1:].view(np.complex128), device="cpu")
    target[...] = x
    np.testing.assert_array_equal(target.numpy(), shifted)
    np.testing.assert_array_equal((target + x).numpy(), shifted + shifted)
