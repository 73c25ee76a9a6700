"""Whether operations are recorded for differentiation: one switch per thread."""

from __future__ import annotations

import threading
from contextlib import ContextDecorator
from types import TracebackType
from typing import Self


class _Mode(threading.local):
    enabled = True  # every thread starts with recording on


mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether this thread records operations on tensors that require a gradient.

    >>> is_grad_enabled()
    True
    """
    return mode.enabled


class _Switch(ContextDecorator):
    """Sets the mode on entering and restores what was before on leaving; may be nested."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._previous: list[bool] = []

    def _recreate_cm(self) -> _Switch:
        # A decorated function enters a switch of its own on every call, so recursion and threads
        # do not mix up what to restore.
        return _Switch(self._enabled)

    def __enter__(self) -> Self:
        self._previous.append(mode.enabled)
        mode.enabled = self._enabled
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        mode.enabled = self._previous.pop()


class no_grad(_Switch):
    """Operations are not recorded: results do not require a gradient. A context or a decorator.

    >>> import tiny_autograd as ta
    >>> x = ta.ones(2, requires_grad=True)
    >>> with ta.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_Switch):
    """Operations are recorded, also inside `no_grad`. A context or a decorator.

    >>> import tiny_autograd as ta
    >>> with ta.no_grad(), ta.enable_grad():
    ...     print(ta.is_grad_enabled())
    True
    """

    def __init__(self) -> None:
        super().__init__(True)


class set_grad_enabled(_Switch):
    """Switches recording on or off: at once when called, and back when used as a context.

    >>> import tiny_autograd as ta
    >>> training = False
    >>> with ta.set_grad_enabled(training):
    ...     print(ta.is_grad_enabled())
    False
    >>> ta.is_grad_enabled()
    True
    """

    def __init__(self, mode_enabled: bool) -> None:
        super().__init__(mode_enabled)
        self._before_call: bool | None = mode.enabled
        mode.enabled = mode_enabled

    def __enter__(self) -> Self:
        # The constructor has switched already; what to restore is the mode before it.
        before, self._before_call = self._before_call, None
        self._previous.append(mode.enabled if before is None else before)
        mode.enabled = self._enabled
        return self

    def __call__(self, function):  # type: ignore[no-untyped-def]
        """As a decorator, switch only inside the function."""
        if self._before_call is not None:
            mode.enabled = self._before_call
        return super().__call__(function)
