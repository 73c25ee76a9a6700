"""The most memory that the first step of a model needs, of ours and of PyTorch, beside the
parameters and the batch: with gradients and the optimizer's state.

    hatch run bench:memory
    hatch run bench:memory --only ResNet

Ours is what the allocator counts, PyTorch's what its profiler sees its allocator do. The scratch
memory of the library it calls for convolutions is not among that; that of our kernels is.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from row import Work
from suite import matching
from torch.profiler import ProfilerActivity, profile

import ndarray_core as nd


def our_peak(step: Work) -> int:
    """Bytes."""
    nd.config.reset_peak_memory("cpu")
    before = nd.memory_stats()["in_use"]
    step()
    return nd.memory_stats()["peak_in_use"] - before


def their_peak(step: Work) -> int:
    """Bytes: the largest sum of what the profiler saw allocated and not yet freed."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiler.export_chrome_trace(str(path))
        events = json.loads(path.read_text())["traceEvents"]
    changes = sorted((e["ts"], e["args"]["Bytes"]) for e in events if e["name"] == "[memory]")
    held = most = 0
    for _, nbytes in changes:
        held += nbytes
        most = max(most, held)
    return most


def memory(
    only: Annotated[str, typer.Option(help="Rows whose group or name contains this.")] = "models:*",
) -> None:
    """Show the peak of a step's memory, ours and PyTorch's."""
    table = Table("work", "ours", "PyTorch", "ratio")
    for row in matching(only):
        steps: Any = row.build(*row.full).contestants
        ours, theirs = our_peak(steps["ours"]), their_peak(steps["torch"])
        cells = f"{ours / 2**20:.1f} MiB", f"{theirs / 2**20:.1f} MiB", f"{ours / theirs:.2f}"
        table.add_row(row.name, *cells)
    Console().print(table)


if __name__ == "__main__":
    typer.run(memory)
