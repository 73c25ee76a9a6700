"""Processes and threads: instruction sets, numbers of threads, forks, and a missing core."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from tests.ndarray_core import parity
from tests.strategies import HALVES

import ndarray_core as nd
from ndarray_core import _core

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def results_of(folder: Path, **environment: str) -> dict[str, np.ndarray]:
    """What another process computes under these environment variables."""
    file = folder / "results.npz"
    process = run("-m", "tests.ndarray_core.parity", str(file), **environment)
    assert process.returncode == 0, process.stderr
    with np.load(file) as saved:
        return dict(saved)


@pytest.fixture(scope="module")
def here() -> dict[str, np.ndarray]:
    """What this process computes."""
    return {name: result.numpy(copy=True) for name, result in parity.results()}


@pytest.mark.parametrize("isa", _core.supported_isas())
def test_every_instruction_set_gives_the_same(
    isa: str, here: dict[str, np.ndarray], tmp_path: Path
) -> None:
    there = results_of(tmp_path, NDARRAY_CORE_ISA=isa)
    assert there.keys() == here.keys()
    for name, result in there.items():
        if result.dtype.kind not in "fc":
            np.testing.assert_array_equal(result, here[name], err_msg=name)
            continue
        # A product of many factors adds up their rounding errors, whichever order it takes.
        tolerance = 2e-4 if result.real.itemsize <= 4 else 1e-12
        if any(half in name for half in HALVES):  # one unit of the last place
            tolerance = 2**-7
        np.testing.assert_allclose(
            result, here[name], rtol=tolerance, atol=tolerance / 2, err_msg=name
        )


def test_an_instruction_set_is_chosen_by_the_environment() -> None:
    code = "import ndarray_core as nd; print(nd.isa())"
    for isa in _core.supported_isas():
        assert run("-c", code, NDARRAY_CORE_ISA=isa).stdout.strip() == isa
    assert nd.isa() in _core.supported_isas()


@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_results_do_not_depend_on_the_number_of_threads(
    threads: str, here: dict[str, np.ndarray], tmp_path: Path
) -> None:
    there = results_of(tmp_path, NDARRAY_CORE_NUM_THREADS=threads)
    for name, result in there.items():
        np.testing.assert_array_equal(result, here[name], err_msg=name)


def test_the_number_of_threads_is_set_and_read() -> None:
    before = nd.num_threads()
    try:
        for count in (1, 2, 5):
            nd.set_num_threads(count)
            assert nd.num_threads() == count
            assert float(nd.ones(500_000, device="cpu").sum()) == 500_000
    finally:
        nd.set_num_threads(before)
    with pytest.raises(ValueError, match="1 or more threads, not 0"):
        nd.set_num_threads(0)
    code = "import ndarray_core as nd; print(nd.num_threads())"
    assert run("-c", code, NDARRAY_CORE_NUM_THREADS="3").stdout.strip() == "3"


def test_many_threads_compute_at_once(device: nd.Device) -> None:
    x = nd.random.Generator(0).normal(0, 1, (200, 300), device=device)
    expected = (x @ x.T + nd.exp(x).sum()).tolist()
    failures: list[str] = []

    def work() -> None:
        for _ in range(10):
            if (x @ x.T + nd.exp(x).sum()).tolist() != expected:
                failures.append("a result differs")

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def in_a_child(device: str, queue: multiprocessing.queues.SimpleQueue[float]) -> None:
    x = nd.ones((400, 400), device=device)
    queue.put(float((x @ x).sum()))


# The driver of a GPU does not live on in a forked child.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # what is tested, on purpose
def test_a_forked_child_computes(host_device: nd.Device) -> None:
    x = nd.ones((400, 400), device=host_device)
    assert float((x @ x).sum()) == 400.0**3  # the parent's threads run before the fork
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    for _ in range(3):
        child = context.Process(target=in_a_child, args=(host_device.name, queue))
        child.start()
        child.join(timeout=60)
        assert child.exitcode == 0
        assert queue.get() == 400.0**3
    assert float((x @ x).sum()) == 400.0**3


def test_a_missing_core_is_said_in_one_sentence(tmp_path: Path) -> None:
    source = Path(nd.__file__).parent
    package = tmp_path / "ndarray_core"
    package.mkdir()
    for name in ("__init__.py", "_loader.py"):
        (package / name).write_text((source / name).read_text())
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import ndarray_core"
    last_line = run("-S", "-c", code).stderr.strip().splitlines()[-1]
    assert last_line.startswith(
        "ImportError: ndarray_core: the compiled core ndarray_core._core cannot be loaded"
    )
    assert "pip install ndarray-core" in last_line


INTERRUPTED = """
import signal
import ndarray_core as nd

x = nd.full(40_000_000, 2.0, dtype=nd.float64, device="cpu")
host = x.numpy()
in_use = nd.memory_stats()["in_use"]

def stop(number, frame):
    assert float(nd.ones(1_000_000, device="cpu").sum()) == 1_000_000  # a handler may compute
    if len(set(host[::20_000].tolist())) > 1:
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise KeyboardInterrupt("half done")

signal.signal(signal.SIGALRM, stop)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
try:
    for _ in range(20):
        x **= 1.001  # far more than a tenth of a second, also with two threads
except KeyboardInterrupt as error:
    print(error)
assert nd.memory_stats()["in_use"] == in_use
assert float(nd.ones(1_000_000, device="cpu").sum()) == 1_000_000
"""


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_signal_stops_an_operation_between_its_tasks(threads: str) -> None:
    process = run("-c", INTERRUPTED, NDARRAY_CORE_NUM_THREADS=threads)
    assert process.returncode == 0, process.stderr
    assert process.stdout == "half done\n"


WAKING = """
import os, time
import ndarray_core as nd
nd.config.set_num_threads(2)
processors = sorted(os.sched_getaffinity(0))
x = nd.ones((1 << 16,), device="cpu")
own, usual = os.getpid(), os.sched_getaffinity(0)
for i in range(400):  # from one processor and from another, before the worker has come
    os.sched_setaffinity(own, {processors[i % len(processors)]})
    for _ in range(2):
        x + x
    time.sleep(0.0002)
os.sched_setaffinity(own, usual)
workers = [int(task) for task in os.listdir("/proc/self/task") if int(task) != own]
deadline = time.monotonic() + 10
while time.monotonic() < deadline:
    x + x
    time.sleep(0.001)
    if all(os.sched_getaffinity(worker) == usual for worker in workers):
        print("free", len(workers) > 0)
        break
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs sched_setaffinity")
def test_workers_are_not_kept_from_processors_for_good() -> None:
    process = run("-c", WAKING, NDARRAY_CORE_NUM_THREADS="2", OPENBLAS_NUM_THREADS="1")
    assert process.stdout == "free True\n", process.stderr
