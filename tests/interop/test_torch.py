"""Memory shared with PyTorch, in both directions, through DLPack.

With NumPy it is tests/ndarray_core/test_exchange.py that looks at every layout and lifetime.
"""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from hypothesis import given
from tests.strategies import ALL, arrays, assert_same
from tests.strategies import ArrayCase as Case

import ndarray_core as nd

# PyTorch ends the process when it is given a negative stride, NumPy's arrays included.
TORCH_LAYOUTS = ("contiguous", "transposed", "broadcast", "sliced")


@given(case=arrays(ALL, layouts=TORCH_LAYOUTS))
def test_torch_reads_ours(device: nd.Device, case: Case) -> None:
    x, host = case.on(device)
    tensor = torch.from_dlpack(x)
    assert tuple(tensor.shape) == x.shape and str(tensor.dtype) == f"torch.{case.dtype}"
    assert tensor.tolist() == host.tolist()
    if x.size:
        assert tensor.data_ptr() == x.numpy().__array_interface__["data"][0]


@given(case=arrays(ALL, layouts=TORCH_LAYOUTS))
def test_ours_reads_torchs(device: nd.Device, case: Case) -> None:
    _, host = case.on(device)
    host = host.copy()
    if case.dtype == "bfloat16":
        tensor = torch.from_numpy(host.view("int16")).view(torch.bfloat16)
    else:
        tensor = torch.from_numpy(host)
    if tensor.ndim > 1:
        host, tensor = host.swapaxes(0, 1), tensor.transpose(0, 1)
    for x in (nd.from_dlpack(tensor, device=device), nd.asarray(tensor, device=device)):
        assert_same(x, host.copy())
        assert x.device == device and not x.buffer.readonly
        if x.size:
            x.fill(1)
            assert bool((tensor == 1).all()) and bool((host == 1).all())


def test_the_last_one_frees_the_memory(device: nd.Device) -> None:
    gc.collect()
    before = nd.memory_stats()["in_use"]
    x = nd.arange(1000, device=device)
    tensor = torch.from_dlpack(x)[::2]
    del x
    gc.collect()
    assert tensor.tolist() == list(range(0, 1000, 2))
    del tensor
    gc.collect()
    assert nd.memory_stats()["in_use"] == before

    tensor = torch.arange(1000)
    alive = weakref.ref(tensor.untyped_storage())
    x = nd.from_dlpack(tensor, device=device)[::2]
    del tensor
    gc.collect()
    assert x.tolist() == list(range(0, 1000, 2))
    del x
    gc.collect()
    assert alive() is None


def test_what_torch_does_not_share(device: nd.Device) -> None:
    with pytest.raises(BufferError, match="gradient"):
        nd.from_dlpack(torch.zeros(2, requires_grad=True), device=device)
    with pytest.raises(nd.errors.DTypeError, match="no element type here"):
        nd.from_dlpack(torch.zeros(2, dtype=torch.float8_e5m2), device=device)


def test_lists_of_tensors(device: nd.Device) -> None:
    x = nd.asarray([torch.ones(2), [2.0, 3.0]], device=device)
    assert x.tolist() == [[1.0, 1.0], [2.0, 3.0]] and x.dtype == nd.float32
