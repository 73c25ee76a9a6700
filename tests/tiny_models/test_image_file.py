"""Image files as input."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tiny_models.image_file import ImageFileError, read_picture

# A seven: 1 is ink.
SEVEN = np.array(
    [
        [1, 1, 1, 1, 1, 1],
        [0, 0, 0, 0, 1, 1],
        [0, 0, 0, 0, 1, 0],
        [0, 0, 0, 1, 1, 0],
        [0, 0, 0, 1, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 0, 1, 0, 0, 0],
        [0, 0, 1, 0, 0, 0],
    ],
    dtype=np.float32,
)
EXPECTED = np.pad(SEVEN, ((0, 0), (1, 1)))


def read_digit(path, polarity="auto"):
    """A picture as small as the digits are."""
    return read_picture(path, 8, polarity)


def save(path, ink, mode="L", dark=False, scale=10, margin=7):
    """The digit enlarged, with a margin, somewhere in a picture."""
    picture = np.pad(np.kron(ink, np.ones((scale, scale))), ((margin, 2 * margin), (margin, 0)))
    grey = ((1 - picture if dark else picture) * 255).astype(np.uint8)
    Image.fromarray(grey).convert(mode).save(path)
    return path


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("suffix", "mode"), [("png", "L"), ("png", "RGB"), ("bmp", "L")])
def test_the_digit_is_found_centred_and_reduced(tmp_path, suffix, mode, dark) -> None:
    path = save(tmp_path / f"seven.{suffix}", SEVEN, mode, dark)
    ink = read_digit(path)
    assert ink.shape == (8, 8)
    assert ink.dtype == np.float32
    np.testing.assert_allclose(ink, EXPECTED, atol=1e-6)


def test_polarity_can_be_given(tmp_path) -> None:
    path = save(tmp_path / "seven.png", SEVEN, margin=0)
    np.testing.assert_allclose(read_digit(path, "light-on-dark"), EXPECTED, atol=1e-6)
    inverted = read_digit(path, "dark-on-light")
    assert inverted[0].max() == 0.0 or inverted.shape == (8, 8)
    assert not np.allclose(inverted, EXPECTED)


def test_transparency_is_paper(tmp_path) -> None:
    pixels = np.zeros((80, 60, 4), np.uint8)  # black and transparent
    pixels[..., 3] = np.kron(SEVEN, np.ones((10, 10))) * 255
    Image.fromarray(pixels).save(tmp_path / "seven.png")
    np.testing.assert_allclose(read_digit(tmp_path / "seven.png"), EXPECTED, atol=1e-6)


def test_faint_ink_is_strengthened(tmp_path) -> None:
    path = save(tmp_path / "faint.png", SEVEN * 0.3)
    np.testing.assert_allclose(read_digit(path), EXPECTED, atol=1e-6)


def test_one_pixel_of_ink(tmp_path) -> None:
    picture = np.zeros((5, 5), np.uint8)
    picture[2, 2] = 255
    Image.fromarray(picture).save(tmp_path / "dot.png")
    assert read_digit(tmp_path / "dot.png").min() == 1.0


def png(width: int, height: int) -> bytes:
    """A PNG file that claims to be so large, and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an image",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
        png(60_000, 60_000),
        png(30_000, 10),
        png(10_000, 15_000),
    ],
)
def test_broken_and_hostile_files(tmp_path, content) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(ImageFileError, match=r"bad\.png"):
        read_digit(path)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_blank_pictures(tmp_path, level) -> None:
    Image.new("L", (20, 20), level).save(tmp_path / "blank.png")
    with pytest.raises(ImageFileError, match="is blank"):
        read_digit(tmp_path / "blank.png")


def test_truncated_file(tmp_path) -> None:
    path = save(tmp_path / "seven.png", SEVEN)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ImageFileError, match="can't be read as an image"):
        read_digit(path)


def test_missing_files_and_folders(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        read_digit(tmp_path / "missing.png")
    with pytest.raises(OSError):
        read_digit(tmp_path)


@pytest.mark.parametrize("polarity", ["auto", "light-on-dark", "dark-on-light"])
def test_white_ink_on_transparent_paper_is_found_by_its_opacity(tmp_path, polarity) -> None:
    opacity = Image.open(save(tmp_path / "opacity.png", SEVEN))
    picture = Image.new("RGBA", opacity.size, "white")
    picture.putalpha(opacity)
    picture.save(tmp_path / "seven.png")
    np.testing.assert_allclose(read_digit(tmp_path / "seven.png", polarity), EXPECTED, atol=0.01)


@pytest.mark.parametrize("colour", [(255, 255, 255, 0), (255, 255, 255, 255), (9, 9, 9, 128)])
def test_pictures_of_one_colour_and_opacity_are_blank(tmp_path, colour) -> None:
    Image.new("RGBA", (9, 9), colour).save(tmp_path / "blank.png")
    with pytest.raises(ImageFileError, match="is blank"):
        read_digit(tmp_path / "blank.png")
