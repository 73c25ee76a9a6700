"""Measures us, NumPy and PyTorch on the same work, in turns within one run.

    hatch run bench:compare                           # all rows, with one thread and with two
    hatch run bench:compare --only conv --threads 2   # some of them
    hatch run bench:compare --quick                   # few rounds, for a first look
    hatch run bench:compare --json results.json       # and: hatch run bench:document results.json

First it measures what the machine can do at most, and then again in each round of a row, which says
what share of that it reaches.
A ratio below 1 means that we are faster. Times of different runs do not compare.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from machine import Machine, description
from measure import measure
from report import limit_lines, save, show
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from suite import matching

QUICK_ROUNDS = 3
LIMIT_SECONDS, QUICK_LIMIT_SECONDS = 2.0, 0.2


def compare(
    only: Annotated[
        str, typer.Option(help="Rows whose group or name contains this; * and ? match anything.")
    ] = "",
    threads: Annotated[
        list[int] | None, typer.Option(min=1, help="How many; may be repeated. Default: 1 and 2.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each row is measured.")] = 15,
    quick: Annotated[bool, typer.Option("--quick", help="A few rounds, for a first look.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write the results there, too.")] = None,
) -> None:
    """Measure us, NumPy and PyTorch on the same work, in turns, and the machine's limits."""
    rows = matching(only)
    if not rows:
        raise typer.BadParameter(f"no row contains '{only}'", param_hint="--only")
    counts = threads or [1, 2]
    console = Console()
    about = description()
    console.print(", ".join(f"{name} {value}" for name, value in about.items()), highlight=False)
    with console.status("Measuring what the machine can do at most"):
        machine, seconds = Machine(), QUICK_LIMIT_SECONDS if quick else LIMIT_SECONDS
        limits = [machine.limits(count, seconds) for count in counts]
    for line in limit_lines(limits):
        console.print(line, highlight=False)
    results = []
    columns = (
        TextColumn("{task.description:<52}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(rows) * len(counts))
        for row in rows:
            progress.update(task, description=row.name)
            contest = row.build(*row.full)
            for each in limits:
                count = QUICK_ROUNDS if quick else rounds
                results.append(measure(row, contest, count, each, machine))
                progress.advance(task)
            if json is not None:  # row by row: a run is long
                save(json, about, limits, results)
    show(results, console)


if __name__ == "__main__":
    typer.run(compare)
