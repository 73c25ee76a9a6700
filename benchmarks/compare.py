"""Measures us, NumPy and PyTorch on the same work, interleaved in one run, and prints the ratios.

    hatch run parity:bench                  # all rows
    hatch run parity:bench --only add       # rows whose name contains "add"
    hatch run parity:bench --rounds 5       # fewer, for a first look

Each round times every contestant once; the table shows the median time of each and the median of
the ratios within a round, so that a machine which slows down slows all of them alike. A ratio below
1 means that we are faster. Times of different runs do not compare.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from image_rows import image_rows
from loading_rows import loading_rows
from model_rows import MODEL_ROWS
from row import Row, Work
from row_wise_rows import row_wise_rows
from sequence_rows import recurrent_rows

import ndarray_core as nd
import tiny_autograd as ta
import tiny_nn as nn


def arrays(*shape: int) -> tuple[nd.NDArray, np.ndarray, torch.Tensor]:
    """The same random numbers for each contestant."""
    host = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    return nd.asarray(host, device="cpu", copy=True), host, torch.from_numpy(host.copy())


def binary_row(name: str, calls: int, shape: tuple[int, ...], function: Callable) -> Row:
    ours, host, peer = arrays(*shape)
    return Row(
        name,
        calls,
        lambda: function(ours),
        {"numpy": lambda: function(host), "torch": lambda: function(peer)},
    )


def each_row(
    name: str,
    calls: int,
    shape: tuple[int, ...],
    of_ours: Callable,
    of_numpy: Callable,
    of_torch: Callable,
) -> Row:
    """Work that each contestant spells in its own way."""
    ours, host, peer = arrays(*shape)
    return Row(
        name,
        calls,
        lambda: of_ours(ours),
        {"numpy": lambda: of_numpy(host), "torch": lambda: of_torch(peer)},
    )


def scatter_row() -> Row:
    """A hundred thousand numbers added into a million places, some of them several times."""
    ours, host, peer = arrays(1_000_000)
    values, host_values, peer_values = arrays(100_000)
    positions = np.random.default_rng(1).integers(0, 1_000_000, 100_000)
    key, peer_key = nd.asarray(positions, device="cpu"), torch.from_numpy(positions)
    return Row(
        "at(x, i).add(v), 100k into 1M",
        10,
        lambda: nd.at(ours, key).add(values),
        {
            "numpy": lambda: np.add.at(host, positions, host_values),
            "torch": lambda: peer.index_add_(0, peer_key, peer_values),
        },
    )


def order_rows() -> list[Row]:
    shape = (1_000_000,)
    return [
        each_row(
            "sort, stable, 1M elements",
            1,
            shape,
            nd.sort,
            lambda x: np.sort(x, kind="stable"),
            lambda x: torch.sort(x, stable=True)[0],
        ),
        each_row(
            "argsort, stable, 1M elements",
            1,
            shape,
            nd.argsort,
            lambda x: np.argsort(x, kind="stable"),
            lambda x: torch.argsort(x, stable=True),
        ),
        each_row(
            "cumulative sum along rows, 1000 x 1000",
            10,
            (1000, 1000),
            lambda x: nd.cumulative_sum(x, axis=1),
            lambda x: np.cumsum(x, axis=1),
            lambda x: torch.cumsum(x, dim=1),
        ),
        each_row(
            "cumulative sum down columns, 1000 x 1000",
            10,
            (1000, 1000),
            lambda x: nd.cumulative_sum(x, axis=0),
            lambda x: np.cumsum(x, axis=0),
            lambda x: torch.cumsum(x, dim=0),
        ),
        binary_row("x[x > 0], 1M elements", 5, shape, lambda x: x[x > 0]),
        each_row("unique, 1M elements", 1, shape, nd.unique_values, np.unique, torch.unique),
        scatter_row(),
    ]


def gradient_row() -> Row:
    """Forward and backward through one small expression: the cost of recording."""
    ours = ta.ones(4, device="cpu", requires_grad=True)
    peer = torch.ones(4, requires_grad=True)

    def step(x: ta.Tensor | torch.Tensor) -> None:
        (x * x + x).sum().backward()
        x.grad = None

    return Row(
        "(x*x + x).sum().backward(), 4", 200, lambda: step(ours), {"torch": lambda: step(peer)}
    )


def recording_row() -> Row:
    """One operation on tensors that require a gradient."""
    ours = ta.ones(4, device="cpu", requires_grad=True)
    peer = torch.ones(4, requires_grad=True)
    return Row("a + a, 4, recorded", 1000, lambda: ours + ours, {"torch": lambda: peer + peer})


def chain_row() -> Row:
    """Thirty operations on single numbers, forward and backward."""
    ours = ta.ones((), device="cpu", requires_grad=True)
    peer = torch.ones((), requires_grad=True)

    def step(x: ta.Tensor | torch.Tensor) -> None:
        y = x
        for _ in range(10):
            y = (y * x + x).tanh()
        y.backward()
        x.grad = None

    return Row(
        "30 scalar operations and back", 50, lambda: step(ours), {"torch": lambda: step(peer)}
    )


def training_row() -> Row:
    """A whole step of a small network: forward, loss, backward, Adam."""
    images, labels = np.random.rand(32, 784).astype(np.float32), np.random.randint(0, 10, 32)

    def build(lib: object, optim: object) -> tuple:
        model = lib.Sequential(lib.Linear(784, 128), lib.ReLU(), lib.Linear(128, 10))
        return model, optim.Adam(model.parameters(), lr=1e-3)

    with ta.use_device("cpu"):
        ours, our_optimizer = build(nn, nn.optim)
        our_batch = ta.tensor(images), ta.tensor(labels)
    theirs, their_optimizer = build(torch.nn, torch.optim)
    their_batch = torch.from_numpy(images), torch.from_numpy(labels)

    def step(model, optimizer, batch, cross_entropy) -> None:
        optimizer.zero_grad()
        cross_entropy(model(batch[0]), batch[1]).backward()
        optimizer.step()

    return Row(
        "training step, MLP 784-128-10, batch 32",
        20,
        lambda: step(ours, our_optimizer, our_batch, ta.functional.cross_entropy),
        {"torch": lambda: step(theirs, their_optimizer, their_batch, F.cross_entropy)},
    )


def rows() -> list[Row]:
    return [
        binary_row("a + a, 4 elements", 2000, (4,), lambda x: x + x),
        binary_row("x[1:], 4 elements", 2000, (4,), lambda x: x[1:]),
        binary_row("x.T, 3 x 4 elements", 2000, (3, 4), lambda x: x.T),
        binary_row("x.reshape(4, 3), 3 x 4 elements", 2000, (3, 4), lambda x: x.reshape(4, 3)),
        binary_row("a + a, 10M elements", 2, (10_000_000,), lambda x: x + x),
        binary_row("sum, 10M elements", 2, (10_000_000,), lambda x: x.sum()),
        binary_row("matmul 512", 5, (512, 512), lambda x: x @ x),
        binary_row("matmul 1024", 2, (1024, 1024), lambda x: x @ x),
        *order_rows(),
        recording_row(),
        gradient_row(),
        chain_row(),
        training_row(),
        *image_rows(),
        *recurrent_rows(),
        *row_wise_rows(),
        *loading_rows(),
    ]


# The threads of whoever came before spin for some 30 ms more, in search of work.
SETTLE = 0.05


def timed(work: Work, calls: int) -> float:
    time.sleep(SETTLE)
    work()  # wakes our own
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def measure(row: Row, rounds: int) -> None:
    contestants = {"ours": row.ours, **row.peers}
    for work in contestants.values():
        timed(work, row.calls)  # warm caches and memory pools
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            times[name].append(timed(work, row.calls))
    cells = [f"{statistics.median(times['ours']) * 1e6:12,.1f}"]
    for peer in ("numpy", "torch"):
        if peer in times:
            ratio = statistics.median(
                a / b for a, b in zip(times["ours"], times[peer], strict=True)
            )
            cells.append(f"{statistics.median(times[peer]) * 1e6:12,.1f} {ratio:7.2f}")
        else:
            cells.append(" " * 20)
    print(f"{row.name:52}" + " ".join(cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--rounds", type=int, default=15, help="how often each is timed")
    arguments = parser.parse_args()
    torch.set_num_threads(nd.num_threads())
    print(f"{nd.num_threads()} threads, {nd.isa()}; median microseconds, and ours / theirs")
    print(f"{'':52}{'ours':>12} {'numpy':>12} {'ratio':>7} {'torch':>12} {'ratio':>7}")
    for row in rows():
        if arguments.only in row.name:
            measure(row, arguments.rounds)
    for name, build in MODEL_ROWS.items():
        if arguments.only in name:
            measure(build(name), arguments.rounds)


if __name__ == "__main__":
    main()
