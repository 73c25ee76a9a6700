"""Run the tests and measure the kernels on this machine's GPU, and write a report to send in.

Builds the array core with nvcc for this GPU, runs the suite on its devices, times the workloads of
cuda_workloads.py, and compares with what the GPU's memory can do. Where there is no GPU it says so,
and that is no failure.

    hatch run cuda:selftest                         # writes cuda-selftest.json
    hatch run cuda:selftest --report FILE --skip-tests
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cuda_workloads import WORKLOADS, Workload
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
SUITE = ("tests/ndarray_core", "tests/tiny_autograd", "tests/tiny_nn", "-k", "cuda", "-q")


def driver() -> list[str]:
    """Name, driver, memory and compute capability of each GPU, as the driver states them."""
    query = "--query-gpu=name,driver_version,memory.total,compute_cap,clocks.max.mem"
    try:
        told = subprocess.run(
            ["nvidia-smi", query, "--format=csv,noheader"], capture_output=True, text=True
        )
    except FileNotFoundError:
        return []
    return told.stdout.strip().splitlines() if told.returncode == 0 else []


def build() -> None:
    """Builds this environment's array core again, with the cuda devices for this GPU."""
    define = os.environ.get("SKBUILD_CMAKE_DEFINE", "")
    define = define.replace("NDARRAY_CORE_CUDA=OFF", "NDARRAY_CORE_CUDA=ON")
    subprocess.run(
        [os.environ.get("HATCH_UV", "uv"), "pip", "install", "-q", "-e", "packages/ndarray-core"],
        cwd=ROOT,
        env={**os.environ, "SKBUILD_CMAKE_DEFINE": define},
        check=True,
    )


def run_suite() -> dict[str, Any]:
    """The tests that have a cuda device, on the real one."""
    start = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *SUITE], cwd=ROOT, capture_output=True, text=True
    )
    lines = result.stdout.strip().splitlines()
    return {
        "exit_status": result.returncode,
        "summary": lines[-1] if lines else result.stderr[-2000:],
        "failures": [line for line in lines if re.match("(FAILED|ERROR) ", line)],
        "seconds": round(time.monotonic() - start),
    }


def measure(workload: Workload, elements: int) -> dict[str, Any]:
    """The median time of the work on the device, between two events around many calls."""
    import ndarray_core as nd

    device = nd.device("cuda:0")
    prepared = workload.prepare(device, elements)
    for _ in range(3):
        prepared.work()
    device.synchronize()
    times = []
    for _ in range(7):
        start, end = nd.cuda.Event(enable_timing=True), nd.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(10):
            prepared.work()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) / 1e3 / 10)
    seconds = statistics.median(times)
    return {
        "work": workload.name,
        "family": workload.family,
        "microseconds": seconds * 1e6,
        "gigabytes_per_second": prepared.nbytes / seconds / 1e9,
        "gigaoperations_per_second": prepared.operations / seconds / 1e9,
    }


def print_measurements(rows: list[dict[str, Any]]) -> None:
    table = Table(title="Measured on this GPU; bytes and operations as the definition needs them")
    table.add_column("work")
    for header in ("microseconds", "GB/s", "G operations/s"):
        table.add_column(header, justify="right")
    for row in rows:
        table.add_row(
            row["work"],
            f"{row['microseconds']:,.1f}",
            f"{row['gigabytes_per_second']:,.0f}",
            f"{row['gigaoperations_per_second']:,.0f}",
        )
    Console(width=100).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--report", type=Path, default=ROOT / "cuda-selftest.json")
    parser.add_argument("--elements", type=int, default=1 << 24, help="size of the operands")
    parser.add_argument("--skip-tests", action="store_true", help="only measure")
    options = parser.parse_args()

    os.environ.pop("NDARRAY_CORE_CUDA", None)  # the real devices, here and in the suite
    gpus = driver()
    if gpus:
        build()
    import ndarray_core as nd  # only now: it has been built again

    if not nd.cuda.is_available():
        found = "; ".join(gpus) if gpus else "nvidia-smi lists none"
        print(f"cuda_selftest: there is no GPU to test ({found}): {nd.cuda.reason()}")
        return 1 if gpus else 0

    report: dict[str, Any] = {
        "gpus": gpus,
        "device": vars(nd.cuda.get_device_properties()),
        "driver_and_runtime": nd.cuda.versions(),
        "versions": {"ndarray_core": nd.__version__, "python": platform.python_version()},
        "system": platform.platform(),
    }
    if not options.skip_tests:
        report["suite"] = run_suite()
        print(f"suite: {report['suite']['summary']}")
    report["measured"] = [measure(workload, options.elements) for workload in WORKLOADS]
    print_measurements(report["measured"])
    options.report.write_text(json.dumps(report, indent=1) + "\n")
    print(f"cuda_selftest: wrote {options.report}")
    return report.get("suite", {}).get("exit_status", 0)


if __name__ == "__main__":
    sys.exit(main())
