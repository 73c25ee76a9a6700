"""How a training run is shown: a live bar on a terminal, a line per epoch elsewhere."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from tiny_models.training import Progress

Shown = Generator[Progress, None, None]


def shown(run: Iterable[Progress], epochs: int, console: Console) -> Shown:
    """Pass ``run`` on while showing it on ``console``."""
    if console.is_terminal:
        yield from _with_bar(run, epochs, console)
    else:
        yield from _with_lines(run, epochs, console)


def _with_bar(run: Iterable[Progress], epochs: int, console: Console) -> Shown:
    columns = (
        TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
        BarColumn(bar_width=None),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TextColumn("accuracy {task.fields[accuracy]:.1%}"),
        TextColumn("{task.fields[speed]:,.0f} images/s"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with ProgressBar(*columns, console=console, expand=True) as bar:
        task = bar.add_task("", total=None, epoch=0, epochs=epochs, loss=0, accuracy=0, speed=0)
        for progress in run:
            bar.update(
                task,
                total=epochs * progress.batches,
                advance=1,
                epoch=progress.epoch,
                loss=progress.loss,
                accuracy=progress.accuracy,
                speed=progress.images_per_second,
            )
            yield progress


def _with_lines(run: Iterable[Progress], epochs: int, console: Console) -> Shown:
    start = time.perf_counter()
    for progress in run:
        if progress.epoch_finished:
            left = (time.perf_counter() - start) / progress.epoch * (epochs - progress.epoch)
            line = (
                f"epoch {progress.epoch}/{epochs}  loss {progress.loss:.4f}  "
                f"accuracy {progress.accuracy:.1%}  "
                f"{progress.images_per_second:,.0f} images/s  {left:.0f} s left"
            )
            console.print(line, soft_wrap=True, highlight=False)
        yield progress
