"""Finding the operation that first made a NaN or an infinity, forward or backward."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import ndarray_core as nd
from ndarray_core import NDArray

from .node import Node
from .observers import observing
from .op import Op
from .variable import Variable

__all__ = ["AnomalyError", "detect_anomaly"]

_PACKAGE = str(Path(__file__).parent)


class AnomalyError(RuntimeError):
    """An operation made a NaN or an infinity of finite numbers; the message says where."""


class _Watching(threading.local):
    watch: Watch | None = None


_watching = _Watching()


def current_watch() -> Watch | None:
    """What watches this thread's gradients, if anything does."""
    return _watching.watch


class Watch:
    """Looks at each result, and remembers where each node of the graph was made."""

    def __init__(self, check_inf: bool) -> None:
        self._check_inf = check_inf
        self._places: WeakKeyDictionary[Node, str] = WeakKeyDictionary()

    def applied(self, operation: Op[Any], args: tuple[Any, ...], result: Any) -> None:
        if not isinstance(result, Variable):
            return  # part of a gradient rule, whose result is looked at as a whole
        place = _place_of_caller()
        if result._node is not None:
            self._places[result._node] = place
        found = self._anomaly(result.array)
        if found and not any(self._anomaly(x) for x in args):
            raise AnomalyError(f"{operation.name}: {found} came out of finite numbers, in {place}")

    def gradient_computed(self, node: Node, gradient: Any, result: Any) -> None:
        """Look at what one of the node's rules made of its gradient."""
        found = self._anomaly(result)
        if found and not self._anomaly(gradient):
            raise AnomalyError(
                f"{node.name()}: {found} came out of a finite gradient; the operation was applied "
                f"in {self.place(node)}"
            )

    def place(self, node: Node) -> str:
        """The file and the line that made the node."""
        return self._places.get(node, "a line outside detect_anomaly()")

    def _anomaly(self, x: Any) -> str:
        """Which number that is not finite x holds, and where; nothing if it is finite."""
        array = x.array if isinstance(x, Variable) else x
        if isinstance(array, float):
            return "" if isfinite(array) else str(array)
        if not isinstance(array, NDArray) or array.dtype.kind != "float" or array.size == 0:
            return ""
        wrong = nd.logical_not(nd.isfinite(array)) if self._check_inf else nd.isnan(array)
        if not nd.any(wrong):
            return ""
        position = tuple(int(indices[0]) for indices in nd.nonzero(wrong)) if array.ndim else ()
        return f"{array[position].item()} (element {position} of shape {array.shape})"


def _place_of_caller() -> str:
    """The innermost line of code that is not this package's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    if frame is None:
        return "an unknown line"
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}, in {frame.f_code.co_name}"


@contextmanager
def detect_anomaly(check_inf: bool = True) -> Iterator[None]:
    """Raise AnomalyError where a NaN (or an infinity) first comes out of finite numbers.

    For forward computations and for gradients, in this thread. Every result is looked at, which
    takes about as long as computing it: for finding a mistake, not for training. An infinity that
    is given as a number, as in masked_fill, is no anomaly.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([1.0, 0.0], requires_grad=True)
    >>> with detect_anomaly():
    ...     ta.sqrt(x).sum().backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tiny_autograd.anomaly.AnomalyError: SqrtBackward: inf (element (1,) of shape (2,)) came out ...
    """
    before = _watching.watch
    watch = Watch(check_inf)
    _watching.watch = watch
    try:
        with observing(watch):
            yield
    finally:
        _watching.watch = before
