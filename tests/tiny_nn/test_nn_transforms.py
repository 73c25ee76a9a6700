"""Image transforms: what they do to each image of a batch, and what they refuse."""

import numpy as np
import pytest

import tiny_nn as nn
from tiny_nn.data import transforms


def pixels(*shape: int, device=None) -> nn.Tensor:
    return nn.arange(int(np.prod(shape)), device=device).reshape(shape)


@pytest.mark.parametrize(
    ("flip", "axis"),
    [(transforms.RandomHorizontalFlip, -1), (transforms.RandomVerticalFlip, -2)],
)
def test_flips_choose_for_each_image(flip, axis, device) -> None:
    images = pixels(200, 2, 3, 4, device=device)
    flipped = flip(0.25, generator=nn.Generator(1))(images).numpy()
    turned = np.flip(images.numpy(), axis)
    chosen = (flipped == turned).all((1, 2, 3))
    kept = (flipped == images.numpy()).all((1, 2, 3))
    assert np.array_equal(chosen, ~kept)
    assert 0.15 < chosen.mean() < 0.35
    assert flip(0.0)(images[0]).tolist() == images[0].tolist()
    assert flip(1.0)(images[0]).tolist() == turned[0].tolist()


def test_crops_are_windows_of_the_padded_image(device) -> None:
    images = pixels(100, 2, 5, 6, device=device)
    crop = transforms.RandomCrop((4, 3), padding=(1, 2), fill=-1, generator=nn.Generator(0))
    crops = crop(images).numpy()
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (2, 2), (1, 1)), constant_values=-1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (4, 3), axis=(2, 3))
    places = set()
    for one, choices in zip(crops, windows, strict=True):
        found = [
            (i, j)
            for i in range(choices.shape[1])
            for j in range(choices.shape[2])
            if np.array_equal(one, choices[:, i, j])
        ]
        assert len(found) >= 1
        places.add(found[0])
    assert len(places) > 20  # of 36


def test_one_image_is_as_good_as_a_batch_of_one(device) -> None:
    image = pixels(3, 8, 8, device=device).to(nn.float32)
    for make in (
        lambda g: transforms.RandomCrop(6, padding=2, padding_mode="reflect", generator=g),
        lambda g: transforms.RandomHorizontalFlip(generator=g),
        lambda g: transforms.Normalize([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]),
        lambda g: transforms.CenterCrop(5),
        lambda g: transforms.Pad(1, padding_mode="edge"),
    ):
        alone = make(nn.Generator(5))(image)
        batch = make(nn.Generator(5))(image.unsqueeze(0))
        assert alone.tolist() == batch[0].tolist()


def test_the_default_generator_is_used_without_another() -> None:
    images = pixels(8, 1, 6, 6)
    augment = transforms.Compose([transforms.RandomCrop(4), transforms.RandomHorizontalFlip()])
    drawn = []
    for seed in (3, 3, 4):
        nn.manual_seed(seed)
        drawn.append(augment(images).tolist())
    assert drawn[0] == drawn[1] != drawn[2]


def test_pictures_become_tensors() -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    image = transforms.ToTensor()(picture)
    assert image.shape == (3, 2, 4)
    np.testing.assert_allclose(image.numpy(), picture.transpose(2, 0, 1) / 255, rtol=1e-6)
    assert transforms.ToTensor()(picture[..., 0]).shape == (1, 2, 4)
    assert transforms.ToTensor()(np.full((1, 1), 7.5)).item() == 7.5
    halves = transforms.ConvertImageDtype(nn.float64)(nn.tensor([[[0, 255]]], dtype=nn.uint8))
    assert (halves.tolist(), halves.dtype) == ([[[0.0, 1.0]]], nn.float64)
    assert transforms.ConvertImageDtype()(halves).dtype == nn.float32


def test_center_crop_and_pad(device) -> None:
    image = pixels(1, 5, 6, device=device)
    assert transforms.CenterCrop((2, 3))(image).tolist() == image[:, 1:3, 1:4].tolist()
    grown = transforms.Pad((1, 2, 3, 4), fill=9)(image).numpy()
    expected = np.pad(image.numpy(), ((0, 0), (2, 4), (1, 3)), constant_values=9)
    np.testing.assert_array_equal(grown, expected)
    small = transforms.RandomCrop(8, pad_if_needed=True, generator=nn.Generator(0))(image)
    assert small.shape == (1, 8, 8)


def test_texts() -> None:
    both = transforms.Compose([transforms.RandomCrop(4, padding=1), transforms.ToTensor()])
    assert repr(both) == ("Compose(\n    RandomCrop(size=(4, 4), padding=1)\n    ToTensor()\n)")
    assert repr(transforms.Normalize([0.5], [0.25])) == "Normalize(mean=[0.5], std=[0.25])"
    assert repr(transforms.RandomVerticalFlip(0.1)) == "RandomVerticalFlip(p=0.1)"
    assert repr(transforms.Pad(2)) == "Pad(padding=2, fill=0, padding_mode=constant)"
    assert repr(transforms.CenterCrop(3)) == "CenterCrop(size=(3, 3))"


IMAGE = nn.zeros((3, 4, 4))


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (ValueError, "p is a probability", lambda: transforms.RandomHorizontalFlip(2)),
        (ValueError, "std is zero", lambda: transforms.Normalize([0.5], [0.0])),
        (ValueError, "2 numbers for mean, but 3", lambda: transforms.Normalize([0, 1], [1])(IMAGE)),
        (TypeError, "should be floating", lambda: transforms.Normalize([0], [1])(pixels(1, 1, 1))),
        (ValueError, "give padding, or pad_if_needed", lambda: transforms.RandomCrop(5)(IMAGE)),
        (ValueError, "CenterCrop: a window", lambda: transforms.CenterCrop(5)(IMAGE)),
        (ValueError, "padding_mode is one of", lambda: transforms.Pad(1, padding_mode="zeros")),
        (ValueError, "1, 2 or 4 numbers", lambda: transforms.Pad((1, 2, 3))),
        (ValueError, "size is positive", lambda: transforms.RandomCrop(0)),
        (ValueError, "batch", lambda: transforms.RandomCrop(2)(nn.zeros((4, 4)))),
        (TypeError, "a Tensor, not ndarray", lambda: transforms.RandomCrop(2)(np.zeros((1, 4, 4)))),
        (TypeError, "expected a NumPy image", lambda: transforms.ToTensor()(IMAGE)),
        (TypeError, "floating", lambda: transforms.ConvertImageDtype(nn.int32)),
    ],
)
def test_what_is_refused(error: type[Exception], message: str, call) -> None:
    with pytest.raises(error, match=message):
        call()
