"""What the comparison of layers with torch.nn runs over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def classes(*shape: int, count: int = 5) -> np.ndarray:
    return np.random.default_rng(1).integers(0, count, shape)


def Twice(m: Any, layer: Any) -> Any:
    """A module that gives a layer of two inputs x and its mirror image."""

    class Twice(m.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: Any) -> Any:
            return self.layer(x, x.flip(0))

    return Twice()


def WithPositions(m: Any, layer: Any) -> Any:
    """A module that joins the two results of a pool into one."""

    class WithPositions(m.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: Any) -> Any:
            values, positions = self.layer(x)
            return values + positions * 0.125

    return WithPositions()


SIDES = (1, 2, 0, 1, 2, 1)

# A row: how to make the module, in terms of the package given, and its input.
LAYERS: dict[str, tuple[Callable[[Any], Any], np.ndarray]] = {
    "linear": (lambda m: m.Linear(5, 3), images(4, 5)),
    "linear 3-d, no bias": (lambda m: m.Linear(5, 3, bias=False), images(2, 4, 5)),
    "conv1d": (lambda m: m.Conv1d(4, 6, 3, 2, 1, 2, 2), images(2, 4, 11)),
    "conv1d same": (lambda m: m.Conv1d(4, 6, 4, padding="same"), images(2, 4, 11)),
    "conv2d": (lambda m: m.Conv2d(3, 4, 3), images(2, 3, 8, 7)),
    "conv2d all": (
        lambda m: m.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 3), 2, False),
        images(2, 4, 9, 8),
    ),
    "conv2d depthwise": (lambda m: m.Conv2d(4, 8, 3, padding=1, groups=4), images(2, 4, 5, 5)),
    "conv2d same": (
        lambda m: m.Conv2d(3, 4, (4, 3), padding="same", dilation=(1, 2)),
        images(2, 3, 8, 7),
    ),
    "conv2d valid": (lambda m: m.Conv2d(3, 4, 3, padding="valid"), images(2, 3, 8, 7)),
    "conv2d 1x1 strided": (lambda m: m.Conv2d(3, 4, 1, stride=2, bias=False), images(2, 3, 8, 7)),
    "batch norm 1d": (lambda m: m.BatchNorm1d(5), images(6, 5)),
    "batch norm 1d, 3-d": (lambda m: m.BatchNorm1d(5, eps=1e-3), images(6, 5, 3)),
    "batch norm 2d": (lambda m: m.BatchNorm2d(3, momentum=0.3), images(4, 3, 5, 4)),
    "batch norm, cumulative": (lambda m: m.BatchNorm2d(3, momentum=None), images(4, 3, 5, 4)),
    "batch norm, no bias": (lambda m: m.BatchNorm2d(3, bias=False), images(4, 3, 5, 4)),
    "batch norm, bare": (
        lambda m: m.BatchNorm2d(3, affine=False, track_running_stats=False),
        images(4, 3, 5, 4),
    ),
    "layer norm": (lambda m: m.LayerNorm(6), images(4, 5, 6)),
    "layer norm 2 dims": (lambda m: m.LayerNorm((5, 6), bias=False), images(4, 5, 6)),
    "layer norm, bare": (lambda m: m.LayerNorm(6, elementwise_affine=False), images(4, 6)),
    "max pool": (lambda m: m.MaxPool2d(2), images(2, 3, 7, 8)),
    "max pool all": (lambda m: m.MaxPool2d((3, 2), (2, 1), 1, (1, 2)), images(2, 3, 9, 8)),
    "max pool, ceil": (lambda m: m.MaxPool2d(3, 2, 1, 1, False, True), images(2, 3, 8, 9)),
    "avg pool": (lambda m: m.AvgPool2d(3, 2, 1), images(2, 3, 7, 8)),
    "avg pool, ceil": (lambda m: m.AvgPool2d(3, 2, 1, True, False), images(2, 3, 8, 9)),
    "avg pool, no pad count": (
        lambda m: m.AvgPool2d((2, 3), 2, 1, count_include_pad=False),
        images(2, 3, 7, 8),
    ),
    "avg pool, divisor": (lambda m: m.AvgPool2d(3, 2, divisor_override=2), images(2, 3, 8, 8)),
    "adaptive avg pool": (lambda m: m.AdaptiveAvgPool2d((3, 5)), images(2, 3, 7, 8)),
    "adaptive avg pool to 1": (lambda m: m.AdaptiveAvgPool2d(1), images(2, 3, 7, 8)),
    "adaptive avg pool, one kept": (lambda m: m.AdaptiveAvgPool2d((None, 2)), images(2, 3, 7, 8)),
    "adaptive max pool": (lambda m: m.AdaptiveMaxPool2d((3, 5)), images(2, 3, 7, 8)),
    "relu": (lambda m: m.ReLU(), images(4, 5)),
    "relu6": (lambda m: m.ReLU6(), images(4, 5) * 8),
    "leaky relu": (lambda m: m.LeakyReLU(0.2), images(4, 5)),
    "elu": (lambda m: m.ELU(1.5), images(4, 5)),
    "gelu": (lambda m: m.GELU(), images(4, 5) * 3),
    "gelu tanh": (lambda m: m.GELU("tanh"), images(4, 5) * 3),
    "silu": (lambda m: m.SiLU(), images(4, 5) * 5),
    "sigmoid": (lambda m: m.Sigmoid(), images(4, 5) * 20),
    "tanh": (lambda m: m.Tanh(), images(4, 5) * 5),
    "softplus": (lambda m: m.Softplus(), images(4, 5) * 20),
    "softplus all": (lambda m: m.Softplus(2.0, 3.0), images(4, 5) * 5),
    "hardtanh": (lambda m: m.Hardtanh(-0.5, 0.7), images(4, 5)),
    "softmax": (lambda m: m.Softmax(1), images(4, 5, 3) * 30),
    "log softmax": (lambda m: m.LogSoftmax(-1), images(4, 5) * 30),
    "dropout, evaluation": (lambda m: m.Dropout().eval(), images(4, 5)),
    "flatten": (lambda m: m.Flatten(1, -2), images(2, 3, 4, 5)),
    "unflatten": (lambda m: m.Unflatten(1, (2, 3)), images(2, 6, 4)),
    "identity": (lambda m: m.Identity(), images(2, 3)),
    "embedding": (lambda m: m.Embedding(5, 4), classes(3, 7)),
    "embedding, padded": (lambda m: m.Embedding(5, 4, padding_idx=2), classes(3, 7)),
    "sequential": (
        lambda m: m.Sequential(
            m.Conv2d(2, 4, 3, padding=1, bias=False),
            m.BatchNorm2d(4),
            m.ReLU(inplace=True),
            m.MaxPool2d(2),
            m.Flatten(),
            m.Linear(16, 3),
        ),
        images(3, 2, 4, 4),
    ),
    "bilinear": (lambda m: Twice(m, m.Bilinear(5, 5, 3)), images(4, 5)),
    "conv3d": (lambda m: m.Conv3d(2, 4, (2, 3, 2), (1, 2, 1), 1, groups=2), images(2, 2, 4, 5, 4)),
    **{
        f"conv2d, {mode}": (
            lambda m, mode=mode: m.Conv2d(2, 3, (3, 2), padding=(2, 1), padding_mode=mode),
            images(2, 2, 5, 6),
        )
        for mode in ("reflect", "replicate", "circular")
    },
    "conv1d same, circular": (
        lambda m: m.Conv1d(2, 3, 4, padding="same", dilation=2, padding_mode="circular"),
        images(2, 2, 9),
    ),
    "conv transpose 1d": (
        lambda m: m.ConvTranspose1d(4, 6, 3, 2, 1, 1, 2, False, 2),
        images(2, 4, 5),
    ),
    "conv transpose 2d": (lambda m: m.ConvTranspose2d(3, 4, (3, 2), 2), images(2, 3, 4, 5)),
    "conv transpose 3d": (
        lambda m: m.ConvTranspose3d(2, 3, 2, padding=1, stride=2),
        images(2, 2, 3, 4, 3),
    ),
    "batch norm 3d": (lambda m: m.BatchNorm3d(2), images(3, 2, 2, 3, 4)),
    "instance norm 1d": (lambda m: m.InstanceNorm1d(3), images(2, 3, 5)),
    "instance norm 1d, no batch": (lambda m: m.InstanceNorm1d(3, affine=True), images(3, 5)),
    "instance norm 2d": (
        lambda m: m.InstanceNorm2d(3, 1e-3, 0.3, True, True),
        images(2, 3, 4, 5),
    ),
    "instance norm 3d": (
        lambda m: m.InstanceNorm3d(2, affine=True, bias=False),
        images(2, 2, 3, 4, 2),
    ),
    "group norm": (lambda m: m.GroupNorm(2, 4), images(3, 4, 5)),
    "group norm, bare": (lambda m: m.GroupNorm(4, 4, 1e-3, False), images(3, 4, 2, 2)),
    "rms norm": (lambda m: m.RMSNorm(6), images(4, 5, 6)),
    "rms norm, bare": (lambda m: m.RMSNorm((5, 6), 1e-3, False), images(4, 5, 6)),
    "local response norm": (lambda m: m.LocalResponseNorm(3, 0.1, 0.5, 2.0), images(2, 5, 4)),
    "max pool 1d": (lambda m: m.MaxPool1d(3, 2, 1), images(2, 3, 9)),
    "max pool 3d": (lambda m: m.MaxPool3d(2, (1, 2, 1), 1, 1, False, True), images(2, 2, 4, 5, 4)),
    "max pool, positions": (
        lambda m: WithPositions(m, m.MaxPool2d(2, return_indices=True)),
        images(2, 3, 4, 6),
    ),
    "adaptive max pool, positions": (
        lambda m: WithPositions(m, m.AdaptiveMaxPool2d(2, return_indices=True)),
        images(2, 3, 4, 6),
    ),
    "avg pool 1d": (lambda m: m.AvgPool1d(3, 2, 1, True, False), images(2, 3, 8)),
    "avg pool 3d": (lambda m: m.AvgPool3d(2, 1, 1, divisor_override=3), images(2, 2, 3, 4, 3)),
    "adaptive avg pool 1d": (lambda m: m.AdaptiveAvgPool1d(3), images(2, 3, 7)),
    "adaptive avg pool 3d": (
        lambda m: m.AdaptiveAvgPool3d((2, None, 1)),
        images(2, 2, 4, 3, 5),
    ),
    "adaptive max pool 1d": (lambda m: m.AdaptiveMaxPool1d(3), images(2, 3, 7)),
    "adaptive max pool 3d": (lambda m: m.AdaptiveMaxPool3d((2, 1, 3)), images(2, 2, 4, 3, 5)),
    **{
        f"{mode} pad {dims}d": (
            lambda m, name=f"{mode}Pad{dims}d", dims=dims: getattr(m, name)(SIDES[: 2 * dims]),
            images(2, 2, 3, 4, 3)[(0,) * (3 - dims)],
        )
        for mode in ("Zero", "Reflection", "Replication", "Circular")
        for dims in (1, 2, 3)
    },
    **{
        f"constant pad {dims}d": (
            lambda m, dims=dims: getattr(m, f"ConstantPad{dims}d")(1, 2.5),
            images(2, 3, 4, 3),
        )
        for dims in (1, 2, 3)
    },
    "upsample": (lambda m: m.Upsample(scale_factor=2), images(2, 2, 3, 4)),
    "upsample bilinear": (
        lambda m: m.Upsample((5, 7), mode="bilinear", align_corners=True),
        images(2, 2, 3, 4),
    ),
    "upsample by two factors": (lambda m: m.Upsample(scale_factor=(2, 1.5)), images(2, 2, 3, 4)),
    "upsampling nearest": (lambda m: m.UpsamplingNearest2d(scale_factor=3), images(2, 2, 3, 4)),
    "upsampling bilinear": (lambda m: m.UpsamplingBilinear2d(size=(5, 3)), images(2, 2, 3, 4)),
    "pixel shuffle": (lambda m: m.PixelShuffle(2), images(2, 8, 3, 4)),
    "pixel unshuffle": (lambda m: m.PixelUnshuffle(2), images(2, 2, 4, 6)),
    "channel shuffle": (lambda m: m.ChannelShuffle(2), images(2, 6, 3, 4)),
    "unfold": (lambda m: m.Unfold((2, 3), 1, 1, (1, 2)), images(2, 2, 4, 5)),
    "fold": (lambda m: m.Fold((4, 5), 2, 1, 1, (1, 2)), images(2, 8, 15)),
    "selu": (lambda m: m.SELU(), images(4, 5)),
    "celu": (lambda m: m.CELU(2.0), images(4, 5)),
    "mish": (lambda m: m.Mish(), images(4, 5) * 5),
    "log sigmoid": (lambda m: m.LogSigmoid(), images(4, 5) * 20),
    "hardsigmoid": (lambda m: m.Hardsigmoid(), images(4, 5) * 4),
    "hardswish": (lambda m: m.Hardswish(), images(4, 5) * 4),
    "threshold": (lambda m: m.Threshold(0.1, 20), images(4, 5)),
    "prelu": (lambda m: m.PReLU(), images(4, 5)),
    "prelu of channels": (lambda m: m.PReLU(5, 0.1), images(4, 5, 3)),
    "glu": (lambda m: m.GLU(1), images(4, 6, 3)),
    "softmin": (lambda m: m.Softmin(1), images(4, 5)),
    "softmax 2d": (lambda m: m.Softmax2d(), images(2, 4, 3, 2)),
    "softsign": (lambda m: m.Softsign(), images(4, 5)),
    "tanhshrink": (lambda m: m.Tanhshrink(), images(4, 5)),
    "hardshrink": (lambda m: m.Hardshrink(0.3), images(4, 5)),
    "softshrink": (lambda m: m.Softshrink(), images(4, 5)),
    **{
        f"{name}, evaluation": (lambda m, name=name: getattr(m, name)(0.3).eval(), images(*shape))
        for name, shape in (
            ("Dropout1d", (2, 3, 4)),
            ("Dropout2d", (2, 2, 3, 4)),
            ("Dropout3d", (2, 2, 3, 4)),
            ("AlphaDropout", (2, 3)),
        )
    },
    "embedding, short rows": (
        lambda m: m.Embedding(5, 4, max_norm=1.5, norm_type=3.0),
        classes(3, 7),
    ),
    "cosine similarity": (lambda m: Twice(m, m.CosineSimilarity()), images(4, 5)),
    "pairwise distance": (lambda m: Twice(m, m.PairwiseDistance(3.0, keepdim=True)), images(4, 5)),
}
