"""Losses of distances and rankings: zero once a margin is kept. `reduction` as in `loss`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ndarray_core.errors import ShapeError

from .. import ops
from .arguments import require_tensors
from .loss import reduce
from .normalization import cosine_similarity

if TYPE_CHECKING:
    from ..tensor import Tensor


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last dimension; the shapes are broadcast.

    >>> import tiny_autograd as ta
    >>> ta.functional.pairwise_distance(ta.tensor([[3.0, 4.0]]), ta.zeros(1, 2), eps=0.0)
    tensor([5.])
    """
    require_tensors("pairwise_distance", x1=x1, x2=x2)
    return ops.norm(x1 - x2 + eps, p, -1, keepdim)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """max(0, distance(anchor, positive) - distance(anchor, negative) + margin).

    All (N, D) or (D); distances are those of `pairwise_distance`. swap: the distance of positive
    and negative counts where it is smaller than that of anchor and negative (Balntas et al. 2016).
    Raises ValueError for a margin that is not positive, ShapeError for different dimensions.

    >>> import tiny_autograd as ta
    >>> x = ta.zeros(1, 2)
    >>> ta.functional.triplet_margin_loss(x, x, x)
    tensor(1.)
    """
    name = "triplet_margin_loss"
    require_tensors(name, anchor=anchor, positive=positive, negative=negative)
    if margin <= 0:
        raise ValueError(f"{name}: the margin must be positive, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ShapeError(
            f"{name}: anchor {anchor.shape}, positive {positive.shape} and negative "
            f"{negative.shape} must have the same number of dimensions"
        )
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = ops.minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduce(ops.clamp(near - far + margin, min=0), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    *,
    reduction: str = "mean",
) -> Tensor:
    """max(0, -target (input1 - input2) + margin): target 1 ranks input1 higher, -1 input2.

    >>> import tiny_autograd as ta
    >>> low, high = ta.tensor([1.0]), ta.tensor([3.0])
    >>> ta.functional.margin_ranking_loss(low, high, ta.tensor([1.0]))
    tensor(2.)
    """
    name = "margin_ranking_loss"
    require_tensors(name, input1=input1, input2=input2, target=target)
    if not input1.ndim == input2.ndim == target.ndim:
        raise ShapeError(
            f"{name}: input1 {input1.shape}, input2 {input2.shape} and target {target.shape} must "
            "have the same number of dimensions"
        )
    return reduce(ops.clamp(-target * (input1 - input2) + margin, min=0), reduction)


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, *, reduction: str = "mean"
) -> Tensor:
    """The input where the target is 1, max(0, margin - input) where it is -1.

    >>> import tiny_autograd as ta
    >>> ta.functional.hinge_embedding_loss(ta.tensor([0.5, 0.2]), ta.tensor([1.0, -1.0]))
    tensor(0.6500)
    """
    require_tensors("hinge_embedding_loss", input=input, target=target)
    alike = ops.where(target != -1, input, 0)
    different = ops.where(target != 1, ops.clamp(margin - input, min=0), 0)
    return reduce(alike + different, reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    *,
    reduction: str = "mean",
) -> Tensor:
    """1 - cosine where the target is 1, max(0, cosine - margin) where it is -1.

    input1 and input2: (N, D) with a target (N), or (D) with a target (). ShapeError otherwise.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1.0, 0.0]])
    >>> ta.functional.cosine_embedding_loss(x, x, ta.tensor([-1.0]))
    tensor(1.)
    """
    name = "cosine_embedding_loss"
    require_tensors(name, input1=input1, input2=input2, target=target)
    if not input1.ndim == input2.ndim == target.ndim + 1 or input1.ndim > 2:
        raise ShapeError(
            f"{name}: inputs {input1.shape} and {input2.shape}, target {target.shape}: expected "
            "(N, D), (N, D) and (N), or (D), (D) and ()"
        )
    cosine = cosine_similarity(input1, input2, -1)
    alike = ops.where(target == 1, 1 - cosine, 0)
    different = ops.where(target == -1, ops.clamp(cosine - margin, min=0), 0)
    return reduce(alike + different, reduction)


def soft_margin_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """log(1 + exp(-target input)), for targets 1 and -1.

    >>> import tiny_autograd as ta
    >>> ta.functional.soft_margin_loss(ta.tensor([0.0]), ta.tensor([1.0]))
    tensor(0.6931)
    """
    require_tensors("soft_margin_loss", input=input, target=target)
    return reduce(-ops.logsigmoid(target * input), reduction)
