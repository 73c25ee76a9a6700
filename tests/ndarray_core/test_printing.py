"""How arrays print themselves, and the options for it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import ALL, arrays
from tests.strategies import ArrayCase as Case

import ndarray_core as nd


@given(
    case=arrays(ALL, special=True),
    precision=st.integers(0, 9),
    threshold=st.integers(0, 30),
    edgeitems=st.integers(1, 3),
    linewidth=st.integers(10, 100),
    suppress=st.booleans(),
)
def test_numbers_print_as_numpys(
    device: nd.Device, case: Case, threshold: int, suppress: bool, **options: Any
) -> None:
    x, host = case.on(device)
    with nd.printoptions(threshold=threshold, suppress=suppress, **options):
        text = str(x)
        full = repr(x)
    width = options.pop("linewidth")
    expected = np.array2string(
        host, threshold=threshold, suppress_small=suppress, max_line_width=width, **options
    )
    assert text == (expected if x.size else "[]")
    assert full.startswith("array(") and full.endswith(f"dtype={case.dtype}, device='{device}')")
    assert (f"shape={x.shape}" in full) == (x.size > threshold or x.size == 0)


@pytest.mark.parametrize(
    ("make", "shown", "printed"),
    [
        (lambda: nd.asarray(1.5), "array(1.5, dtype=float32, device='DEVICE')", "1.5"),
        (lambda: nd.asarray(True), "array(True, dtype=bool, device='DEVICE')", "True"),
        (
            lambda: nd.zeros((2, 0)),
            "array([], shape=(2, 0), dtype=float32, device='DEVICE')",
            "[]",
        ),
        (
            lambda: nd.asarray([[1, -2], [3, 4]]),
            "array([[ 1, -2],\n       [ 3,  4]], dtype=int64, device='DEVICE')",
            "[[ 1 -2]\n [ 3  4]]",
        ),
        (
            lambda: nd.arange(5000),
            "array([   0,    1,    2, ..., 4997, 4998, 4999],\n      shape=(5000,), "
            "dtype=int64, device='DEVICE')",
            "[   0    1    2 ... 4997 4998 4999]",
        ),
        (lambda: nd.asarray([True]), "array([ True], dtype=bool, device='DEVICE')", "[ True]"),
    ],
)
def test_what_is_shown(device: nd.Device, make: Any, shown: str, printed: str) -> None:
    with nd.use_device(device):
        assert repr(make()) == shown.replace("DEVICE", device.name)
        assert str(make()) == f"{make()}" == printed


def test_a_huge_array_is_not_looked_at(device: nd.Device) -> None:
    repeated = nd.ones((1, 1), device=device).broadcast_to((2**30, 2**30))
    assert "...," in repr(repeated) and f"shape={repeated.shape}" in repr(repeated)
    if not device.is_host_memory:
        return
    resident_before = resident_bytes()
    x = nd.empty((64, 1024, 1024), device=device)  # 256 MiB that nobody has touched
    for corner in (0, -1):
        x[corner, corner] = 1.0
    assert len(repr(x)) < 2000 and len(str(x[::-1].mT)) < 2000
    assert resident_bytes() - resident_before < 2**26


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_formats_of_one_number(device: nd.Device) -> None:
    assert f"{nd.asarray(2 / 3, device=device):.3f}" == "0.667"
    assert f"{nd.asarray(255, device=device):#x}" == "0xff"
    assert f"{nd.asarray([1, 2], device=device)}" == "[1 2]"
    with pytest.raises(TypeError, match=r"'.3f' formats a number.*shape \(2,\)"):
        f"{nd.asarray([1, 2], device=device):.3f}"
    with pytest.raises(ValueError, match="nknown format code"):
        f"{nd.asarray(1.5, device=device):d}"


def test_options_are_set_and_kept() -> None:
    before = nd.get_printoptions()
    try:
        nd.set_printoptions(precision=2)
        assert nd.get_printoptions() == {**before, "precision": 2}
        seen: list[dict[str, Any]] = []
        with nd.printoptions(edgeitems=1) as inside:
            assert inside == {**before, "precision": 2, "edgeitems": 1}
            thread = threading.Thread(target=lambda: seen.append(nd.get_printoptions()))
            thread.start()
            thread.join()
            with nd.printoptions(precision=4):
                assert nd.get_printoptions()["edgeitems"] == 1
            assert nd.get_printoptions() == inside
        assert seen == [{**before, "precision": 2}]
        with np.printoptions(precision=1):
            assert str(nd.asarray([1 / 3])) == "[0.33]"
    finally:
        nd.set_printoptions(**before)
    assert nd.get_printoptions() == before


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"precision": -1}, ValueError, "precision is at least 0, not -1"),
        ({"edgeitems": 0}, ValueError, "edgeitems is at least 1, not 0"),
        ({"threshold": 2.5}, TypeError, "threshold is an int, not 2.5"),
        ({"linewidth": True}, TypeError, "linewidth is an int, not True"),
        ({"suppress": 1}, TypeError, "suppress is True or False, not 1"),
        ({"colour": True}, TypeError, "colour"),
    ],
)
def test_options_that_make_no_sense(
    options: dict[str, Any], error: type[Exception], text: str
) -> None:
    before = nd.get_printoptions()
    with pytest.raises(error, match=text):
        nd.set_printoptions(**options)
    with pytest.raises(error, match=text), nd.printoptions(**options):
        pass
    assert nd.get_printoptions() == before
