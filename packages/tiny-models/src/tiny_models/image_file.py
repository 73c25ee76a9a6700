"""A picture of one thing from a file, in the form of those that models are trained on."""

from __future__ import annotations

import os
import warnings
from typing import Any, Literal

import numpy as np
from PIL import Image

Polarity = Literal["auto", "light-on-dark", "dark-on-light"]
INK_THRESHOLD = 0.25  # of the largest difference from the paper
LARGEST_SIDE = 20_000  # pixels; beyond this a file is a mistake, or meant to fill the memory


class ImageFileError(ValueError):
    """A file that is not a picture of something."""


def read_picture(
    path: str | os.PathLike[str], size: int, polarity: Polarity = "auto"
) -> np.ndarray[Any, Any]:
    """Read an image file: float32 (size, size), 0 paper to 1 ink.

    The picture is made grey, cut to its ink, centred in a square and averaged down to that size, as
    the training images were made. ``polarity`` says which is the ink; "auto" takes the border
    for paper. A picture whose colours are all one, but not its opacity, is drawn by that: what is
    opaque is the ink. Raises FileNotFoundError, or ImageFileError naming the file.
    """
    grey, opacity = _read(os.fspath(path))  # each (H, W); 0 black to 1 white
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if polarity == "dark-on-light" or (polarity == "auto" and np.median(border) > 0.5):
        grey = 1 - grey
    ink = grey - grey.min()
    if _is_blank(ink):  # white ink on nothing, which is shown as white
        ink = opacity - opacity.min()
    if _is_blank(ink):
        raise ImageFileError(f"{os.fspath(path)} is blank: every pixel is the same")
    ink /= ink.max()
    rows = np.flatnonzero((ink > INK_THRESHOLD).any(axis=1))
    columns = np.flatnonzero((ink > INK_THRESHOLD).any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = ink.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = np.zeros((side, side), np.float32)
    square[top : top + height, left : left + width] = ink
    small = Image.fromarray(square).resize((size, size), Image.Resampling.BOX)
    return np.asarray(small, np.float32)


def _is_blank(ink: np.ndarray[Any, Any]) -> bool:
    return bool(ink.max() < 1 / 255)


def _read(path: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The picture in grey, on white paper where it's transparent, and its opacity, 0 to 1."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                if max(image.size) > LARGEST_SIDE:
                    raise ImageFileError(
                        f"{path} is {image.width} x {image.height}; at most {LARGEST_SIDE} a side"
                    )
                picture = image.convert("RGBA")
    except (FileNotFoundError, IsADirectoryError, PermissionError, ImageFileError):
        raise
    except (
        OSError,
        SyntaxError,  # Pillow's, for damaged PNG files
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise ImageFileError(f"{path} can't be read as an image: {error}") from error
    paper = Image.new("RGBA", picture.size, "white")
    grey = Image.alpha_composite(paper, picture).convert("L")
    opacity = picture.getchannel("A")
    return np.asarray(grey, np.float32) / 255, np.asarray(opacity, np.float32) / 255
