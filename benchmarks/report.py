"""Results as a table in the terminal, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from machine import KINDS, Limits
from measure import Result
from rich.console import Console
from rich.table import Table

PEERS = ("numpy", "torch")
NEAR = 0.85  # a share of the limit above which no goal is missed
LEAST_BANDWIDTH = 0.8  # the share of the bandwidth of memory that its use should have


def duration(seconds: float) -> str:
    """Three digits and a unit.

    >>> duration(0.01234), duration(0.5678), duration(4.5e-7)
    ('12.3 ms', '568 ms', '450 ns')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def peer(result: Result) -> str:
    """Whom the goal is about."""
    return "torch" if "torch" in result.ratio else "numpy"


def goal(result: Result) -> float:
    """One thread is to be as fast as theirs, all threads as fast as the row's goal says."""
    return 1.0 if result.threads == 1 else result.goal


def share_at_goal(result: Result) -> float | None:
    """The share of the machine's limit that the goal would take: above 1, no program reaches it."""
    if result.share is None:
        return None
    return result.share * result.ratio[peer(result)] / goal(result)


def missed(result: Result) -> bool:
    """Whether we are slower than the goal, although the machine's limit leaves room."""
    if result.ratio[peer(result)] <= goal(result):
        return False
    share, at_goal = result.share, share_at_goal(result)
    return share is None or at_goal is None or (share < NEAR and at_goal <= 1)


def leaves_bandwidth(result: Result) -> bool:
    """Whether several threads use less of the memory's bandwidth than they should, where that is
    the limit.
    """
    is_memory = result.limit in KINDS and result.share is not None
    return is_memory and result.threads > 1 and result.share < LEAST_BANDWIDTH


def cells(result: Result) -> list[str]:
    """Name, threads, our time, each peer's time and the ratio, the goal, the shares."""
    theirs = [
        text
        for name in PEERS
        for text in (
            (duration(result.seconds[name]), f"{result.ratio[name]:.2f}")
            if name in result.ratio
            else ("", "")
        )
    ]
    shares = ["" if x is None else f"{x:.0%}" for x in (result.share, share_at_goal(result))]
    return [
        result.name,
        str(result.threads),
        duration(result.seconds["ours"]),
        *theirs,
        f"{goal(result):.2f}",
        *shares,
    ]


HEADINGS = (
    *("work", "threads", "ours", "NumPy", "ratio", "PyTorch", "ratio"),
    *("goal", "of limit", "at goal"),
)


def limit_lines(limits: list[Limits]) -> list[str]:
    """The machine's limits in words, a line for each number of threads."""
    lines = []
    for each in limits:
        flops = ", ".join(f"{name} {rate / 1e9:.0f} GFLOP/s" for name, rate in each.flops.items())
        pages = "; ".join(
            f"{pages} pages " + ", ".join(f"{kind} {rates[kind] / 1e9:.1f}" for kind in KINDS)
            for pages, rates in each.bandwidth.items()
        )
        count = "1 thread" if each.threads == 1 else f"{each.threads} threads"
        lines.append(f"{count}: {flops}; memory in GB/s, {pages}")
    return lines


def show(results: list[Result], console: Console) -> None:
    table = Table(
        *HEADINGS, caption="medians; ratios are ours / theirs, red where a goal is missed"
    )
    for column in table.columns[1:]:
        column.justify = "right"
        column.no_wrap = True
    group = ""
    for result in results:
        if result.group != group:
            table.add_section()
            group = result.group
        table.add_row(*cells(result), style="red" if missed(result) else None)
    console.print(table)


def save(path: Path, machine: dict[str, str], limits: list[Limits], results: list[Result]) -> None:
    found: dict[str, Any] = {
        "machine": machine,
        "limits": [asdict(each) for each in limits],
        "rows": [asdict(each) for each in results],
    }
    path.write_text(json.dumps(found, indent=1) + "\n")


def load(path: Path) -> tuple[dict[str, str], list[Limits], list[Result]]:
    found = json.loads(path.read_text())
    return (
        found["machine"],
        [Limits(**each) for each in found["limits"]],
        [Result(**each) for each in found["rows"]],
    )
