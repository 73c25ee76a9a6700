"""einsum equals NumPy's, for expressions drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import LAYOUTS, ArrayCase, assert_same, seeds

import ndarray_core as nd

LABELS = "abcdE"
ROUNDING = {"float32": 1e-3, "float64": 1e-10, "complex64": 1e-3}


@st.composite
def expressions(draw: st.DrawFn) -> tuple[str, list[ArrayCase]]:
    """Subscripts, and operands that fit: repeated labels, sizes 0 and 1, ellipses, no "->"."""
    sizes = {label: draw(st.sampled_from([1, 2, 3, 0])) for label in LABELS}
    batch = draw(st.lists(st.integers(1, 3), max_size=2))
    dtype = draw(st.sampled_from(["float32", "float64", "int32", "int8", "complex64"]))
    inputs, cases = [], []
    for _ in range(draw(st.integers(1, 4))):
        labels = draw(st.text(LABELS, max_size=4))
        shape = [sizes[label] for label in labels]
        if draw(st.booleans()):
            count = draw(st.integers(0, len(batch)))
            place = draw(st.integers(0, len(labels)))
            broadcast = [draw(st.sampled_from([1, size])) for size in batch[len(batch) - count :]]
            labels = f"{labels[:place]}...{labels[place:]}"
            shape[place:place] = broadcast
        inputs.append(labels)
        layout = draw(st.sampled_from(LAYOUTS))
        cases.append(ArrayCase(tuple(shape), dtype, layout, draw(seeds()), -2, 2))
    left = ",".join(inputs)
    if draw(st.booleans()):
        return left, cases
    used = sorted(set(left) & set(LABELS))
    output = draw(st.permutations(used))[: draw(st.integers(0, len(used)))] if used else []
    place = draw(st.integers(0, len(output)))
    dots = ["..."] if "..." in left else []
    return f"{left}->{''.join([*output[:place], *dots, *output[place:]])}", cases


@given(expression=expressions(), optimize=st.sampled_from([True, False, "greedy", "optimal"]))
def test_equals_numpys(device: nd.Device, expression: Any, optimize: Any) -> None:
    subscripts, cases = expression
    pairs = [case.on(device) for case in cases]
    expected = np.einsum(subscripts, *(pair.host for pair in pairs))
    ours = nd.einsum(subscripts, *(pair.array for pair in pairs), optimize=optimize)
    assert_same(ours, expected, exact=False, rtol=ROUNDING.get(cases[0].dtype, 0.0))
    assert ours.device == device


def test_axes_of_size_one_broadcast(device: nd.Device) -> None:
    x, y = nd.ones((1, 3), device=device), nd.ones((2, 3), device=device)
    assert nd.einsum("ij,ij->i", x, y).tolist() == [3.0, 3.0]


def test_numbers_and_types_mix_as_in_operators(device: nd.Device) -> None:
    x = nd.asarray([1, 2], dtype=nd.int8, device=device)
    assert nd.einsum(",i->i", 3, x).tolist() == [3, 6]
    assert nd.einsum(",i->i", 3, x).dtype == nd.int8
    assert nd.einsum("i,->i", x, 0.5).dtype == nd.float32
    assert nd.einsum("i,i", x, nd.ones(2, dtype=nd.float64, device=device)).dtype == nd.float64


def test_one_operand_is_looked_at_and_not_copied(device: nd.Device) -> None:
    x = nd.arange(9, device=device).reshape(3, 3)
    assert nd.einsum("ij->ji", x).buffer == x.buffer
    diagonal = nd.einsum("ii->i", x)
    diagonal += 10
    assert x.tolist() == [[10, 1, 2], [3, 14, 5], [6, 7, 18]]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: nd.einsum("ij,jk", x), ValueError, "for 2 operands, but 1 are given"),
        (lambda x: nd.einsum("ijk", x), nd.errors.ShapeError, r"'ijk' does not fit .*\(2, 3\)"),
        (lambda x: nd.einsum("i", x), nd.errors.ShapeError, "does not fit"),
        (lambda x: nd.einsum("ii", x), nd.errors.ShapeError, "sizes 2 and 3"),
        (lambda x: nd.einsum("ij,jk", x, x), nd.errors.ShapeError, "sizes 3 and 2"),
        (lambda x: nd.einsum("i1", x), ValueError, "letters"),
        (lambda x: nd.einsum("......", x), ValueError, "at most one"),
        (lambda x: nd.einsum("ij->ii", x), ValueError, "occurs twice"),
        (lambda x: nd.einsum("ij->ik", x), ValueError, "'k' is in no operand"),
        (lambda x: nd.einsum("i...->i", x), ValueError, "no '...'"),
        (lambda x: nd.einsum("ij", x > 0), nd.errors.DTypeError, "bool"),
        (lambda x: nd.einsum(",", 1, 2), TypeError, "must be an array"),
    ],
)
def test_what_does_not_fit_says_why(
    device: nd.Device, call: Callable[[nd.NDArray], Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        call(nd.ones((2, 3), device=device))
