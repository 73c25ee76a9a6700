"""``tiny-models predict``: what a network that ``train`` saved sees in an image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import tiny_nn as nn
from tiny_models import terminal
from tiny_models.command_error import FAILED
from tiny_models.commands.common import DeviceOption, check_device, check_input, fail, short
from tiny_models.data.fashion_mnist import DEBIANS_FOLDER
from tiny_models.image_file import ImageFileError, Polarity, read_picture
from tiny_models.image_tasks import ImageTask
from tiny_models.model_file import load_image_model


def predict(
    checkpoint: Annotated[
        str,
        typer.Argument(
            metavar="CHECKPOINT", help="A file that `train digits` or `train resnet9` saved."
        ),
    ],
    image: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE-OR-INDEX",
            help="An image file, or the number of a test image: of the digits from 0 to 359 "
            "(a file called 7 is ./7).",
        ),
    ],
    root: Annotated[
        Path, typer.Option(help="The folder with the test images that don't come with the package.")
    ] = DEBIANS_FOLDER,
    device: DeviceOption = "cpu",
    polarity: Annotated[
        Polarity,
        typer.Option(
            help="Which is the ink of an image file. The models know light ink on dark paper; auto "
            "looks at the picture's border, and dark ink is turned round."
        ),
    ] = "auto",
) -> None:
    """Say what a picture shows, and how surely.

    A file is made grey, cut to its ink and reduced to the size of the images that the model was
    trained on; these are then drawn.
    """
    check_device(device)
    check_input("CHECKPOINT", checkpoint)
    try:
        model, task, _ = load_image_model(checkpoint, device)
    except nn.checkpoint.CheckpointError as error:
        fail(error, FAILED)
    except OSError as error:
        fail(f"{checkpoint} can't be read: {error.strerror or error}", FAILED)
    pixels, label = picture(task, image, root, polarity, device)
    with nn.no_grad():
        logits = model(task.prepare(pixels))  # (1, classes)
    probabilities: list[float] = nn.functional.softmax(logits, 1).tolist()[0]
    if not all(map(math.isfinite, probabilities)):
        fail(
            f"{checkpoint} gives no probabilities: its weights are too large or not finite", FAILED
        )
    ink = (pixels.to(nn.float32) / task.full_ink).tolist()[0][0]
    draw(ink, probabilities, task.classes, Console())
    best = max(range(len(task.classes)), key=probabilities.__getitem__)
    answer = f"predicted {task.classes[best]} ({probabilities[best]:.1%})"
    if label is None:
        typer.echo(answer)
    else:
        typer.echo(f"test image {int(image)}: {answer}, labelled {task.classes[label]}")


def picture(
    task: ImageTask, image: str, root: Path, polarity: Polarity, device: str
) -> tuple[nn.Tensor, int | None]:
    """The image named on the command line, (1, 1, H, W), and its class if it is a test image."""
    if image.isdecimal() and image.isascii():
        try:
            _, test = task.load(root, device)
        except (OSError, nn.errors.FileFormatError) as error:
            fail(f"can't read the test images: {error}", FAILED)
        count = len(test.labels)
        number = image.lstrip("0") or "0"  # compared by its length: int() has a limit
        if len(number) > len(str(count)) or int(number) >= count:
            fail(f"there is no test image {short(number)}: they are numbered from 0 to {count - 1}")
        index = int(number)
        return test.images[index : index + 1], int(test.labels[index].item())
    check_input("IMAGE-OR-INDEX", image)
    try:
        ink = read_picture(image, task.size, polarity)
    except ImageFileError as error:
        fail(error, FAILED)
    except OSError as error:
        fail(f"{image} can't be read: {error.strerror or error}", FAILED)
    return nn.tensor(ink[None, None] * task.full_ink, device=device), None


def draw(
    ink: list[list[float]], probabilities: Sequence[float], names: Sequence[str], console: Console
) -> None:
    """The image and a bar per class, in colours where there are any, and in ASCII where it must."""
    ascii_only = not (console.encoding or "").lower().startswith("utf")
    colours = console.is_terminal and console.color_system is not None and not console.no_color
    if colours and not ascii_only:
        console.print(terminal.draw_half_blocks(ink))
        console.print(terminal.draw_bars(probabilities, names), highlight=False)
        return
    shades = terminal.ASCII_SHADES if ascii_only else terminal.SHADES
    typer.echo(terminal.draw_shades(ink, shades))
    typer.echo(terminal.draw_bars(probabilities, names, shades[-1]))
