"""The subcommands of ``tiny-models``, a file for each; ``cli`` starts them."""

from __future__ import annotations

from typing import Annotated

import typer

import tiny_models
from tiny_models.commands.generate import generate
from tiny_models.commands.predict import predict
from tiny_models.commands.train_images import train_digits, train_resnet9
from tiny_models.commands.train_text import train_text

app = typer.Typer(
    help="Train small models and use them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
train_app = typer.Typer(help="Train a model.", no_args_is_help=True)
app.add_typer(train_app, name="train")
app.command()(predict)
app.command()(generate)
train_app.command("digits")(train_digits)
train_app.command("resnet9")(train_resnet9)
train_app.command("rnn", help="Train a recurrent language model on a text.")(train_text)
train_app.command("lstm", help="Train a language model with LSTM layers on a text.")(train_text)
train_app.command("gpt", help="Train a small transformer on a text.")(train_text)


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
