"""How a training run is shown: a live bar on a terminal, a line per epoch elsewhere."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from tiny_models.training.images import Progress
from tiny_models.training.text import TextProgress, TextTraining

Shown = Generator[Progress, None, None]
ShownText = Generator[TextProgress, None, None]

SECONDS_BETWEEN_LINES = 10.0  # within an epoch
# What the live line needs beside the epochs' digits, each column at its widest, with the spaces.
WIDTH_OF_NUMBERS = len("/ loss 99.1234 100.0% 10:00:00 left")
WIDTH_OF_WORDS = len("epoch accuracy ")
WIDTH_OF_SPEED = len("10,000 images/s ")
LEAST_WIDTH_OF_BAR = 8
WIDTH_WITH_BAR = 70  # of a text's live line


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


def shown_text(run: TextTraining, console: Console) -> ShownText:
    """Pass a run on while showing it: a live line on a terminal; after each evaluation, and where
    there is no terminal, a line that stays, with what the model writes by now below it."""
    if not console.is_terminal:
        for progress in run:
            _print_evaluation(progress, console)
            yield progress
        return
    columns = [
        TextColumn("step {task.fields[step]:,}"),
        TextColumn("loss {task.fields[loss]}"),
        TextColumn("{task.fields[speed]:,.0f} tokens/s"),
        TimeRemainingColumn(),
        TextColumn("left"),
    ]
    if console.width >= WIDTH_WITH_BAR:
        columns.insert(1, BarColumn(bar_width=None))
    with ProgressBar(*columns, console=console, expand=console.width >= WIDTH_WITH_BAR) as bar:
        task = bar.add_task("", total=1.0, step=run.step, loss="", speed=0)
        for progress in run:
            bar.update(
                task,
                completed=progress.share,
                step=progress.step,
                loss=_loss(progress.loss),
                speed=progress.tokens_per_second,
            )
            _print_evaluation(progress, console)
            yield progress


def _print_evaluation(progress: TextProgress, console: Console) -> None:
    if progress.validation_loss is None:
        return
    left = progress.seconds / progress.share - progress.seconds
    line = (
        f"step {progress.step:,}  loss {_loss(progress.loss)}  "
        f"validation loss {_loss(progress.validation_loss)}  "
        f"{progress.tokens_per_second:,.0f} tokens/s  {left:.0f} s left"
    )
    console.print(line, soft_wrap=True, highlight=False)
    for text in (progress.sample or "").strip().splitlines():
        console.print(f"    {text}", soft_wrap=True, highlight=False, markup=False, style="dim")
