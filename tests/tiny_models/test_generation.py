"""Choosing tokens, and texts of many of them."""

import math
from collections import Counter

import pytest
from tests.tiny_models.language import VARIANTS, small

import tiny_nn as nn
from tiny_models.generation import choose, generate, stream


@pytest.mark.parametrize(("kind", "options"), VARIANTS)
def test_the_cache_changes_nothing(kind, options, device) -> None:
    model = small(kind, device, **options)
    ids = nn.tensor([[1, 2, 3], [9, 8, 7]], device=device)
    # Beyond the sixteen positions of the transformer, which forgets then.
    cached = generate(model, ids, 30)
    assert cached.shape == (2, 33)
    assert cached[:, :3].tolist() == ids.tolist()
    assert cached.tolist() == generate(model, ids, 30, use_cache=False).tolist()


@pytest.mark.parametrize(("bits", "tolerance"), [(8, 0.02), (4, 0.3)])
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gpt"])
def test_few_bits_change_logits_a_little(kind, bits, tolerance, device) -> None:
    options = {"intermediate_size": 128, "num_attention_heads": 2} if kind == "gpt" else {}
    models = [small(kind, device, hidden_size=64, **options) for _ in range(2)]
    nn.quantize_(models[1], bits)
    ids = nn.tensor([[1, 2, 3, 4, 5]], device=device)
    expected, found = (model(ids)[0] for model in models)
    error = (found - expected).abs().max() / expected.abs().max()
    assert 0 < error.item() < tolerance
    assert generate(models[1], ids, 3).shape == (1, 8)


@pytest.mark.parametrize(("kind", "options"), VARIANTS[:3])
def test_greedy_is_what_the_definition_says(kind, options) -> None:
    model = small(kind, **options)
    ids = [1, 2, 3]
    for _ in range(10):
        with nn.no_grad():
            logits, _ = model(nn.tensor([ids]))
        ids.append(int(logits[0, -1].argmax().item()))
    assert generate(model, nn.tensor([[1, 2, 3]]), 10).tolist() == [ids]


def test_the_seed_decides_what_is_drawn() -> None:
    model = small("gpt")

    def text(seed: int) -> list:
        options = {"temperature": 1.0, "generator": nn.Generator(seed)}
        return generate(model, nn.tensor([[1]]), 12, **options).tolist()

    assert text(0) == text(0)
    assert text(0) != text(1)


def test_draws_follow_the_probabilities(device) -> None:
    shares = [0.5, 0.3, 0.15, 0.05]
    logits = nn.tensor([[math.log(share) for share in shares]] * 4000, device=device)

    def counts(**options) -> list[float]:
        tokens = choose(logits, 1.0, generator=nn.Generator(0), **options).tolist()
        found = Counter(tokens)
        return [found[token] / 4000 for token in range(4)]

    assert counts() == pytest.approx(shares, abs=0.03)
    assert counts(top_k=2) == pytest.approx([0.625, 0.375, 0, 0], abs=0.03)
    assert counts(top_p=0.9) == pytest.approx([0.526, 0.316, 0.158, 0], abs=0.03)
    assert counts(top_p=0.01) == [1, 0, 0, 0]
    assert counts(top_k=9) == counts()
    for temperature in (1e-3, 1e-40, 1e-300):  # in float32, the logits by the latter overflow
        assert set(choose(logits, temperature, generator=nn.Generator(0)).tolist()) == {0}


def test_an_end_token_ends_each_sequence() -> None:
    model = small("rnn")
    ids = nn.tensor([[1], [2], [3]])
    free = generate(model, ids, 8)
    end = free[0, 3].item()
    ended = generate(model, ids, 8, eos_token_id=end)
    for row, long in zip(ended.tolist(), free.tolist(), strict=True):
        cut = long[1:].index(end) + 1 if end in long[1:] else len(long)
        expected = (long[: cut + 1] + [end] * len(long))[: len(row)]
        assert row == expected
    assert (
        generate(model, ids[:1], 8, eos_token_id=end).shape[1]
        == free[0].tolist()[1:].index(end) + 2
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1.0}, "temperature is 0 or a positive number"),
        ({"temperature": math.nan}, "temperature is"),
        ({"top_k": 0}, "top_k must be at least 1"),
        ({"top_p": 0.0}, "top_p must be above 0"),
        ({"top_p": 1.5}, "top_p must be above 0"),
        ({"max_new_tokens": -1}, "max_new_tokens can't be negative"),
        ({"input_ids": nn.zeros((1, 0), dtype=nn.int64)}, "a token or more"),
        ({"input_ids": nn.zeros((1, 17), dtype=nn.int64)}, "17 tokens are more than the 16"),
    ],
)
def test_calls_that_cannot_be(options, message) -> None:
    call = {"input_ids": nn.tensor([[1]]), "max_new_tokens": 1, **options}
    with pytest.raises(ValueError, match=message):
        stream(small("gpt"), **call)  # at once, not with the first token
