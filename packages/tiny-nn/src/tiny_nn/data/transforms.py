"""Image transforms under torchvision's names, for one image (C, H, W) or a batch (N, C, H, W).

In a batch every image gets random numbers of its own. They come from ``generator``; None is the
default generator, which a ``DataLoader`` seeds anew for each batch that it makes.

>>> import tiny_nn as nn
>>> from tiny_nn.data import transforms
>>> augment = transforms.Compose([
...     transforms.RandomCrop(28, padding=4),
...     transforms.RandomHorizontalFlip(),
...     transforms.Normalize([0.286], [0.353]),
... ])
>>> augment(nn.zeros((64, 1, 28, 28))).shape
(64, 1, 28, 28)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from tiny_autograd import DType, Generator, Tensor, arange, errors, float32, rand, randint, where
from tiny_autograd import functional as F
from tiny_autograd import tensor as make_tensor
from tiny_nn.conversion import is_floating

__all__ = [
    "CenterCrop",
    "Compose",
    "ConvertImageDtype",
    "Normalize",
    "Pad",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomVerticalFlip",
    "ToTensor",
]

PaddingMode = Literal["constant", "edge", "reflect"]
# torchvision's names of modes, as tiny_nn.functional.pad calls them.
_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect"}


class Compose:
    """One transform after the other.

    >>> import tiny_nn as nn
    >>> from tiny_nn.data import transforms
    >>> both = transforms.Compose([transforms.Pad(1), transforms.CenterCrop(3)])
    >>> both(nn.ones((1, 3, 3))).sum().item()
    9.0
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = list(transforms)

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image

    def __repr__(self) -> str:
        lines = "".join(f"    {transform}\n" for transform in self.transforms)
        return f"Compose(\n{lines})"


class ToTensor:
    """A NumPy image (H, W) or (H, W, C) as a float32 tensor (C, H, W); uint8 becomes [0, 1].

    >>> import numpy as np
    >>> from tiny_nn.data import transforms
    >>> transforms.ToTensor()(np.array([[0, 255]], np.uint8)).tolist()
    [[[0.0, 1.0]]]
    """

    def __call__(self, picture: np.ndarray[Any, Any]) -> Tensor:
        if not isinstance(picture, np.ndarray) or picture.ndim not in (2, 3):
            shape = getattr(picture, "shape", type(picture).__name__)
            raise TypeError(f"ToTensor: expected a NumPy image (H, W) or (H, W, C), got {shape}")
        pixels = picture[None] if picture.ndim == 2 else picture.transpose(2, 0, 1)
        scale = 255 if pixels.dtype == np.uint8 else 1
        return make_tensor(np.ascontiguousarray(pixels.astype(np.float32) / np.float32(scale)))

    def __repr__(self) -> str:
        return "ToTensor()"


class ConvertImageDtype:
    """Integers from 0 to their dtype's largest value as floats from 0 to 1; floats are cast.

    >>> import tiny_nn as nn
    >>> pixels = nn.tensor([0, 51, 255], dtype=nn.uint8).reshape((1, 1, 3))
    >>> [round(value, 3) for value in nn.data.transforms.ConvertImageDtype()(pixels)[0, 0].tolist()]
    [0.0, 0.2, 1.0]
    """

    def __init__(self, dtype: DType = float32) -> None:
        if dtype.kind != "float":
            raise TypeError(f"ConvertImageDtype: the result is floating, not {dtype}")
        self.dtype = dtype

    def __call__(self, image: Tensor) -> Tensor:
        if is_floating(image):
            return image.to(self.dtype)
        return image.to(self.dtype) / float(np.iinfo(image.dtype.name).max)

    def __repr__(self) -> str:
        return "ConvertImageDtype()"


