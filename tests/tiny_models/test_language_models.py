"""The language models: what they compute, what they count, and their files."""

import json

import pytest
from tests.tiny_models.language import VARIANTS, small

import tiny_nn as nn
from tiny_models import LLM, LLMConfig, LSTMConfig, load_language_model
from tiny_models.language_models import KINDS, save_language_model
from tiny_models.llm import KVCache, rotary_angles
from tiny_models.tokenizer import CharacterTokenizer
from tiny_nn.checkpoint import CheckpointError, load_file, load_metadata, save_file


@pytest.mark.parametrize(("kind", "options"), VARIANTS)
def test_tokens_at_once_or_one_by_one_are_the_same(kind, options, device) -> None:
    model = small(kind, device, **options)
    ids = nn.randint(0, 11, (2, 9), device=device)
    with nn.no_grad():
        whole, _ = model(ids)
        for pieces in ([1] * 9, [4, 5], [3, 1, 5]):  # several after others need a mask
            state, parts, start = model.initial_state(2, 9), [], 0
            for length in pieces:
                logits, state = model(ids[:, start : start + length], state)
                parts.append(logits)
                start += length
            pieced = nn.cat(parts, 1)
            assert abs(pieced - whole).max().item() < 1e-5


@pytest.mark.parametrize(("kind", "options"), VARIANTS)
def test_no_token_sees_a_later_one(kind, options) -> None:
    model = small(kind, **options)
    ids = nn.randint(0, 11, (1, 8))
    changed = nn.cat([ids[:, :5], (ids[:, 5:] + 1) % 11], 1)
    with nn.no_grad():
        first, second = model(ids)[0], model(changed)[0]
    assert first[:, :5].tolist() == second[:, :5].tolist()
    assert abs(first[:, 5:] - second[:, 5:]).min().item() > 0


@pytest.mark.parametrize(("kind", "options"), VARIANTS)
def test_every_parameter_is_counted_and_learns(kind, options, device) -> None:
    model = small(kind, device, **options).train()
    assert model.config.num_parameters == sum(p.numel() for p in model.parameters())
    logits, _ = model(nn.arange(11, device=device)[None])
    nn.CrossEntropyLoss()(logits[0], nn.arange(11, device=device)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum().item() > 0, name


def test_dropout_only_in_training() -> None:
    for kind in KINDS:
        model = small(kind, dropout=0.5)
        ids = nn.arange(8)[None]
        assert model(ids)[0].tolist() == model(ids)[0].tolist()
        model.train()
        assert model(ids)[0].tolist() != model(ids)[0].tolist()


def test_rotation_depends_on_distances_only() -> None:
    query, key = nn.randn(1, 6), nn.randn(1, 6)

    def product(first: int, second: int) -> float:
        angles = rotary_angles(nn.tensor([first, second]), 6, 100.0)
        turned = [
            nn.functional.rotary_embedding(x, *(part[i : i + 1] for part in angles))
            for i, x in enumerate((query, key))
        ]
        return (turned[0] * turned[1]).sum().item()

    assert product(7, 3) == pytest.approx(product(24, 20), abs=1e-5)
    assert product(0, 0) == pytest.approx((query * key).sum().item(), abs=1e-6)
    assert product(7, 3) != pytest.approx(product(7, 4), abs=1e-3)


def test_a_llama_has_llamas_keys() -> None:
    state = LLM(LLMConfig(5, 8, num_hidden_layers=1, num_attention_heads=2)).state_dict()
    layer = "model.layers.0"
    assert list(state) == [
        "model.embed_tokens.weight",
        f"{layer}.input_layernorm.weight",
        *(f"{layer}.self_attn.{name}_proj.weight" for name in "qkvo"),
        f"{layer}.post_attention_layernorm.weight",
        *(f"{layer}.mlp.{name}_proj.weight" for name in ("gate", "up", "down")),
        "model.norm.weight",
        "lm_head.weight",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_attention_heads": 5}, "no multiple of num_attention_heads 5"),
        ({"num_key_value_heads": 3}, "no multiple of num_key_value_heads 3"),
        ({"head_dim": 3}, "even head_dim"),
        ({"norm": "batch_norm"}, "norm is one of rms_norm, layer_norm"),
        ({"hidden_act": "swish"}, "hidden_act is one of silu"),
        ({"position": "none"}, "position is one of rotary, learned"),
        ({"num_hidden_layers": 0}, "num_hidden_layers must be at least 1"),
    ],
)
def test_configurations_that_cannot_be(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        LLMConfig(**{"vocab_size": 5, "hidden_size": 16, **options})
    with pytest.raises(ValueError, match="LSTMConfig: num_layers must be at least 1"):
        LSTMConfig(5, num_layers=0)


def test_more_tokens_than_there_is_room_for() -> None:
    model = small("gpt")
    with pytest.raises(ValueError, match="17 tokens, but there are positions for 16"):
        model(nn.zeros((1, 17), dtype=nn.int64))
    cache = KVCache(model.config, 1, 3, nn.zeros(()))
    with pytest.raises(ValueError, match="4 tokens, but there is room for 3"):
        model(nn.zeros((1, 4), dtype=nn.int64), cache)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "model"
    save_language_model("lstm", small("lstm"), CharacterTokenizer("abcdefghijk"), file, {"step": 3})
    return file


@pytest.mark.parametrize("kind", KINDS)
def test_a_loaded_model_is_the_saved_one(tmp_path, kind, device) -> None:
    model = small(kind, device)
    tokenizer = CharacterTokenizer("abcdefghijk")
    save_language_model(kind, model, tokenizer, tmp_path / "m", {"a": 1})
    loaded, letters, training = load_language_model(tmp_path / "m", device)
    ids = nn.arange(9, device=device)[None]
    assert loaded(ids)[0].tolist() == model(ids)[0].tolist()
    assert letters.decode([0, 10]) == "ak"
    assert training == {"a": 1}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model", "resnet_digits", "is not a language model"),
        ("config", "null", "damaged metadata"),
        ("config", '{"vocab_size": 11, "colour": 3}', "damaged metadata"),
        ("config", '{"vocab_size": "many"}', "damaged metadata"),
        ("config", '{"vocab_size": 11, "hidden_size": 1000000}', "does not fit"),
        ("tokenizer", "{", "damaged metadata"),
        ("tokenizer", '{"characters": "aa"}', "damaged metadata"),
        ("training", "no", "damaged metadata"),
    ],
)
def test_files_that_cannot_be(path, key, value, message) -> None:
    save_file(load_file(path), path, {**load_metadata(path), key: value})
    with pytest.raises(CheckpointError, match=message):
        load_language_model(path)


def test_weights_that_do_not_fit(path) -> None:
    config = json.loads(load_metadata(path)["config"])
    swapped = {**config, "embedding_size": 10, "hidden_size": 6}
    for changed in (swapped, {**config, "num_layers": 1}):
        save_file(load_file(path), path, {**load_metadata(path), "config": json.dumps(changed)})
        with pytest.raises(CheckpointError, match="does not fit the model it names"):
            load_language_model(path)
    with pytest.raises(FileNotFoundError):
        load_language_model(path.with_name("missing"))
