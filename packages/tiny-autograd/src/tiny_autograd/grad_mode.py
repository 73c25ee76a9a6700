"""Whether operations are recorded: one switch for each thread, and each asynchronous task."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from contextvars import ContextVar
from functools import partial, wraps
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


_recording: ContextVar[bool] = ContextVar("recording", default=True)
# The way of the inside, which asks at every operation.
is_recording = _recording.get
set_recording = _recording.set


def is_grad_enabled() -> bool:
    """Whether this thread records operations on tensors that require a gradient.

    >>> is_grad_enabled()
    True
    """
    return is_recording()


class _Switch:
    """Sets the mode on entering and restores what was before on leaving; may be nested."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._previous: list[bool] = []

    def __enter__(self) -> Self:
        self._previous.append(is_recording())
        set_recording(self._enabled)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        set_recording(self._previous.pop())

    def __call__(self, function: F) -> F:
        """As a decorator: the whole function runs in the mode, of a generator its own code only."""
        return _decorate(function, self._enabled)


class _FixedSwitch(_Switch):
    """A switch to one value, which also decorates without parentheses: `@no_grad`."""

    _value: ClassVar[bool]

    def __new__(cls, function: Callable[..., Any] | None = None, /) -> Any:
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self, function: Callable[..., Any] | None = None, /) -> None:
        # Of `@no_grad` nothing comes here: there `__new__` returns the decorated function.
        super().__init__(self._value)


def _decorate(function: F, enabled: bool) -> F:
    """The function, run under a switch of its own on every call.

    So recursion and threads do not mix up what to restore.
    """
    if not callable(function):
        raise TypeError(
            f"a gradient mode decorates a function, not {type(function).__name__}; "
            "set_grad_enabled(value) switches by a value"
        )
    decorated: Callable[..., Any]
    if inspect.isgeneratorfunction(function):

        @wraps(function)
        def decorated(*args: Any, **parameters: Any) -> Any:
            return _resumed_under(enabled, function(*args, **parameters))
    else:

        @wraps(function)
        def decorated(*args: Any, **parameters: Any) -> Any:
            with _Switch(enabled):
                return function(*args, **parameters)

    return cast("F", decorated)


def _resumed_under(enabled: bool, generator: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """The generator, whose code runs in the mode, while the code between its steps does not."""
    resume: Callable[[], Any] = partial(next, generator)
    try:
        while True:
            try:
                with _Switch(enabled):
                    value = resume()
            except StopIteration as end:
                return end.value
            try:
                sent = yield value
            except GeneratorExit:
                raise
            except BaseException as error:
                resume = partial(generator.throw, error)
            else:
                resume = partial(generator.send, sent)
    finally:
        with _Switch(enabled):
            generator.close()


class no_grad(_FixedSwitch):
    """Operations are not recorded: results do not require a gradient. A context or a decorator.

    >>> import tiny_autograd as ta
    >>> x = ta.ones(2, requires_grad=True)
    >>> with ta.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    _value = False


class inference_mode(_Switch):
    """As `no_grad`, for code that only predicts: a context or a decorator, with PyTorch's name.

    Tensors made in it are ordinary ones here.

    >>> import tiny_autograd as ta
    >>> with ta.inference_mode():
    ...     ta.is_grad_enabled()
    False
    """

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        return super().__new__(cls) if isinstance(mode, bool) else cls()(mode)

    def __init__(self, mode: bool | Callable[..., Any] = True) -> None:
        # With mode=False nothing changes: what was on stays on.
        super().__init__(is_grad_enabled() and not mode)


class enable_grad(_FixedSwitch):
    """Operations are recorded, also inside `no_grad`. A context or a decorator.

    >>> import tiny_autograd as ta
    >>> with ta.no_grad(), ta.enable_grad():
    ...     print(ta.is_grad_enabled())
    True
    """

    _value = True


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
        self._before_call: bool | None = is_recording()
        set_recording(mode_enabled)

    def __enter__(self) -> Self:
        # The constructor has switched already; what to restore is the mode before it.
        before, self._before_call = self._before_call, None
        self._previous.append(is_recording() if before is None else before)
        set_recording(self._enabled)
        return self

    def __call__(self, function: F) -> F:
        """As a decorator, switch only inside the function."""
        if self._before_call is not None:
            set_recording(self._before_call)
        return super().__call__(function)
