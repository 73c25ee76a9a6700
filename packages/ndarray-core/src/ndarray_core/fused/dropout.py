"""Dropout, whose mask is a place in the stream of random numbers: drawn where it is needed."""

from __future__ import annotations

from .._core import NDArray
from ..interchange import astype
from ..random import Generator
from .definition import fused

__all__ = ["dropout"]


@fused
def dropout(x: NDArray, /, *, p: float, seed: int, offset: int) -> NDArray:
    """Zero with probability p, else x / (1 - p) (Srivastava et al. 2014).

    seed, offset: the state of a `random.Generator`, which decides what is zero: the same elements
    on every device, and the same again in the gradient, which is `dropout` of the gradient. So no
    mask is kept. ValueError for a p outside of [0, 1).

    >>> x = nd.fused.dropout(nd.ones(4), p=0.5, seed=0, offset=0)
    >>> x.tolist()
    [2.0, 0.0, 0.0, 0.0]
    """
    generator = Generator()
    generator.state = {"seed": seed, "offset": offset}
    kept = generator.bernoulli(1 - p, x.shape, device=x.device)
    return x * (astype(kept, x.dtype) * (1 / (1 - p)))
