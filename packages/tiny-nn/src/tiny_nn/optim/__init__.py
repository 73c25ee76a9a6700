"""Optimizers and learning-rate schedules under torch.optim's names."""

from tiny_nn.optim import lr_scheduler
from tiny_nn.optim.adam import Adam, AdamW
from tiny_nn.optim.optimizer import Optimizer
from tiny_nn.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]
