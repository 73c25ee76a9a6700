"""How a language model learns a text: random windows of it, AdamW, and a warm-up with a cosine.

Every random number comes from the seed, and a run that was stopped goes on as if it never was: what
it needs is in a file (``TextTraining.save``).
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import tiny_nn as nn
from tiny_models.generation import generate
from tiny_models.language_models import build
from tiny_models.tokenizer import CharacterTokenizer, LibraryTokenizer, Tokenizer
from tiny_models.training.outcome import DivergedError, is_finite

F = nn.functional

VALIDATION_SHARE = 0.1  # of the text: its end
VALIDATION_WINDOWS = 64  # at most, evenly spaced
EVALUATIONS = 20  # in a run; the model is saved as often
WARM_UP = 0.05  # of the run
LAST_LR = 0.1  # of the largest
BETAS = (0.9, 0.99)
LARGEST_GRADIENT_NORM = 1.0
SAMPLE_LENGTH = 200  # tokens
SAMPLE_TEMPERATURE = 0.8


@dataclass(frozen=True)
class TextOptions:
    """What a run is determined by; raises ValueError for values that can't be.

    The run ends after ``steps`` or ``minutes``, whatever comes first; None is no limit.
    """

    model: str = "gpt"
    tokenizer: str = "characters"
    vocab_size: int = 1024  # of a BPE
    hidden_size: int = 256
    num_layers: int = 4
    num_heads: int = 4  # of a gpt
    context: int = 128  # tokens in a window
    batch_size: int = 16  # windows per step
    lr: float = 1e-3
    weight_decay: float = 0.1
    dropout: float = 0.0
    steps: int | None = 1500
    minutes: float | None = None
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.model not in PRESETS:
            raise ValueError(f"model is one of {', '.join(PRESETS)}, not {self.model!r}")
        if self.tokenizer not in ("characters", "bpe"):
            raise ValueError(f"tokenizer is characters or bpe, not {self.tokenizer!r}")
        for name in ("hidden_size", "num_layers", "num_heads", "context", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.model == "gpt" and self.hidden_size % self.num_heads:
            raise ValueError(
                f"hidden_size must be a multiple of num_heads, got {self.hidden_size} and "
                f"{self.num_heads}"
            )
        if self.vocab_size < 256:
            raise ValueError(f"vocab_size must be at least 256, got {self.vocab_size}")
        if not 0 < self.lr < math.inf:
            raise ValueError(f"lr must be a positive number, got {self.lr}")
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"weight_decay can't be negative, got {self.weight_decay}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, got {self.dropout}")
        if self.steps is not None and self.steps < 1:
            raise ValueError(f"steps must be at least 1, got {self.steps}")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise ValueError(f"minutes must be a positive number, got {self.minutes}")
        if self.steps is None and self.minutes is None:
            raise ValueError("steps or minutes must be given, or the run has no end")
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed must be from 0 to 2**64 - 1, got {self.seed}")

    def config(self, vocab_size: int) -> dict[str, Any]:
        """The model's configuration, for ``language_models.build``."""
        if self.model == "gpt":
            return {
                "vocab_size": vocab_size,
                "hidden_size": self.hidden_size,
                "num_hidden_layers": self.num_layers,
                "num_attention_heads": self.num_heads,
                "max_position_embeddings": self.context,
                "dropout": self.dropout,
            }
        return {
            "vocab_size": vocab_size,
            "embedding_size": self.hidden_size,
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            "dropout": self.dropout,
        }


# About ten minutes on two cores.
RECURRENT = {"num_layers": 2, "context": 64, "batch_size": 32, "weight_decay": 0.01, "steps": 4000}
PRESETS: dict[str, dict[str, Any]] = {
    "rnn": {**RECURRENT, "lr": 2e-3},
    "lstm": {**RECURRENT, "lr": 4e-3},
    "gpt": {},
}


def preset(model: str, **options: Any) -> TextOptions:
    """The options that suit ``model``, changed by ``options``.

    >>> preset("lstm", steps=10).context
    64
    """
    return TextOptions(**{"model": model, **PRESETS.get(model, {}), **options})


