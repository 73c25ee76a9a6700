"""Tokenizers: there and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiny_models.tokenizer import (
    CharacterTokenizer,
    LibraryTokenizer,
    TokenizerError,
    decode_stream,
    tokenizer_from_json,
)

TEXT = "the cat and the other cat, the hat and the rat\n" * 20


def bpe() -> LibraryTokenizer:
    pytest.importorskip("tokenizers", reason="byte-level BPE needs the tokenizers library")
    return LibraryTokenizer.train_bpe(TEXT, 280)


@given(text=st.text(min_size=1))
def test_characters_there_and_back(text) -> None:
    tokenizer = CharacterTokenizer.of_text(text)
    again = tokenizer_from_json(tokenizer.to_json())
    assert again.decode(tokenizer.encode(text)) == text
    assert tokenizer.vocab_size == len(set(text))
    assert "".join(decode_stream(tokenizer, tokenizer.encode(text))) == text.replace("\ufffd", "")


def test_bpe_takes_any_text_and_shortens_what_it_knows() -> None:
    tokenizer = bpe()
    assert 256 < tokenizer.vocab_size <= 280
    again = tokenizer_from_json(tokenizer.to_json())
    for text in (TEXT, "Käse, 日本 🎈", " two  spaces\n\n\tand tabs "):
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert again.encode(text) == ids
        assert "".join(decode_stream(tokenizer, ids)) == text  # no piece is half a character
    assert len(tokenizer.encode(TEXT)) < len(TEXT) / 2


def test_a_stream_goes_on_from_what_was_seen() -> None:
    tokenizer = bpe()
    ids = tokenizer.encode("the cat 日本 " * 20)
    pieces = list(decode_stream(tokenizer, ids[30:], seen=ids[:30]))
    assert "".join(pieces) == tokenizer.decode(ids)[len(tokenizer.decode(ids[:30])) :]


def test_files_of_the_library(tmp_path) -> None:
    tokenizer = bpe()
    (tmp_path / "tokenizer.json").write_text(tokenizer.to_json())
    loaded = LibraryTokenizer.from_file(tmp_path / "tokenizer.json")
    assert loaded.encode("the hat") == tokenizer.encode("the hat")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(TokenizerError, match=r"tokenizer\.json is not a tokenizer"):
        LibraryTokenizer.from_file(tmp_path / "tokenizer.json")


def test_what_has_no_ids_or_text() -> None:
    tokenizer = CharacterTokenizer("abc")
    with pytest.raises(TokenizerError, match="'x', 'y' are not among the 3 characters"):
        tokenizer.encode("axby")
    for ids in ([3], [-1]):
        with pytest.raises(TokenizerError, match="is no token: ids are from 0 to 2"):
            tokenizer.decode(ids)
    for characters in ("", "aa"):
        with pytest.raises(TokenizerError, match="each once"):
            CharacterTokenizer(characters)
    for text in ("", "[", json.dumps({"characters": ""})):
        with pytest.raises(TokenizerError):
            tokenizer_from_json(text)
    with pytest.raises(TokenizerError, match="256 tokens or more, not 100"):
        LibraryTokenizer.train_bpe("text", 100)
