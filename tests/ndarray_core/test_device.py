"""Devices: names, defaults per thread and per process, and moving between them."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import threading
from typing import Any

import pytest
from hypothesis import given
from tests.strategies import ALL, ArrayCase, arrays, assert_same

import ndarray_core as nd


def test_devices_go_by_their_names(device: nd.Device) -> None:
    assert device == str(device) == device.name and device == nd.device(device.name)
    assert device != "abacus" and device != 3
    assert {device: 1}[nd.device(str(device))] == 1
    assert repr(device) == f"Device('{device.name}')"
    assert pickle.loads(pickle.dumps(device)) == device
    device.synchronize()


def test_an_unknown_device_is_refused() -> None:
    names = ", ".join(map(str, nd.devices()))
    with pytest.raises(nd.errors.DeviceError, match=f"no device 'abacus'.*{names}"):
        nd.zeros(2, device="abacus")


@given(case=arrays(ALL))
def test_elements_survive_a_journey(device: nd.Device, case: ArrayCase) -> None:
    x, host = case.on(device)
    for other in nd.devices():
        there = x.to_device(other)
        assert there.device == other
        assert_same(there, host)
        assert_same(nd.to_device(there, device), host)
    assert x.to_device(device).buffer == x.buffer


def test_the_scoped_default_goes_before_the_process_default(device: nd.Device) -> None:
    assert nd.default_device() == "numpy"
    with nd.use_device(device) as used:
        assert used == nd.default_device() == nd.zeros(1).device == device
        assert nd.device() == device
        with nd.use_device("numpy"):
            assert nd.zeros(1).device == "numpy"
        assert nd.zeros(1).device == device
        with pytest.raises(RuntimeError, match="inside"), nd.use_device("numpy"):
            raise RuntimeError("inside")
        assert nd.default_device() == device
    assert nd.default_device() == "numpy"


def test_the_process_default_reaches_new_threads(device: nd.Device) -> None:
    seen: list[nd.Device] = []
    nd.set_default_device(device)
    try:
        with nd.use_device("cpu"):
            thread = threading.Thread(target=lambda: seen.append(nd.default_device()))
            thread.start()
            thread.join()
    finally:
        nd.set_default_device("numpy")
    assert seen == [device]


def test_threads_and_tasks_do_not_disturb_each_other() -> None:
    entered = threading.Barrier(2)
    seen: dict[str, nd.Device] = {}

    def work(name: str) -> None:
        with nd.use_device(name):
            entered.wait()
            seen[name] = nd.default_device()
            entered.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("cpu", "numpy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"cpu": "cpu", "numpy": "numpy"}

    async def task(name: str) -> nd.Device:
        with nd.use_device(name):
            await asyncio.sleep(0)
            return nd.default_device()

    async def both() -> list[nd.Device]:
        return await asyncio.gather(task("cpu"), task("numpy"))

    assert asyncio.run(both()) == ["cpu", "numpy"]


OPERATIONS = [
    lambda x, y: x + y,
    lambda x, y: x @ y,
    lambda x, y: nd.where(x > 0, x, y),
    lambda x, y: nd.where(y > 0, x, x),
    lambda x, y: nd.take(x, y.astype(int), axis=0),
    lambda x, y: x.__setitem__(0, y[0]),
    lambda x, y: x.__iadd__(y),
    lambda x, y: x[y.astype(int)],
    lambda x, y: nd.concat([x, y]),
    lambda x, y: nd.scatter_add(x, y.astype(int), x, axis=0),
    lambda x, y: nd.scatter(x, x.astype(int), y, axis=0),
    lambda x, y: nd.at(x, y.astype(int)).add(x),
    lambda x, y: nd.at(x, [0]).set(y[0]),
    lambda x, y: x.__setitem__((slice(None), y[0].astype(int)), 1),
    lambda x, y: nd.searchsorted(x[0], y),
    lambda x, y: nd.searchsorted(x[0], x, sorter=y[0].astype(int)),
    lambda x, y: nd.isin(x, y),
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_devices_do_not_mix(operation: Any) -> None:
    x, y = nd.zeros((2, 2), device="numpy"), nd.zeros((2, 2), device="cpu")
    with pytest.raises(nd.errors.DeviceError, match="to_device") as caught:
        operation(x, y)
    assert "'numpy'" in str(caught.value) and "'cpu'" in str(caught.value)


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_auto_is_the_fastest_device() -> None:
    assert nd.device("auto") == nd.Device("auto") == "cpu"
    assert nd.zeros(2, device="auto").device == "cpu"
    assert nd.zeros(2, device="numpy").to_device("auto").device == "cpu"
    with nd.use_device("auto") as used:
        assert used == nd.default_device() == "cpu"
    nd.set_default_device("auto")
    try:
        assert nd.zeros(2).device == "cpu"
    finally:
        nd.set_default_device("numpy")
    assert "auto" not in [device.name for device in nd.devices()]


def test_the_environment_names_the_first_default() -> None:
    code = "import ndarray_core as nd; print(nd.zeros(1).device)"
    for name in ("cpu", "auto"):
        assert python(code, NDARRAY_CORE_DEVICE=name).stdout == "cpu\n"
    refused = python(code, NDARRAY_CORE_DEVICE="abacus")
    assert refused.returncode != 0
    assert "NDARRAY_CORE_DEVICE is 'abacus': there is no device 'abacus'" in refused.stderr
