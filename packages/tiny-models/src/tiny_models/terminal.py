"""Drawing an image and probabilities with characters."""

from __future__ import annotations

from collections.abc import Sequence

from rich.color import Color
from rich.style import Style
from rich.text import Text

SHADES = " ░▒▓█"
ASCII_SHADES = " .:*#"
BAR_WIDTH = 30


def draw_half_blocks(ink: Sequence[Sequence[float]]) -> Text:
    """Two rows of pixels per line, each pixel in its own grey: for a terminal with colours.

    ink: (H, W) with even H, 0 to 1; ink is light, as on a blackboard.
    """
    text = Text()
    for upper, lower in zip(ink[0::2], ink[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            text.append("▀▀", Style(color=_grey(above), bgcolor=_grey(below)))
        text.append("\n")
    return text


def draw_shades(ink: Sequence[Sequence[float]], shades: str = SHADES) -> str:
    """One row of pixels per line, two characters a pixel: for any output.

    >>> print(draw_shades([[0.0, 1.0], [0.5, 0.0]], ASCII_SHADES).replace(" ", "_"))
    __##
    ::__
    <BLANKLINE>
    """
    darkest = len(shades) - 1
    return "".join(
        "".join(shades[round(_clipped(value) * darkest)] * 2 for value in row) + "\n" for row in ink
    )


def draw_bars(probabilities: Sequence[float], names: Sequence[str], full: str = "█") -> str:
    """A line per class: its name, a bar and the probability.

    >>> print(draw_bars([0.5, 0.0], ["a", "to"], full="#"))
    a  ###############                 50.0 %
    to                                  0.0 %
    <BLANKLINE>
    """
    width = max(map(len, names))
    return "".join(
        f"{name:{width}} {full * round(share * BAR_WIDTH):{BAR_WIDTH}} {share * 100:5.1f} %\n"
        for name, share in zip(names, probabilities, strict=True)
    )


def _grey(value: float) -> Color:
    level = round(_clipped(value) * 255)
    return Color.from_rgb(level, level, level)


def _clipped(value: float) -> float:
    return min(max(value, 0.0), 1.0)
