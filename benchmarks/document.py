"""Writes the results of a run into docs/benchmarks.md, between the marks, and draws its chart.

hatch run bench:compare --json results.json
hatch run bench:document results.json
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import Annotated

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
import typer
from machine import Limits
from measure import Result
from notes import NOTES
from report import HEADINGS, cells, leaves_bandwidth, limit_lines, load, missed, peer

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, CHART = DOCS / "benchmarks.md", DOCS / "benchmarks.svg"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def sections(machine: dict[str, str], limits: list[Limits], results: list[Result]) -> str:
    """What stands between the marks, in Markdown: chart, machine, and a table for each group."""
    lines = ["", f"![Our time over PyTorch's]({CHART.name})", ""]
    lines += [", ".join(f"{name} {value}" for name, value in machine.items()) + ".", ""]
    lines += [f"- {line}" for line in limit_lines(limits)]
    for group, rows in groupby(results, key=lambda result: result.group):
        notes = {}
        lines += ["", f"### {group[0].upper()}{group[1:]}", ""]
        lines += [f"| {' | '.join(HEADINGS)} |", "|---|" + "--:|" * (len(HEADINGS) - 1)]
        for result in rows:
            shown = cells(result)
            marks = " ▲" * missed(result) + " ▽" * leaves_bandwidth(result)
            shown[0] += marks
            if marks and result.name in NOTES:
                notes[result.name] = NOTES[result.name]
            lines.append(f"| {' | '.join(shown)} |")
        lines += ["", *(f"- *{name}*: {note}" for name, note in notes.items())] if notes else []
    return "\n".join([*lines, "", ""])


def draw(results: list[Result], threads: int) -> None:
    """Our time over theirs for each row, as bars from 1 on a logarithmic scale."""
    rows = [result for result in results if result.threads == threads][::-1]
    ratios = [result.ratio[peer(result)] for result in rows]
    colours = ["#2a7f62" if ratio <= 1 else "#b3423a" for ratio in ratios]
    plt.rcParams["svg.fonttype"] = "none"  # text stays text, and the file small
    plt.rcParams["svg.hashsalt"] = "benchmarks"  # the same drawing, the same file
    figure, axes = plt.subplots(figsize=(8, 0.17 * len(rows) + 0.8))
    axes.barh(range(len(rows)), [ratio - 1 for ratio in ratios], left=1, color=colours)
    axes.set_yticks(range(len(rows)), [result.name for result in rows], fontsize=6)
    axes.set_xscale("log")
    ticks = [0.05, 0.1, 0.2, 0.5, 1, 2]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.axvline(1, color="black", linewidth=0.8)
    axes.grid(axis="x", linewidth=0.3)
    axes.margins(y=0.005)
    axes.set_xlabel(f"our time / PyTorch's, {threads} threads")
    figure.tight_layout()
    figure.savefig(CHART, metadata={"Date": None})
    CHART.write_text(re.sub(r"[ \t]+$", "", CHART.read_text(), flags=re.MULTILINE))


def document(
    results: Annotated[Path, typer.Argument(help="What bench:compare --json has written.")],
) -> None:
    """Put the results of a run into docs/benchmarks.md and draw its chart."""
    machine, limits, rows = load(results)
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(before + BEGIN + "\n" + sections(machine, limits, rows) + END + after)
    draw(rows, max(each.threads for each in limits))


if __name__ == "__main__":
    typer.run(document)
