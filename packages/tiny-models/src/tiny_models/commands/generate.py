"""``tiny-models generate``: text from a language model, as it comes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated

import typer

import tiny_nn as nn
from tiny_models.command_error import FAILED
from tiny_models.commands.common import DeviceOption, check_device, check_input, fail
from tiny_models.generation import stream
from tiny_models.language_models import load_language_model
from tiny_models.pretrained import load_pretrained
from tiny_models.tokenizer import Tokenizer, TokenizerError, decode_stream


def generate(
    checkpoint: Annotated[
        str,
        typer.Argument(
            metavar="CHECKPOINT",
            help="A file that `train rnn`, `train lstm` or `train gpt` saved, or a folder with a "
            "model of Hugging Face's (config.json, model.safetensors, tokenizer.json).",
        ),
    ],
    prompt: Annotated[str, typer.Option(help="What the text begins with.")] = "\n",
    max_new_tokens: Annotated[int, typer.Option(help="How many tokens to write.")] = 500,
    temperature: Annotated[
        float, typer.Option(help="0 takes the likeliest token; 1 draws as the model guesses.")
    ] = 0.8,
    top_k: Annotated[int | None, typer.Option(help="Draw among the k likeliest tokens.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Draw among the likeliest that have this probability.")
    ] = None,
    greedy: Annotated[bool, typer.Option("--greedy", help="The same as --temperature 0.")] = False,
    seed: Annotated[int, typer.Option(help="Where all random numbers come from.")] = 0,
    cache: Annotated[
        bool, typer.Option(help="Keep keys and values of the tokens so far; else compute anew.")
    ] = True,
    quantize: Annotated[
        int | None,
        typer.Option(help="Round the weights of linear layers to 8 or 4 bits, which is faster."),
    ] = None,
    device: DeviceOption = "cpu",
) -> None:
    """Write a text, beginning with the prompt."""
    check_device(device)
    if not 0 <= seed < 2**64:
        fail(f"--seed must be from 0 to 2**64 - 1, got {seed}")
    if quantize not in (None, 4, 8):
        fail(f"--quantize is 8 or 4, got {quantize}")
    model, tokenizer, end_ids = load(checkpoint, device)
    if quantize is not None:
        try:
            nn.quantize_(model, quantize)
        except (ValueError, nn.errors.ShapeError) as error:
            fail(f"--quantize {quantize}: {error}")
    try:
        ids = tokenizer.encode(prompt)
    except TokenizerError as error:
        fail(f"--prompt: {error}; give another")
    if not ids:
        fail("--prompt is empty; give the text something to begin with")
    try:
        tokens = stream(
            model,
            nn.tensor([ids], device=device),
            max_new_tokens,
            temperature=0.0 if greedy else temperature,
            top_k=top_k,
            top_p=top_p,
            generator=nn.Generator(seed),
            use_cache=cache,
        )
        typer.echo(prompt, nl=False)
        for piece in decode_stream(tokenizer, chosen(tokens, end_ids), seen=ids):
            typer.echo(piece, nl=False)
        typer.echo()
    except ValueError as error:
        fail(str(error).removeprefix("generate: "))


def load(checkpoint: str, device: str) -> tuple[nn.Module, Tokenizer, frozenset[int]]:
    """The model of a file or a folder, its tokenizer, and the tokens that end a text."""
    try:
        if os.path.isdir(checkpoint):
            pretrained = load_pretrained(checkpoint, device)
            if pretrained.tokenizer is None:
                fail(f"{checkpoint} has no tokenizer.json, without which there is no text", FAILED)
            return pretrained.model, pretrained.tokenizer, pretrained.eos_token_ids
        check_input("CHECKPOINT", checkpoint)
        model, tokenizer, _ = load_language_model(checkpoint, device)
        return model, tokenizer, frozenset()
    except (nn.checkpoint.CheckpointError, TokenizerError) as error:
        fail(error, FAILED)
    except OSError as error:
        name = error.filename or checkpoint
        fail(f"{name} can't be read: {error.strerror or error}", FAILED)


def chosen(tokens: Iterator[nn.Tensor], end_ids: frozenset[int]) -> Iterator[int]:
    """The ids of a single sequence, up to one that ends the text."""
    for token in tokens:
        index = int(token.item())
        if index in end_ids:
            return
        yield index
