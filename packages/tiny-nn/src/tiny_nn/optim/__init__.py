"""Optimizers and learning-rate schedules under torch.optim's names."""

from tiny_nn.optim import lr_scheduler
from tiny_nn.optim.adagrad import Adadelta, Adagrad
from tiny_nn.optim.adam import Adam, AdamW
from tiny_nn.optim.adam_variants import Adamax, NAdam, RAdam
from tiny_nn.optim.optimizer import Optimizer
from tiny_nn.optim.rmsprop import RMSprop
from tiny_nn.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "lr_scheduler",
]
