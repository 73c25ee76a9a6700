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


@dataclass(frozen=True)
class Bound:
    """What takes a machine at least as long: so many operations of a type, or so many bytes that
    are read, copied or combined (kinds of `Limits`).
    """

    kind: str
    amount: float


@dataclass(frozen=True)
class Limits:
    """What so many threads reach at most: operations and bytes a second."""

    threads: int
    flops: dict[str, float]  # by type of element
    bandwidth: dict[str, dict[str, float]]  # by kind of pages, and by what is done

    def bound(self, contest: Contest) -> Bound | None:
        """The operations of the work or its bytes, whichever takes longer; None without either.

        Bytes at the better of the rates for huge pages: reading, or reading and writing at once
        where as much as an eighth of what is read is written.
        """
        huge = self.bandwidth["huge"]
        reads = contest.read > 8 * contest.written
        kind = "read" if reads else max("copy", "triad", key=lambda kind: huge[kind])
        memory = Bound(kind, contest.read + contest.written)
        arithmetic = Bound(contest.dtype, contest.flops)
        if not memory.amount and not arithmetic.amount:
            return None
        slower = arithmetic.amount / self.flops[contest.dtype] > memory.amount / huge[kind]
        return arithmetic if slower else memory


class Machine:
    """Measures limits, each as the best of what is seen within some seconds. Keeps the arrays that
    it reads and writes: 3 x 256 MiB in huge pages.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self._library = _compiled(Path(folder))
        self._huge = self._arrays(huge=True)

    def limits(self, threads: int, seconds: float) -> Limits:
        """All of them, each within so many seconds."""
        flops = {kind: self.rate(kind, threads, seconds) for kind in ("float32", "float64")}
        small = self._arrays(huge=False)
        bandwidth = {
            pages: {
                kind: self._library.bandwidth(arrays, KINDS.index(kind), threads, seconds)
                for kind in KINDS
            }
            for pages, arrays in (("4 KiB", small), ("huge", self._huge))
        }
        self._library.arrays_delete(small)
        return Limits(threads, flops, bandwidth)

    def rate(self, kind: str, threads: int, seconds: float) -> float:
        """Operations of this type a second, or bytes, by this kind of use, in huge pages."""
        if kind in KINDS:
            return self._library.bandwidth(self._huge, KINDS.index(kind), threads, seconds)
        return getattr(self._library, f"fma_rate_{kind}")(threads, seconds)

    def _arrays(self, huge: bool) -> int:
        arrays = self._library.arrays_new(ARRAY, huge)
        if not arrays:
            raise MemoryError(f"no memory for three arrays of {ARRAY >> 20} MiB")
        return arrays


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
    library.arrays_new.argtypes = [ctypes.c_int64, ctypes.c_int]
    library.arrays_new.restype = ctypes.c_void_p
    library.arrays_delete.argtypes, library.arrays_delete.restype = [ctypes.c_void_p], None
    library.bandwidth.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_double]
    library.bandwidth.restype = ctypes.c_double
    return library


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
