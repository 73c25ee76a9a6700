"""Our models against PyTorch's and Hugging Face's, with the same weights."""

import json

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import tiny_nn as nn
from tiny_models import generate, load_pretrained, resnet18, resnet34, resnet50
from tiny_nn.checkpoint import CheckpointError

transformers = pytest.importorskip("transformers", reason="compares with transformers")

SIZES = {
    "vocab_size": 61,
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32,
    "initializer_range": 0.3,  # far from uniform guesses
}
GPT2_SIZES = {
    "vocab_size": 61,
    "n_embd": 24,
    "n_layer": 3,
    "n_head": 4,
    "n_positions": 32,
    "initializer_range": 0.3,
}
CASES = {
    "llama": ("Llama", SIZES),
    "llama, tied, with biases": (
        "Llama",
        {**SIZES, "tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True},
    ),
    "llama, wide heads, other theta": (
        "Llama",
        {**SIZES, "head_dim": 10, "rope_parameters": {"rope_type": "default", "rope_theta": 500.0}},
    ),
    "mistral": ("Mistral", {**SIZES, "sliding_window": None}),
    "qwen2": ("Qwen2", {**SIZES, "tie_word_embeddings": True, "hidden_act": "gelu"}),
    "gpt2": ("GPT2", GPT2_SIZES),
    "gpt2, relu, untied": (
        "GPT2",
        {**GPT2_SIZES, "activation_function": "relu", "tie_word_embeddings": False, "n_inner": 30},
    ),
}


def reference(family: str, options: dict) -> torch.nn.Module:
    """A random model of transformers, also where it would begin with ones and zeros."""
    torch.manual_seed(0)
    config = getattr(transformers, f"{family}Config")(**options, attn_implementation="eager")
    head = "GPT2LMHeadModel" if family == "GPT2" else f"{family}ForCausalLM"
    model = getattr(transformers, head)(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
    return model


@pytest.mark.parametrize("case", CASES)
def test_hugging_faces_models_compute_the_same(case, tmp_path, device) -> None:
    theirs = reference(*CASES[case])
    # Several small files and their index, or one file.
    theirs.save_pretrained(tmp_path, max_shard_size="15KB" if "gpt2" in case else "5GB")
    assert (tmp_path / "model.safetensors.index.json").exists() == ("gpt2" in case)
    ours = load_pretrained(tmp_path, device)
    assert ours.tokenizer is None
    ids = np.random.default_rng(0).integers(0, 61, (2, 9))
    with torch.no_grad():
        expected = theirs(torch.from_numpy(ids)).logits.numpy()
    with nn.no_grad():
        logits, _ = ours.model(nn.tensor(ids, device=device))
    scale = np.abs(expected).max()
    np.testing.assert_allclose(logits.numpy() / scale, expected / scale, atol=1e-4)
    # Without the end token, which random weights may choose at any time.
    written = theirs.generate(
        torch.from_numpy(ids), max_new_tokens=20, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    for use_cache in (True, False):
        mine = generate(ours.model, nn.tensor(ids, device=device), 20, use_cache=use_cache)
        assert mine.tolist() == written.tolist()


@pytest.mark.parametrize(
    ("family", "change", "message"),
    [
        (
            "Llama",
            {"architectures": ["MambaForCausalLM"]},
            "architecture 'MambaForCausalLM' is not",
        ),
        ("Llama", {"architectures": None}, "architecture 'none' is not among"),
        ("Llama", {"hidden_act": "quick_gelu"}, "hidden_act is one of silu.* not 'quick_gelu'"),
        ("Llama", {"rope_parameters": {"rope_type": "yarn"}}, "rope_type 'yarn' is not there"),
        ("Llama", {"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_type 'linear' is not"),
        ("Llama", {"partial_rotary_factor": 0.5}, "partial_rotary_factor"),
        ("Llama", {"num_key_value_heads": 3}, "no multiple of num_key_value_heads 3"),
        ("Llama", {"vocab_size": "many"}, "config.json"),
        ("Llama", {"num_hidden_layers": 4}, "does not fit the model it names"),
        ("Llama", {"rope_theta": None, "rms_norm_eps": 1e-6, "hidden_size": None}, "config.json"),
        ("GPT2", {"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx"),
    ],
)
def test_what_is_not_there_is_an_error(tmp_path, family, change, message) -> None:
    reference(family, CASES[family.lower()][1]).save_pretrained(tmp_path)
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(CheckpointError, match=message) as raised:
        load_pretrained(tmp_path)
    assert "\n" not in str(raised.value)


def torch_resnet(state: dict, x: torch.Tensor, layers: list[int], bottleneck: bool) -> torch.Tensor:
    """torchvision's ResNet in evaluation mode, written down from its state dict."""

    def conv(name: str, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
        weight = state[f"{name}.weight"]
        return F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        names = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(x, *(state[f"{name}.{key}"] for key in names))

    x = F.max_pool2d(F.relu(norm("bn1", conv("conv1", x, 2))), 3, 2, 1)
    for stage, depth in enumerate(layers, start=1):
        for block in range(depth):
            name = f"layer{stage}.{block}"
            stride = 2 if stage > 1 and block == 0 else 1
            strides = [1, stride, 1] if bottleneck else [stride, 1]
            y = x
            for index, step in enumerate(strides, start=1):
                y = norm(f"{name}.bn{index}", conv(f"{name}.conv{index}", y, step))
                y = F.relu(y) if index < len(strides) else y
            if f"{name}.downsample.0.weight" in state:
                x = norm(f"{name}.downsample.1", conv(f"{name}.downsample.0", x, stride))
            x = F.relu(x + y)
    return F.linear(x.mean((2, 3)), state["fc.weight"], state["fc.bias"])


@pytest.mark.parametrize(
    ("build", "layers", "bottleneck"),
    [
        (resnet18, [2, 2, 2, 2], False),
        (resnet34, [3, 4, 6, 3], False),
        (resnet50, [3, 4, 6, 3], True),
    ],
)
def test_resnets_compute_what_torchvisions_do(build, layers, bottleneck) -> None:
    nn.manual_seed(0)
    with nn.use_device("cpu"):
        model = build(num_classes=7).eval()
    generator = np.random.default_rng(0)
    for name, tensor in model.state_dict().items():  # trained networks have other statistics
        if name.endswith(("running_var", "running_mean")):
            values = generator.uniform(0.5, 1.5, tensor.shape).astype(np.float32)
            tensor.copy_(nn.tensor(values, device="cpu"))
    x = generator.standard_normal((2, 3, 64, 64), dtype=np.float32)
    state = {name: torch.from_numpy(t.numpy()) for name, t in model.state_dict().items()}
    expected = torch_resnet(state, torch.from_numpy(x), layers, bottleneck).numpy()
    with nn.no_grad():
        logits = model(nn.tensor(x, device="cpu")).numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
