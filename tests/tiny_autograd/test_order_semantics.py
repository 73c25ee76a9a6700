"""Sorted, searched, counted and drawn: ties, NaN, numbers without dimensions, and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import ndarray_core as nd
import tiny_autograd as ta
from ndarray_core.errors import DTypeError, ShapeError

SMALL_INTEGERS = hnp.arrays(
    np.int64, hnp.array_shapes(min_dims=1, min_side=0, max_side=6), elements=st.integers(-4, 4)
)


@given(x=SMALL_INTEGERS, descending=st.booleans())
def test_equal_elements_keep_their_order(x: np.ndarray[Any, Any], descending: bool) -> None:
    found = ta.tensor(x).sort(descending=descending, stable=True)
    order = np.argsort(-x if descending else x, axis=-1, kind="stable")
    assert found.indices.tolist() == order.tolist()
    assert found.values.tolist() == np.take_along_axis(x, order, -1).tolist()


@given(x=SMALL_INTEGERS)
def test_unique_equals_numpys(x: np.ndarray[Any, Any]) -> None:
    values, inverse, counts = ta.unique(ta.tensor(x), return_inverse=True, return_counts=True)
    expected, places, occurrences = np.unique(x, return_inverse=True, return_counts=True)
    assert values.tolist() == expected.tolist()
    assert inverse.tolist() == places.reshape(x.shape).tolist()
    assert counts.tolist() == occurrences.tolist()


@given(x=SMALL_INTEGERS)
def test_runs_put_together_give_the_row_back(x: np.ndarray[Any, Any]) -> None:
    values, inverse, counts = ta.unique_consecutive(
        ta.tensor(x), return_inverse=True, return_counts=True
    )
    assert values.repeat_interleave(counts).tolist() == x.ravel().tolist()
    assert values.take(inverse).tolist() == x.tolist()


@given(row=hnp.arrays(np.int64, 5, elements=st.integers(-4, 4)), x=SMALL_INTEGERS)
def test_search_equals_numpys(row: np.ndarray[Any, Any], x: np.ndarray[Any, Any]) -> None:
    row.sort()
    for right in (False, True):
        expected = np.searchsorted(row, x, "right" if right else "left").tolist()
        assert ta.searchsorted(ta.tensor(row), ta.tensor(x), right=right).tolist() == expected
        assert ta.bucketize(ta.tensor(x), ta.tensor(row), right=right).tolist() == expected


def test_nan_is_the_largest(device: nd.Device) -> None:
    x = ta.tensor([1.0, float("nan"), float("inf"), -2.0], device=device)
    assert x.argsort().tolist() == [3, 0, 2, 1]
    assert x.argsort(descending=True).tolist() == [1, 2, 0, 3]
    assert x.topk(2).indices.tolist() == [1, 2]
    assert x.kthvalue(4).indices.tolist() == 1


def test_gradients_go_to_what_was_picked() -> None:
    x = ta.tensor([[3.0, 1.0, 2.0]], requires_grad=True)
    values = x.topk(2, largest=False).values
    values.backward(ta.tensor([[10.0, 20.0]]))
    assert x.grad is not None and x.grad.tolist() == [[0.0, 10.0, 20.0]]
    assert not x.sort().indices.requires_grad


def test_results_have_names(device: nd.Device) -> None:
    values, indices = ta.tensor([2.0, 1.0], device=device).sort()
    assert values.device == indices.device == device
    assert indices.dtype == ta.int64


def test_numbers_and_nothing() -> None:
    number, nothing = ta.tensor(3.0), ta.zeros(0, 2)
    assert number.sort().values.tolist() == 3.0 and number.argsort().tolist() == 0
    assert number.topk(1).values.shape == () and number.kthvalue(1).indices.tolist() == 0
    assert nothing.sort(0).values.shape == (0, 2)
    assert nothing.nonzero().shape == (0, 2) and number.nonzero().shape == (1, 0)
    assert number.nonzero(as_tuple=True)[0].tolist() == [0]
    assert ta.unique(nothing).shape == (0,) and ta.unique_consecutive(nothing).shape == (0,)
    assert ta.bincount(ta.zeros(0, dtype=ta.int64)).shape == (0,)
    assert ta.searchsorted(ta.zeros(0, 3), ta.zeros(0, 2)).shape == (0, 2)


def test_elements_of_a_mask_are_found_again(device: nd.Device) -> None:
    x = ta.tensor(np.arange(24).reshape(2, 3, 4) % 3, device=device)
    assert x[x.nonzero(as_tuple=True)].tolist() == x[x != 0].tolist()
    assert x.argwhere().tolist() == np.argwhere(x.numpy()).tolist()


def test_operations_on_arrays_give_arrays() -> None:
    x = nd.asarray([2, 1, 2])
    assert isinstance(ta.ops.unique(x), nd.NDArray)
    assert isinstance(ta.ops.bincount(x), nd.NDArray)
    assert isinstance(ta.ops.sort(x).values, nd.NDArray)
    assert isinstance(ta.ops.histc(nd.asarray([1.0, 2.0])), nd.NDArray)


@pytest.mark.parametrize(("row", "col", "offset"), [(3, 4, 0), (4, 3, -1), (3, 3, 2), (0, 3, 0)])
def test_triangles(row: int, col: int, offset: int) -> None:
    assert ta.tril_indices(row, col, offset).tolist() == [
        list(map(int, places)) for places in np.tril_indices(row, offset, col)
    ]
    assert ta.triu_indices(row, col, offset).tolist() == [
        list(map(int, places)) for places in np.triu_indices(row, offset, col)
    ]


class TestMultinomial:
    def test_frequencies(self, device: nd.Device) -> None:
        weights = ta.tensor([1.0, 0.0, 3.0, 4.0], device=device)
        drawn = ta.multinomial(weights, 20_000, True, generator=ta.Generator(1))
        share = ta.bincount(drawn, minlength=4).numpy() / 20_000
        np.testing.assert_allclose(share, weights.numpy() / 8, atol=0.02)
        assert share[1] == 0 and drawn.device == device

    def test_first_draws_without_replacement(self) -> None:
        weights = ta.tensor([[1.0, 0.0, 3.0, 4.0]]).repeat(10_000, 1)
        drawn = ta.multinomial(weights, 3, generator=ta.Generator(2))
        assert all(sorted(row) == [0, 2, 3] for row in drawn[:100].tolist())
        share = ta.bincount(drawn[:, 0], minlength=4).numpy() / 10_000
        np.testing.assert_allclose(share, [1 / 8, 0, 3 / 8, 4 / 8], atol=0.02)

    def test_a_generator_repeats(self) -> None:
        draws = [ta.multinomial(ta.ones(5), 3, generator=ta.Generator(7)) for _ in range(2)]
        assert draws[0].tolist() == draws[1].tolist()

    @pytest.mark.parametrize(
        ("weights", "error", "message"),
        [
            (ta.ones(2, 2, 2), ShapeError, r"\(n\) or \(rows, n\)"),
            (ta.tensor([1, 2]), DTypeError, "floating-point"),
            (ta.tensor([1.0, -1.0]), ValueError, "finite and not negative"),
            (ta.tensor([1.0, float("nan")]), ValueError, "finite and not negative"),
            (ta.tensor([1.0, 0.0]), ValueError, "2 samples of 1 positive weights; replacement"),
        ],
    )
    def test_weights_that_are_none(
        self, weights: ta.Tensor, error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=f"multinomial: .*{message}"):
            ta.multinomial(weights, 2)


Call = Callable[[], Any]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ta.ones(3).topk(4), IndexError, r"topk: k = 4 of 3 elements"),
        (lambda: ta.ones(3).kthvalue(0), IndexError, r"kthvalue: k = 0 of 3 elements"),
        (lambda: ta.searchsorted(ta.ones(2, 3), ta.ones(3, 1)), ShapeError, "searchsorted: a seq"),
        (
            lambda: ta.searchsorted(ta.ones(3), ta.ones(1), side="left", right=True),
            ValueError,
            "contradicts",
        ),
        (lambda: ta.searchsorted(ta.ones(3), ta.ones(1), side="up"), ValueError, "'left' or"),
        (
            lambda: ta.searchsorted(ta.ones(3), ta.ones(1), sorter=ta.arange(2)),
            ShapeError,
            "searchsorted: sorter of shape",
        ),
        (lambda: ta.bucketize(ta.ones(1), ta.ones(1, 1)), ShapeError, "bucketize: boundaries"),
        (lambda: ta.bincount(ta.tensor([-1])), ValueError, "bincount: -1 is negative"),
        (lambda: ta.bincount(ta.ones(2)), DTypeError, "bincount: numbers to count are integers"),
        (lambda: ta.bincount(ta.arange(2), ta.ones(3)), ShapeError, r"weights of shape \(3,\)"),
        (lambda: ta.bincount(ta.arange(2), minlength=-1), ValueError, "bincount: minlength"),
        (lambda: ta.histc(ta.arange(2)), DTypeError, "histc: elements are floating-point"),
        (lambda: ta.histc(ta.ones(2), 0), ValueError, "histc: the number of bins"),
        (lambda: ta.histc(ta.ones(2), 2, 1, 0), ValueError, "histc: bounds 1.0 and 0.0"),
        (lambda: ta.histc(ta.tensor([1.0, float("inf")])), ValueError, "histc: bounds"),
    ],
)
def test_what_does_not_fit_is_refused(call: Call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
