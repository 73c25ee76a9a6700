"""From pixels to a trained, saved and loaded network: all four packages at once."""

import numpy as np
import pytest
from PIL import Image

import tiny_nn as nn
from tiny_models.data import digits
from tiny_models.image_file import read_picture
from tiny_models.image_tasks import DIGITS
from tiny_models.model_file import load_image_model, save_image_model
from tiny_models.training.images import ImageTraining, TrainingOptions, count_correct

# Three epochs instead of twenty; the whole run reaches 99 %.
SHORT = TrainingOptions(epochs=3, batch_size=32)


def train(path) -> ImageTraining:
    run = ImageTraining(DIGITS, SHORT)
    steps = list(run)
    save_image_model(run.model, DIGITS, path, {"loss": steps[-1].loss})
    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run and the file of its model."""
    path = tmp_path_factory.mktemp("trained") / "model.safetensors"
    return train(path), path


def test_a_short_run_learns(trained) -> None:
    correct = trained[0].correct_test_images()
    assert correct >= 0.95 * 360, f"only {correct} of 360 test images are right"


def test_the_run_repeats_to_the_bit(trained, tmp_path) -> None:
    train(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == trained[1].read_bytes()


def test_the_loaded_model_is_as_good_on_every_device(trained, device) -> None:
    run, path = trained
    _, test = digits.load(device)
    correct = count_correct(load_image_model(path, device).model, DIGITS, test)
    # Rounding may tip an image that lies between two classes.
    assert abs(correct - run.correct_test_images()) <= 1


def test_pictures_from_files_are_recognised(trained, tmp_path) -> None:
    run, path = trained
    model = load_image_model(path, "cpu").model
    images, labels = run.test.images.numpy()[:60], run.test.labels.tolist()[:60]
    read = []
    for index, image in enumerate(images):
        picture = np.pad(np.kron(image[0], np.ones((20, 20))), 30)
        if index % 2:  # dark ink on light paper
            picture = 1 - picture
        Image.fromarray((picture * 255).astype(np.uint8)).save(tmp_path / "digit.png")
        read.append(read_picture(tmp_path / "digit.png", digits.SIZE))
    with nn.no_grad():
        logits = model(nn.tensor(np.stack(read)[:, None], device="cpu"))
    predicted = logits.argmax(dim=1).tolist()
    assert sum(a == b for a, b in zip(predicted, labels, strict=True)) >= 54
