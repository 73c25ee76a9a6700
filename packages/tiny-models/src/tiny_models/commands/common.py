"""What the subcommands share: their common options, and the checks of what they are given."""

from __future__ import annotations

import os
import signal
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import tiny_nn as nn
from tiny_models.command_error import FAILED, WRONG_USE, CommandError

DeviceOption = Annotated[
    str,
    typer.Option(
        help="Where to compute: cpu (native code), or numpy (the readable reference, far slower)."
    ),
]


SeedOption = Annotated[
    int, typer.Option(help="Where all random numbers come from: same seed, same model.")
]


def fail(message: object, code: int = WRONG_USE) -> NoReturn:
    """End the command with ``message`` on stderr."""
    raise CommandError(str(message), code)


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


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done, so that what is told of it is true."""
    if threading.current_thread() is not threading.main_thread():  # no other is interrupted
        yield
        return
    held = []
    handler = signal.signal(signal.SIGINT, lambda *_: held.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if held:
            signal.raise_signal(signal.SIGINT)
