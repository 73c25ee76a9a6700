"""Characters for pixels and probabilities."""

import io

import pytest
from rich.console import Console

from tiny_models.terminal import draw_bars, draw_half_blocks, draw_shades


def test_shades() -> None:
    assert draw_shades([[0.0, 0.25, 0.5, 0.75, 1.0]]) == "  ░░▒▒▓▓██\n"
    assert draw_shades([[-1.0, 2.0]]) == "  ██\n"


def test_half_blocks_put_two_rows_into_one_line() -> None:
    text = draw_half_blocks([[0.0, 1.0], [1.0, 0.0]])
    assert text.plain == "▀▀▀▀\n"
    out = io.StringIO()
    Console(file=out, force_terminal=True, color_system="truecolor").print(text)
    assert "38;2;0;0;0;48;2;255;255;255m▀▀" in out.getvalue()


@pytest.mark.parametrize(("share", "length"), [(0.0, 0), (0.5, 15), (1.0, 30)])
def test_bars(share, length) -> None:
    line = draw_bars([share], "0")
    assert line.count("█") == length
    assert f"{share * 100:.1f} %" in line
