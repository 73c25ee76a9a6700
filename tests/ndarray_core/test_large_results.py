"""Results larger than the caches, which `cpu` writes past them line by line, equal NumPy's."""

from __future__ import annotations

from collections.abc import Callable

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


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(2048, 4096), (3001, 2803), (64, 400, 331)])
def test_transpositions(dtype: type, shape: tuple[int, ...]) -> None:
    # Lines of the result are written whole, where its rows begin with one.
    count = 24_000_000 // (np.prod(shape) * np.dtype(dtype).itemsize) + 1
    numbers: np.ndarray = np.arange(count * np.prod(shape)).astype(dtype).reshape(count, *shape)
    axes = (0, *range(2, numbers.ndim), 1)
    result = nd.asarray(nd.permute_dims(nd.asarray(numbers, device="cpu"), axes), copy=True)
    np.testing.assert_array_equal(result.numpy(), numbers.transpose(axes))


def test_constants() -> None:
    np.testing.assert_array_equal(nd.full((5_000_003,), 2.5, device="cpu").numpy(), 2.5)
    target = nd.zeros((2200, 3000), device="cpu")
    target[:, 3:2900] = 7
    np.testing.assert_array_equal(target[:, 3:2900].numpy(), 7)
    assert not nd.any(target[:, 2900:]) and not nd.any(target[:, :3])
    wide = nd.asarray(nd.broadcast_to(nd.asarray([[1.0], [2.0]], device="cpu"), (2, 4_000_001)))
    np.testing.assert_array_equal(nd.astype(wide, nd.float32, copy=True).numpy()[1], 2)


@pytest.mark.parametrize("length", [1024, 1003])
def test_normalisations_equal_those_of_parts(length: int) -> None:
    # Parts are small enough to stay in the caches.
    rng = np.random.default_rng(0)
    x, gradient = (
        nd.asarray(rng.standard_normal((4400, length), dtype=np.float32), device="cpu")
        for _ in range(2)
    )
    weight = nd.asarray(rng.standard_normal(length, dtype=np.float32), device="cpu")
    only_x = (True, False, False)
    functions: list[Callable[[nd.NDArray, nd.NDArray], nd.NDArray]] = [
        lambda x, gradient: nd.fused.layer_norm(x, weight, weight),
        lambda x, gradient: nd.fused.rms_norm(x, weight),
        lambda x, gradient: nd.fused.layer_norm_gradient(gradient, x, weight, needs=only_x)[0],
        lambda x, gradient: nd.fused.rms_norm_gradient(gradient, x, weight, needs=only_x[:2])[0],
        lambda x, gradient: nd.fused.softmax(x),
        lambda x, gradient: nd.fused.log_softmax(x),
        lambda x, gradient: nd.fused.softmax_gradient(gradient, nd.fused.softmax(x)),
        lambda x, gradient: nd.fused.log_softmax_gradient(gradient, nd.fused.log_softmax(x)),
    ]
    for function in functions:
        whole = function(x, gradient).numpy()
        for first in range(0, 4400, 1100):
            part = slice(first, first + 1100)
            np.testing.assert_array_equal(whole[part], function(x[part], gradient[part]).numpy())


def of_x(gradients: tuple[nd.NDArray | None, ...]) -> np.ndarray:
    assert gradients[0] is not None
    return np.asarray(gradients[0].numpy())


def test_norms_of_channels_equal_those_of_parts() -> None:
    rng = np.random.default_rng(0)
    x, gradient = (
        nd.asarray(rng.standard_normal((24, 16, 97, 131), dtype=np.float32), device="cpu")
        for _ in range(2)
    )
    weight = nd.asarray(rng.standard_normal(16, dtype=np.float32), device="cpu")
    mean, variance = nd.mean(x, axis=(0, 2, 3)), nd.var(x, axis=(0, 2, 3))
    by_group = nd.fused.group_norm(x, weight, weight, groups=4).numpy()
    of_group = of_x(nd.fused.group_norm_gradient(gradient, x, weight, groups=4))
    by_channel = nd.fused.channel_affine(x, weight, weight).numpy()
    normalized = nd.fused.batch_norm(x, weight, weight)[0].numpy()
    of_batch = of_x(nd.fused.batch_norm_gradient(gradient, x, weight, mean, variance))
    for first in range(0, 24, 6):
        part = slice(first, first + 6)
        few = nd.fused.group_norm(x[part], weight, weight, groups=4).numpy()
        np.testing.assert_array_equal(by_group[part], few)
        few = of_x(nd.fused.group_norm_gradient(gradient[part], x[part], weight, groups=4))
        np.testing.assert_array_equal(of_group[part], few)
        few = nd.fused.channel_affine(x[part], weight, weight).numpy()
        np.testing.assert_array_equal(by_channel[part], few)
    for first in range(0, 16, 4):
        part = slice(first, first + 4)
        few = nd.fused.batch_norm(x[:, part], weight[part], weight[part])[0].numpy()
        np.testing.assert_array_equal(normalized[:, part], few)
        few = of_x(
            nd.fused.batch_norm_gradient(
                gradient[:, part], x[:, part], weight[part], mean[part], variance[part]
            )
        )
        np.testing.assert_array_equal(of_batch[:, part], few)
