"""Checkpoints go both ways: ours into PyTorch's modules, and PyTorch's into ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.parity.layer_rows import images
from tests.parity.test_nn_parity import assert_close

import tiny_nn as nn

torch = pytest.importorskip("torch")
safetensors_torch = pytest.importorskip("safetensors.torch")


def network(m: Any) -> Any:
    """A layer of each family whose state is more than a weight and a bias."""
    return m.ModuleDict(
        {
            "images": m.Sequential(m.Conv2d(2, 4, 3, groups=2), m.BatchNorm2d(4), m.PReLU(4)),
            "steps": m.LSTM(4, 6, 2, bidirectional=True, proj_size=2),
            "gated": m.GRU(4, 6),
            "attention": m.MultiheadAttention(8, 2, kdim=4, add_bias_kv=True),
            "norms": m.ModuleList([m.RMSNorm(4), m.GroupNorm(2, 4)]),
            "words": m.Embedding(7, 4, padding_idx=1),
        }
    )


def test_ours_into_torchs(tmp_path: Path) -> None:
    nn.manual_seed(0)
    ours, theirs = network(nn), network(torch.nn)
    ours["images"](nn.tensor(images(3, 2, 5, 5)))  # running statistics that are not the first ones
    nn.checkpoint.save_file(ours.state_dict(), tmp_path / "ours.safetensors")
    theirs.load_state_dict(safetensors_torch.load_file(tmp_path / "ours.safetensors"))
    for key, value in theirs.state_dict().items():
        assert_close(ours.state_dict()[key], value, rtol=0, atol=0)
    assert theirs["images"][1].num_batches_tracked.item() == 1


def test_torchs_into_ours(tmp_path: Path) -> None:
    torch.manual_seed(0)
    ours, theirs = network(nn), network(torch.nn)
    safetensors_torch.save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    ours.load_state_dict(nn.checkpoint.load_file(tmp_path / "theirs.safetensors"))
    for key, value in theirs.state_dict().items():
        assert_close(ours.state_dict()[key], value, rtol=0, atol=0)
    x = images(5, 3, 4)
    assert_close(ours["gated"](nn.tensor(x))[0], theirs["gated"](torch.tensor(x))[0])
