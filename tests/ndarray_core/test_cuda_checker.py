"""The checker finds every planted mistake, names its kind, and is silent about correct kernels."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from typing import Any

import pytest

if importlib.util.find_spec("ndarray_core._cuda_checked") is None:
    pytest.skip(
        "this build has no checked CUDA emulator (-DNDARRAY_CORE_CUDA_EMULATOR=ON makes one)",
        allow_module_level=True,
    )

# The planted mistakes of native/cuda/emulator/defects.cu, and what must be said about each.
KINDS = {
    "out_of_bounds": "out of bounds: .*0 bytes past the end of 252 bytes of device memory",
    "before_the_start": "out of bounds: .*4 bytes before 128 bytes of device memory",
    "shared_out_of_bounds": "out of bounds: .*0 bytes past the end of 128 bytes of shared memory",
    "dynamic_shared_out_of_bounds": "out of bounds: .* of shared memory",
    "host_pointer": "host memory: ",
    "use_after_free": "use after free: ",
    "uninitialised_global": "uninitialised read: .* of device memory",
    "uninitialised_shared": "uninitialised read: .* of shared memory",
    "missing_barrier": "race within a block",
    "missing_second_barrier": "race within a block",
    "missing_syncwarp": "race within a warp",
    "syncwarp_of_too_few": "race within a warp",
    "missing_atomic": "race between blocks",
    "missing_shared_atomic": "race within a (block|warp)",
    "reading_another_block": "race between blocks",
    "plain_read_of_a_counter": "race between blocks",
    "divergent_barrier": "divergent barrier: .* 16 of the block's threads",
    "return_before_a_barrier": "divergent barrier: .* 4 of the block's threads",
    "barrier_against_warp": "threads wait for others that never come",
    "misaligned_vector": "misaligned access: ",
    "shuffle_of_an_ended_lane": "shuffle of a missing lane: ",
    "mask_without_the_caller": "by a lane that its mask leaves out",
    "matrix_product_of_half_a_warp": "mma.sync without all 32 lanes",
    "too_much_shared_memory": "more shared memory than a block may use",
}


# In a process of its own, since one process can hold only one of the modules with cuda devices.
RUN_ALL = """
import json
from ndarray_core._cuda_checked import emulator

names = emulator.defect_names()
found = {name: emulator.run_defect(name) for name in names}
twins = {name: emulator.run_defect(name, correct=True) for name in names}
emulator.reset_kernel_counts()
emulator.set_counting_sectors(True)
emulator.run_defect("misaligned_vector", correct=True)
emulator.run_defect("missing_second_barrier", correct=True)
counts = {name.split("::")[-1]: count for name, count in emulator.kernel_counts().items()}
print(json.dumps({"found": found, "twins": twins, "counts": counts}))
"""


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """Reports on the kernels with mistakes ("found") and without ("twins"), and "counts"."""
    run = subprocess.run(
        [sys.executable, "-c", RUN_ALL], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def test_all_planted_mistakes_are_listed(results: dict[str, Any]) -> None:
    assert set(results["found"]) == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_mistake_is_found_and_its_twin_is_not_accused(results: dict[str, Any], name: str) -> None:
    report = results["found"][name]
    assert re.search(KINDS[name], report), report
    assert "thread (" in report or "threads" in report, report
    assert "block (" in report, report
    without_kernel = {"host_pointer", "use_after_free", "uninitialised_global"}
    assert ("read_one" if name in without_kernel else name) in report, report
    assert results["twins"][name] == ""


def test_a_finding_names_both_threads(results: dict[str, Any]) -> None:
    report = results["found"]["missing_atomic"]
    assert "thread (0, 0, 0) of block (1, 0, 0) reads byte 0" in report
    assert "written by thread (0, 0, 0) of block (0, 0, 0)" in report


def test_kernels_are_counted(results: dict[str, Any]) -> None:
    vectors = results["counts"]["misaligned_vector<true>"]
    assert (vectors["launches"], vectors["blocks"], vectors["threads"]) == (1, 1, 32)
    # Each lane loads 16 bytes, two lanes share a sector; and stores 4, eight lanes share one.
    assert (vectors["global_loads"], vectors["global_load_bytes"]) == (32, 512)
    assert (vectors["load_sectors"], vectors["store_sectors"]) == (16, 4)
    loop = results["counts"]["missing_second_barrier<true>"]
    assert (loop["barriers"], loop["shared_loads"], loop["shared_stores"]) == (6, 192, 192)
    assert loop["global_stores"] == 64
