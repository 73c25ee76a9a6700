"""What a CUDA device is measured with, and modelled by: one piece of work for each kernel family.

Operations are those of the mathematics, bytes those of the operands and results, each once; what a
kernel does beyond that is what the model and the measurement show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import ndarray_core as nd
from ndarray_core import NDArray

Work = Callable[[], object]
# Which of a device's units do the arithmetic.
Unit = Literal["float32", "half"]


@dataclass(frozen=True)
class Prepared:
    """Work on operands that lie on the device, and what it has to do at least."""

    work: Work
    operations: float
    nbytes: float


@dataclass(frozen=True)
class Workload:
    """Work of any size: `prepare` takes the device and a size, which is about the number of
    elements of its operands."""

    name: str
    family: str
    prepare: Callable[[nd.Device, int], Prepared]
    unit: Unit = "float32"


def numbers(device: nd.Device, *shape: int, dtype: nd.DType = nd.float32) -> NDArray:
    """Normally distributed ones, the same on every device."""
    drawn = nd.random.Generator(0).normal(0.0, 1.0, shape, device="numpy")
    return drawn.astype(dtype).to_device(device)


def nbytes(*arrays: NDArray) -> int:
    return sum(x.nbytes for x in arrays)


def square(size: int, multiple: int = 64) -> int:
    """The side of a matrix of about that many elements."""
    return max(multiple, round(size**0.5) // multiple * multiple)


def add(device: nd.Device, size: int) -> Prepared:
    x, y = numbers(device, size), numbers(device, size)
    return Prepared(lambda: x + y, size, 1.5 * nbytes(x, y))


def exp(device: nd.Device, size: int) -> Prepared:
    x = numbers(device, size, dtype=nd.float16)
    return Prepared(lambda: nd.exp(x), 10 * size, 2 * nbytes(x))


def transposition(device: nd.Device, size: int) -> Prepared:
    x = numbers(device, square(size), square(size))
    return Prepared(lambda: x.mT.copy(), 0, 2 * nbytes(x))


def row_sums(device: nd.Device, size: int) -> Prepared:
    x = numbers(device, size // 1024, 1024)
    return Prepared(lambda: nd.sum(x, axis=1), size, nbytes(x))


def column_sums(device: nd.Device, size: int) -> Prepared:
    x = numbers(device, 1024, size // 1024)
    return Prepared(lambda: nd.sum(x, axis=0), size, nbytes(x))


def running_sums(device: nd.Device, size: int) -> Prepared:
    x = numbers(device, size // 1024, 1024)
    return Prepared(lambda: nd.cumulative_sum(x, axis=1), size, 2 * nbytes(x))


def sort(device: nd.Device, size: int) -> Prepared:
    x = numbers(device, size // 1024, 1024)
    return Prepared(lambda: nd.sort(x, axis=1), 10 * size, 2 * nbytes(x))


def gather(device: nd.Device, size: int) -> Prepared:
    x = numbers(device, size // 64, 64)
    rows = nd.random.Generator(0).integers(0, size // 64, size // 64, device="numpy")
    picked = rows.to_device(device)
    return Prepared(lambda: nd.take(x, picked, axis=0), 0, 2 * nbytes(x) + nbytes(picked))


def scatter(device: nd.Device, size: int) -> Prepared:
    x = numbers(device, size)
    places = nd.random.Generator(0).integers(0, 1024, size, device="numpy").to_device(device)
    return Prepared(
        lambda: nd.at(nd.zeros(1024, device=device), places).add(x), size, nbytes(x, places)
    )


def random(device: nd.Device, size: int) -> Prepared:
    generator = nd.random.Generator(0)
    return Prepared(lambda: generator.normal(0.0, 1.0, (size,), device=device), 30 * size, 4 * size)


def product(dtype: nd.DType) -> Callable[[nd.Device, int], Prepared]:
    def prepare(device: nd.Device, size: int) -> Prepared:
        n = square(size)
        x, y = numbers(device, n, n, dtype=dtype), numbers(device, n, n, dtype=dtype)
        return Prepared(lambda: x @ y, 2 * n**3, 1.5 * nbytes(x, y))

    return prepare


def convolution(device: nd.Device, size: int) -> Prepared:
    batch = max(1, size // (32 * 16 * 16))
    x, weight = numbers(device, batch, 32, 16, 16), numbers(device, 32, 32, 3, 3)
    return Prepared(
        lambda: nd.fused.convolution(
            x, weight, stride=(1, 1), padding=((1, 1), (1, 1)), dilation=(1, 1)
        ),
        2 * 9 * 32 * x.size,
        2 * nbytes(x) + nbytes(weight),
    )


def max_pool(device: nd.Device, size: int) -> Prepared:
    x = numbers(device, max(1, size // 4096), 4, 32, 32)
    window = {"size": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1)}
    return Prepared(
        lambda: nd.fused.max_pool(x, **window, places=(16, 16)),
        x.size,
        nbytes(x) * 1.75,  # a value and an int64 of each four
    )


def attention(device: nd.Device, size: int) -> Prepared:
    length, width = 128, 64
    heads = max(1, size // (length * width))
    q, k, v = (numbers(device, 1, heads, length, width) for _ in range(3))
    return Prepared(
        lambda: nd.fused.attention(q, k, v, scale=0.125, causal=True),
        2 * heads * length**2 * width,
        nbytes(q, k, v) + nbytes(q),
    )


def lstm(device: nd.Device, size: int) -> Prepared:
    steps, hidden = 16, 64
    batch = max(1, size // (steps * 4 * hidden))
    projected = numbers(device, steps, batch, 4 * hidden)
    h, c = numbers(device, batch, hidden), numbers(device, batch, hidden)
    weight = numbers(device, 4 * hidden, hidden)
    return Prepared(
        lambda: nd.fused.lstm(projected, h, c, weight),
        2 * projected.size * hidden,
        2.5 * nbytes(projected) + steps * nbytes(weight),
    )


def row_wise(
    function: Callable[[NDArray], object], operations: int
) -> Callable[[nd.Device, int], Prepared]:
    def prepare(device: nd.Device, size: int) -> Prepared:
        x = numbers(device, size // 1024, 1024)
        return Prepared(lambda: function(x), operations * size, 2 * nbytes(x))

    return prepare


def cross_entropy(device: nd.Device, size: int) -> Prepared:
    x = numbers(device, size // 1024, 1024)
    target = nd.zeros(size // 1024, dtype=nd.int64, device=device)
    return Prepared(lambda: nd.fused.cross_entropy(x, target), 12 * size, nbytes(x))


def adam(device: nd.Device, size: int) -> Prepared:
    parameter, gradient = numbers(device, size), numbers(device, size)
    mean, variance = nd.zeros(size, device=device), nd.zeros(size, device=device)
    return Prepared(
        lambda: nd.fused.adam_step([parameter], [gradient], [mean], [variance], step=1, lr=1e-3),
        12 * size,
        7 * nbytes(parameter),
    )


WORKLOADS = (
    Workload("add", "elementwise", add),
    Workload("exp, float16", "elementwise", exp),
    Workload("transposition", "copy", transposition),
    Workload("sum of rows", "reduce", row_sums),
    Workload("sum of columns", "reduce", column_sums),
    Workload("running sum of rows", "scan", running_sums),
    Workload("sort of rows", "sort", sort),
    Workload("rows by index", "index", gather),
    Workload("scatter-add", "index", scatter),
    Workload("normal numbers", "random", random),
    Workload("matrix product", "matmul", product(nd.float32)),
    Workload("matrix product, float16", "matmul", product(nd.float16), "half"),
    Workload("matrix product, bfloat16", "matmul", product(nd.bfloat16), "half"),
    Workload("convolution, 3 x 3", "convolution", convolution),
    Workload("max_pool, 2 x 2", "pooling", max_pool),
    Workload("attention, causal", "attention", attention),
    Workload("lstm, 16 steps", "recurrent", lstm),
    Workload("gelu", "activation", row_wise(nd.fused.gelu, 12)),
    Workload("softmax", "softmax", row_wise(nd.fused.softmax, 12)),
    Workload("rms_norm", "normalization", row_wise(lambda x: nd.fused.rms_norm(x), 5)),
    Workload("cross_entropy", "losses", cross_entropy),
    Workload("adam_step", "optimization", adam),
)
