"""The limits of this machine, measured, and what it is."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from row import Contest

import ndarray_core as nd

ARRAY = 256 << 20  # bytes: larger than any cache
KINDS = ("read", "copy", "triad")
PAGES = {"4 KiB": 0, "huge": 1}


@dataclass(frozen=True)
class Limits:
    """What so many threads reach at most: operations and bytes a second."""

    threads: int
    flops: dict[str, float]  # by type of element
    bandwidth: dict[str, dict[str, float]]  # by kind of pages, and by what is done

    def seconds(self, contest: Contest) -> float:
        """What the work takes at least: its operations or its bytes, whichever takes longer.

        Bytes at the better of the rates for huge pages: reading, or reading and writing at once
        where as much as an eighth of what is read is written.
        """
        huge = self.bandwidth["huge"]
        reads = contest.read > 8 * contest.written
        rate = huge["read"] if reads else max(huge["copy"], huge["triad"])
        return max(
            contest.flops / self.flops[contest.dtype], (contest.read + contest.written) / rate
        )


def measured_limits(threads: list[int], seconds: float) -> list[Limits]:
    """Each limit is the best of what was seen within `seconds`."""
    with tempfile.TemporaryDirectory() as folder:
        library = _compiled(Path(folder))
        return [_limits(library, count, seconds) for count in threads]


def _compiled(folder: Path) -> ctypes.CDLL:
    target = folder / "machine.so"
    tune = "-march=native" if platform.machine() in ("x86_64", "AMD64") else "-mcpu=native"
    source = Path(__file__).with_name("machine.cpp")
    compiler = os.environ.get("CXX", "c++")
    options = ["-std=c++20", "-O3", tune, "-shared", "-fPIC", "-pthread"]
    subprocess.run([compiler, *options, str(source), "-o", str(target)], check=True)
    library = ctypes.CDLL(str(target))
    for function in (library.fma_rate_float32, library.fma_rate_float64):
        function.argtypes, function.restype = [ctypes.c_int, ctypes.c_double], ctypes.c_double
    library.bandwidth.argtypes = [ctypes.c_int] * 3 + [ctypes.c_int64, ctypes.c_double]
    library.bandwidth.restype = ctypes.c_double
    return library


def _limits(library: ctypes.CDLL, threads: int, seconds: float) -> Limits:
    flops = {
        "float32": library.fma_rate_float32(threads, seconds),
        "float64": library.fma_rate_float64(threads, seconds),
    }
    bandwidth = {
        pages: {
            kind: library.bandwidth(index, threads, huge, ARRAY, seconds)
            for index, kind in enumerate(KINDS)
        }
        for pages, huge in PAGES.items()
    }
    return Limits(threads, flops, bandwidth)


def description() -> dict[str, str]:
    """The processor and the versions of what takes part."""
    return {
        "processor": _processor(),
        "instruction set": nd.isa(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "ndarray_core": nd.__version__,
    }


def _processor() -> str:
    """What the system calls it; its family tells apart what a virtual machine's name does not."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return platform.processor()
    fields = dict(
        (part.strip() for part in line.split(":", 1))
        for line in path.read_text().split("\n\n")[0].splitlines()
        if ":" in line
    )
    name = fields.get("model name", platform.machine())
    family = fields.get("cpu family")
    kind = f", family {family} model {fields.get('model')}" if family else ""
    return f"{name}{kind}, {os.cpu_count()} processors"
