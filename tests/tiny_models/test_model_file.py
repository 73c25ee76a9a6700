"""Model files: rebuilding, and refusing what doesn't fit."""

import json

import pytest

import tiny_nn as nn
from tiny_models import model_file, resnet_digits
from tiny_models.model_file import load_digits_model, save_digits_model
from tiny_nn.checkpoint import CheckpointError, load_file, load_metadata, save_file


@pytest.fixture
def path(tmp_path):
    nn.manual_seed(1)
    save_digits_model(resnet_digits((1, 2), (4, 8)), tmp_path / "model", {"epochs": 3})
    return tmp_path / "model"


def test_a_loaded_model_is_the_saved_one(tmp_path, device) -> None:
    model = resnet_digits((1, 2), (4, 8)).to(device).eval()
    save_digits_model(model, tmp_path / "model", {"epochs": 3})
    loaded = load_digits_model(tmp_path / "model", device)
    assert loaded.training == {"epochs": 3}
    assert not loaded.model.training
    assert loaded.model.widths == (4, 8)
    x = nn.rand((2, 1, 8, 8), device=device)
    assert loaded.model(x).tolist() == model(x).tolist()
    assert repr(loaded.model) == repr(model)


def test_a_model_moves_between_devices_by_its_file(path) -> None:
    first, second = (load_digits_model(path, name).model for name in ("numpy", "cpu"))
    assert str(second.fc.weight.device) == "cpu"
    assert first.fc.weight.tolist() == second.fc.weight.tolist()


def test_other_checkpoints_are_refused(tmp_path) -> None:
    save_file({"x": nn.zeros(())}, tmp_path / "other")
    with pytest.raises(CheckpointError, match="other is not a digits model"):
        load_digits_model(tmp_path / "other")
    with pytest.raises(FileNotFoundError):
        load_digits_model(tmp_path / "missing")


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
        load_digits_model(path)


def test_weights_that_do_not_fit(path) -> None:
    sizes = json.dumps({"layers": [1, 2], "widths": [4, 7]})
    save_file(load_file(path), path, {**load_metadata(path), "sizes": sizes})
    with pytest.raises(CheckpointError, match="does not fit the model it names: size mismatch"):
        load_digits_model(path)
    state = load_file(path)
    state["other"] = state.pop("fc.weight")
    save_file(state, path, load_metadata(path))
    with pytest.raises(CheckpointError, match="Missing key"):
        load_digits_model(path)


@pytest.mark.parametrize(
    ("layers", "widths"), [([64] * 3, [2048] * 3), ([1, 2], [4, 9]), ([1, 3], [4, 8])]
)
def test_a_model_larger_than_its_file_is_not_built(path, monkeypatch, layers, widths) -> None:
    sizes = json.dumps({"layers": layers, "widths": widths})
    save_file(load_file(path), path, {**load_metadata(path), "sizes": sizes})
    monkeypatch.setattr(model_file, "resnet_digits", None)  # calling it would fail otherwise
    with pytest.raises(CheckpointError, match=r"does not fit .* at least [\d,]+ weights"):
        load_digits_model(path)


@pytest.mark.parametrize(("layers", "widths"), [((1, 1, 1), (16, 32, 64)), ((2, 3), (4, 4))])
def test_the_weights_are_counted_without_building(layers, widths) -> None:
    state = resnet_digits(layers, widths).state_dict()
    expected = sum(x.numel() for x in state.values() if x.shape[2:] == (3, 3))
    assert model_file.convolution_weights(layers, widths) == expected
