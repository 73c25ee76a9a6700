"""How arrays print themselves: `repr(x)`, `str(x)`, `f"{x:.3f}"`, and the options for it.

The text is NumPy's for the same elements. Of a large array only the corners that are shown are
looked at.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._core import NDArray

__all__ = ["get_printoptions", "printoptions", "set_printoptions"]


@dataclass(frozen=True)
class PrintOptions:
    """The options in force."""

    precision: int = 8  # digits behind the point, at most
    threshold: int = 1000  # arrays with more elements are summarised
    edgeitems: int = 3  # shown at each end of an axis then
    linewidth: int = 88  # characters
    suppress: bool = False  # no exponents for numbers near 0

    def __post_init__(self) -> None:
        for name in ("precision", "threshold", "edgeitems", "linewidth"):
            value = getattr(self, name)
            least = 1 if name in ("edgeitems", "linewidth") else 0
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"printoptions: {name} is an int, not {value!r}")
            if value < least:
                raise ValueError(f"printoptions: {name} is at least {least}, not {value}")
        if not isinstance(self.suppress, bool):
            raise TypeError(f"printoptions: suppress is True or False, not {self.suppress!r}")


_process_options = PrintOptions()
# As for the default device: a with-statement does not disturb other threads and tasks.
_scoped_options: ContextVar[PrintOptions | None] = ContextVar(
    "ndarray_core_printoptions", default=None
)


def _in_force() -> PrintOptions:
    return _scoped_options.get() or _process_options


def get_printoptions() -> dict[str, Any]:
    """The options in force, by name.

    >>> nd.get_printoptions()["edgeitems"]
    3
    """
    return dataclasses.asdict(_in_force())


def set_printoptions(
    *,
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    suppress: bool | None = None,
) -> None:
    """Sets options of the whole process; those that are left out stay as they are.

    precision: digits behind the point, at most. threshold: arrays with more elements are
    summarised, and show edgeitems elements at each end of an axis. linewidth: in characters.
    suppress: no exponents for numbers near 0. TypeError and ValueError for values that make no
    sense.

    >>> nd.set_printoptions(precision=8)
    """
    global _process_options
    _process_options = dataclasses.replace(_process_options, **_given(locals()))


@contextmanager
def printoptions(
    *,
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    suppress: bool | None = None,
) -> Iterator[dict[str, Any]]:
    """Sets options inside a with-statement, in this thread alone; see `set_printoptions`.

    >>> with nd.printoptions(precision=2):
    ...     print(nd.asarray([1 / 3, 2 / 3]))
    [0.33 0.67]
    """
    token = _scoped_options.set(dataclasses.replace(_in_force(), **_given(locals())))
    try:
        yield get_printoptions()
    finally:
        _scoped_options.reset(token)


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def array_repr(x: NDArray) -> str:
    """The elements as nested lists, summarised if there are many, with their type and device.

    >>> nd.asarray([[1.0, 2.5], [3.0, 4.0]])
    array([[1. , 2.5],
           [3. , 4. ]], dtype=float32, device='numpy')
    >>> nd.arange(5000)
    array([   0,    1,    2, ..., 4997, 4998, 4999],
          shape=(5000,), dtype=int64, device='numpy')
    >>> nd.zeros((0, 3))
    array([], shape=(0, 3), dtype=float32, device='numpy')
    """
    summarised = x.size > _in_force().threshold
    shape = f"shape={x.shape}, " if summarised or x.size == 0 else ""
    prefix = "array("
    elements = prefix + _elements(x, ", ", prefix, ",") + ","
    suffix = f"{shape}dtype={x.dtype.name}, device='{x.device}')"
    width = len(elements) - elements.rfind("\n") - 1  # of the last line
    fits = width + 1 + len(suffix) <= _in_force().linewidth
    return elements + (" " if fits else "\n" + " " * len(prefix)) + suffix


def array_str(x: NDArray) -> str:
    """The elements alone.

    >>> print(nd.asarray([[1.0, 2.5], [3.0, 4.0]]), nd.asarray(True))
    [[1.  2.5]
     [3.  4. ]] True
    """
    return _elements(x, " ", "", "")


def array_format(x: NDArray, spec: str) -> str:
    """`f"{x:spec}"`: a 0-d array as the number that it holds. TypeError for others.

    >>> f"{nd.asarray(2 / 3):.3f}"
    '0.667'
    """
    if not spec:
        return str(x)
    if x.ndim > 0:
        raise TypeError(
            f"format: {spec!r} formats a number, and this array has shape {x.shape}; format its "
            "elements, or set digits with printoptions(precision=...)"
        )
    return format(x.item(), spec)


def _elements(x: NDArray, separator: str, prefix: str, suffix: str) -> str:
    if x.size == 0:
        return "[]"
    options = _in_force()
    summarised = x.size > options.threshold
    return np.array2string(
        _corners(x, options.edgeitems) if summarised else x.numpy(),
        max_line_width=options.linewidth,
        precision=options.precision,
        suppress_small=options.suppress,
        separator=separator,
        prefix=prefix,
        suffix=suffix,
        threshold=0 if summarised else x.size,
        edgeitems=options.edgeitems,
    )


def _corners(x: NDArray, edgeitems: int) -> npt.NDArray[Any]:
    """x without the middle of long axes, of which one element is left, so that NumPy finds
    something to leave out."""

    def part(key: tuple[slice, ...]) -> npt.NDArray[Any]:
        axis = len(key)
        if axis == x.ndim:
            return x[key].numpy()
        size = x.shape[axis]
        if size <= 2 * edgeitems:
            return part((*key, slice(None)))
        ends = (slice(0, edgeitems + 1), slice(size - edgeitems, size))
        return np.concatenate([part((*key, end)) for end in ends], axis)

    return part(())
