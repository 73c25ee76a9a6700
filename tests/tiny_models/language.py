"""Small language models for tests: one of each kind, and transformers of each family."""

import tiny_nn as nn
from tiny_models.language_models import build

SMALL = {
    "rnn": {"embedding_size": 6, "hidden_size": 10, "num_layers": 2},
    "lstm": {"embedding_size": 6, "hidden_size": 10, "num_layers": 2},
    "gpt": {
        "hidden_size": 12,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "max_position_embeddings": 16,
    },
}
GPT2_LIKE = {
    "position": "learned",
    "norm": "layer_norm",
    "hidden_act": "gelu_new",
    "gated_mlp": False,
    "attention_bias": True,
    "attention_output_bias": True,
    "mlp_bias": True,
    "tie_word_embeddings": True,
}
VARIANTS = [
    ("rnn", {}),
    ("lstm", {}),
    ("gpt", {}),
    ("gpt", GPT2_LIKE),
    ("gpt", {"head_dim": 6, "intermediate_size": 7, "rope_theta": 100.0}),
]


def small(kind, device="numpy", vocab_size=11, **options) -> nn.Module:
    nn.manual_seed(3)
    with nn.use_device(device):
        return build(kind, {"vocab_size": vocab_size, **SMALL[kind], **options}).eval()
