"""From text to token ids and back: by characters, or by a tokenizer of the ``tokenizers`` library.

A byte-level BPE (Sennrich et al. 2016; Radford et al. 2019, section 2.2) begins with the 256 bytes,
so that any text has ids, and joins what stands together most often.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

STREAM_WINDOW = 16  # tokens that are decoded again with each new one
_HALF = "\ufffd"  # what decoding makes of bytes that are no character


class TokenizerError(ValueError):
    """Text that has no ids, or a tokenizer that can't be had."""


class Tokenizer(Protocol):
    """What models, training and the command need of a tokenizer."""

    @property
    def vocab_size(self) -> int:
        """How many ids there are: 0 to vocab_size - 1."""

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``; raises TokenizerError if it has none."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ``ids``; raises TokenizerError for an id that is none."""

    def to_json(self) -> str:
        """What ``tokenizer_from_json`` makes it again from."""


class CharacterTokenizer:
    """Every character is a token; ids follow the order of ``characters``.

    >>> tokenizer = CharacterTokenizer.of_text("to be")
    >>> tokenizer.encode("bet"), tokenizer.decode([1, 3])
    ([1, 2, 4], 'bo')
    >>> tokenizer.encode("box")
    Traceback (most recent call last):
      ...
    tiny_models.tokenizer.TokenizerError: 'x' is not among the 5 characters that the model knows
    """

    def __init__(self, characters: str) -> None:
        if len(set(characters)) != len(characters) or not characters:
            raise TokenizerError("CharacterTokenizer: characters are one or more, each once")
        self.characters = characters
        self._ids = {character: index for index, character in enumerate(characters)}

    @classmethod
    def of_text(cls, text: str) -> CharacterTokenizer:
        """The characters of ``text``, in the order of their code points."""
        return cls("".join(sorted(set(text))))

    @property
    def vocab_size(self) -> int:
        """The number of characters."""
        return len(self.characters)

    def encode(self, text: str) -> list[int]:
        """One id per character; raises TokenizerError naming those that are unknown."""
        try:
            return [self._ids[character] for character in text]
        except KeyError:
            unknown = sorted(set(text) - set(self.characters))
            names = ", ".join(map(repr, unknown[:5])) + ", ..." * (len(unknown) > 5)
            verb = "is" if len(unknown) == 1 else "are"
            raise TokenizerError(
                f"{names} {verb} not among the {self.vocab_size} characters that the model knows"
            ) from None

    def decode(self, ids: Sequence[int]) -> str:
        """One character per id."""
        _check_ids(ids, self.vocab_size)
        return "".join(self.characters[index] for index in ids)

    def to_json(self) -> str:
        """The characters as JSON."""
        return json.dumps({"characters": self.characters})


class LibraryTokenizer:
    """A tokenizer of the ``tokenizers`` library: one trained here, or a ``tokenizer.json``."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    @classmethod
    def train_bpe(cls, text: str, vocab_size: int) -> LibraryTokenizer:
        """A byte-level BPE learned from ``text``; vocab_size is 256 or more.

        Raises TokenizerError if the library isn't there, or the size too small.
        """
        if vocab_size < 256:
            raise TokenizerError(f"a byte-level BPE has 256 tokens or more, not {vocab_size}")
        library = _library()
        tokenizer = library.Tokenizer(library.models.BPE())
        tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = library.decoders.ByteLevel()
        trainer = library.trainers.BpeTrainer(
            vocab_size=vocab_size,
            show_progress=False,
            initial_alphabet=library.pre_tokenizers.ByteLevel.alphabet(),
        )
        tokenizer.train_from_iterator(text.splitlines(keepends=True), trainer)
        return cls(tokenizer)

    @classmethod
    def from_file(cls, path: Path) -> LibraryTokenizer:
        """A Hugging Face ``tokenizer.json``; raises TokenizerError naming it, and OSError."""
        text = path.read_text(encoding="utf-8")
        try:
            return cls(_library().Tokenizer.from_str(text))
        except TokenizerError:
            raise
        except Exception as error:  # the library raises nothing narrower
            raise TokenizerError(f"{path} is not a tokenizer: {error}") from error

    @property
    def vocab_size(self) -> int:
        """The number of tokens, with those added."""
        return int(self._tokenizer.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """The ids of ``text``, with the beginning that the tokenizer adds, if it does."""
        return list(self._tokenizer.encode(text).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ``ids``, without special tokens; half a character is U+FFFD."""
        return str(self._tokenizer.decode(list(ids)))

    def to_json(self) -> str:
        """The library's own JSON."""
        return str(self._tokenizer.to_str())


def tokenizer_from_json(text: str) -> Tokenizer:
    """What ``to_json`` wrote; raises TokenizerError for anything else."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TokenizerError(f"the tokenizer is not JSON: {error}") from error
    if isinstance(data, dict) and isinstance(data.get("characters"), str):
        return CharacterTokenizer(data["characters"])
    library = _library()
    try:
        return LibraryTokenizer(library.Tokenizer.from_str(text))
    except Exception as error:  # the library raises nothing narrower
        raise TokenizerError(f"the tokenizer can't be read: {error}") from error


def decode_stream(
    tokenizer: Tokenizer, ids: Iterable[int], seen: Sequence[int] = ()
) -> Iterator[str]:
    """The text of ids as they come, piece by piece: a character whose bytes are several tokens
    comes when it's whole. ``seen``: ids before them, which are not given again.

    >>> tokenizer = CharacterTokenizer("abc")
    >>> list(decode_stream(tokenizer, [0, 1], seen=[2]))
    ['a', 'b']
    """
    # Of the ids so far only the last few are decoded again, enough for what joins them.
    window = list(seen)[-STREAM_WINDOW:]
    shown = len(tokenizer.decode(window))
    for index in ids:
        window.append(index)
        text = tokenizer.decode(window)
        if text.endswith(_HALF):
            continue
        if len(text) > shown:
            yield text[shown:]
        if len(window) > 2 * STREAM_WINDOW:
            window = window[-STREAM_WINDOW:]
            text = tokenizer.decode(window)
        shown = len(text)


def _check_ids(ids: Sequence[int], size: int) -> None:
    for index in ids:
        if not 0 <= index < size:
            raise TokenizerError(f"{index} is no token: ids are from 0 to {size - 1}")


def _library() -> Any:
    try:
        import tokenizers
        import tokenizers.decoders
        import tokenizers.models
        import tokenizers.pre_tokenizers
        import tokenizers.trainers
    except ImportError as error:
        raise TokenizerError(
            "this needs the tokenizers library: pip install 'tiny-models[tokenizers]'"
        ) from error
    return tokenizers
