"""Learning-rate schedules: each is a closed formula of the number of steps so far, but for
``ReduceLROnPlateau``, which follows a measured value."""

from tiny_nn.optim.lr_scheduler.composition import ChainedScheduler, SequentialLR
from tiny_nn.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from tiny_nn.optim.lr_scheduler.decay import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from tiny_nn.optim.lr_scheduler.one_cycle import OneCycleLR
from tiny_nn.optim.lr_scheduler.plateau import ReduceLROnPlateau
from tiny_nn.optim.lr_scheduler.scheduler import LRScheduler
from tiny_nn.optim.lr_scheduler.warmup import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "get_constant_schedule_with_warmup",
    "get_cosine_schedule_with_warmup",
    "get_linear_schedule_with_warmup",
]
