"""Memory shared with JAX, in both directions, through DLPack."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from tests.strategies import ALL, arrays, assert_same
from tests.strategies import ArrayCase as Case

import ndarray_core as nd

jax.config.update("jax_enable_x64", True)  # or it makes 32 bits of 64


@given(case=arrays(ALL, layouts=("contiguous",)))
def test_jax_reads_ours(device: nd.Device, case: Case) -> None:
    x, host = case.on(device)
    theirs = jnp.from_dlpack(x)
    np.testing.assert_array_equal(np.asarray(theirs), host)
    assert theirs.dtype == host.dtype


def test_jax_shares_aligned_memory(device: nd.Device) -> None:
    x = nd.zeros(1 << 16, device=device)
    if x.buffer.address % 64 == 0:  # where JAX would not copy NumPy's own array either
        theirs = jnp.from_dlpack(x)
        assert np.shares_memory(np.asarray(theirs), x.numpy())


@given(case=arrays(ALL, layouts=("contiguous",)))
def test_ours_reads_jaxs(device: nd.Device, case: Case) -> None:
    _, host = case.on(device)
    theirs = jnp.asarray(host)
    x = nd.from_dlpack(theirs, device=device)
    assert_same(x, host)
    assert x.buffer.readonly  # JAX's arrays never change
    if x.size:
        assert np.shares_memory(x.numpy(), np.asarray(theirs))
        with pytest.raises(nd.errors.ReadOnlyError):
            x.fill(0)
    copied = nd.asarray(theirs, device=device)
    copied.fill(0)
    np.testing.assert_array_equal(np.asarray(theirs), host)
