"""The subcommands of ``tiny-models``; ``cli`` starts them."""

from __future__ import annotations

import math
import os
import stat
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

import tiny_models
import tiny_nn as nn
from tiny_models import terminal
from tiny_models.command_error import FAILED, INTERRUPTED, WRONG_USE, CommandError
from tiny_models.data import digits
from tiny_models.image_file import ImageFileError, Polarity, read_digit
from tiny_models.model_file import load_digits_model, save_digits_model
from tiny_models.training import DigitsTraining, DivergedError, TrainingOptions
from tiny_models.training_display import shown

app = typer.Typer(
    help="Train small models and use them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
train_app = typer.Typer(help="Train a model on data that comes with it.", no_args_is_help=True)
app.add_typer(train_app, name="train")

DeviceOption = Annotated[
    str,
    typer.Option(
        help="Where to compute: cpu (native code), or numpy (the readable reference, far slower)."
    ),
]


def fail(message: object, code: int = WRONG_USE) -> NoReturn:
    """End the command with ``message`` on stderr."""
    raise CommandError(str(message), code)


def print_version(wanted: bool) -> None:
    """Answer ``--version``."""
    if wanted:
        typer.echo(f"tiny-models {tiny_models.__version__}")
        raise typer.Exit


@app.callback()
def common_options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Train small models and use them."""


@train_app.command("digits")
def train_digits(
    device: DeviceOption = TrainingOptions.device,
    seed: Annotated[
        int, typer.Option(help="Where all random numbers come from: same seed, same model.")
    ] = TrainingOptions.seed,
    epochs: Annotated[
        int, typer.Option(help="Passes over the training images.")
    ] = TrainingOptions.epochs,
    batch_size: Annotated[int, typer.Option(help="Images per step.")] = TrainingOptions.batch_size,
    lr: Annotated[float, typer.Option(help="The largest learning rate.")] = TrainingOptions.lr,
    output: Annotated[
        Path, typer.Option(help="The file for the model; replaced after each epoch.")
    ] = Path("digits.safetensors"),
) -> None:
    """Train a small ResNet on 1,437 handwritten digits and test it on 360 others.

    The model is saved after every epoch, so that Ctrl-C loses at most one.
    """
    try:
        options = TrainingOptions(epochs, batch_size, lr, seed, device)
    except ValueError as error:
        fail(f"--{str(error).replace('_', '-')}")  # it begins with the field's name
    check_device(device)
    target = checked_output(output)
    run = DigitsTraining(options)
    console = Console()
    console.print(
        f"{len(run.train.labels):,} training images, {len(run.test.labels)} test images, "
        f"{sum(p.numel() for p in run.model.parameters()):,} parameters, device {device}",
        highlight=False,
        soft_wrap=True,
    )
    saved_epoch = 0
    try:
        with closing(shown(run, epochs, console)) as steps:  # an interrupt ends the display too
            for progress in steps:
                if progress.epoch_finished:
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
        fail(f"{error}: lower --lr, which is {lr:g}{kept}", FAILED)
    typer.echo(f"test accuracy {correct / count:.2%} ({correct} of {count})")
    typer.echo(f"saved {output}")


def save(run: DigitsTraining, output: Path, epoch: int) -> None:
    """Save the model as it is after ``epoch``."""
    options = run.options
    training = {
        "data": "digits",
        "epochs": options.epochs,
        "epochs_finished": epoch,
        "batch_size": options.batch_size,
        "lr": options.lr,
        "seed": options.seed,
        "device": options.device,
        "tiny_models": tiny_models.__version__,
    }
    try:
        save_digits_model(run.model, output, training)
    except OSError as error:
        fail(f"can't write {output}: {error.strerror or error}", FAILED)


@app.command()
def predict(
    checkpoint: Annotated[
        str, typer.Argument(metavar="CHECKPOINT", help="A file that `train digits` saved.")
    ],
    image: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE-OR-INDEX",
            help="An image file, or the number of a test image from 0 to 359 "
            "(a file called 7 is ./7).",
        ),
    ],
    device: DeviceOption = "cpu",
    polarity: Annotated[
        Polarity,
        typer.Option(
            help="Which is the ink of an image file. The models know light ink on dark paper; auto "
            "looks at the picture's border, and dark ink is turned round."
        ),
    ] = "auto",
) -> None:
    """Say which digit a picture shows, and how surely.

    A file is made grey, cut to its ink and reduced to 8 x 8 pixels; these are then drawn.
    """
    check_device(device)
    check_input("CHECKPOINT", checkpoint)
    try:
        model, _ = load_digits_model(checkpoint, device)
    except nn.checkpoint.CheckpointError as error:
        fail(error, FAILED)
    except OSError as error:
        fail(f"{checkpoint} can't be read: {error.strerror or error}", FAILED)
    pixels, label = picture(image, polarity, device)
    with nn.no_grad():
        logits = model(pixels)  # (1, 10)
    probabilities: list[float] = nn.functional.softmax(logits, 1).tolist()[0]
    if not all(map(math.isfinite, probabilities)):
        fail(
            f"{checkpoint} gives no probabilities: its weights are too large or not finite", FAILED
        )
    console = Console()
    draw(pixels.tolist()[0][0], probabilities, console)
    best = max(range(digits.CLASSES), key=probabilities.__getitem__)
    answer = f"predicted {best} ({probabilities[best]:.1%})"
    typer.echo(answer if label is None else f"test image {int(image)}: {answer}, labelled {label}")


def picture(image: str, polarity: Polarity, device: str) -> tuple[nn.Tensor, int | None]:
    """The image named on the command line, (1, 1, 8, 8), and its class if it is a test image."""
    if image.isdecimal() and image.isascii():
        _, test = digits.load(device)
        count = len(test.labels)
        number = image.lstrip("0") or "0"  # compared by its length: int() has a limit
        if len(number) > len(str(count)) or int(number) >= count:
            fail(f"there is no test image {short(number)}: they are numbered from 0 to {count - 1}")
        index = int(number)
        return test.images[index : index + 1], int(test.labels[index].item())
    check_input("IMAGE-OR-INDEX", image)
    try:
        ink = read_digit(image, polarity)
    except ImageFileError as error:
        fail(error, FAILED)
    except OSError as error:
        fail(f"{image} can't be read: {error.strerror or error}", FAILED)
    return nn.tensor(ink[None, None], device=device), None


def draw(ink: list[list[float]], probabilities: Sequence[float], console: Console) -> None:
    """The digit and a bar per class, in colours where there are any, and in ASCII where it must."""
    ascii_only = not (console.encoding or "").lower().startswith("utf")
    colours = console.is_terminal and console.color_system is not None and not console.no_color
    if colours and not ascii_only:
        console.print(terminal.draw_half_blocks(ink))
        console.print(terminal.draw_bars(probabilities), highlight=False)
        return
    shades = terminal.ASCII_SHADES if ascii_only else terminal.SHADES
    typer.echo(terminal.draw_shades(ink, shades))
    typer.echo(terminal.draw_bars(probabilities, shades[-1]))


def check_device(name: str) -> None:
    """End the command if there is no such device."""
    try:
        nn.device(name)
    except nn.errors.DeviceError as error:
        fail(f"--device {name}: {error}")


def check_input(argument: str, path: str) -> None:
    """End the command if ``path`` is not a file that can be read from any place in it."""
    if not path:
        fail(f"{argument} is empty; name a file")
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        fail(f"there is no file {short(path)}", FAILED)
    except OSError as error:
        fail(f"{short(path)} can't be read: {error.strerror}", FAILED)
    if stat.S_ISDIR(mode):
        fail(f"{path} is a folder, not a file", FAILED)
    if not stat.S_ISREG(mode):
        fail(f"{path} is a device or a pipe, not a file", FAILED)


def checked_output(path: Path) -> Path:
    """Where ``--output`` leads through symbolic links; ends the command if no model can be saved
    there later, or what is there is no file that may be replaced."""
    target = Path(os.path.realpath(path))
    name = f"--output {short(str(path))}"
    try:
        mode = target.lstat().st_mode  # a link is left only where links lead in a circle
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        fail(f"{name} can't be written to: {error.strerror}")
    if stat.S_ISDIR(mode):
        fail(f"{name} is a folder; name a file in it")
    if not stat.S_ISREG(mode):
        fail(f"{name} is not a regular file, and would be replaced; name another")
    if not target.parent.is_dir():
        fail(f"{name}: there is no folder {target.parent}")
    try:  # as saving does it, with a name as long
        with tempfile.NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", suffix=".temporary.tmp"
        ):
            pass
    except OSError as error:
        fail(f"{name}: no file can be made in {target.parent}: {error.strerror}")
    return target


def short(text: str, length: int = 100) -> str:
    """``text``, or how it begins."""
    return text if len(text) <= length else f"{text[:length]}..."
