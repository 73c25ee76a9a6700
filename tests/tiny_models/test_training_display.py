"""What a training run prints while it goes on."""

import io
import re

import pytest
from rich.console import Console

from tiny_models.training import display
from tiny_models.training.display import shown
from tiny_models.training.images import Progress


def steps(epochs: int, batches: int = 3, loss: float = 99.98765) -> list[Progress]:
    """A run with values as wide as they get."""
    return [
        Progress(epoch, batch, batches, loss, 1.0, 99_999.0)
        for epoch in range(1, epochs + 1)
        for batch in range(1, batches + 1)
    ]


def on_terminal(width: int, epochs: int, loss: float = 99.98765) -> str:
    """The last line of a live display of that width."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, color_system=None)
    run = steps(epochs, loss=loss)
    assert list(shown(run, epochs, console)) == run
    plain = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", out.getvalue())
    return plain.replace("\r", "\n").rstrip("\n").split("\n")[-1]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (40, "20/20 loss 99.9877 100.0% 0:00:00 left"),
        (60, "epoch 20/20 loss 99.9877 accuracy 100.0% 0:00:00 left"),
        (72, "epoch 20/20 loss 99.9877 accuracy 100.0% 99,999 images/s 0:00:00 left"),
    ],
)
def test_a_narrow_terminal_has_fewer_columns_but_whole_words(width, expected) -> None:
    assert on_terminal(width, 20).rstrip() == expected


@pytest.mark.parametrize("width", [80, 81, 120])
def test_a_wide_terminal_has_a_bar(width) -> None:
    line = on_terminal(width, 20)
    assert "━━━━━━━━" in line
    assert "99,999 images/s" in line
    assert line.rstrip().endswith("left")
    assert len(line) <= width


@pytest.mark.parametrize("width", range(39, 100))
@pytest.mark.parametrize("loss", [0.1, 1e30])
def test_no_width_cuts_words(width, loss) -> None:
    line = on_terminal(width, 20, loss)
    assert "…" not in line
    assert "..." not in line
    assert line.rstrip().endswith("0:00:00 left")


def test_lines_tell_of_epochs() -> None:
    out = io.StringIO()
    list(shown(steps(2), 2, Console(file=out)))
    first, second = out.getvalue().splitlines()
    assert first.startswith("epoch 1/2  loss 99.9877  accuracy 100.0%  99,999 images/s  ")
    assert second.startswith("epoch 2/2  loss")
    assert second.endswith("  0 s left")


def test_lines_tell_of_batches_where_epochs_take_long(monkeypatch) -> None:
    monkeypatch.setattr(display, "SECONDS_BETWEEN_LINES", 0.0)
    out = io.StringIO()
    list(shown(steps(1), 1, Console(file=out)))
    starts = [line.split("  ")[0] for line in out.getvalue().splitlines()]
    assert starts == ["epoch 1/1 batch 1/3", "epoch 1/1 batch 2/3", "epoch 1/1"]
