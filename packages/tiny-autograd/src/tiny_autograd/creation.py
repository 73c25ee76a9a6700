"""New tensors: from numbers, or of a shape.

Sizes may be given one by one or as one sequence. `dtype` is a member like `tiny_autograd.float64`
or its name, `device` a device or its name; left out, they are float32 (int64 where only integers
are given) and the default device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import ndarray_core as nd

from .ops.shape import sizes
from .tensor import Tensor

if TYPE_CHECKING:
    DTypeLike = Any
    DeviceLike = Any


def tensor(
    data: Any, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of a number, nested sequences of numbers, a NumPy array or a tensor; always a copy.

    Raises ShapeError for sequences that are not rectangular, and DTypeError for elements that are
    not numbers.

    >>> import tiny_autograd as ta
    >>> ta.tensor([[1, 2], [3, 4]], dtype=ta.float32)
    tensor([[1., 2.],
            [3., 4.]])
    """
    source = data.array if isinstance(data, Tensor) else _plain(data)
    if device is None and isinstance(source, nd.NDArray):
        device = source.device
    copy = True if isinstance(source, nd.NDArray | np.ndarray) else None
    return Tensor(nd.asarray(source, dtype=dtype, device=device, copy=copy), requires_grad)


def _plain(data: Any) -> Any:
    """Nested sequences with tensors of one element replaced by their numbers."""
    if isinstance(data, Tensor):
        return data.tolist()
    if isinstance(data, list | tuple):
        return [_plain(item) for item in data]
    return data


def as_tensor(data: Any, *, dtype: DTypeLike = None, device: DeviceLike = None) -> Tensor:
    """As `tensor`, but `data` itself if it is a tensor of that dtype on that device already.

    >>> import tiny_autograd as ta
    >>> x = ta.ones(2)
    >>> ta.as_tensor(x) is x
    True
    """
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    """A tensor that shares its memory with a NumPy array, on the default device.

    >>> import numpy as np
    >>> import tiny_autograd as ta
    >>> array = np.zeros(2)
    >>> x = ta.from_numpy(array)
    >>> array[0] = 7
    >>> x
    tensor([7., 0.], dtype=float64)
    """
    return Tensor(nd.from_numpy(array))


def zeros(
    *size: Any, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Zeros.

    >>> import tiny_autograd as ta
    >>> ta.zeros(2)
    tensor([0., 0.])
    """
    return full(sizes(size), 0.0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones(
    *size: Any, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Ones.

    >>> import tiny_autograd as ta
    >>> ta.ones(2)
    tensor([1., 1.])
    """
    return full(sizes(size), 1.0, dtype=dtype, device=device, requires_grad=requires_grad)


def full(
    size: int | Sequence[int],
    fill_value: float,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` everywhere; of its type when no dtype is given.

    >>> import tiny_autograd as ta
    >>> ta.full((2,), 7)
    tensor([7, 7])
    """
    shape = sizes((size,))
    return Tensor(nd.full(shape, fill_value, dtype=dtype, device=device), requires_grad)


def empty(
    *size: Any, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Uninitialised memory.

    >>> import tiny_autograd as ta
    >>> ta.empty(2, 3).shape
    (2, 3)
    """
    return Tensor(nd.empty(sizes(size), dtype=dtype or nd.float32, device=device), requires_grad)


def zeros_like(
    x: Tensor, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Zeros in the shape of x, of its dtype and on its device unless said otherwise.

    >>> import tiny_autograd as ta
    >>> ta.zeros_like(ta.tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    return Tensor(nd.zeros_like(x.array, dtype=dtype, device=device), requires_grad)


def ones_like(
    x: Tensor, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Ones in the shape of x, of its dtype and on its device unless said otherwise.

    >>> import tiny_autograd as ta
    >>> ta.ones_like(ta.tensor([1.0, 2.0]))
    tensor([1., 1.])
    """
    return Tensor(nd.ones_like(x.array, dtype=dtype, device=device), requires_grad)


def full_like(
    x: Tensor,
    fill_value: float,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` in the shape of x, of its dtype and on its device unless said otherwise.

    >>> import tiny_autograd as ta
    >>> ta.full_like(ta.tensor([1.0, 2.0]), 7)
    tensor([7., 7.])
    """
    return Tensor(nd.full_like(x.array, fill_value, dtype=dtype, device=device), requires_grad)


def empty_like(
    x: Tensor, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Uninitialised memory for the shape of x, of its dtype and on its device.

    >>> import tiny_autograd as ta
    >>> ta.empty_like(ta.tensor([1.0, 2.0])).shape
    (2,)
    """
    return Tensor(nd.empty_like(x.array, dtype=dtype, device=device), requires_grad)


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers from `start` (0 if only the end is given) to `end`, without it.

    >>> import tiny_autograd as ta
    >>> ta.arange(3), ta.arange(0, 1, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    return Tensor(nd.arange(start, end, step, dtype=dtype, device=device), requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers, evenly spaced, from `start` to `end` inclusive.

    >>> import tiny_autograd as ta
    >>> ta.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    return Tensor(
        nd.linspace(start, end, steps, dtype=dtype or nd.float32, device=device), requires_grad
    )


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Ones on the diagonal of an n x m matrix of zeros; m is n when left out.

    >>> import tiny_autograd as ta
    >>> ta.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return Tensor(nd.eye(n, m, dtype=dtype or nd.float32, device=device), requires_grad)


def tril_indices(row: int, col: int, offset: int = 0, *, device: DeviceLike = None) -> Tensor:
    """Where a row x col matrix has its lower triangle: (2, n), row by row.

    offset: the diagonal up to which it reaches.

    >>> import tiny_autograd as ta
    >>> ta.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle(nd.tril(nd.ones((row, col), device=device), k=offset))


def triu_indices(row: int, col: int, offset: int = 0, *, device: DeviceLike = None) -> Tensor:
    """Where a row x col matrix has its upper triangle: (2, n), row by row.

    offset: the diagonal at which it begins.

    >>> import tiny_autograd as ta
    >>> ta.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle(nd.triu(nd.ones((row, col), device=device), k=offset))


def _triangle(matrix: nd.NDArray) -> Tensor:
    return Tensor(nd.stack(nd.nonzero(matrix)))
