"""What the tests of fused operations share: a kernel against its definition, a gradient function
against finite differences, and one thread against several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import ndarray_core as nd
from ndarray_core.fused import Fused

# Of a result's largest element; by the type that is computed in. Integers are equal.
TOLERANCE = {"float32": 2e-6, "float64": 1e-14, "float16": 2e-3, "bfloat16": 1.6e-2}


def results_of(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]


def assert_close(ours: nd.NDArray, expected: nd.NDArray, slack: float = 1.0) -> None:
    """Equal shapes and types, and elements up to rounding, of the largest one's size."""
    assert (ours.shape, ours.dtype) == (expected.shape, expected.dtype)
    a, b = (x.numpy().astype("float64") for x in (ours, expected))
    largest = np.abs(b[np.isfinite(b)]).max(initial=0.0)
    allowed = slack * TOLERANCE.get(ours.dtype.name, 0.0) * max(1.0, largest)
    np.testing.assert_allclose(a, b, rtol=0, atol=allowed)


def assert_as_defined(
    operation: Fused[Any, Any], *operands: Any, slack: float = 1.0, **parameters: Any
) -> Any:
    """The operation gives what its definition gives with NumPy; halves, what their widened values
    give.

    slack: by how much intermediate results are larger than the largest result.
    """
    result = operation(*operands, **parameters)
    expected = operation.definition(*map(_for_definition, operands), **parameters)
    for ours, defined in zip(results_of(result), results_of(expected), strict=True):
        assert (ours is None) == (defined is None)
        if ours is None:
            continue
        same_type = nd.astype(defined, ours.dtype)
        assert_close(ours, same_type, slack)
    return result


def _for_definition(x: Any) -> Any:
    if not isinstance(x, nd.NDArray):
        return x
    on_host = x.to_device("numpy")
    return nd.astype(on_host, nd.float32) if x.dtype in (nd.float16, nd.bfloat16) else on_host


def assert_gradients(
    forward: Callable[..., nd.NDArray],
    backward: Callable[..., Any],
    operands: Sequence[nd.NDArray],
    seed: int = 0,
) -> None:
    """backward(gradient, *operands) gives the gradients of forward(*operands), float64 operands.

    Along a random direction of each operand, by central differences.
    """
    generator = np.random.default_rng(seed)

    def like(x: nd.NDArray) -> nd.NDArray:
        return nd.asarray(generator.standard_normal(x.shape), device=x.device)

    gradient = like(forward(*operands))
    gradients = results_of(backward(gradient, *operands))
    assert len(gradients) == len(operands)
    step = 1e-6
    for i, (x, given) in enumerate(zip(operands, gradients, strict=True)):
        assert (given.shape, given.dtype) == (x.shape, x.dtype)
        direction = like(x)
        ends = [
            forward(*operands[:i], x + direction * sign, *operands[i + 1 :])
            for sign in (step, -step)
        ]
        measured = ((ends[0] - ends[1]) * gradient).numpy().sum() / (2 * step)
        expected = (given * direction).numpy().sum()
        scale = np.sqrt((given.numpy() ** 2).sum()) + 1.0
        assert abs(measured - expected) < 1e-7 * scale * max(1.0, np.sqrt(x.size)), f"operand {i}"


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Kernels run on so many threads."""
    before = nd.num_threads()
    nd.set_num_threads(count)
    try:
        yield
    finally:
        nd.set_num_threads(before)


def assert_threads_agree(compute: Callable[[], Any]) -> None:
    """One thread and three give the same bits."""
    results = []
    for count in (1, 3):
        with threads(count):
            results.append([x.numpy().copy() for x in results_of(compute()) if x is not None])
    for one, several in zip(*results, strict=True):
        np.testing.assert_array_equal(one, several)
