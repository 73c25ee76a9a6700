"""A pass of a data loader over 12,800 images, in this process and with two workers."""

from __future__ import annotations

from typing import Any

import torch
from row import Row

import tiny_nn as nn

IMAGES, BATCH = 12_800, 128


def _row(workers: int) -> Row:
    shape = (IMAGES, 1, 28, 28)
    with nn.use_device("cpu"):
        ours = nn.data.TensorDataset(nn.rand(shape), nn.arange(IMAGES))
    theirs = torch.utils.data.TensorDataset(torch.rand(shape), torch.arange(IMAGES))
    options: dict[str, Any] = {"batch_size": BATCH, "shuffle": True, "num_workers": workers}
    if workers:
        options["persistent_workers"] = True
    loader = nn.data.DataLoader(ours, **options)
    peer = torch.utils.data.DataLoader(theirs, **options)

    def read(batches: Any) -> None:
        for _ in batches:
            pass

    where = f"{workers} workers" if workers else "this process"
    name = f"a pass over 12,800 images, {where}"
    return Row(name, 1, lambda: read(loader), {"torch": lambda: read(peer)})


def loading_rows() -> list[Row]:
    return [_row(0), _row(2)]
