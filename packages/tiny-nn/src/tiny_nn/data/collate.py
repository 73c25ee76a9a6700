"""default_collate: a list of samples into one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tiny_autograd import Tensor, float64, from_numpy, stack, tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Join samples along a new first dimension, structure by structure.

    Tensors and NumPy arrays are stacked; Python floats become a float64 tensor, ints an int64 one,
    and floats behind a first int what ``tensor`` makes of them; strings stay a list; tuples, lists
    and dictionaries are joined entry by entry (tuples and lists come back as lists, named tuples
    as themselves). Raises RuntimeError for sequences of different
    lengths and TypeError, naming the type, for anything else.

    >>> import tiny_nn as nn
    >>> images, labels = nn.data.default_collate([(nn.zeros((2,)), 3), (nn.ones((2,)), 5)])
    >>> images.shape, labels.tolist()
    ((2, 2), [3, 5])
    """
    if not batch:
        raise ValueError("default_collate: an empty batch has no type to join")
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch))
    if isinstance(first, np.ndarray | np.generic):
        return from_numpy(np.stack([np.asarray(sample) for sample in batch]))
    if isinstance(first, float):
        return tensor(list(batch), dtype=float64)
    if isinstance(first, int):  # what the numbers together are: floats may follow an int
        return tensor(list(batch))
    if isinstance(first, str | bytes):
        return list(batch)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, Sequence):
        lengths = {len(sample) for sample in batch}
        if len(lengths) > 1:
            raise RuntimeError(
                "each element in list of batch should be of equal size, but got lengths "
                f"{sorted(lengths)}"
            )
        joined = [default_collate(samples) for samples in zip(*batch, strict=True)]
        return type(first)(*joined) if hasattr(first, "_fields") else joined
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {type(first)}; give the DataLoader a collate_fn"
    )
