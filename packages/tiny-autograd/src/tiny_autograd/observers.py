"""Observers see every operation of their thread as it is applied.

Anomaly detection and checkpointing are built on them. While no observer is registered anywhere,
operations do not know of them: `Op.__call__` is exchanged only as long as there is one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from .op import Op

__all__ = ["Observer", "observing"]


class Observer(Protocol):
    """What is told of an operation after it has been applied."""

    def applied(self, operation: Op[Any], args: tuple[Any, ...], result: Any) -> None:
        """`result` is a tensor, or an array where the operands are arrays."""


class _Active(threading.local):
    def __init__(self) -> None:
        self.observers: tuple[Observer, ...] = ()


_active = _Active()
_count = 0  # of observers, in all threads
_count_lock = threading.Lock()
_plain_call = Op.__call__


def _observed_call(self: Op[Any], *args: Any, **parameters: Any) -> Any:
    result = _plain_call(self, *args, **parameters)
    for observer in _active.observers:
        observer.applied(self, args, result)
    return result


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
    before = _active.observers
    _exchange(1)
    _active.observers = (*before, observer)
    try:
        yield
    finally:
        _active.observers = before
        _exchange(-1)


def _exchange(change: int) -> None:
    global _count
    with _count_lock:
        _count += change
        setattr(Op, "__call__", _observed_call if _count else _plain_call)  # noqa: B010
