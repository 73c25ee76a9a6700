"""What a tensor is: its sizes, its type, its place in memory."""

from __future__ import annotations

from typing import Any

from ndarray_core import Device, DType

from .variable import Variable

Shape = tuple[int, ...]


class Description(Variable):
    """The part of Tensor that reads facts of its array."""

    __slots__ = ()

    @property
    def shape(self) -> Shape:
        """The sizes of all dimensions."""
        return self.array.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self.array.dtype

    @property
    def device(self) -> Device:
        """Where the memory is, and where operations run."""
        return self.array.device

    def dim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    ndimension = dim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return self.array.shape if dim is None else self.array.shape[dim]

    def numel(self) -> int:
        """The number of elements."""
        return self.array.size

    nelement = numel

    def element_size(self) -> int:
        """The bytes of one element."""
        return self.array.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """How many elements to the next one along each dimension, or along one."""
        return self.array.strides if dim is None else self.array.strides[dim]

    def is_contiguous(self) -> bool:
        """Whether the elements lie in memory row by row, without gaps."""
        return self.array.is_contiguous()

    def is_floating_point(self) -> bool:
        """Whether the elements are floating-point numbers."""
        return self.array.dtype.kind == "float"

    def storage_offset(self) -> int:
        """How many elements of the memory lie before the first one."""
        return self.array.layout.offset

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self.array.buffer.address + self.array.layout.offset * self.array.itemsize

    @property
    def is_cuda(self) -> bool:
        """Whether the memory is that of a CUDA device."""
        return self.array.device.name.startswith("cuda")