@dataclass(frozen=True)
class TextProgress:
    """Where a run stands after a step; loss and speed are those of the last few steps."""

    step: int  # from 1
    share: float  # of the run that is done, 0 to 1
    seconds: float  # since the start, without pauses
    loss: float  # nats per token
    tokens_per_second: float
    validation_loss: float | None = None  # after an evaluation only
    sample: str | None = None  # what the model writes then

    @property
    def evaluated(self) -> bool:
        """Whether there has been an evaluation: then the run can be saved."""
        return self.validation_loss is not None

    @property
    def finished(self) -> bool:
        """Whether this was the last step."""
        return self.share >= 1


class TextTraining:
    """A run on a text.

    >>> run = TextTraining(preset("rnn", steps=2, hidden_size=8, context=4), "to be or not to be")
    >>> [progress.step for progress in run]
    [1, 2]
    """

    def __init__(self, options: TextOptions, text: str, tokenizer: Tokenizer | None = None) -> None:
        """Cut the text into tokens and draw the initial model.

        Raises ValueError if the text is too short for a window of training and one of validation.
        """
        self.options = options
        if not text:
            raise ValueError("the text is empty")
        if tokenizer is None:
            tokenizer = (
                CharacterTokenizer.of_text(text)
                if options.tokenizer == "characters"
                else LibraryTokenizer.train_bpe(text, options.vocab_size)
            )
        self.tokenizer = tokenizer
        ids = np.array(tokenizer.encode(text), np.int32)
        split = len(ids) - max(int(len(ids) * VALIDATION_SHARE), options.context + 1)
        if split < options.context + 1:
            raise ValueError(
                f"the text has {len(ids)} tokens: too few for windows of {options.context} and "
                "others to validate with; give more text, or a smaller context"
            )
        self.train_ids, self.validation_ids = ids[:split], ids[split:]
        # Dropout draws from the default generator, windows from their own.
        nn.manual_seed(options.seed)
        self.window_generator = nn.Generator(options.seed)
        config = options.config(tokenizer.vocab_size)
        with nn.use_device(options.device):
            self.model = build(options.model, config)
        self.optimizer = self._optimizer()
        self.step = 0
        self.seconds = 0.0
        self.recent_loss = 0.0
        self.validation_loss: float | None = None

    def _optimizer(self) -> nn.optim.AdamW:
        """AdamW; only matrices decay, not biases and norms."""
        parameters = list(self.model.parameters())
        groups = [
            {
                "params": [p for p in parameters if p.ndim > 1],
                "weight_decay": self.options.weight_decay,
            },
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        return nn.optim.AdamW(groups, lr=self.options.lr, betas=BETAS)

    @property
    def share(self) -> float:
        """How much of the run is done: 0 to 1."""
        options = self.options
        by_steps = 0.0 if options.steps is None else self.step / options.steps
        by_time = 0.0 if options.minutes is None else self.seconds / (60 * options.minutes)
        return min(max(by_steps, by_time), 1.0)

    def __iter__(self) -> Iterator[TextProgress]:
        """Train from where the run stands to its end, telling after each step how it goes.

        Raises DivergedError before it tells of a step whose loss is not finite, or of an
        evaluation after which the weights are not.
        """
        tokens = self.options.batch_size * self.options.context
        speed = 0.0
        while self.share < 1:
            start = time.perf_counter()
            share = self.share
            loss = self._train_step(share)
            if not math.isfinite(loss):
                raise DivergedError(f"the loss is not finite in step {self.step}")
            elapsed = time.perf_counter() - start
            self.seconds += elapsed
            self.recent_loss = loss if self.step == 1 else 0.95 * self.recent_loss + 0.05 * loss
            speed = tokens / elapsed if not speed else 0.9 * speed + 0.1 * tokens / elapsed
            due = math.floor(self.share * EVALUATIONS) > math.floor(share * EVALUATIONS)
            yield self._evaluated(speed) if due else self._progress(speed)

    def _progress(self, speed: float, **more: Any) -> TextProgress:
        return TextProgress(self.step, self.share, self.seconds, self.recent_loss, speed, **more)

    def _evaluated(self, speed: float) -> TextProgress:
        start = time.perf_counter()
        if not is_finite(self.model):
            raise DivergedError(f"the weights are not finite after step {self.step}")
        self.validation_loss = self.evaluate()
        sample = self.sample()
        self.seconds += time.perf_counter() - start
        return self._progress(speed, validation_loss=self.validation_loss, sample=sample)

    def _train_step(self, share: float) -> float:
        """One batch; the result is its loss."""
        model, optimizer = self.model, self.optimizer
        model.train()
        for group in optimizer.param_groups:
            group["lr"] = self.options.lr * learning_rate(share)
        inputs, targets = self._random_windows()
        optimizer.zero_grad()
        loss = next_token_loss(model, inputs, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT_NORM)
        optimizer.step()
        self.step += 1
        return float(loss.item())

    def _random_windows(self) -> tuple[nn.Tensor, nn.Tensor]:
        """Tokens and those that follow them: two of (B, T)."""
        options = self.options
        starts = nn.randint(
            0,
            len(self.train_ids) - options.context,
            (options.batch_size,),
            generator=self.window_generator,
            device="numpy",
        )
        return self._windows(self.train_ids, starts.numpy())

    def _windows(
        self, ids: np.ndarray[Any, Any], starts: np.ndarray[Any, Any]
    ) -> tuple[nn.Tensor, nn.Tensor]:
        positions = starts[:, None] + np.arange(self.options.context + 1)
        windows = nn.tensor(ids[positions], device=self.options.device, dtype=nn.int64)
        return windows[:, :-1], windows[:, 1:]

    def evaluate(self) -> float:
        """The mean loss per token on the text's end, in at most VALIDATION_WINDOWS windows."""
        last = len(self.validation_ids) - self.options.context - 1
        count = min(VALIDATION_WINDOWS, last // self.options.context + 1)
        starts = np.linspace(0, last, count).astype(np.int64)
        self.model.eval()
        total = 0.0
        with nn.no_grad():
            for first in range(0, count, self.options.batch_size):
                batch = starts[first : first + self.options.batch_size]
                inputs, targets = self._windows(self.validation_ids, batch)
                total += next_token_loss(self.model, inputs, targets).item() * len(batch)
        return total / count

    def sample(self) -> str:
        """What the model writes now, after the text's first line break (or first token)."""
        try:
            prompt = self.tokenizer.encode("\n")
        except ValueError:
            prompt = self.train_ids[:1].tolist()
        ids = generate(
            self.model,
            nn.tensor([prompt], device=self.options.device),
            SAMPLE_LENGTH,
            temperature=SAMPLE_TEMPERATURE,
            generator=nn.Generator(self.options.seed),
        )
        return self.tokenizer.decode(ids[0, len(prompt) :].tolist())

    # What a stopped run needs to go on -----------------------------------------------------------

    def save(self, path: str | os.PathLike[str], record: Mapping[str, Any]) -> None:
        """Write all that the run needs to go on, and ``record`` (what JSON can hold)."""
        progress = {
            "step": self.step,
            "seconds": self.seconds,
            "recent_loss": self.recent_loss,
            "validation_loss": self.validation_loss,
        }
        metadata = {"progress": progress, "record": dict(record)}
        nn.checkpoint.save_training_state(path, self._parts(), metadata)

    def resume(self, path: str | os.PathLike[str]) -> dict[str, Any]:
        """Go on from there; returns the record. The run has the same options, text and tokenizer.

        Raises what ``load_training_state`` does, and KeyError for a file that isn't of such a run.
        """
        metadata = nn.checkpoint.load_training_state(path, self._parts())
        progress = metadata["progress"]
        self.step, self.seconds = progress["step"], progress["seconds"]
        self.recent_loss = progress["recent_loss"]
        self.validation_loss = progress["validation_loss"]
        return dict(metadata["record"])

    def _parts(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "optimizer": self.optimizer,
            "window_generator": self.window_generator,
        }


def next_token_loss(model: nn.Module, inputs: nn.Tensor, targets: nn.Tensor) -> nn.Tensor:
    """The mean cross-entropy per token, in nats: (B, T), (B, T) -> ()."""
    logits, _ = model(inputs)  # (B, T, V)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def learning_rate(share: float) -> float:
    """The rate, as a part of the largest, when ``share`` of the run is done.

    >>> [round(learning_rate(share), 3) for share in (0.0, WARM_UP, 1.0)]
    [0.01, 1.0, 0.1]
    """
    if share < WARM_UP:
        return max(share / WARM_UP, 0.01)
    progress = (share - WARM_UP) / (1 - WARM_UP)
    return LAST_LR + (1 - LAST_LR) * (1 + math.cos(math.pi * progress)) / 2
