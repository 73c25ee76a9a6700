"""``tiny-models train digits`` and ``train resnet9``: networks that tell what an image shows."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import tiny_models
import tiny_nn as nn
from tiny_models.command_error import FAILED, INTERRUPTED
from tiny_models.commands.common import (
    DeviceOption,
    SeedOption,
    check_device,
    checked_output,
    fail,
    interrupts_held,
)
from tiny_models.data.fashion_mnist import DEBIANS_FOLDER
from tiny_models.image_tasks import DIGITS, ImageTask, fashion_mnist_task
from tiny_models.model_file import save_image_model
from tiny_models.training.display import shown
from tiny_models.training.images import ImageTraining, TrainingOptions
from tiny_models.training.outcome import DivergedError

FASHION_OPTIONS = TrainingOptions(epochs=6, batch_size=256, lr=0.4)

EpochsOption = Annotated[int, typer.Option(help="Passes over the training images.")]
BatchSizeOption = Annotated[int, typer.Option(help="Images per step.")]
LrOption = Annotated[float, typer.Option(help="The largest learning rate.")]
OutputOption = Annotated[
    Path, typer.Option(help="The file for the model; replaced after each epoch.")
]


def train_digits(
    device: DeviceOption = TrainingOptions.device,
    seed: SeedOption = TrainingOptions.seed,
    epochs: EpochsOption = TrainingOptions.epochs,
    batch_size: BatchSizeOption = TrainingOptions.batch_size,
    lr: LrOption = TrainingOptions.lr,
    output: OutputOption = Path("digits.safetensors"),
) -> None:
    """Train a small ResNet on 1,437 handwritten digits and test it on 360 others.

    The model is saved after every epoch, so that Ctrl-C loses at most one.
    """
    train(DIGITS, checked_options(epochs, batch_size, lr, seed, device), Path(), output)


def train_resnet9(
    root: Annotated[
        Path,
        typer.Option(
            help="The folder with the data's four files (Debian's package "
            "dataset-fashion-mnist puts them there)."
        ),
    ] = DEBIANS_FOLDER,
    data: Annotated[str, typer.Option(help="What to learn: fashion-mnist.")] = "fashion-mnist",
    width: Annotated[int, typer.Option(help="Channels of the first convolution.")] = 16,
    device: DeviceOption = FASHION_OPTIONS.device,
    seed: SeedOption = FASHION_OPTIONS.seed,
    epochs: EpochsOption = FASHION_OPTIONS.epochs,
    batch_size: BatchSizeOption = FASHION_OPTIONS.batch_size,
    lr: LrOption = FASHION_OPTIONS.lr,
    output: OutputOption = Path("resnet9.safetensors"),
) -> None:
    """Train a ResNet-9 on 60,000 pictures of clothes and test it on 10,000 others.

    The model is saved after every epoch, so that Ctrl-C loses at most one.
    """
    if data != "fashion-mnist":
        fail(f"--data {data}: there is fashion-mnist")
    if not 1 <= width <= 512:
        fail(f"--width must be from 1 to 512, got {width}")
    options = checked_options(epochs, batch_size, lr, seed, device)
    train(fashion_mnist_task(width), options, root, output)


def checked_options(
    epochs: int, batch_size: int, lr: float, seed: int, device: str
) -> TrainingOptions:
    """The options, or the end of the command where there can't be such."""
    try:
        options = TrainingOptions(epochs, batch_size, lr, seed, device)
    except ValueError as error:
        fail(f"--{str(error).replace('_', '-')}")  # it begins with the field's name
    check_device(device)
    return options


def train(task: ImageTask, options: TrainingOptions, root: Path, output: Path) -> None:
    """Run a training, show it and save its model after each epoch."""
    target = checked_output(output)
    epochs = options.epochs
    try:
        run = ImageTraining(task, options, root)
    except (OSError, nn.errors.FileFormatError) as error:
        fail(f"can't read the data: {error}", FAILED)
    console = Console()
    console.print(
        f"{len(run.train.labels):,} training images, {len(run.test.labels):,} test images, "
        f"{sum(p.numel() for p in run.model.parameters()):,} parameters, device {options.device}",
        highlight=False,
        soft_wrap=True,
    )
    saved_epoch = 0
    try:
        with closing(shown(run, epochs, console)) as steps:  # an interrupt ends the display too
            for progress in steps:
                if progress.epoch_finished:
                    with interrupts_held():
                        save(run, target, progress.epoch)
                        saved_epoch = progress.epoch
        correct, count = run.correct_test_images(), len(run.test.labels)
    except KeyboardInterrupt:
        saved = (
            f"{output} holds the model after epoch {saved_epoch} of {epochs}"
            if saved_epoch
            else "nothing was saved, since no epoch was finished"
        )
        fail(f"interrupted; {saved}", INTERRUPTED)
    except DivergedError as error:
        kept = f"; {output} holds the model after epoch {saved_epoch}" if saved_epoch else ""
        fail(f"{error}: lower --lr, which is {options.lr:g}{kept}", FAILED)
    typer.echo(f"test accuracy {correct / count:.2%} ({correct} of {count})")
    typer.echo(f"saved {output}")


def save(run: ImageTraining, output: Path, epoch: int) -> None:
    """Save the model as it is after ``epoch``."""
    options = run.options
    training = {
        "data": run.task.data,
        "epochs": options.epochs,
        "epochs_finished": epoch,
        "batch_size": options.batch_size,
        "lr": options.lr,
        "seed": options.seed,
        "device": options.device,
        "tiny_models": tiny_models.__version__,
    }
    try:
        save_image_model(run.model, run.task, output, training)
    except OSError as error:
        fail(f"can't write {output}: {error.strerror or error}", FAILED)
