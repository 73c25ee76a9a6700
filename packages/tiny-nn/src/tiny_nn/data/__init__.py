"""Datasets, samplers and the loader, under torch.utils.data's names."""

from tiny_nn.data.collate import default_collate
from tiny_nn.data.dataset import Dataset, Subset, TensorDataset, random_split
from tiny_nn.data.loader import DataLoader
from tiny_nn.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "default_collate",
    "random_split",
]
