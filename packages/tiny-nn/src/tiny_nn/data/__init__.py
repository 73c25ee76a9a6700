"""Datasets, samplers and the loader, under torch.utils.data's names; images and tokens."""

from tiny_nn.data import transforms
from tiny_nn.data.collate import default_collate
from tiny_nn.data.dataset import (
    ConcatDataset,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from tiny_nn.data.idx import read_idx
from tiny_nn.data.loader import DataLoader
from tiny_nn.data.mnist import MNIST, FashionMNIST
from tiny_nn.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from tiny_nn.data.tokens import TokenFile, TokenWriter
from tiny_nn.data.worker import WorkerInfo, get_worker_info

__all__ = [
    "MNIST",
    "BatchSampler",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "FashionMNIST",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "TokenFile",
    "TokenWriter",
    "WeightedRandomSampler",
    "WorkerInfo",
    "default_collate",
    "get_worker_info",
    "random_split",
    "read_idx",
    "transforms",
]
