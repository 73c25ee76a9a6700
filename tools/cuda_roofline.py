"""MODEL, not a measurement: how fast the CUDA kernels could be on some devices, from what they do.

Each workload runs on the checked emulator, which counts the sectors of 32 bytes that the warps of a
kernel touch, its matrix products (mma) and its barriers. The model of a device is its data sheet: a
workload takes at least as long as its operations at the peak rate of the unit that does them, and
as its bytes at the bandwidth of the memory. "Once" counts each operand and result once, as if
caches kept all else; "sectors" counts all that was asked of memory, as if there were no caches. The
truth lies between them and below: latency, launches and occupancy are not in the model.

    hatch run cuda:roofline
    hatch run cuda:roofline --only matrix --elements 16384
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections import Counter
from dataclasses import dataclass

from cuda_workloads import WORKLOADS, Workload
from rich.console import Console
from rich.table import Table

import ndarray_core as nd
from ndarray_core.errors import NDArrayError

SECTOR = 32  # bytes


@dataclass(frozen=True)
class DataSheet:
    """What NVIDIA states: operations and bytes a second, without sparsity."""

    name: str
    float32: float
    half: float  # float16 by tensor cores, added up in float32
    memory: float


DATA_SHEETS = (
    DataSheet("T4", 8.1e12, 65e12, 320e9),
    DataSheet("A100 40 GB", 19.5e12, 312e12, 1555e9),
    DataSheet("RTX 4090", 82.6e12, 165.2e12, 1008e9),
    DataSheet("H100 SXM", 66.9e12, 989.4e12, 3350e9),
)


@dataclass(frozen=True)
class Counted:
    """A workload's operations and bytes, and what the emulator has counted."""

    workload: Workload
    operations: float
    once: float
    kernels: int
    counts: Counter[str]

    @property
    def sectors(self) -> float:
        """Bytes in all sectors that were asked of memory."""
        return SECTOR * (self.counts["load_sectors"] + self.counts["store_sectors"])

    @property
    def asked(self) -> float:
        """What threads asked for, of those bytes; above 1 where lanes read the same."""
        asked = self.counts["global_load_bytes"] + self.counts["global_store_bytes"]
        return asked / self.sectors if self.sectors else 1.0


def count(workload: Workload, device: nd.Device, elements: int) -> Counted:
    """Runs it once in the emulator."""
    emulator = importlib.import_module("ndarray_core._cuda_checked").emulator
    prepared = workload.prepare(device, elements)
    device.synchronize()
    emulator.reset_kernel_counts()
    emulator.set_counting_sectors(True)
    try:
        prepared.work()
        device.synchronize()
    finally:
        emulator.set_counting_sectors(False)
    by_kernel = emulator.kernel_counts()
    counts: Counter[str] = Counter()
    for of_kernel in by_kernel.values():
        counts.update(of_kernel)
    return Counted(workload, prepared.operations, prepared.nbytes, len(by_kernel), counts)


def seconds(counted: Counted, sheet: DataSheet, moved: float) -> tuple[float, str]:
    """The least time that the data sheet allows, and what sets it."""
    computing = counted.operations / getattr(sheet, counted.workload.unit)
    moving = moved / sheet.memory
    return (computing, "arithmetic") if computing > moving else (moving, "memory")


def counts_table(rows: list[Counted]) -> Table:
    """What was counted in emulation."""
    table = Table(title="Counted in emulation")
    table.add_column("work")
    headers = (
        "kernels",
        "operations",
        "bytes, once",
        "bytes, sectors",
        "asked of it",
        "mma",
        "barriers",
    )
    for header in headers:
        table.add_column(header, justify="right")
    for row in rows:
        table.add_row(
            row.workload.name,
            str(row.kernels),
            f"{row.operations:,.0f}",
            f"{row.once:,.0f}",
            f"{row.sectors:,.0f}",
            f"{row.asked:.0%}",
            f"{row.counts['matrix_products']:,}",
            f"{row.counts['barriers']:,}",
        )
    return table


def model_table(rows: list[Counted]) -> Table:
    """For each device the rate that the model allows, at best and without caches."""
    table = Table(title="MODEL, never measured: G operations/s, or GB/s where nothing is computed")
    table.add_column("work")
    for sheet in DATA_SHEETS:
        table.add_column(sheet.name, justify="right")
    table.add_column("bound by")
    for row in rows:
        amount = row.operations or row.once
        cells, bounds = [], []
        for sheet in DATA_SHEETS:
            best, bound = seconds(row, sheet, row.once)
            least, _ = seconds(row, sheet, max(row.once, row.sectors))
            cells.append(f"{amount / least / 1e9:,.0f} - {amount / best / 1e9:,.0f}")
            bounds.append(bound)
        table.add_row(row.workload.name, *cells, ", ".join(dict.fromkeys(bounds)))
    return table


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="NAME", help="work whose name contains it")
    parser.add_argument("--elements", type=int, default=16384, help="size of the operands")
    options = parser.parse_args()
    if os.environ.get("NDARRAY_CORE_CUDA") != "checked" or not nd.cuda.is_available():
        print(f"cuda_roofline: needs NDARRAY_CORE_CUDA=checked; {nd.cuda.reason()}")
        return 1
    rows = []
    for workload in WORKLOADS:
        if options.only not in workload.name:
            continue
        try:
            rows.append(count(workload, nd.device("cuda:0"), options.elements))
        except NDArrayError as error:
            print(f"cuda_roofline: {workload.name} is left out: {error}")
    console = Console(width=140)
    console.print(counts_table(rows))
    console.print(model_table(rows))
    print("MODEL: data sheets and counts. No physical GPU has run these kernels.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
