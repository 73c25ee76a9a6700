"""einops on our arrays: its `einops.array_api`, and a backend of its own kind for `einsum`."""

from __future__ import annotations

from typing import Any

import einops
import einops._backends
import einops.array_api
import numpy as np
import pytest
from hypothesis import given
from tests.strategies import FLOATING, arrays, assert_same
from tests.strategies import ArrayCase as Case

import ndarray_core as nd


class Backend(einops._backends.AbstractBackend):  # type: ignore[misc]
    """All that einops needs for its functions outside of einops.array_api: it finds this class."""

    framework_name = "ndarray_core"

    def is_appropriate_type(self, tensor: Any) -> bool:
        return isinstance(tensor, nd.NDArray)

    def is_float_type(self, x: nd.NDArray) -> bool:
        return x.dtype.kind == "float"

    def transpose(self, x: nd.NDArray, axes: tuple[int, ...]) -> nd.NDArray:
        return x.permute(axes)

    def stack_on_zeroth_dimension(self, tensors: list[nd.NDArray]) -> nd.NDArray:
        return nd.stack(tensors)

    def tile(self, x: nd.NDArray, repeats: tuple[int, ...]) -> nd.NDArray:
        return nd.tile(x, repeats)

    def concat(self, tensors: list[nd.NDArray], axis: int) -> nd.NDArray:
        return nd.concat(tensors, axis=axis)

    def add_axis(self, x: nd.NDArray, new_position: int) -> nd.NDArray:
        return nd.expand_dims(x, axis=new_position)

    def einsum(self, pattern: str, *x: nd.NDArray) -> nd.NDArray:
        return nd.einsum(pattern, *x)


@pytest.mark.parametrize(
    ("pattern", "sizes"),
    [
        ("a b c d -> (a d) (b c)", {}),
        ("a b (c e) d -> e b c (a d)", {"e": 2}),
        ("a b c d -> d c b a", {}),
        ("a b c d -> a 1 b () (c d)", {}),
        ("a ... d -> d ... a", {}),
    ],
)
@given(case=arrays(shape=(2, 3, 4, 5)))
def test_rearrange(device: nd.Device, pattern: str, sizes: dict[str, int], case: Case) -> None:
    x, host = case.on(device)
    expected = einops.rearrange(host, pattern, **sizes)
    assert_same(einops.array_api.rearrange(x, pattern, **sizes), expected)
    assert_same(einops.rearrange(x, pattern, **sizes), expected)


@pytest.mark.parametrize("reduction", ["mean", "sum", "max", "min", "prod"])
@pytest.mark.parametrize(
    "pattern", ["a b c -> b", "a (b e) c -> a e", "a b c -> ", "a b c -> c 1 a"]
)
@given(case=arrays(FLOATING, shape=(3, 4, 2), low=0.5, high=2.0))
def test_reduce(device: nd.Device, pattern: str, reduction: str, case: Case) -> None:
    x, host = case.on(device)
    sizes = {"e": 2} if "e" in pattern else {}
    expected = einops.reduce(host, pattern, reduction, **sizes)
    for ours in (einops.array_api.reduce, einops.reduce):
        assert_same(ours(x, pattern, reduction, **sizes), expected, exact=False, rtol=1e-5)


@given(case=arrays(shape=(2, 3)))
def test_repeat_pack_and_unpack(device: nd.Device, case: Case) -> None:
    x, host = case.on(device)
    for ours in (einops.array_api.repeat, einops.repeat):
        assert_same(
            ours(x, "a b -> b c (a d)", c=3, d=2), einops.repeat(host, "a b -> b c (a d)", c=3, d=2)
        )
    packed, shapes = einops.array_api.pack([x, x[0]], "* b")
    assert_same(packed, np.concatenate([host, host[:1]]))
    parts = einops.array_api.unpack(packed, shapes, "* b")
    assert_same(parts[0], host)
    assert_same(parts[1], host[0])


@pytest.mark.parametrize("pattern", ["a b, b c -> a c", "a b, b c -> b", "a b, b c -> c a b"])
@given(case=arrays(FLOATING, shape=(3, 3)))
def test_einsum(device: nd.Device, pattern: str, case: Case) -> None:
    x, host = case.on(device)
    expected = einops.einsum(host, host, pattern)
    assert_same(einops.einsum(x, x, pattern), expected, exact=False, rtol=1e-4)
