"""Observers see every operation of their thread as it is applied.

Anomaly detection and checkpointing are built on them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from .op import Op, observers

__all__ = ["Observer", "observing"]


class Observer(Protocol):
    """What is told of an operation after it has been applied."""

    def applied(self, operation: Op[Any], args: tuple[Any, ...], result: Any) -> None:
        """`result` is a tensor, or an array where the operands are arrays."""


class _OfThread:
    """Tells an observer of what its own thread does."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._thread = threading.get_ident()

    def applied(self, operation: Op[Any], args: tuple[Any, ...], result: Any) -> None:
        if threading.get_ident() == self._thread:
            self._observer.applied(operation, args, result)


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Tell an observer of all operations that this thread applies in the block.

    >>> import tiny_autograd as ta
    >>> class Names:
    ...     def applied(self, operation, args, result):
    ...         print(operation.name)
    >>> with observing(Names()):
    ...     y = ta.ones(2) * 3 + 1
    mul
    add
    """
    registered = _OfThread(observer)
    observers.append(registered)
    try:
        yield
    finally:
        observers.remove(registered)
