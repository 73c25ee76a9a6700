"""Times of a row: contestants take turns, so that a machine that slows down slows all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from machine import Limits, Machine
from row import Contest, Row, Work
from threadpoolctl import threadpool_limits

import ndarray_core as nd

# The threads of whoever came before spin for some 30 ms more, in search of work.
SETTLE = 0.05
LEAST = 0.002  # seconds: shorter work is repeated within one measurement
LONGEST = 20.0  # seconds for one row and number of threads, once it has had a few rounds
FEW = 5
LIMIT_SECONDS = 0.03  # for the machine's limit, which takes its turn in each round


@dataclass(frozen=True)
class Result:
    """What one row took with so many threads. Seconds are medians of the rounds, ratios medians of
    ours over theirs within a round; so is `share`, that of what the machine can do at most, if the
    row states what it does, and `limit` what that is a limit of: a type's operations, or a use of
    memory.
    """

    group: str
    name: str
    threads: int
    goal: float
    rounds: int
    seconds: dict[str, float]
    ratio: dict[str, float]
    share: float | None
    limit: str | None = None


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many threads for everybody."""
    before = nd.num_threads(), torch.get_num_threads()
    nd.set_num_threads(count)
    torch.set_num_threads(count)
    try:
        with threadpool_limits(count, user_api="blas"):
            yield
    finally:
        nd.set_num_threads(before[0])
        torch.set_num_threads(before[1])


def measure(row: Row, contest: Contest, rounds: int, limits: Limits, machine: Machine) -> Result:
    """Times the contestants in turn, and what the machine takes at least, with as many threads as
    the limits were measured for.
    """
    bound = limits.bound(contest)
    with threads(limits.threads):
        calls = {name: _calls(work) for name, work in contest.contestants.items()}
        times: dict[str, list[float]] = {name: [] for name in contest.contestants}
        at_least: list[float] = []
        start = time.perf_counter()
        for done in range(rounds):
            if done >= FEW and time.perf_counter() - start > LONGEST:
                break
            for name, work in contest.contestants.items():
                times[name].append(_timed(work, calls[name]))
            if bound is not None:
                time.sleep(SETTLE)
                rate = machine.rate(bound.kind, limits.threads, LIMIT_SECONDS)
                at_least.append(bound.amount / rate)
    ours = times["ours"]
    seconds = {name: statistics.median(each) for name, each in times.items()}
    return Result(
        row.group,
        row.name,
        limits.threads,
        row.goal,
        len(ours),
        seconds,
        {name: _ratio(ours, each) for name, each in times.items() if name != "ours"},
        _ratio(at_least, ours) if at_least else None,
        bound.kind if bound else None,
    )


def _ratio(times: list[float], others: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(times, others, strict=True))


def _calls(work: Work) -> int:
    """How often to call for one measurement; on the way it warms caches and memory pools."""
    work()
    start = time.perf_counter()
    work()
    took = time.perf_counter() - start
    return max(1, round(LEAST / took))


def _timed(work: Work, calls: int) -> float:
    time.sleep(SETTLE)
    work()  # wakes the threads
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls
