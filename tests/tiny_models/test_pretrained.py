"""Hugging Face's folders, made here; tests/parity compares with transformers itself."""

import json

import pytest
from tests.tiny_models.language import GPT2_LIKE, small

import tiny_nn as nn
from tiny_models import cli, load_pretrained
from tiny_models.pretrained import GPT2_NAMES
from tiny_models.tokenizer import LibraryTokenizer
from tiny_nn.checkpoint import CheckpointError, save_file

TEXT = "the cat and the other cat, the hat and the rat\n" * 20
LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "vocab_size": 11,
    "hidden_size": 12,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "max_position_embeddings": 16,
    "rms_norm_eps": 1e-5,
}
GPT2 = {
    "architectures": ["GPT2LMHeadModel"],
    "vocab_size": 11,
    "n_embd": 12,
    "n_layer": 2,
    "n_head": 3,
    "n_positions": 16,
    "eos_token_id": 5,
}


def gpt2_state(model) -> dict[str, nn.Tensor]:
    """The weights under GPT-2's names, and as it keeps them."""
    theirs = {ours: name for name, ours in GPT2_NAMES.items()}
    state, parts = {}, {}
    for name, tensor in model.state_dict().items():
        path, _, kind = name.removeprefix("model.").rpartition(".")
        head, _, rest = path.partition(".")
        prefix = "transformer."
        if head == "layers":
            layer, _, path = rest.partition(".")
            prefix += f"h.{layer}."
            if kind == "weight" and tensor.ndim == 2:
                tensor = tensor.T
        if path.startswith("self_attn.") and path[-6] in "qkv":
            parts.setdefault(f"{prefix}attn.c_attn.{kind}", []).append(tensor)
        else:
            state[f"{prefix}{theirs[path]}.{kind}"] = tensor
    joined = {name: nn.cat(three, -1) for name, three in parts.items()}
    mask = {"transformer.h.0.attn.bias": nn.ones((1, 1, 16, 16))}  # of old files
    return {**state, **joined, **mask}


def write(folder, config, state) -> None:
    (folder / "config.json").write_text(json.dumps(config))
    save_file(state, folder / "model.safetensors")


def logits_of(model, device) -> list:
    with nn.no_grad():
        return model(nn.arange(11, device=device)[None])[0].tolist()


def test_a_llama_in_one_file_or_in_several(tmp_path, device) -> None:
    model = small("gpt", device)
    state = {**model.state_dict(), "model.layers.0.self_attn.rotary_emb.inv_freq": nn.ones((2,))}
    write(tmp_path, LLAMA, state)
    loaded = load_pretrained(tmp_path, device)
    assert loaded.model.config == model.config
    assert not loaded.model.training
    assert (loaded.tokenizer, loaded.eos_token_ids) == (None, frozenset())
    assert logits_of(loaded.model, device) == logits_of(model, device)
    (tmp_path / "model.safetensors").unlink()
    shards = {}
    for index, (name, tensor) in enumerate(state.items()):
        shards.setdefault(f"model-{index % 3}.safetensors", {})[name] = tensor
    for file, part in shards.items():
        save_file(part, tmp_path / file)
    weight_map = {name: file for file, part in shards.items() for name in part}
    index_file = tmp_path / "model.safetensors.index.json"
    index_file.write_text(json.dumps({"weight_map": weight_map}))
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": [3, 4]}')
    loaded = load_pretrained(tmp_path, device)
    assert logits_of(loaded.model, device) == logits_of(model, device)
    assert loaded.eos_token_ids == {3, 4}
    for broken, message in (
        ({"weight_map": {**weight_map, "more": "model-0.safetensors"}}, "lists 'more', which"),
        ({"weight_map": {"x": "../model"}}, "is not the name of a file in the folder"),
        ({"weight_map": ["x"]}, "has no weight_map"),
        ([], "is not a JSON object"),
    ):
        index_file.write_text(json.dumps(broken))
        with pytest.raises(CheckpointError, match=message):
            load_pretrained(tmp_path)


