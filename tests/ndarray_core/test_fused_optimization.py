"""Steps of optimizers: kernels and definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import strategies
from tests.fused import assert_close, threads

import ndarray_core as nd
from ndarray_core import errors, fused

TYPES = (*strategies.FLOATING, *strategies.HALVES)
SHAPES = [(3, 5), (), (0,), (70,)]


def lists(count: int, dtype: str, device: nd.Device | str, seed: int) -> list[list[nd.NDArray]]:
    """`count` lists of arrays, equal ones in each call; numbers from 1/4 to 1."""
    random = np.random.default_rng(seed)
    return [
        [nd.asarray(random.uniform(0.25, 1, shape), dtype=dtype, device=device) for shape in SHAPES]
        for _ in range(count)
    ]


def assert_as_defined(
    operation: fused.Fused[Any, Any], ours: list[Any], defined: list[Any], **options: Any
) -> None:
    versions = [x.version for x in ours[0]]
    for step in (1, 2):
        numbered = {"first": step == 1} if operation is fused.sgd_step else {"step": step}
        assert operation(*ours, **numbered, **options) is ours[0]
        operation.definition(*defined, **numbered, **options)
    for one, other in zip(ours, defined, strict=True):
        for a, b in zip(one or [], other or [], strict=True):
            assert_close(a, b, slack=2)
    for x, version in zip(ours[0], versions, strict=True):
        assert x.version > version or not x.size


OPTIONS = {
    "lr": st.sampled_from([0.1, 0.5]),
    "weight_decay": st.sampled_from([0.0, 0.1]),
}


@given(
    dtype=st.sampled_from(TYPES),
    momenta=st.booleans(),
    options=st.fixed_dictionaries(
        {
            **OPTIONS,
            "momentum": st.sampled_from([0.0, 0.9]),
            "dampening": st.sampled_from([0.0, 0.5]),
            "nesterov": st.booleans(),
        }
    ),
    seed=strategies.seeds(),
)
def test_sgd(
    dtype: str, momenta: bool, options: dict[str, Any], seed: int, device: nd.Device
) -> None:
    ours, defined = (lists(3 if momenta else 2, dtype, device, seed) for _ in range(2))
    assert_as_defined(fused.sgd_step, ours, defined, **options)


@given(
    dtype=st.sampled_from(TYPES),
    amsgrad=st.booleans(),
    options=st.fixed_dictionaries(
        {
            **OPTIONS,
            "betas": st.sampled_from([(0.9, 0.999), (0.0, 0.5)]),
            "eps": st.sampled_from([1e-8, 0.1]),
            "decoupled": st.booleans(),
        }
    ),
    seed=strategies.seeds(),
)
def test_adam(
    dtype: str, amsgrad: bool, options: dict[str, Any], seed: int, device: nd.Device
) -> None:
    ours, defined = (lists(5 if amsgrad else 4, dtype, device, seed) for _ in range(2))
    assert_as_defined(fused.adam_step, ours, defined, **options)


def test_other_layouts_are_written_to_by_the_definition(device: nd.Device) -> None:
    for operation in (fused.sgd_step, fused.adam_step):
        assert operation.has_kernel(device) == (device.name != "numpy")
    x = nd.ones((3, 2), device=device)
    fused.sgd_step([x.T], [nd.ones((2, 3), device=device)], lr=0.25)
    assert x.tolist() == [[0.75, 0.75]] * 3


def test_nothing_is_written_where_something_is_wrong(device: nd.Device) -> None:
    x, y = nd.ones(3, device=device), nd.ones(2, device=device)
    with pytest.raises(errors.ShapeError, match="1 parameters and 2 gradients"):
        fused.sgd_step([x], [x, y], lr=1.0)
    with pytest.raises(errors.ShapeError, match=r"adam_step: a parameter of shape \(2,\)"):
        fused.adam_step([x, y], [x, y], [x, x], [x, y], step=1, lr=1.0)
    with pytest.raises(errors.ShapeError, match="more than once"):
        fused.sgd_step([y[:1].broadcast_to((3,))], [x], lr=1.0)
    with pytest.raises(errors.DTypeError, match="int64"):
        fused.sgd_step([nd.ones(3, dtype=nd.int64, device=device)], [x], lr=1.0)
    assert x.tolist() == [1.0] * 3 and y.tolist() == [1.0] * 2


def test_threads_agree() -> None:
    results = []
    for count in (1, 3):
        random = np.random.default_rng(0)
        x, *others = (
            nd.asarray(random.uniform(0.1, 1, 200_000), dtype=nd.float32, device="cpu")
            for _ in range(4)
        )
        with threads(count):
            fused.adam_step([x], *([y] for y in others), step=3, lr=0.1)
        results.append(x.numpy().copy())
    np.testing.assert_array_equal(*results)
