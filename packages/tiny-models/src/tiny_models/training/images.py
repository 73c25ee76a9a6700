"""How a network learns to classify images: what happens between its first and its last batch.

SGD with Nesterov momentum, a one-cycle learning rate (Smith & Topin 2019) and small random changes
of the images. Every random number comes from the seed, so that a run can be repeated to the bit.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import tiny_nn as nn
from tiny_models.data.images import Images
from tiny_models.image_tasks import ImageTask
from tiny_models.training.outcome import DivergedError, is_finite

MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
EVALUATION_BATCH = 120
MOST_EPOCHS = 100_000  # hours; beyond it a number is a mistake


@dataclass(frozen=True)
class TrainingOptions:
    """What a run is determined by; raises ValueError for values that can't be."""

    epochs: int = 20
    batch_size: int = 64
    lr: float = 0.1
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        if not 1 <= self.epochs <= MOST_EPOCHS:
            raise ValueError(f"epochs must be from 1 to {MOST_EPOCHS:,}, got {self.epochs}")
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {self.batch_size}")
        if not 0 < self.lr < float("inf"):
            raise ValueError(f"lr must be a positive number, got {self.lr}")
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed must be from 0 to 2**64 - 1, got {self.seed}")


@dataclass(frozen=True)
class Progress:
    """Where a run stands after a batch; loss, accuracy and speed are means over the epoch."""

    epoch: int  # from 1
    batch: int  # from 1, in this epoch
    batches: int  # per epoch
    loss: float
    accuracy: float
    images_per_second: float

    @property
    def epoch_finished(self) -> bool:
        """Whether this was the epoch's last batch."""
        return self.batch == self.batches


class ImageTraining:
    """A run on the images of a task.

    >>> from tiny_models.image_tasks import DIGITS
    >>> from tiny_models.training.images import ImageTraining, TrainingOptions
    >>> run = ImageTraining(DIGITS, TrainingOptions(epochs=1, batch_size=512), train_images=600)
    >>> [(progress.epoch, progress.batch, progress.batches) for progress in run]
    [(1, 1, 2), (1, 2, 2)]
    """

    def __init__(
        self,
        task: ImageTask,
        options: TrainingOptions,
        root: str | os.PathLike[str] = "",
        train_images: int | None = None,
    ) -> None:
        """Read the data, from the folder ``root`` where it doesn't come with the package, and draw
        the initial model; ``train_images`` trains on the first so many images only."""
        self.task = task
        self.options = options
        train, self.test = task.load(root, options.device)
        self.train = Images(train.images[:train_images], train.labels[:train_images])
        nn.manual_seed(options.seed)
        with nn.use_device(options.device):
            self.model = task.build()
        self.batches = -(-len(self.train.labels) // options.batch_size)

    def __iter__(self) -> Iterator[Progress]:
        """Train from the first epoch to the last, telling after each batch how it goes.

        Raises DivergedError before it tells of a batch whose loss is not finite, or of a finished
        epoch whose weights are not.
        """
        options, model, task = self.options, self.model, self.task
        generator = nn.Generator(options.seed)
        order = nn.data.RandomSampler(range(len(self.train.labels)), generator=generator)
        batches = nn.data.BatchSampler(order, options.batch_size, drop_last=False)
        augment = task.augment(generator)
        loss_function = nn.CrossEntropyLoss(label_smoothing=task.label_smoothing)
        optimizer = nn.optim.SGD(
            model.parameters(),
            lr=options.lr,
            momentum=MOMENTUM,
            weight_decay=WEIGHT_DECAY,
            nesterov=True,
        )
        schedule = nn.optim.lr_scheduler.OneCycleLR(
            # One step beyond the last batch, whose rate nothing uses.
            optimizer,
            max_lr=options.lr,
            total_steps=options.epochs * self.batches + 1,
            cycle_momentum=False,
        )
        for epoch in range(1, options.epochs + 1):
            model.train()
            seen, correct, loss_sum = 0, 0, 0.0
            start = time.perf_counter()
            for batch, positions in enumerate(batches, start=1):
                indices = nn.tensor(positions, device=options.device)
                labels = self.train.labels[indices]  # (B,)
                images = augment(task.prepare(self.train.images[indices]))
                optimizer.zero_grad()
                logits = model(images)  # (B, 10)
                loss = loss_function(logits, labels)
                loss.backward()
                optimizer.step()
                schedule.step()
                seen += len(positions)
                loss_sum += loss.item() * len(positions)
                if not math.isfinite(loss_sum):
                    raise DivergedError(f"the loss is not finite in epoch {epoch}")
                if batch == self.batches and not is_finite(model):  # the last step's doing
                    raise DivergedError(f"the weights are not finite after epoch {epoch}")
                correct += int((logits.argmax(dim=1) == labels).sum().item())
                yield Progress(
                    epoch=epoch,
                    batch=batch,
                    batches=self.batches,
                    loss=loss_sum / seen,
                    accuracy=correct / seen,
                    images_per_second=seen / (time.perf_counter() - start),
                )

    def correct_test_images(self) -> int:
        """How many of the test images the model classifies rightly."""
        return count_correct(self.model, self.task, self.test)


def count_correct(model: nn.Module, task: ImageTask, data: Images) -> int:
    """How many images of ``data`` get the right class; leaves the model in evaluation mode."""
    model.eval()
    correct = 0
    with nn.no_grad():
        for start in range(0, len(data.labels), EVALUATION_BATCH):
            logits = model(task.prepare(data.images[start : start + EVALUATION_BATCH]))
            labels = data.labels[start : start + EVALUATION_BATCH]
            correct += int((logits.argmax(dim=1) == labels).sum().item())
    return correct
