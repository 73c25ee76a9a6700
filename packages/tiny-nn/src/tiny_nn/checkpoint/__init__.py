"""Checkpoints: safetensors files with tensors, and with all that a training needs to go on."""

from tiny_nn.checkpoint.tensor_file import CheckpointError, load_file, load_metadata, save_file
from tiny_nn.checkpoint.training_state import load_training_state, save_training_state

__all__ = [
    "CheckpointError",
    "load_file",
    "load_metadata",
    "load_training_state",
    "save_file",
    "save_training_state",
]
