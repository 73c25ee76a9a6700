"""Resizing by interpolation between neighbours, along each of the spatial dimensions."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import ndarray_core as nd
from ndarray_core.errors import ShapeError

from .. import ops
from .adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .arguments import require_tensors

if TYPE_CHECKING:
    from ..tensor import Tensor

Numbers = np.ndarray[Any, Any]

# The spatial dimensions that a mode is for; None for any number.
_MODES = {
    "nearest": None,
    "nearest-exact": None,
    "area": None,
    "linear": 1,
    "bilinear": 2,
    "trilinear": 3,
    "bicubic": 2,
}
_POOLS = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Tensor:
    """The input resized to `size`, or by `scale_factor`, in its one to three spatial dimensions.

    input: (N, C, L), (N, C, H, W) or (N, C, D, H, W). size, scale_factor: one number for all
    spatial dimensions or one for each; sizes by a factor are rounded down. mode: "nearest",
    "nearest-exact" (as image libraries round), "area" (adaptive average pooling), "linear" (L),
    "bilinear" and "bicubic" (H, W), "trilinear" (D, H, W); "bicubic" is the convolution of Keys
    1981 with a = -0.75, and may overshoot.

    align_corners: for the last four, whether the centres of the corner elements keep their places,
    not their outer edges. recompute_scale_factor: whether positions follow from the sizes, not
    from the factor that was given. Raises ShapeError when the mode does not fit the shape,
    ValueError for other arguments.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[[1.0, 2.0]]])
    >>> ta.functional.interpolate(x, scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    >>> ta.functional.interpolate(x, 3, mode="linear", align_corners=True)
    tensor([[[1.0000, 1.5000, 2.0000]]])
    """
    require_tensors("interpolate", input=input)
    if mode not in _MODES:
        raise ValueError(f"interpolate: mode is one of {', '.join(_MODES)}, not {mode!r}")
    count = input.ndim - 2
    if count not in (1, 2, 3) or _MODES[mode] not in (None, count):
        raise ShapeError(
            f"interpolate: mode {mode!r} for shape {input.shape}: expected "
            f"(N, C) and {_MODES[mode] or '1 to 3'} spatial dimensions"
        )
    if align_corners is not None and _MODES[mode] is None:
        raise ValueError(f"interpolate: mode {mode!r} takes no align_corners")
    sizes, factors = _sizes(input.shape[2:], size, scale_factor, bool(recompute_scale_factor))
    if 0 in (*input.shape[2:], *sizes):
        raise ShapeError(f"interpolate: cannot resize shape {input.shape} to {sizes}")
    if mode == "area":
        return _POOLS[count - 1](input, sizes)
    x = input
    for dim, new, factor in zip(range(2, 2 + count), sizes, factors, strict=True):
        old = input.shape[dim]
        if old == new and (factor in (None, 1) or mode.endswith("linear")):
            continue
        if mode.startswith("nearest"):
            source = _nearest(old, new, factor, mode == "nearest-exact")
            x = ops.lookup(x, nd.asarray(source, device=x.device), dim)
        else:
            places = _places(old, new, factor, bool(align_corners), clip=mode != "bicubic")
            x = _blend(x, dim, *(_cubic if mode == "bicubic" else _linear)(places, old))
    return ops.clone(x) if x is input else x


def _sizes(
    shape: tuple[int, ...],
    size: int | Sequence[int] | None,
    scale_factor: float | Sequence[float] | None,
    recompute: bool,
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The new sizes, and the factors that positions follow from: None for the ratio of sizes."""
    count = len(shape)
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: give either size or scale_factor")
    if size is not None:
        if recompute:
            raise ValueError("interpolate: recompute_scale_factor needs a scale_factor")
        sizes = (size,) * count if isinstance(size, int) else tuple(size)
        if len(sizes) != count:
            raise ValueError(f"interpolate: size {size} for {count} spatial dimensions")
        return sizes, (None,) * count
    if isinstance(scale_factor, int | float):
        factors: tuple[float, ...] = (float(scale_factor),) * count
    else:
        factors = tuple(float(factor) for factor in scale_factor or ())
    if len(factors) != count or any(factor <= 0 for factor in factors):
        raise ValueError(
            f"interpolate: scale_factor {scale_factor} for {count} spatial dimensions: "
            "expected a positive number, or one for each"
        )
    sizes = tuple(math.floor(n * factor) for n, factor in zip(shape, factors, strict=True))
    return sizes, (None,) * count if recompute else factors


def _step(old: int, new: int, factor: float | None) -> float:
    """How far apart neighbours in the output are in the input."""
    return old / new if factor is None else 1 / factor


def _nearest(old: int, new: int, factor: float | None, exact: bool) -> Numbers:
    # In single precision, as elsewhere: it decides ties.
    step = np.float32(_step(old, new, factor))
    positions = np.arange(new, dtype=np.float32) + np.float32(0.5 if exact else 0)
    return np.asarray(np.minimum(np.floor(positions * step), old - 1), np.int64)


def _places(old: int, new: int, factor: float | None, align_corners: bool, clip: bool) -> Numbers:
    """Where in the input the centres of the output's elements lie."""
    if align_corners:
        return np.asarray(np.arange(new) * ((old - 1) / (new - 1) if new > 1 else 0.0))
    places: Numbers = (np.arange(new) + 0.5) * _step(old, new, factor) - 0.5
    return np.asarray(places.clip(min=0) if clip else places)


def _linear(places: Numbers, old: int) -> tuple[Numbers, Numbers]:
    """Which elements each place lies between, (2, new), and their weights."""
    left = np.minimum(np.floor(places).astype(np.int64), old - 1)
    share = places - left
    return np.stack([left, np.minimum(left + 1, old - 1)]), np.stack([1 - share, share])


def _cubic(places: Numbers, old: int) -> tuple[Numbers, Numbers]:
    """Which four elements are around each place, (4, new), and their weights (Keys 1981, eq. 4)."""
    a = -0.75
    left = np.floor(places)
    share = places - left
    near, far = np.stack([share, 1 - share]), np.stack([share + 1, 2 - share])
    inner = ((a + 2) * near - (a + 3)) * near * near + 1
    outer = ((a * far - 5 * a) * far + 8 * a) * far - 4 * a
    indices = left + np.arange(-1, 3)[:, None]
    weights = np.stack([outer[0], inner[0], inner[1], outer[1]])
    return indices.clip(0, old - 1).astype(np.int64), weights


def _blend(x: Tensor, dim: int, indices: Numbers, weights: Numbers) -> Tensor:
    """The weighted sums of elements along `dim`."""
    along = (-1,) + (1,) * (x.ndim - dim - 1)
    parts = []
    for index, weight in zip(indices, weights, strict=True):
        factor = nd.asarray(weight.reshape(along), dtype=x.dtype, device=x.device)
        parts.append(ops.lookup(x, nd.asarray(index, device=x.device), dim) * factor)
    return functools.reduce(ops.add, parts)
