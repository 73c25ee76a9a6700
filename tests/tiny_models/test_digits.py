"""The embedded digits."""

import hashlib
from collections import Counter
from importlib import resources

import pytest

import tiny_nn as nn
from tiny_models.data import digits


@pytest.fixture(scope="module")
def split():
    return digits.load()


def test_the_file_is_the_one_the_readme_describes() -> None:
    folder = resources.files("tiny_models.data")
    checksum = hashlib.sha256(folder.joinpath("digits.csv.gz").read_bytes()).hexdigest()
    readme = folder.joinpath("README.md").read_text(encoding="utf-8")
    assert checksum in readme
    assert "CC" in readme or "Creative Commons Attribution 4.0" in readme


def test_sizes_ranges_and_classes(split) -> None:
    train, test = split
    assert (len(train.labels), len(test.labels)) == (1437, 360)
    for part in split:
        assert part.images.shape == (len(part.labels), 1, 8, 8)
        assert part.images.dtype == nn.float32
        assert part.labels.dtype == nn.int64
        values = part.images.numpy()
        assert (values.min(), values.max()) == (0.0, 1.0)
    counts = Counter(train.labels.tolist()) + Counter(test.labels.tolist())
    # As the repository's description counts them.
    assert [counts[c] for c in range(10)] == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_every_fifth_image_is_for_testing(split) -> None:
    train, test = split
    # The file begins with the digits 0 to 9 in order, three times.
    assert test.labels.tolist()[:6] == [0, 5, 0, 5, 0, 5]
    assert train.labels.tolist()[:8] == [1, 2, 3, 4, 6, 7, 8, 9]
    assert test.images[0, 0, 0].tolist() == [v / 16 for v in (0, 0, 5, 13, 9, 1, 0, 0)]


def test_no_image_is_in_both_parts(split) -> None:
    train, test = (
        {bytes(image) for image in part.images.numpy().reshape(len(part.labels), -1)}
        for part in split
    )
    assert not train & test


def test_device(device) -> None:
    train, test = digits.load(device)
    assert train.images.device == test.labels.device == device
