"""A pass of a data loader over images, in this process and with two workers."""

from __future__ import annotations

from typing import Any

import torch
from row import Contest, Row

import tiny_nn as nn


def _loading(images: int, batch: int, workers: int) -> Contest:
    shape = (images, 1, 28, 28)
    with nn.use_device("cpu"):
        ours = nn.data.TensorDataset(nn.rand(shape), nn.arange(images))
    theirs = torch.utils.data.TensorDataset(torch.rand(shape), torch.arange(images))
    options: dict[str, Any] = {"batch_size": batch, "shuffle": True, "num_workers": workers}
    if workers:
        options["persistent_workers"] = True
    loader = nn.data.DataLoader(ours, **options)
    peer = torch.utils.data.DataLoader(theirs, **options)

    def read(batches: Any) -> int:
        return sum(len(labels) for _, labels in batches)

    return Contest({"ours": lambda: read(loader), "torch": lambda: read(peer)})


LOADING_ROWS = [
    Row("loading", "12,800 images, this process", _loading, (12_800, 128, 0), (96, 32, 0)),
    Row("loading", "12,800 images, 2 workers", _loading, (12_800, 128, 2), (96, 32, 2)),
]
