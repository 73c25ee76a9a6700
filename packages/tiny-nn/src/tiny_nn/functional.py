"""Stateless functions under torch.nn.functional's names (tiny_autograd's, one floor up)."""

from tiny_autograd.functional import *  # noqa: F403