@pytest.mark.parametrize("prefixed", [True, False])
def test_a_gpt2(tmp_path, device, prefixed) -> None:
    model = small("gpt", device, num_key_value_heads=3, **GPT2_LIKE)
    state = gpt2_state(model)
    if not prefixed:
        state = {name.removeprefix("transformer."): tensor for name, tensor in state.items()}
    write(tmp_path, GPT2, state)
    loaded = load_pretrained(tmp_path, device)
    assert loaded.model.config == model.config
    assert loaded.eos_token_ids == {5}
    assert logits_of(loaded.model, device) == logits_of(model, device)
    state["h.0.attn.colour.weight"] = state.pop(next(name for name in state if "c_fc.w" in name))
    write(tmp_path, GPT2, state)
    with pytest.raises(CheckpointError, match=r"does not fit .* Missing key"):
        load_pretrained(tmp_path)


def test_a_tied_head_may_be_in_the_file(tmp_path) -> None:
    model = small("gpt", tie_word_embeddings=True)
    state = model.state_dict()
    write(tmp_path, {**LLAMA, "tie_word_embeddings": True}, state)
    first = logits_of(load_pretrained(tmp_path).model, "numpy")
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    write(tmp_path, {**LLAMA, "tie_word_embeddings": True}, state)
    assert logits_of(load_pretrained(tmp_path).model, "numpy") == first


def test_a_window_shortens_what_is_seen(tmp_path) -> None:
    state = small("gpt").state_dict()
    mistral = {**LLAMA, "architectures": ["MistralForCausalLM"], "sliding_window": 7}
    write(tmp_path, mistral, state)
    assert load_pretrained(tmp_path).model.config.max_position_embeddings == 7
    qwen = {**LLAMA, "architectures": ["Qwen2ForCausalLM"], "sliding_window": 7}
    write(tmp_path, qwen, small("gpt", attention_bias=True).state_dict())
    assert load_pretrained(tmp_path).model.config.max_position_embeddings == 16


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architectures": ["MambaForCausalLM"]}, "'MambaForCausalLM' is not among Llama"),
        ({"architectures": []}, "architecture 'none'"),
        ({"hidden_size": None}, "config.json"),
        ({"hidden_act": "quick_gelu"}, "hidden_act is one of"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, "rope_type 'llama3' is not"),
        ({"rope_parameters": {"rope_type": "yarn"}}, "rope_type 'yarn' is not"),
        ({"partial_rotary_factor": 0.5}, "partial_rotary_factor"),
        ({"num_hidden_layers": 10**9}, "does not fit the model it names"),
        ({"attention_bias": True}, "does not fit the model it names"),
    ],
)
def test_what_is_not_there_is_an_error(tmp_path, change, message) -> None:
    write(tmp_path, {**LLAMA, **change}, small("gpt").state_dict())
    with pytest.raises(CheckpointError, match=message) as raised:
        load_pretrained(tmp_path)
    assert str(tmp_path) in str(raised.value)


def test_folders_that_are_not_whole(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        load_pretrained(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"config\.json is not JSON"):
        load_pretrained(tmp_path)
    config = dict(LLAMA)
    del config["vocab_size"]
    write(tmp_path, config, {})
    with pytest.raises(CheckpointError, match="there is no 'vocab_size'"):
        load_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError):
        load_pretrained(tmp_path)


def test_the_command_writes_with_such_a_model(capsys, tmp_path) -> None:
    pytest.importorskip("tokenizers", reason="tokenizer.json needs the tokenizers library")
    tokenizer = LibraryTokenizer.train_bpe(TEXT, 260)
    size = tokenizer.vocab_size
    write(tmp_path, {**LLAMA, "vocab_size": size}, small("gpt", vocab_size=size).state_dict())
    call = ["generate", str(tmp_path), "--prompt", "the cat", "--greedy", "--device", "numpy"]
    assert cli.main(call) == 1
    error = capsys.readouterr().err
    assert "has no tokenizer.json" in error and error.count("\n") == 1
    (tmp_path / "tokenizer.json").write_text(tokenizer.to_json())
    assert cli.main([*call, "--max-new-tokens", "9"]) == 0
    written = capsys.readouterr().out
    assert written.startswith("the cat")
    # The first token that is chosen is said to end the text: then there is no more of it.
    ids = tokenizer.encode("the cat")
    logits, _ = load_pretrained(tmp_path).model(nn.tensor([ids]))
    end = {"eos_token_id": int(logits[0, -1].argmax().item())}
    (tmp_path / "generation_config.json").write_text(json.dumps(end))
    assert cli.main(call) == 0
    assert capsys.readouterr().out == "the cat\n"
