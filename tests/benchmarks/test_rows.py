"""Every benchmark computes the same for each contestant: a comparison of speed is one of equals."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from compare import compare
from document import sections
from measure import Result
from notes import NOTES
from report import leaves_bandwidth, load, missed, share_at_goal
from row import Row, values
from suite import ROWS, matching


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_contestants_compute_the_same(row: Row) -> None:
    contest = row.build(*row.tiny)
    assert contest.contestants.keys() >= {"ours"} and len(contest.contestants) > 1
    results = {name: values(work()) for name, work in contest.contestants.items()}
    ours = results.pop("ours")
    for name, theirs in results.items():
        assert len(ours) == len(theirs), name
        for mine, other in zip(ours, theirs, strict=True):
            assert mine.shape == other.shape, name
            tolerance = contest.tolerance * max(1.0, float(np.abs(other).max(initial=0.0)))
            np.testing.assert_allclose(mine, other, rtol=0, atol=tolerance, err_msg=name)


def test_names_are_unique() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))
    assert set(names) >= NOTES.keys()


def test_a_goal_is_missed_with_room_to_the_limit() -> None:
    slow = Result("group", "name", 2, 0.5, 1, {"ours": 1.0, "torch": 1.0}, {"torch": 1.0}, 0.5)
    assert missed(slow)
    assert share_at_goal(slow) == 1.0
    assert not missed(replace(slow, share=0.51))  # the goal would take more than the limit
    assert not missed(replace(slow, goal=0.9, share=0.85))
    assert not missed(replace(slow, threads=1, share=None))
    assert missed(replace(slow, share=None))


def test_bandwidth_is_left_where_memory_is_the_limit() -> None:
    row = Result("group", "name", 2, 1.0, 1, {"ours": 1.0}, {"torch": 1.0}, 0.79, "copy")
    assert leaves_bandwidth(row)
    assert not leaves_bandwidth(replace(row, share=0.81))
    assert not leaves_bandwidth(replace(row, threads=1))
    assert not leaves_bandwidth(replace(row, limit="float32"))
    assert not leaves_bandwidth(replace(row, share=None, limit=None))


def test_rows_are_chosen_by_group_and_by_name() -> None:
    assert matching("") == ROWS
    assert {row.group for row in matching("pools:")} == {"pools"}
    assert [row.name for row in matching("Adam*10M")] == ["Adam step, 10M", "AdamW step, 10M"]


def test_a_run_is_shown_saved_and_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "150")
    path = tmp_path / "results.json"
    compare(only="matmul 16", threads=[1], quick=True, json=path)
    machine, limits, results = load(path)
    (result,) = results
    assert result.seconds.keys() == {"ours", "numpy", "torch"} and result.ratio["torch"] > 0
    assert limits[0].flops["float32"] > limits[0].flops["float64"] > 0
    assert min(rate for rates in limits[0].bandwidth.values() for rate in rates.values()) > 0
    shown = capsys.readouterr().out
    assert "matmul 16 " in shown and machine["instruction set"] in shown
    assert "| matmul 16" in sections(machine, limits, results)
