"""Parameter: a tensor that a Module trains."""

from __future__ import annotations

from tiny_autograd import Tensor


class Parameter(Tensor):
    """A leaf tensor that a :class:`~tiny_nn.Module` registers when it is assigned as an attribute.

    It shares the memory of ``data`` and starts no graph of its own. Operations on it give plain
    tensors.

    >>> import tiny_nn as nn
    >>> weight = nn.Parameter(nn.tensor([1.0, 2.0]))
    >>> weight.requires_grad, weight.is_leaf
    (True, True)
    """

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        if not isinstance(data, Tensor):
            raise TypeError(
                f"Parameter: data must be a Tensor, not {type(data).__name__}; "
                "wrap it with tiny_nn.tensor(...)"
            )
        super().__init__(data.detach().array, requires_grad=requires_grad)

    def __repr__(self) -> str:
        plain = Tensor(self.detach().array, requires_grad=self.requires_grad)
        return f"Parameter containing:\n{plain!r}"
