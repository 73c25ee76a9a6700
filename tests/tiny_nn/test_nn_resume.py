"""A training that stops and goes on is, to the bit, the training that never stopped."""

import json

import numpy as np
import pytest

import tiny_nn as nn
from tiny_nn.checkpoint import CheckpointError, load_training_state, save_training_state
from tiny_nn.data import DataLoader, TensorDataset
from tiny_nn.optim import lr_scheduler


class Training:
    """Dropout, batch norm, shuffling, random crops, momentum and a schedule: all with a state."""

    def __init__(self, device, optimizer: str, own_generator: bool) -> None:
        nn.manual_seed(7)
        images = nn.randn((22, 1, 4, 4), generator=nn.Generator(1), device=device)
        labels = nn.randint(0, 3, (22,), generator=nn.Generator(2), device=device)
        self.model = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1, device=device),
            nn.BatchNorm2d(4, device=device),
            nn.ReLU(),
            nn.Dropout(0.4),
            nn.Flatten(),
            nn.Linear(64, 3, device=device),
        )
        parameters = [{"params": [p], "lr": 0.1 / (k + 1)} for k, p in
                      enumerate(self.model.parameters())]  # fmt: skip
        options = {"momentum": 0.9, "nesterov": True} if optimizer == "SGD" else {"amsgrad": True}
        self.optimizer = getattr(nn.optim, optimizer)(parameters, weight_decay=0.01, **options)
        self.schedule = lr_scheduler.get_cosine_schedule_with_warmup(self.optimizer, 3, 20)
        generator = nn.Generator(3) if own_generator else None
        self.loader = DataLoader(
            TensorDataset(images, labels), batch_size=4, shuffle=True, generator=generator
        )
        self.crops = nn.Generator(4)
        self.crop = nn.data.transforms.RandomCrop(4, padding=1, generator=self.crops)
        self.epoch = 0
        self.losses: list[float] = []

    def parts(self) -> dict:
        names = ("model", "optimizer", "schedule", "loader", "crops")
        return {name: getattr(self, name) for name in names}

    def run(self, steps: int) -> None:
        while True:
            for images, labels in self.loader:
                loss = nn.CrossEntropyLoss()(self.model(self.crop(images)), labels)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                self.schedule.step()
                self.losses.append(loss.item())
                if len(self.losses) == steps:
                    return
            self.epoch += 1


@pytest.mark.parametrize("own_generator", [True, False])
@pytest.mark.parametrize(("optimizer", "stop"), [("SGD", 8), ("AdamW", 6), ("AdamW", 13)])
def test_resuming_is_exact(optimizer, stop, own_generator, device, tmp_path) -> None:
    """Six batches an epoch: a stop within one, right behind one, and within a later one."""
    path = tmp_path / "training.safetensors"
    whole = Training(device, optimizer, own_generator)
    whole.run(15)
    state = nn.default_generator().state
    first = Training(device, optimizer, own_generator)
    first.run(stop)
    save_training_state(path, first.parts(), {"epoch": first.epoch, "losses": first.losses})
    nn.randn((5,))  # nothing that happens in between matters
    list(first.loader)

    second = Training(device, optimizer, own_generator)
    second.run(2)
    metadata = load_training_state(path, second.parts())
    second.epoch, second.losses = metadata["epoch"], metadata["losses"]
    second.run(15)
    assert second.losses == whole.losses
    assert second.epoch == whole.epoch
    for name, tensor in whole.model.state_dict().items():
        np.testing.assert_array_equal(second.model.state_dict()[name].numpy(), tensor.numpy())
    assert second.schedule.get_last_lr() == whole.schedule.get_last_lr()
    assert nn.default_generator().state == state


def test_the_file_is_tensors_and_json(tmp_path) -> None:
    path = tmp_path / "training.safetensors"
    training = Training("numpy", "SGD", True)
    training.run(3)
    save_training_state(path, training.parts(), {"note": "third step"})
    tensors = nn.checkpoint.load_file(path)
    assert "optimizer.state.0.momentum_buffer" in tensors
    for name, value in training.model.state_dict().items():
        assert tensors[f"model.{name}"].tolist() == value.tolist()
    saved = json.loads(nn.checkpoint.load_metadata(path)["training_state"])
    assert saved["metadata"] == {"note": "third step"}
    assert saved["parts"]["crops"] == training.crops.state
    assert saved["parts"]["loader"]["position"] == 3


class Part:
    """A part with whatever state."""

    def __init__(self, state) -> None:
        self.state = state

    def state_dict(self):
        return self.state

    def load_state_dict(self, state) -> None:
        self.state = state


def test_states_of_any_nesting_come_back(tmp_path) -> None:
    path = tmp_path / "state.safetensors"
    state = {
        "numbers": [1, 2.5, True, None, float("inf"), 2**62, 0.1 + 0.2],
        "pair": (1, ("a", [])),
        3: {"deep": {(1, "x"): nn.arange(3)}},
        "$tensor": "only text",
        "": {},
    }
    save_training_state(path, {"part": Part(state)})
    other = Part(None)
    assert load_training_state(path, {"part": other}) == {}
    loaded = other.state[3]["deep"].pop((1, "x"))
    assert loaded.tolist() == state[3]["deep"].pop((1, "x")).tolist()
    assert other.state == state


@pytest.mark.parametrize(
    ("error", "message", "parts"),
    [
        (TypeError, r"part\.a\.1 is set, which is neither", {"part": Part({"a": [0, {1}]})}),
        (TypeError, "'part' is list, which has no state_dict", {"part": [1]}),
        (ValueError, "a part can't be called 'default_generator'", {"default_generator": Part({})}),
        (
            ValueError,
            r"two tensors are called 'part\.a\.b'",
            {"part": Part({"a.b": nn.zeros(()), "a": {"b": nn.zeros(())}})},
        ),
    ],
)
def test_what_is_not_saved(error, message, parts, tmp_path) -> None:
    with pytest.raises(error, match=message):
        save_training_state(tmp_path / "state.safetensors", parts)
    assert not list(tmp_path.iterdir())


def test_what_is_not_loaded(tmp_path) -> None:
    path = tmp_path / "state.safetensors"
    with pytest.raises(TypeError, match="metadata that JSON does not hold"):
        save_training_state(path, {}, {"x": nn.zeros(())})
    nn.checkpoint.save_file({}, path)
    with pytest.raises(CheckpointError, match="holds no training state"):
        load_training_state(path, {})
    for text in ("{", "[]", "{}", '{"parts": {}, "metadata": {}}', '{"parts": 1, "metadata": 2}'):
        nn.checkpoint.save_file({}, path, {"training_state": text})
        with pytest.raises(CheckpointError, match="the training state can't be read"):
            load_training_state(path, {})
    save_training_state(path, {"model": nn.Linear(1, 1)})
    with pytest.raises(ValueError, match="holds model, but net were given"):
        load_training_state(path, {"net": nn.Linear(1, 1)})
    with pytest.raises(RuntimeError, match="size mismatch"):
        load_training_state(path, {"model": nn.Linear(2, 1)})


def test_a_loader_with_a_generator_is_no_loader_without() -> None:
    dataset = TensorDataset(nn.arange(4))
    state = DataLoader(dataset).state_dict()
    with pytest.raises(ValueError, match="without a generator"):
        DataLoader(dataset, generator=nn.Generator(0)).load_state_dict(state)
