"""The embedded text: plays of Shakespeare (source and licence: README.md here).

>>> from tiny_models.data import texts
>>> texts.shakespeare().count("HAMLET"), texts.shakespeare().count("MACBETH") > 100
(0, True)
"""

from __future__ import annotations

from importlib import resources


def shakespeare() -> str:
    """Eight plays, about a million ASCII characters."""
    return resources.files(__package__).joinpath("shakespeare.txt").read_text(encoding="ascii")
