"""The training loop."""

import pytest

import tiny_nn as nn
from tiny_models.image_tasks import DIGITS
from tiny_models.training.images import ImageTraining, TrainingOptions, count_correct
from tiny_models.training.outcome import DivergedError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs must be from 1 to 100,000, got 0"),
        ({"epochs": 10**9}, "epochs must be from 1 to 100,000"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"lr": 0.0}, "lr must be a positive number"),
        ({"lr": float("nan")}, "lr must"),
        ({"lr": float("inf")}, "lr must"),
        ({"seed": -1}, "seed must be from 0"),
        ({"seed": 2**64}, "seed must be from 0"),
    ],
)
def test_options_that_cannot_be(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingOptions(**options)


def test_progress_counts_batches_and_epochs() -> None:
    run = ImageTraining(DIGITS, TrainingOptions(epochs=2, batch_size=50), train_images=120)
    seen = list(run)
    assert [(p.epoch, p.batch, p.batches) for p in seen] == [
        (epoch, batch, 3) for epoch in (1, 2) for batch in (1, 2, 3)
    ]
    assert [p.epoch_finished for p in seen] == [False, False, True] * 2
    assert all(p.loss > 0 and 0 <= p.accuracy <= 1 and p.images_per_second > 0 for p in seen)


def test_the_loss_falls() -> None:
    run = ImageTraining(DIGITS, TrainingOptions(epochs=4, batch_size=40), train_images=200)
    epochs = [progress for progress in run if progress.epoch_finished]
    assert epochs[-1].loss < 0.7 * epochs[0].loss


@pytest.mark.parametrize(
    ("batch_size", "message"),
    [(40, "the loss is not finite in epoch 1"), (120, "the weights are not finite after epoch 1")],
)
def test_a_run_that_diverges_stops_within_its_epoch(batch_size, message) -> None:
    run = ImageTraining(DIGITS, TrainingOptions(batch_size=batch_size, lr=1e300), train_images=120)
    with pytest.raises(DivergedError, match=message):
        for progress in run:
            assert not progress.epoch_finished


def test_the_seed_decides_everything(device) -> None:
    def weights(seed):
        options = TrainingOptions(epochs=1, batch_size=32, seed=seed, device=str(device))
        run = ImageTraining(DIGITS, options, train_images=64)
        losses = [progress.loss for progress in run]
        return losses, {name: value.tolist() for name, value in run.model.state_dict().items()}

    first = weights(3)
    nn.manual_seed(123)  # what happened before does not matter
    assert weights(3) == first
    assert weights(4) != first


def test_devices_agree_to_rounding() -> None:
    def losses(name):
        options = TrainingOptions(epochs=1, batch_size=32, device=name)
        return [progress.loss for progress in ImageTraining(DIGITS, options, train_images=96)]

    assert losses("cpu") == pytest.approx(losses("numpy"), rel=1e-3)


def test_count_correct() -> None:
    class First(nn.Module):
        """Says class 0 always."""

        def forward(self, x):
            return nn.tensor([[1.0] + [0.0] * 9] * x.shape[0])

    run = ImageTraining(DIGITS, TrainingOptions(device="numpy"), train_images=10)
    zeros = run.test.labels.tolist().count(0)
    assert count_correct(First(), DIGITS, run.test) == zeros
