"""A kind of work that compare.py measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass
class Row:
    """One kind of work, done by each contestant; `calls` of it are timed together."""

    name: str
    calls: int
    ours: Work
    peers: dict[str, Work]
