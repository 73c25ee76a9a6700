"""Rotary position embedding."""

from __future__ import annotations

from .._core import NDArray
from ..manipulation import concat
from .definition import fused

__all__ = ["rotary_embedding"]


@fused
def rotary_embedding(x: NDArray, cos: NDArray, sin: NDArray, /) -> NDArray:
    """Turns the pairs (x_i, x_(i + D/2)) by angles (Su et al. 2021, section 3.4.2; the pairs are
    those of GPT-NeoX and Llama).

    x: (..., T, D); cos, sin: of the angles, (T, D / 2) -> as x. The gradient is the rotation by the
    negative angles: cos, and -sin. ShapeError where sizes do not fit.

    >>> x, cos, sin = nd.asarray([[1.0, 0.0]]), nd.asarray([[0.0]]), nd.asarray([[1.0]])
    >>> nd.fused.rotary_embedding(x, cos, sin).tolist()
    [[0.0, 1.0]]
    """
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    return concat((first * cos - second * sin, second * cos + first * sin), axis=-1)
