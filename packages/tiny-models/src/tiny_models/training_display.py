"""How a training run is shown: a live bar on a terminal, a line per epoch elsewhere."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from tiny_models.training import Progress

Shown = Generator[Progress, None, None]

SECONDS_BETWEEN_LINES = 10.0  # within an epoch
# What the live line needs beside the epochs' digits, each column at its widest, with the spaces.
WIDTH_OF_NUMBERS = len("/ loss 99.1234 100.0% 10:00:00 left")
WIDTH_OF_WORDS = len("epoch accuracy ")
WIDTH_OF_SPEED = len("10,000 images/s ")
LEAST_WIDTH_OF_BAR = 8


def shown(run: Iterable[Progress], epochs: int, console: Console) -> Shown:
    """Pass ``run`` on while showing it on ``console``."""
    if console.is_terminal:
        yield from _with_bar(run, epochs, console)
    else:
        yield from _with_lines(run, epochs, console)


def _with_bar(run: Iterable[Progress], epochs: int, console: Console) -> Shown:
    columns = _columns(epochs, console.width)
    expand = any(isinstance(column, BarColumn) for column in columns)
    with ProgressBar(*columns, console=console, expand=expand) as bar:
        task = bar.add_task("", total=None, epoch=0, epochs=epochs, loss="", accuracy=0, speed=0)
        for progress in run:
            bar.update(
                task,
                total=epochs * progress.batches,
                advance=1,
                epoch=progress.epoch,
                loss=_loss(progress.loss),
                accuracy=progress.accuracy,
                speed=progress.images_per_second,
            )
            yield progress


def _columns(epochs: int, width: int) -> list[ProgressColumn]:
    """What fits into ``width`` characters: the bar goes first, then the speed, then words."""
    room = width - WIDTH_OF_NUMBERS - 2 * len(str(epochs))
    words = room >= WIDTH_OF_WORDS
    speed = room >= WIDTH_OF_WORDS + WIDTH_OF_SPEED
    bar = room >= WIDTH_OF_WORDS + WIDTH_OF_SPEED + LEAST_WIDTH_OF_BAR
    columns: list[ProgressColumn] = [
        TextColumn(f"{'epoch ' * words}{{task.fields[epoch]}}/{{task.fields[epochs]}}"),
        TextColumn("loss {task.fields[loss]}"),
        TextColumn(f"{'accuracy ' * words}{{task.fields[accuracy]:.1%}}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    ]
    if speed:
        columns.insert(3, TextColumn("{task.fields[speed]:,.0f} images/s"))
    if bar:
        columns.insert(1, BarColumn(bar_width=None))
    return columns


def _loss(loss: float) -> str:
    """In at most seven characters."""
    return f"{loss:.4f}" if loss < 100 else f"{loss:.1e}"


def _with_lines(run: Iterable[Progress], epochs: int, console: Console) -> Shown:
    start = printed = time.perf_counter()
    for progress in run:
        now = time.perf_counter()
        if progress.epoch_finished or now - printed >= SECONDS_BETWEEN_LINES:
            printed = now
            finished = progress.epoch - 1 + progress.batch / progress.batches  # epochs
            left = (now - start) / finished * (epochs - finished)
            batch = "" if progress.epoch_finished else f" batch {progress.batch}/{progress.batches}"
            line = (
                f"epoch {progress.epoch}/{epochs}{batch}  loss {_loss(progress.loss)}  "
                f"accuracy {progress.accuracy:.1%}  "
                f"{progress.images_per_second:,.0f} images/s  {left:.0f} s left"
            )
            console.print(line, soft_wrap=True, highlight=False)
        yield progress
