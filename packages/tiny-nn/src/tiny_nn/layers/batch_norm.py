"""BatchNorm and InstanceNorm: channels normalised over positions, and over the batch or not."""

from __future__ import annotations

from typing import Any

from tiny_autograd import Tensor, empty, init, int64, no_grad, ones, tensor, zeros
from tiny_autograd import functional as F
from tiny_nn.conversion import check_tensor
from tiny_nn.module import Module
from tiny_nn.parameter import Parameter

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
]


class _ChannelNorm(Module):
    """Parameters and running statistics, one of each for a channel."""

    dims: tuple[int, ...]  # the numbers of input dimensions that are accepted
    # torch before 0.4.1 did not count the batches.
    _optional_state = frozenset({"num_batches_tracked"})
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        size = (num_features,)
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(
                name, Parameter(empty(size, device=device, dtype=dtype)) if wanted else None
            )
        if track_running_stats:
            self.register_buffer("running_mean", zeros(size, device=device, dtype=dtype))
            self.register_buffer("running_var", ones(size, device=device, dtype=dtype))
            self.register_buffer("num_batches_tracked", tensor(0, device=device, dtype=int64))
        else:
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                self.register_buffer(name, None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the running mean and variance."""
        if self.running_mean is not None and self.running_var is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Weight one, bias zero, running statistics forgotten."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input(self, input: Tensor) -> None:
        check_tensor(input, self)
        if input.ndim not in self.dims:
            expected = " or ".join(f"{dims}D" for dims in self.dims)
            raise ValueError(f"expected {expected} input (got {input.ndim}D input)")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_ChannelNorm):
    """Normalise each channel over the batch (Ioffe & Szegedy 2015, algorithms 1 and 2).

    In training the batch's own mean and variance are used, and the running ones move towards them
    by ``momentum`` (None: the average over all batches so far); in evaluation the running ones are
    used, unless there are none.
    """

    def forward(self, input: Tensor) -> Tensor:
        self._check_input(input)
        average_factor = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            with no_grad():
                self.num_batches_tracked.add_(1)
            if self.momentum is None:
                average_factor = 1 / float(self.num_batches_tracked.item())
        # A module without running statistics always normalises by the batch's.
        use_batch_statistics = self.training or self.running_mean is None
        keep_statistics = not self.training or self.track_running_stats
        return F.batch_norm(
            input,
            self.running_mean if keep_statistics else None,
            self.running_var if keep_statistics else None,
            self.weight,
            self.bias,
            use_batch_statistics,
            average_factor,
            self.eps,
        )


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of (N, C) or (N, C, L), over all but C.

    >>> import tiny_nn as nn
    >>> y = nn.BatchNorm1d(2)(nn.tensor([[1.0, 5.0], [3.0, 9.0]]))
    >>> [[round(value, 3) for value in row] for row in y.tolist()]
    [[-1.0, -1.0], [1.0, 1.0]]
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of (N, C, H, W), over all but C.

    >>> import tiny_nn as nn
    >>> list(nn.BatchNorm2d(3).state_dict())
    ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked']
    """

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalisation of (N, C, D, H, W), over all but C.

    >>> import tiny_nn as nn
    >>> nn.BatchNorm3d(2)(nn.zeros((2, 2, 3, 4, 5))).shape
    (2, 2, 3, 4, 5)
    """

    dims = (5,)


class _InstanceNorm(_ChannelNorm):
    """Normalise each channel of each sample (Ulyanov et al. 2016).

    With ``track_running_stats`` the running mean and variance move towards those of the batch by
    ``momentum`` in training, and are used in evaluation.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        options = eps, momentum, affine, track_running_stats
        super().__init__(num_features, *options, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check_input(input)
        batched = input.ndim == max(self.dims)
        out = F.instance_norm(
            input if batched else input.unsqueeze(0),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return out if batched else out.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """Instance normalisation of (N, C, L) or (C, L), over L.

    >>> import tiny_nn as nn
    >>> y = nn.InstanceNorm1d(1)(nn.tensor([[[1.0, 3.0]], [[10.0, 30.0]]]))
    >>> [[round(value, 3) for value in row] for (row,) in y.tolist()]
    [[-1.0, 1.0], [-1.0, 1.0]]
    """

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalisation of (N, C, H, W) or (C, H, W), over H and W.

    >>> import tiny_nn as nn
    >>> list(nn.InstanceNorm2d(3, affine=True).state_dict())
    ['weight', 'bias']
    """

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance normalisation of (N, C, D, H, W) or (C, D, H, W), over D, H and W.

    >>> import tiny_nn as nn
    >>> nn.InstanceNorm3d(2)(nn.zeros((2, 3, 4, 5))).shape  # no batch
    (2, 3, 4, 5)
    """

    dims = (4, 5)
