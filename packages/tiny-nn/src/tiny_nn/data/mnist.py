"""MNIST and Fashion-MNIST from files that are there; nothing is downloaded."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tiny_autograd import errors, tensor
from tiny_nn.data.dataset import Dataset
from tiny_nn.data.idx import read_idx


class MNIST(Dataset):
    """Handwritten digits (LeCun et al. 1998): 60,000 images to train and 10,000 to test with.

    ``root`` is a folder with the four IDX files, compressed or not, or torchvision's, which has
    them in ``MNIST/raw``. ``data``: (N, 28, 28) uint8; ``targets``: (N,) int64. Sample ``i`` is
    the image (1, 28, 28), after ``transform``, and its class, after ``target_transform``. Raises
    FileNotFoundError that names what is missing, FileFormatError for what is in the files instead.
    """

    classes: ClassVar[tuple[str, ...]] = tuple(str(digit) for digit in range(10))

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        *,
        device: Any = None,
    ) -> None:
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        part = "train" if train else "t10k"
        images_path = self._find(Path(root), f"{part}-images-idx3-ubyte")
        labels_path = self._find(Path(root), f"{part}-labels-idx1-ubyte")
        images, labels = read_idx(images_path), read_idx(labels_path)
        if images.dtype != np.uint8 or images.ndim != 3:
            raise errors.FileFormatError(
                f"{images_path}: expected images (N, H, W) of bytes, got {images.shape} of "
                f"{images.dtype}"
            )
        if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise errors.FileFormatError(
                f"{labels_path}: expected a byte for each of {len(images)} images, got "
                f"{labels.shape} of {labels.dtype}"
            )
        if labels.size and labels.max() >= len(self.classes):
            raise errors.FileFormatError(
                f"{labels_path}: class {labels.max()} of {len(self.classes)}"
            )
        self.data = tensor(images, device=device)
        self.targets = tensor(labels.astype(np.int64), device=device)

    def _find(self, root: Path, name: str) -> Path:
        folders = (root, root / type(self).__name__ / "raw")
        candidates = [folder / (name + end) for folder in folders for end in ("", ".gz")]
        for path in candidates:
            if path.is_file():
                return path
        raise FileNotFoundError(
            f"{type(self).__name__}: {name} or {name}.gz is neither in {folders[0]} nor in "
            f"{folders[1]}"
        )

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image: Any = self.data[index].unsqueeze(0)
        target: Any = int(self.targets[index].item())
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __len__(self) -> int:
        return int(self.data.shape[0])


class FashionMNIST(MNIST):
    """Articles of clothing (Xiao et al. 2017), in MNIST's form: 28 x 28, ten classes.

    Debian's package ``dataset-fashion-mnist`` puts the files into
    ``/usr/share/datasets/fashion-mnist``.
    """

    classes: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
