"""New tensors of random numbers.

Sizes may be given one by one or as one sequence. `generator` is the default one when left out,
which `manual_seed` sets; `dtype` is float32 then, and `device` the default device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ndarray_core as nd
from ndarray_core.errors import DTypeError, ShapeError
from ndarray_core.random import Generator, default_generator

from . import ops
from .ops.shape import sizes
from .tensor import Tensor

if TYPE_CHECKING:
    DTypeLike = Any
    DeviceLike = Any


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers, uniform in [0, 1).

    >>> import tiny_autograd as ta
    >>> bool((ta.rand(100) < 1).all())
    True
    """
    source = generator or default_generator()
    array = source.random(sizes(size), dtype=dtype or nd.float32, device=device)
    return Tensor(array, requires_grad)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers of the standard normal distribution.

    >>> import tiny_autograd as ta
    >>> ta.randn(2, 3).shape
    (2, 3)
    """
    source = generator or default_generator()
    array = source.normal(0.0, 1.0, sizes(size), dtype=dtype or nd.float32, device=device)
    return Tensor(array, requires_grad)


def randint(
    low: int,
    high: int | Sequence[int] | None = None,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
) -> Tensor:
    """Random integers from `low` (0 if only `high` is given) up to `high`, without it.

    >>> import tiny_autograd as ta
    >>> x = ta.randint(0, 3, (100,))
    >>> int(x.min()), int(x.max())
    (0, 2)
    """
    if size is None:  # randint(high, size)
        low, high, size = 0, low, high  # type: ignore[assignment]
    if not isinstance(high, int) or size is None:
        raise TypeError("randint: expected randint(high, size) or randint(low, high, size)")
    source = generator or default_generator()
    array = source.integers(low, high, tuple(size), dtype=dtype or nd.int64, device=device)
    return Tensor(array)


def randperm(n: int, *, generator: Generator | None = None, device: DeviceLike = None) -> Tensor:
    """The integers from 0 to n - 1 in random order.

    >>> import tiny_autograd as ta
    >>> sorted(ta.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    source = generator or default_generator()
    return Tensor(source.permutation(n, device=device))


def rand_like(x: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Random numbers, uniform in [0, 1), in the shape of x, of its dtype, on its device.

    >>> import tiny_autograd as ta
    >>> ta.rand_like(ta.zeros(2, 3)).shape
    (2, 3)
    """
    return rand(x.shape, generator=generator, dtype=x.dtype, device=x.device)


def randn_like(x: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Random numbers of the standard normal distribution, like x otherwise.

    >>> import tiny_autograd as ta
    >>> ta.randn_like(ta.zeros(2, 3)).shape
    (2, 3)
    """
    return randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)


def bernoulli(probability: float, *size: Any, generator: Generator | None = None) -> Tensor:
    """Truth values that hold with a probability.

    >>> import tiny_autograd as ta
    >>> int(ta.bernoulli(1.0, 3).sum())
    3
    """
    source = generator or default_generator()
    return Tensor(source.bernoulli(probability, sizes(size)))


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Random positions along the last dimension, drawn in proportion to the weights there.

    input: (n) or (rows, n) weights, not negative, in any scale -> (num_samples) or
    (rows, num_samples), int64. Without replacement no position is drawn twice (by the keys of
    Efraimidis and Spirakis 2006, "Weighted random sampling with a reservoir"). Raises ShapeError,
    DTypeError, ValueError for weights that are negative, not finite or all 0, and for more samples
    than there are positive weights.

    >>> import tiny_autograd as ta
    >>> ta.multinomial(ta.tensor([0.0, 3.0, 0.0]), 2, replacement=True)
    tensor([1, 1])
    """
    weights = input.array
    if weights.ndim not in (1, 2):
        raise ShapeError(f"multinomial: weights are (n) or (rows, n), got shape {input.shape}")
    if weights.dtype.kind != "float":
        raise DTypeError(f"multinomial: weights are floating-point, got {weights.dtype.name}")
    if num_samples < 1:
        raise ValueError(f"multinomial: the number of samples must be positive, got {num_samples}")
    # Sums of many weights need more digits than the weights themselves.
    weights = weights.astype(nd.float64, copy=False)
    if not bool(nd.all(nd.logical_and(nd.isfinite(weights), nd.greater_equal(weights, 0)))):
        raise ValueError("multinomial: weights must be finite and not negative")
    positive = nd.count_nonzero(weights, axis=-1)
    fewest = int(nd.min(positive)) if positive.size else num_samples
    if fewest < (1 if replacement else num_samples):
        raise ValueError(
            f"multinomial: {num_samples} samples of {fewest} positive weights"
            + ("" if replacement else "; replacement=True draws positions repeatedly")
        )
    source = generator or default_generator()
    shape = (*weights.shape[:-1], num_samples if replacement else weights.shape[-1])
    drawn = source.random(shape, dtype=nd.float64, device=weights.device)
    if not replacement:
        # Times at which independent clocks with these rates ring first; those of rate 0 never do.
        times = -nd.log1p(-drawn) / weights
        times = nd.where(nd.equal(weights, 0), nd.inf, times)
        return Tensor(nd.topk(times, num_samples, axis=-1, largest=False).indices)
    reached = nd.cumulative_sum(weights, axis=-1)
    heights = drawn * reached[..., -1:]
    return ops.searchsorted(Tensor(reached), Tensor(heights), right=True)
