"""``tiny-models train rnn``, ``train lstm`` and ``train gpt``: language models of a text."""

from __future__ import annotations

import dataclasses
import hashlib
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import tiny_models
import tiny_nn as nn
from tiny_models.command_error import FAILED, INTERRUPTED
from tiny_models.commands.common import (
    check_device,
    check_input,
    checked_output,
    fail,
    interrupts_held,
)
from tiny_models.data import texts
from tiny_models.language_models import load_language_model, save_language_model
from tiny_models.tokenizer import TokenizerError
from tiny_models.training.display import shown_text
from tiny_models.training.outcome import DivergedError
from tiny_models.training.text import TextOptions, TextTraining, preset

# Options that a resumed run takes from its file.
DECIDED = (
    "tokenizer",
    "vocab_size",
    "hidden_size",
    "num_layers",
    "num_heads",
    "context",
    "batch_size",
    "lr",
    "weight_decay",
    "dropout",
    "steps",
    "minutes",
    "seed",
    "device",
)


def train_text(
    context_of_call: typer.Context,
    text: Annotated[
        Path | None,
        typer.Option(help="A text file, UTF-8; plays of Shakespeare, if left out."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Stop after so many steps.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after so much time.")] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(help="characters, or bpe (bytes that are joined; needs tokenizers)."),
    ] = None,
    vocab_size: Annotated[int | None, typer.Option(help="Tokens of a bpe.")] = None,
    hidden_size: Annotated[int | None, typer.Option(help="Width of the network.")] = None,
    num_layers: Annotated[int | None, typer.Option(help="Layers.")] = None,
    num_heads: Annotated[int | None, typer.Option(help="Heads of attention (gpt).")] = None,
    context: Annotated[int | None, typer.Option(help="Tokens that are seen at once.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Pieces of text per step.")] = None,
    lr: Annotated[float | None, typer.Option(help="The largest learning rate.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="AdamW's, on matrices.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Share of values set to zero.")] = None,
    seed: Annotated[int | None, typer.Option(help="Where all random numbers come from.")] = None,
    device: Annotated[str | None, typer.Option(help="Where to compute: cpu or numpy.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="The file for the model, saved twenty times; MODEL.safetensors."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run whose file --output is.")
    ] = False,
) -> None:
    """Train a language model on a text; the last tenth of it is for validation.

    Ctrl-C loses what was learned since the last saving; --resume goes on from there.
    """
    kind: str = context_of_call.info_name  # type: ignore[assignment]
    output = Path(f"{kind}.safetensors") if output is None else output
    values = {name: context_of_call.params[name] for name in DECIDED}
    given = {name: value for name, value in values.items() if value is not None}
    content = read_text(text)
    fingerprint = hashlib.sha256(content.encode()).hexdigest()
    if resume:
        if given:
            fail(f"--{next(iter(given)).replace('_', '-')} is decided by the run to --resume")
        run = resumed_run(output, content, fingerprint, kind)
    else:
        run = new_run(kind, given, content)
    train(run, fingerprint, output)


def read_text(path: Path | None) -> str:
    """The text to learn, or the end of the command where there is none."""
    if path is None:
        return texts.shakespeare()
    check_input("--text", str(path))
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        fail(f"{path} is not a text in UTF-8: {error}", FAILED)
    except OSError as error:
        fail(f"{path} can't be read: {error.strerror or error}", FAILED)
    if not content:
        fail(f"{path} is empty", FAILED)
    return content


def new_run(kind: str, given: dict[str, Any], content: str) -> TextTraining:
    """A run from the beginning."""
    if "num_heads" in given and kind != "gpt":
        fail(f"--num-heads is for train gpt: a model of train {kind} has no attention")
    if "vocab_size" in given and given.get("tokenizer") != "bpe":
        fail("--vocab-size is for --tokenizer bpe; characters are as many as the text has")
    if "minutes" in given:  # the limit that was asked for is the only one
        given.setdefault("steps", None)
    try:
        options = preset(kind, **given)
    except ValueError as error:
        fail(f"--{str(error).replace('_', '-')}")  # it begins with the field's name
    check_device(options.device)
    try:
        return TextTraining(options, content)
    except TokenizerError as error:
        fail(error, FAILED)
    except ValueError as error:
        fail(error)


def resumed_run(output: Path, content: str, fingerprint: str, kind: str) -> TextTraining:
    """The run whose files are ``output`` and ``run_file(output)``, as it was then."""
    check_input("--output", str(output))
    try:
        file = load_language_model(output)
        options = TextOptions(**file.training["options"])
        if options.model != kind:
            fail(f"{output} holds a model of train {options.model}, not of train {kind}", FAILED)
        if not run_file(output).exists():
            fail(f"{output} is of a finished run: there is no {run_file(output)}", FAILED)
        if file.training["text_sha256"] != fingerprint:
            fail(f"{output} was trained on another text: name that with --text", FAILED)
        run = TextTraining(options, content, file.tokenizer)
        record = run.resume(run_file(output))
    except OSError as error:
        fail(f"{output} can't be read: {error.strerror or error}", FAILED)
    except nn.checkpoint.CheckpointError as error:
        fail(error, FAILED)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        fail(f"{output} is of no run that can be resumed: {error}", FAILED)
    if record != {"options": dataclasses.asdict(options), "text_sha256": fingerprint}:
        fail(f"{run_file(output)} is of another run than {output}", FAILED)
    return run


def run_file(output: Path) -> Path:
    """Where a run keeps what it needs to go on: beside its model, until it's finished."""
    return output.with_name(output.name + ".run")


def train(run: TextTraining, fingerprint: str, output: Path) -> None:
    """Run a training, show it and save its model after each evaluation."""
    target = checked_output(output)
    options = run.options
    console = Console()
    console.print(
        f"{len(run.train_ids):,} training tokens, {len(run.validation_ids):,} validation tokens, "
        f"vocabulary of {run.tokenizer.vocab_size:,}, "
        f"{run.model.config.num_parameters:,} parameters, device {options.device}",
        highlight=False,
        soft_wrap=True,
    )
    saved_step = run.step
    try:
        with closing(shown_text(run, console)) as steps:  # an interrupt ends the display too
            for progress in steps:
                if progress.evaluated:
                    with interrupts_held():
                        save(run, fingerprint, target)
                        saved_step = progress.step
    except KeyboardInterrupt:
        saved = (
            f"{output} holds the model after step {saved_step}; --resume goes on from there"
            if saved_step
            else "nothing was saved yet"
        )
        fail(f"interrupted; {saved}", INTERRUPTED)
    except DivergedError as error:
        kept = f"; {output} holds the model after step {saved_step}" if saved_step else ""
        fail(f"{error}: lower --lr, which is {options.lr:g}{kept}", FAILED)
    typer.echo(f"validation loss {run.validation_loss:.4f} nats per token")
    typer.echo(f"saved {output}")


def save(run: TextTraining, fingerprint: str, output: Path) -> None:
    """Save the model, and what the run needs to go on, unless it's finished."""
    record = {"options": dataclasses.asdict(run.options), "text_sha256": fingerprint}
    progress = {"step": run.step, "validation_loss": run.validation_loss}
    training = {**record, **progress, "tiny_models": tiny_models.__version__}
    try:
        if run.share < 1:
            run.save(run_file(output), record)
        save_language_model(run.options.model, run.model, run.tokenizer, output, training)
        if run.share >= 1:
            run_file(output).unlink(missing_ok=True)
    except OSError as error:
        fail(f"can't write {output}: {error.strerror or error}", FAILED)
