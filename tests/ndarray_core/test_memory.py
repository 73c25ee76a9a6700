"""Memory is given back: nothing leaks, freed blocks are used again, failures change nothing."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ndarray_core as nd
from ndarray_core import _core


def busy(x: nd.NDArray) -> None:
    """A little of everything, failures included."""
    y = nd.exp(x) @ x.T + x.sum(axis=1, keepdims=True)
    y[1:] += y[:-1]
    y[y > 1e30] = 0.0
    y[[0, 1], [1, 0]] = 5.0
    nd.index_add(y, nd.asarray([0, 0], device=x.device), y[:2].copy(), axis=0)
    nd.concat([y, y.T.astype(nd.float64)], axis=0).reshape(-1).numpy()
    nd.random.Generator(0).normal(0, 1, 100, device=x.device)
    for wrong in (lambda: x @ x, lambda: x[1000], lambda: x + nd.zeros(7, device=x.device)):
        with pytest.raises((nd.errors.NDArrayError, IndexError)):
            wrong()


def test_the_caching_allocator_gets_everything_back() -> None:
    x = nd.ones((50, 60), device="cpu")
    busy(x)
    gc.collect()
    before = nd.memory_stats("cpu")
    for _ in range(200):
        busy(x)
    gc.collect()
    after = nd.memory_stats("cpu")
    assert after["in_use"] == before["in_use"]
    assert after["system_requests"] == before["system_requests"]
    assert after["allocations"] > before["allocations"]


def test_statistics_count_bytes() -> None:
    nd.empty_cache()
    before = nd.memory_stats("cpu")
    assert before["cached"] == 0
    x = nd.empty(1_000_000, device="cpu")
    during = nd.memory_stats("cpu")
    assert during["in_use"] - before["in_use"] >= 4_000_000
    assert during["peak_in_use"] >= during["in_use"]
    del x
    after = nd.memory_stats("cpu")
    assert after["in_use"] == before["in_use"] and after["cached"] >= 4_000_000
    nd.config.reset_peak_memory("cpu")
    assert nd.memory_stats("cpu")["peak_in_use"] == nd.memory_stats("cpu")["in_use"]
    nd.empty_cache()
    assert nd.memory_stats("cpu")["cached"] == 0


def test_a_cache_limit_is_kept() -> None:
    limit = nd.memory_stats()["cache_limit"]
    try:
        nd.config.set_cache_limit(0)
        nd.empty_cache()
        nd.zeros(1_000_000, device="cpu")
        assert nd.memory_stats()["cached"] == 0
    finally:
        nd.config.set_cache_limit(limit)


def test_a_memory_limit_is_kept_and_nothing_is_lost() -> None:
    before = nd.memory_stats()
    try:
        nd.config.set_memory_limit(before["in_use"] + 10_000_000)
        x = nd.zeros(2_000_000, device="cpu")
        with pytest.raises(
            nd.errors.OutOfMemoryError, match=r"cached of at most .*; delete arrays"
        ):
            x + x
        assert nd.memory_stats()["in_use"] < before["in_use"] + 10_000_000
        del x
        y = nd.zeros(1_000_000, device="cpu")  # in the place of what was kept, which is given back
        held = nd.memory_stats()
        assert held["in_use"] + held["cached"] <= held["limit"]
        nd.config.set_memory_limit(held["in_use"])
        assert nd.memory_stats()["cached"] == 0
        assert y.shape == (1_000_000,)
    finally:
        nd.config.set_memory_limit(None)
    assert nd.memory_stats()["limit"] == before["limit"]


HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(
    not HUGE_PAGES.exists() or "[never]" in HUGE_PAGES.read_text(),
    reason="the system has no transparent huge pages, or has them switched off",
)
def test_large_arrays_lie_on_huge_pages() -> None:
    def huge_pages() -> int:
        text = Path("/proc/self/smaps_rollup").read_text()
        return int(re.search(r"AnonHugePages: *([0-9]+) kB", text)[1]) * 1024

    nd.empty_cache()
    before = huge_pages()
    x = nd.ones(8 << 20, device="cpu")  # 32 MiB
    assert x.buffer.nbytes == 32 << 20
    assert huge_pages() - before >= 16 << 20  # the system may be short of some


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda: nd.memory_stats("numpy"), nd.errors.DeviceError),
        (lambda: nd.empty_cache("numpy"), nd.errors.DeviceError),
        (lambda: nd.config.set_cache_limit(-1), ValueError),
        (lambda: nd.config.set_memory_limit(-1), ValueError),
    ],
)
def test_questions_without_an_answer(ask: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask()


def test_foreign_memory_is_let_go(host_device: nd.Device) -> None:
    host = np.zeros(10)
    alive = weakref.ref(host)
    with nd.use_device(host_device):
        x = nd.asarray(host)
    view = x[2:]
    del host, x
    gc.collect()
    assert alive() is not None
    view += 1.0
    del view
    gc.collect()
    assert alive() is None


def test_views_keep_their_buffer(device: nd.Device) -> None:
    views = [nd.arange(1000, device=device)[i::100] for i in range(100)]
    assert all(view.tolist() == list(range(i, 1000, 100)) for i, view in enumerate(views))


def test_show_config_names_what_is_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    nd.show_config()
    shown = capsys.readouterr().out
    found = nd.config.configuration()
    build = found["build"]
    for part in (
        f"ndarray_core {nd.__version__}",
        f"{', '.join(map(str, nd.devices()))} (default: {nd.default_device()}, fastest: cpu)",
        f"{nd.isa()} (of {', '.join(_core.supported_isas())})",
        f"{build['compiler']}, C++20",
        f"{build['build_type']} ({build['flags']}), kernels for {build['instruction_sets']}",
        f"sanitizer                {build['sanitizer'] or 'none'}",
        f"numpy                    {np.__version__}",
        f"at most {found['memory']['cache_limit']} cached",
        "NDARRAY_CORE_NUM_THREADS",
    ):
        assert part in shown
    assert (
        found["threads"] == nd.num_threads() and found["memory"].keys() == nd.memory_stats().keys()
    )
    assert set(_core.supported_isas()) <= set(build["instruction_sets"].split(", "))
    run = subprocess.run(
        [sys.executable, "-m", "ndarray_core"], capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[0] == shown.splitlines()[0]