class Normalize:
    """``(image - mean) / std``, a number of each for every channel.

    >>> import tiny_nn as nn
    >>> nn.data.transforms.Normalize([0.5], [0.25])(nn.ones((1, 1, 1))).item()
    2.0
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        if any(deviation == 0 for deviation in std):
            raise ValueError(f"Normalize: std is zero for a channel: {list(std)}")
        self.mean = list(mean)
        self.std = list(std)

    def __call__(self, image: Tensor) -> Tensor:
        _check("Normalize", image)
        if not is_floating(image):
            raise TypeError(
                f"Normalize: the image should be floating, got {image.dtype}; ConvertImageDtype "
                "comes before it"
            )
        channels = image.shape[-3]
        for name, numbers in (("mean", self.mean), ("std", self.std)):
            if len(numbers) not in (1, channels):
                raise errors.ShapeError(
                    f"Normalize: {len(numbers)} numbers for {name}, but {channels} channels"
                )
        mean, std = (
            make_tensor(numbers, dtype=image.dtype, device=image.device).reshape((-1, 1, 1))
            for numbers in (self.mean, self.std)
        )
        return (image - mean) / std

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"


class _RandomFlip:
    dim: int

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: p is a probability, got {p}")
        self.p = p
        self.generator = generator

    def __call__(self, image: Tensor) -> Tensor:
        _check(type(self).__name__, image)
        count = (*image.shape[:-3], 1, 1, 1)
        chosen = rand(count, generator=self.generator, device=image.device) < self.p
        return where(chosen, image.flip(self.dim), image)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomHorizontalFlip(_RandomFlip):
    """Left and right exchanged, with probability ``p`` for each image.

    >>> import tiny_nn as nn
    >>> nn.data.transforms.RandomHorizontalFlip(p=1.0)(nn.tensor([[[1, 2, 3]]])).tolist()
    [[[3, 2, 1]]]
    """

    dim = -1


class RandomVerticalFlip(_RandomFlip):
    """Top and bottom exchanged, with probability ``p`` for each image.

    >>> import tiny_nn as nn
    >>> nn.data.transforms.RandomVerticalFlip(p=1.0)(nn.tensor([[[1], [2]]])).tolist()
    [[[2], [1]]]
    """

    dim = -2


class Pad:
    """``fill`` around the image, or its own values: ``padding_mode`` "edge" or "reflect".

    padding: one number, (left and right, top and bottom), or (left, top, right, bottom).

    >>> import tiny_nn as nn
    >>> nn.data.transforms.Pad((1, 0), fill=9)(nn.tensor([[[1, 2]]])).tolist()
    [[[9, 1, 2, 9]]]
    """

    def __init__(
        self,
        padding: int | Sequence[int],
        fill: float = 0,
        padding_mode: PaddingMode = "constant",
    ) -> None:
        if padding_mode not in _MODES:
            raise ValueError(
                f"{type(self).__name__}: padding_mode is one of {', '.join(_MODES)}, "
                f"got {padding_mode!r}"
            )
        numbers = [padding] if isinstance(padding, int) else list(padding)
        if len(numbers) not in (1, 2, 4):
            raise ValueError(f"{type(self).__name__}: padding is 1, 2 or 4 numbers, got {padding}")
        self.padding = padding
        self.sides = tuple((numbers * 4)[:4])  # left, top, right, bottom
        self.fill = fill
        self.padding_mode = padding_mode

    def __call__(self, image: Tensor) -> Tensor:
        _check(type(self).__name__, image)
        left, top, right, bottom = self.sides
        return _padded(image, (left, right, top, bottom), self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return f"Pad(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"


class RandomCrop:
    """A window of ``size`` (one number, or height and width) at a random place of each image,
    which may get ``padding`` first, as by ``Pad``.

    With ``pad_if_needed`` an image that is smaller than the window is padded on both sides by
    what it lacks. Raises ShapeError for an image that is too small.

    >>> import tiny_nn as nn
    >>> nn.data.transforms.RandomCrop(32, padding=4)(nn.zeros((8, 3, 32, 32))).shape
    (8, 3, 32, 32)
    """

    def __init__(
        self,
        size: int | tuple[int, int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: float = 0,
        padding_mode: PaddingMode = "constant",
        *,
        generator: Generator | None = None,
    ) -> None:
        self.size = _pair(size)
        self.padding = padding
        self.pad = Pad(0 if padding is None else padding, fill, padding_mode)
        self.pad_if_needed = pad_if_needed
        self.generator = generator

    def __call__(self, image: Tensor) -> Tensor:
        _check("RandomCrop", image)
        if self.padding is not None:
            image = self.pad(image)
        if self.pad_if_needed:
            wanted = zip(self.size, image.shape[-2:], strict=True)
            rows, columns = (max(0, size - given) for size, given in wanted)
            sides = (columns, columns, rows, rows)
            image = _padded(image, sides, self.pad.fill, self.pad.padding_mode)
        spare = [given - size for size, given in zip(self.size, image.shape[-2:], strict=True)]
        if min(spare) < 0:
            raise errors.ShapeError(
                f"RandomCrop: a window of {self.size} from an image of {image.shape[-2:]}; give "
                "padding, or pad_if_needed=True"
            )
        count = (*image.shape[:-3], 1)
        top, left = (
            randint(0, free + 1, count, generator=self.generator, device=image.device)
            for free in spare
        )
        return _windows(image, top, left, self.size)

    def __repr__(self) -> str:
        return f"RandomCrop(size={self.size}, padding={self.padding})"


class CenterCrop:
    """The window of ``size`` in the middle; an odd rest is left out at the bottom and right.

    Raises ShapeError for an image that is too small.

    >>> import tiny_nn as nn
    >>> nn.data.transforms.CenterCrop(2)(nn.arange(16).reshape(1, 4, 4)).tolist()
    [[[5, 6], [9, 10]]]
    """

    def __init__(self, size: int | tuple[int, int]) -> None:
        self.size = _pair(size)

    def __call__(self, image: Tensor) -> Tensor:
        _check("CenterCrop", image)
        (height, width), (given_height, given_width) = self.size, image.shape[-2:]
        top, left = (given_height - height) // 2, (given_width - width) // 2
        if top < 0 or left < 0:
            raise errors.ShapeError(
                f"CenterCrop: a window of {self.size} from an image of {image.shape[-2:]}"
            )
        return image[..., top : top + height, left : left + width]

    def __repr__(self) -> str:
        return f"CenterCrop(size={self.size})"


def _windows(image: Tensor, top: Tensor, left: Tensor, size: tuple[int, int]) -> Tensor:
    """The window of each image: (..., C, H, W), (..., 1), (..., 1) -> (..., C, *size)."""
    height, width = size
    *leading, channels, given_height, given_width = image.shape
    rows = arange(height, device=image.device).reshape((height, 1)) * given_width
    inside = (rows + arange(width, device=image.device)).reshape((height * width,))
    positions = (top * given_width + left + inside).unsqueeze(-2)  # (..., 1, height * width)
    positions = positions.expand(*leading, channels, height * width)
    pixels = image.reshape((*leading, channels, given_height * given_width))
    return pixels.gather(-1, positions).reshape((*leading, channels, height, width))


def _padded(image: Tensor, sides: tuple[int, ...], fill: float, mode: PaddingMode) -> Tensor:
    """sides: left, right, top, bottom."""
    return F.pad(image, sides, _MODES[mode], fill if mode == "constant" else None)


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    height, width = (size, size) if isinstance(size, int) else size
    if height < 1 or width < 1:
        raise ValueError(f"a window's size is positive, got {size}")
    return height, width


def _check(name: str, image: object) -> None:
    if not isinstance(image, Tensor):
        raise TypeError(f"{name}: the image is a Tensor, not {type(image).__name__}")
    if image.ndim not in (3, 4):
        raise errors.ShapeError(
            f"{name}: expected an image (C, H, W) or a batch (N, C, H, W), got {image.shape}"
        )
