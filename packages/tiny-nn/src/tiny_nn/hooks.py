"""Forward hooks of a Module and the handle that takes one off again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_keys = itertools.count()  # never reused, so that an old handle can't remove a newer hook


@dataclass(frozen=True, slots=True)
class Hook:
    """A registered function and whether it also receives the call's keyword arguments."""

    function: Callable[..., Any]
    with_kwargs: bool


class RemovableHandle:
    """Returned by the ``register_*_hook`` methods; ``remove()`` unregisters, also as ``with``.

    >>> import tiny_nn as nn
    >>> layer = nn.Identity()
    >>> with layer.register_forward_hook(lambda module, args, output: output + 1):
    ...     layer(nn.tensor(1.0)).item()
    2.0
    >>> layer(nn.tensor(1.0)).item()
    1.0
    """

    def __init__(self, hooks: dict[int, Hook], key: int) -> None:
        self._hooks = hooks
        self._key = key

    def remove(self) -> None:
        """Unregister the hook; a second call does nothing."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def add_hook(
    hooks: dict[int, Hook], function: Callable[..., Any], *, prepend: bool, with_kwargs: bool
) -> RemovableHandle:
    """Put ``function`` behind (or, with ``prepend``, before) the hooks registered so far."""
    key = next(_keys)
    existing = dict(hooks)
    if prepend:
        hooks.clear()
    hooks[key] = Hook(function, with_kwargs)
    if prepend:
        hooks.update(existing)
    return RemovableHandle(hooks, key)
