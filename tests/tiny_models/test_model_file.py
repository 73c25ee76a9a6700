"""Model files: rebuilding, and refusing what doesn't fit."""

import dataclasses
import json

import pytest

import tiny_nn as nn
from tiny_models import ResNet9, model_file, resnet_digits
from tiny_models.image_tasks import DIGITS, FASHION_MNIST
from tiny_models.model_file import load_image_model, save_image_model
from tiny_nn.checkpoint import CheckpointError, load_file, load_metadata, save_file


@pytest.fixture
def path(tmp_path):
    nn.manual_seed(1)
    save_image_model(resnet_digits((1, 2), (4, 8)), DIGITS, tmp_path / "model", {"epochs": 3})
    return tmp_path / "model"


def test_a_loaded_model_is_the_saved_one(tmp_path, device) -> None:
    model = resnet_digits((1, 2), (4, 8)).to(device).eval()
    save_image_model(model, DIGITS, tmp_path / "model", {"epochs": 3})
    loaded = load_image_model(tmp_path / "model", device)
    assert loaded.training == {"epochs": 3}
    assert not loaded.model.training
    assert loaded.model.widths == (4, 8)
    x = nn.rand((2, 1, 8, 8), device=device)
    assert loaded.model(x).tolist() == model(x).tolist()
    assert repr(loaded.model) == repr(model)


def test_a_model_moves_between_devices_by_its_file(path) -> None:
    first, second = (load_image_model(path, name).model for name in ("numpy", "cpu"))
    assert str(second.fc.weight.device) == "cpu"
    assert first.fc.weight.tolist() == second.fc.weight.tolist()


def test_other_checkpoints_are_refused(tmp_path) -> None:
    save_file({"x": nn.zeros(())}, tmp_path / "other")
    with pytest.raises(CheckpointError, match="other is not an image model"):
        load_image_model(tmp_path / "other")
    with pytest.raises(FileNotFoundError):
        load_image_model(tmp_path / "missing")


@pytest.mark.parametrize(
    "sizes",
    [
        "not json",
        "null",
        "[]",
        json.dumps({"layers": [1, 2]}),
        json.dumps({"layers": [1, 2], "widths": [4]}),
        json.dumps({"layers": [1, 10**9], "widths": [4, 8]}),
        json.dumps({"layers": [1, 2], "widths": [4, 10**9]}),
        json.dumps({"layers": [1, 2], "widths": [4, -8]}),
        json.dumps({"layers": [1, 2], "widths": [4, 8.0]}),
        json.dumps({"layers": [1, True], "widths": [4, 8]}),
        json.dumps({"layers": [1] * 1000, "widths": [4] * 1000}),
        json.dumps({"layers": [], "widths": []}),
        "[" * 100_000,
    ],
)
def test_sizes_that_cannot_be(path, sizes) -> None:
    save_file(load_file(path), path, {**load_metadata(path), "sizes": sizes})
    with pytest.raises(CheckpointError, match="damaged metadata"):
        load_image_model(path)


def test_weights_that_do_not_fit(path) -> None:
    sizes = json.dumps({"layers": [1, 2], "widths": [4, 7]})
    save_file(load_file(path), path, {**load_metadata(path), "sizes": sizes})
    with pytest.raises(CheckpointError, match="does not fit the model it names: size mismatch"):
        load_image_model(path)
    state = load_file(path)
    state["other"] = state.pop("fc.weight")
    save_file(state, path, load_metadata(path))
    with pytest.raises(CheckpointError, match="Missing key"):
        load_image_model(path)


@pytest.mark.parametrize(
    ("layers", "widths"), [([64] * 3, [2048] * 3), ([1, 2], [4, 9]), ([1, 3], [4, 8])]
)
def test_a_model_larger_than_its_file_is_not_built(path, monkeypatch, layers, widths) -> None:
    sizes = json.dumps({"layers": layers, "widths": widths})
    save_file(load_file(path), path, {**load_metadata(path), "sizes": sizes})
    network = dataclasses.replace(model_file.NETWORKS["resnet_digits"], build=None)
    monkeypatch.setitem(model_file.NETWORKS, "resnet_digits", network)  # calling None would fail
    with pytest.raises(CheckpointError, match=r"does not fit .* at least [\d,]+ weights"):
        load_image_model(path)


@pytest.mark.parametrize(("layers", "widths"), [((1, 1, 1), (16, 32, 64)), ((2, 3), (4, 4))])
def test_the_weights_are_counted_without_building(layers, widths) -> None:
    state = resnet_digits(layers, widths).state_dict()
    expected = sum(x.numel() for x in state.values() if x.shape[2:] == (3, 3))
    assert model_file.convolution_weights(layers, widths) == expected


@pytest.mark.parametrize("width", [1, 5])
def test_a_resnet9_is_rebuilt(tmp_path, device, width) -> None:
    model = ResNet9(in_channels=1, width=width).to(device).eval()
    save_image_model(model, FASHION_MNIST, tmp_path / "model", {})
    loaded = load_image_model(tmp_path / "model", device)
    assert loaded.task is FASHION_MNIST
    x = nn.rand((2, 1, 28, 28), device=device)
    assert loaded.model(x).tolist() == model(x).tolist()
    weights = [x.numel() for x in model.state_dict().values() if x.shape[2:] == (3, 3)]
    assert model_file.NETWORKS["resnet9"].least_weights(width=width) == sum(weights)


@pytest.mark.parametrize("sizes", ['{"width": 0}', '{"width": 4096}', '{"width": "4"}', "[4]"])
def test_widths_that_cannot_be(tmp_path, sizes) -> None:
    path = tmp_path / "model"
    save_image_model(ResNet9(in_channels=1, width=2), FASHION_MNIST, path, {})
    save_file(load_file(path), path, {**load_metadata(path), "sizes": sizes})
    with pytest.raises(CheckpointError, match="damaged metadata"):
        load_image_model(path)
