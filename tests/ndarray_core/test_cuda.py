"""The face of the CUDA devices: finding them, memory, streams and events, copies that do not wait.

Without a GPU: NDARRAY_CORE_CUDA=emulated. What the operations compute is tested with those of all
devices.
"""

import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

import ndarray_core as nd

needs_cuda = pytest.mark.skipif(not nd.cuda.is_available(), reason=f"cuda: {nd.cuda.reason()}")


def in_new_process(code: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize(
    ("choice", "says"),
    [("off", "NDARRAY_CORE_CUDA is 'off'"), ("nonsense", "can be 'emulated', 'checked' or 'off'")],
)
def test_says_why_there_is_no_device(choice: str, says: str) -> None:
    code = (
        "import ndarray_core as nd\n"
        "print(nd.cuda.is_available(), nd.cuda.device_count(), nd.cuda.reason())\n"
        "try: nd.zeros(2, device='cuda')\n"
        "except nd.errors.DeviceError as error: print(error)\n"
        "try: nd.cuda.synchronize()\n"
        "except nd.errors.DeviceError as error: print(error)\n"
    )
    available, by_device, by_function = in_new_process(
        code, NDARRAY_CORE_CUDA=choice, NDARRAY_CORE_DEVICE="cpu"
    ).splitlines()
    assert available.startswith("False 0 ") and says in available
    assert "no device 'cuda'; this machine has: cpu, numpy; cuda: " in by_device
    assert says in by_device and says in by_function


@needs_cuda
def test_names_of_devices() -> None:
    first = nd.device("cuda:0")
    assert nd.device("cuda") == first == "cuda" == nd.cuda.current_stream().device
    assert str(first) == "cuda:0" and repr(first) == "Device('cuda:0')"
    assert first in nd.devices() and not first.is_host_memory
    assert pickle.loads(pickle.dumps(first)) == first
    assert nd.cuda.current_device() == 0 and nd.cuda.device_count() >= 1
    assert nd.zeros(2, device="cuda").device == first
    with pytest.raises(nd.errors.DeviceError, match="no device 'cuda:99'"):
        nd.zeros(2, device="cuda:99")
    with pytest.raises(nd.errors.DeviceError, match="'cpu' is no cuda device"):
        nd.cuda.memory_stats("cpu")
    if nd.cuda.is_emulated():
        assert first.is_emulated and nd.device("auto") == "cpu"


@needs_cuda
def test_another_device_can_be_the_default() -> None:
    if nd.cuda.device_count() < 2:
        pytest.skip("there is one CUDA device only")
    nd.cuda.set_device(1)
    try:
        x = nd.ones(3, device="cuda")
        assert x.device == "cuda:1" and nd.cuda.current_device() == 1
        with pytest.raises(nd.errors.DeviceError, match="operands are on"):
            x + nd.ones(3, device="cuda:0")
        assert x.to_device("cuda:0").tolist() == [1.0, 1.0, 1.0]
    finally:
        nd.cuda.set_device(0)


@needs_cuda
def test_properties() -> None:
    properties = nd.cuda.get_device_properties("cuda:0")
    assert nd.cuda.get_device_name() == properties.name != ""
    assert properties.warp_size == 32 and properties.major >= 7
    free, total = nd.cuda.mem_get_info()
    assert 0 < free <= total == properties.total_memory
    driver, runtime = nd.cuda.versions()
    assert driver >= runtime >= 13000


@needs_cuda
def test_memory_is_counted_and_used_again() -> None:
    nd.cuda.synchronize()
    before = nd.cuda.memory_stats()
    x = nd.zeros(1000, dtype="float32", device="cuda")
    nd.cuda.reset_peak_memory_stats()
    assert nd.cuda.memory_allocated() - before["in_use"] == 4096  # the size class of 4000 bytes
    del x
    assert nd.cuda.memory_allocated() == before["in_use"]
    y = nd.zeros(1000, dtype="float32", device="cuda")
    after = nd.cuda.memory_stats()
    assert after["allocations"] == before["allocations"] + 2
    assert after["system_requests"] <= before["system_requests"] + 1
    assert nd.cuda.max_memory_allocated() >= nd.cuda.memory_allocated()
    del y
    nd.cuda.empty_cache()
    assert nd.cuda.memory_reserved() == nd.cuda.memory_allocated()


@needs_cuda
def test_memory_has_a_limit() -> None:
    nd.cuda.empty_cache()
    kept = nd.cuda.memory_reserved()
    nd.cuda.set_memory_limit(kept + 3 * 2**20)
    try:
        x = nd.zeros(2**20, dtype="uint8", device="cuda")
        y = nd.zeros(2**20, dtype="uint8", device="cuda")
        del x  # cached: it has to go before there is room for two
        retries = nd.cuda.memory_stats()["retries"]
        z = nd.zeros(2 * 2**20, dtype="uint8", device="cuda")
        assert nd.cuda.memory_stats()["retries"] == retries + 1
        with pytest.raises(nd.errors.OutOfMemoryError, match=r"allocate 2\.0 MiB on device cuda:0"):
            nd.zeros(2 * 2**20, dtype="uint8", device="cuda")
        assert int(y[0].item()) == int(z[-1].item()) == 0  # what was there is unharmed
    finally:
        nd.cuda.set_memory_limit(None)
    nd.zeros(2 * 2**20, dtype="uint8", device="cuda")
    with pytest.raises(ValueError, match="takes a number of bytes, not -1"):
        nd.cuda.set_memory_limit(-1)


@needs_cuda
def test_streams_and_events() -> None:
    x = nd.ones((64, 64), device="cuda")
    side = nd.cuda.Stream()
    start, end = nd.cuda.Event(enable_timing=True), nd.cuda.Event(enable_timing=True)
    main = nd.cuda.current_stream()
    side.wait_stream(main)
    with nd.cuda.stream(side) as chosen:
        assert chosen == side == nd.cuda.current_stream() != main
        start.record()
        y = x + x
        end.record()
    assert nd.cuda.current_stream() == main and hash(side) != hash(main)
    main.wait_event(end)
    z = y * y
    assert z.tolist() == [[4.0] * 64] * 64
    end.synchronize()
    assert start.query() and end.query() and start.elapsed_time(end) >= 0
    side.synchronize()
    assert side.query() and "cuda:0" in repr(side)
    with nd.cuda.stream(None):
        assert nd.cuda.current_stream() == main


@needs_cuda
def test_streams_belong_to_threads() -> None:
    side = nd.cuda.Stream()
    seen: list[nd.cuda.Stream] = []
    with nd.cuda.stream(side):
        thread = threading.Thread(target=lambda: seen.append(nd.cuda.current_stream()))
        thread.start()
        thread.join()
    assert seen[0] == nd.cuda.current_stream() != side


@needs_cuda
def test_memory_freed_while_another_stream_uses_it_stays() -> None:
    x = nd.full((1000,), 3.0, device="cuda")
    side = nd.cuda.Stream()
    side.wait_stream(nd.cuda.current_stream())
    with nd.cuda.stream(side):
        y = x + x
    del x  # its memory may be handed out only when the addition is done
    z = nd.full((1000,), -1.0, device="cuda")
    nd.cuda.current_stream().wait_stream(side)
    assert (y - z).tolist() == [7.0] * 1000


@needs_cuda
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int64", "complex64", "bool"])
def test_pinned_memory(dtype: str) -> None:
    x = nd.asarray(np.arange(12).reshape(3, 4) % 5, dtype=dtype)
    pinned = nd.cuda.pin_memory(x)
    assert pinned.device == "cpu" and pinned.dtype == dtype and pinned.shape == (3, 4)
    uploaded = nd.cuda.upload(pinned)
    assert uploaded.device == "cuda"
    result = nd.cuda.pin_memory(nd.zeros((4, 3), dtype=dtype))
    nd.cuda.download(uploaded.mT.copy(), result)
    nd.cuda.current_stream().synchronize()
    assert result.tolist() == x.mT.tolist()
    with pytest.raises(ValueError, match="download: out is"):
        nd.cuda.download(uploaded, result)


@needs_cuda
def test_debug_mode() -> None:
    assert not nd.cuda.debug_mode()
    nd.cuda.set_debug_mode(True)
    try:
        assert nd.cuda.debug_mode()
        assert (nd.ones(3, device="cuda") + 1).tolist() == [2.0, 2.0, 2.0]
    finally:
        nd.cuda.set_debug_mode(False)


@needs_cuda
def test_the_host_cannot_look_into_the_devices_memory() -> None:
    x = nd.ones(3, device="cuda")
    with pytest.raises((BufferError, TypeError), match="host"):
        memoryview(x)  # type: ignore[arg-type]
    assert np.asarray(x).tolist() == [1.0, 1.0, 1.0]  # a copy
    assert nd.from_dlpack(x.to_device("cpu")).tolist() == [1.0, 1.0, 1.0]
