"""Fashion-MNIST's files, the ResNet-9 for them, and its training."""

import gzip

import numpy as np
import pytest

import tiny_nn as nn
from tiny_models import ResNet9, cli
from tiny_models.data import fashion_mnist
from tiny_models.image_tasks import FASHION_MNIST, fashion_mnist_task
from tiny_models.training.images import ImageTraining, TrainingOptions


def idx(array) -> bytes:
    """The IDX file of an array of bytes."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Files of the right sizes: class k has a bright square at its own place."""
    folder = tmp_path_factory.mktemp("fashion")
    for part, count in (("train", 60_000), ("t10k", 10_000)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = np.zeros((10, 28, 28), np.uint8)
        for k in range(10):
            images[k, 2 * k : 2 * k + 8, 20 - 2 * k : 28 - 2 * k] = 200
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
        packed = gzip.compress(idx(images[labels]), 1)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(packed)
    return folder


def test_loading_packed_and_plain_files(root) -> None:
    train, test = fashion_mnist.load(root)
    assert train.images.shape == (60_000, 1, 28, 28)
    assert test.images.dtype == nn.uint8
    assert test.labels.tolist()[:12] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert test.images[3, 0, 6, 14].item() == 200
    prepared = FASHION_MNIST.prepare(test.images[:2])
    assert prepared[0, 0, 0, 20].item() == pytest.approx((200 / 255 - 0.2860) / 0.3530, rel=1e-5)
    augmented = FASHION_MNIST.augment(nn.Generator(0))(prepared)
    assert augmented.shape == (2, 1, 28, 28)
    assert augmented.tolist() != prepared.tolist()


def test_a_batch_equals_its_images_and_all_learn(device) -> None:
    nn.manual_seed(0)
    model = ResNet9(width=3).to(device)
    x = nn.rand((3, 3, 12, 10), device=device)
    model.eval()
    together = model(x).tolist()
    for index in range(3):
        assert model(x[index : index + 1]).tolist()[0] == pytest.approx(together[index], abs=1e-5)
    model.train()
    nn.CrossEntropyLoss()(model(x), nn.tensor([3, 1, 0], device=device)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum().item() > 0, name
    with pytest.raises(ValueError, match="width must be at least 1"):
        ResNet9(width=0)


def test_a_short_run_learns(root) -> None:
    options = TrainingOptions(epochs=1, batch_size=50, lr=0.2)
    run = ImageTraining(fashion_mnist_task(width=2), options, root, train_images=2000)
    losses = [progress.loss for progress in run]
    assert losses[-1] < 0.8 * losses[0]


def test_bad_calls_end_in_one_line(capsys, tmp_path) -> None:
    for arguments, code, words in (
        (["--root", tmp_path], 1, "can't read the data"),
        (["--data", "mnist"], 2, "--data mnist"),
        (["--width", "0"], 2, "--width must be from 1 to 512"),
        (["--epochs", "0"], 2, "--epochs must be"),
    ):
        output = tmp_path / "model"
        call = ["train", "resnet9", "--output", output, *arguments]
        assert cli.main([str(argument) for argument in call]) == code
        error = capsys.readouterr().err
        assert words in error and error.count("\n") == 1
        assert not output.exists()
