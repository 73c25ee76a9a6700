"""Writing at positions, in place and not: repeated positions, what is refused, what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ndarray_core as nd
import tiny_autograd as ta
from ndarray_core.errors import DTypeError, ShapeError

ROWS = ta.tensor([[0, 0, 1], [2, 1, 1]])
VALUES = ta.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

# The in-place method, and what it is called with on a tensor of shape (3, 4).
WRITES: list[tuple[str, tuple[Any, ...]]] = [
    ("scatter_", (0, ROWS, VALUES)),
    ("scatter_", (1, ROWS, 7.0)),
    ("scatter_add_", (1, ROWS, VALUES)),
    ("scatter_reduce_", (1, ROWS, VALUES, "amax")),
    ("index_add_", (1, ta.tensor([3, 3]), ta.ones(3, 2))),
    ("index_copy_", (0, ta.tensor([2]), ta.ones(1, 4))),
    ("index_fill_", (1, ta.tensor([0, 2]), 7.0)),
    ("index_put_", ((ta.tensor([0, 2]),), ta.ones(4))),
    ("masked_scatter_", (ta.tensor([True, False, True, False]), ta.ones(6))),
    ("masked_fill_", (ta.tensor([True, False, True, False]), 7.0)),
    ("put_", (ta.tensor([0, 11]), ta.ones(2))),
    ("fill_diagonal_", (7.0,)),
    ("tril_", ()),
    ("triu_", (1,)),
]


@pytest.mark.parametrize(
    ("name", "arguments"), WRITES, ids=lambda x: x if isinstance(x, str) else ""
)
class TestInPlace:
    def test_writes_what_the_operation_gives(self, name: str, arguments: tuple[Any, ...]) -> None:
        x = ta.arange(12.0).reshape(3, 4)
        function = getattr(ta.ops, name[:-1])
        expected = function(x, *arguments)
        memory = x.data_ptr()
        assert x.tolist() != expected.tolist()
        assert getattr(x, name)(*arguments) is x
        assert x.tolist() == expected.tolist()
        assert x.data_ptr() == memory

    def test_is_recorded_where_a_gradient_needs_it(
        self, name: str, arguments: tuple[Any, ...]
    ) -> None:
        leaf = ta.rand(3, 4, requires_grad=True)
        out_of_place = (getattr(ta.ops, name[:-1])(leaf * 2, *arguments) ** 2).sum()
        written = leaf * 2
        getattr(written, name)(*arguments)
        (expected,) = ta.grad(out_of_place, leaf)
        (found,) = ta.grad((written**2).sum(), leaf)
        assert found.equal(expected)

    def test_refuses_a_leaf(self, name: str, arguments: tuple[Any, ...]) -> None:
        with pytest.raises(RuntimeError, match=rf"{name}: a leaf tensor that requires a gradient"):
            getattr(ta.rand(3, 4, requires_grad=True), name)(*arguments)


def test_the_last_value_at_a_position_stays(device: nd.Device) -> None:
    x, values = ta.zeros(2, device=device), ta.tensor([1.0, 2.0, 3.0], device=device)
    places = ta.tensor([0, 0, 0], device=device)
    assert x.scatter(0, places, values).tolist() == [3.0, 0.0]
    assert x.index_copy(0, places, values).tolist() == [3.0, 0.0]
    assert x.index_put((places,), values).tolist() == [3.0, 0.0]
    assert x.put(places, values).tolist() == [3.0, 0.0]


def test_products_with_zeros_have_exact_derivatives() -> None:
    factors = ta.tensor([0.0, 2.0, 0.0, 5.0], dtype=ta.float64, requires_grad=True)
    ones = ta.ones(2, dtype=ta.float64)
    product = ones.scatter_reduce(0, ta.tensor([0, 0, 1, 1]), factors, "prod")
    (first,) = ta.grad(product.sum(), factors, create_graph=True)
    assert first.tolist() == [2.0, 0.0, 5.0, 0.0]
    (second,) = ta.grad(first.sum(), factors)
    assert second.tolist() == [1.0, 1.0, 1.0, 1.0]


def test_equal_extrema_share_the_gradient() -> None:
    x = ta.tensor([3.0, 0.0], requires_grad=True)
    src = ta.tensor([3.0, 3.0, 1.0], requires_grad=True)
    x.scatter_reduce(0, ta.tensor([0, 0, 0]), src, "amax").sum().backward()
    assert x.grad is not None and src.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), [1 / 3, 1.0])
    np.testing.assert_allclose(src.grad.numpy(), [1 / 3, 1 / 3, 0.0])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64"])
def test_reductions_of_integers(dtype: str, device: nd.Device) -> None:
    def make(*numbers: int) -> ta.Tensor:
        return ta.tensor(list(numbers), dtype=dtype, device=device)

    places = ta.tensor([0, 0, 1], device=device)
    for reduce, alone, together in (
        ("sum", [6, 9, 7], [13, 16, 7]),
        ("prod", [8, 9, 7], [56, 63, 7]),
        ("mean", [3, 9, 7], [4, 8, 7]),
        ("amax", [4, 9, 7], [7, 9, 7]),
        ("amin", [2, 9, 7], [2, 7, 7]),
    ):
        for include_self, expected in ((False, alone), (True, together)):
            found = make(7, 7, 7).scatter_reduce(
                0, places, make(2, 4, 9), reduce, include_self=include_self
            )
            assert found.tolist() == expected and found.dtype.name == dtype


def test_numbers_are_rows_of_one_element(device: nd.Device) -> None:
    x, place = ta.tensor(3.0, device=device), ta.tensor(0, device=device)
    assert x.scatter(0, place, 5.0).tolist() == 5.0
    assert x.scatter(dim=0, index=place, src=ta.tensor(4.0, device=device)).tolist() == 4.0
    assert x.scatter_reduce(-1, place, x, "sum").tolist() == 6.0
    assert x.gather(0, place).tolist() == 3.0
    assert x.index_select(0, place).tolist() == 3.0
    assert x.index_fill(0, place, 9).tolist() == 9.0
    assert ta.zeros(2, device=device).scatter(0, place, x).tolist() == [3.0, 0.0]
    with pytest.raises(IndexError, match="dimension 1 is out of range"):
        x.scatter(1, place, 5.0)


def test_a_replaced_part_may_have_held_anything(device: nd.Device) -> None:
    x = ta.full((2, 2), float("inf"), device=device)
    part = ta.tensor([1.0, 2.0], device=device)
    assert x.diagonal_scatter(part).diagonal().tolist() == [1.0, 2.0]
    assert x.select_scatter(part, 0, 1)[1].tolist() == [1.0, 2.0]
    assert x.slice_scatter(part[None], 0, 1).tolist()[1] == [1.0, 2.0]


def test_masks_broadcast(device: nd.Device) -> None:
    x = ta.arange(6.0, device=device).reshape(2, 3)
    column = ta.tensor([[False], [True]], device=device)
    assert x.masked_select(column).tolist() == [3.0, 4.0, 5.0]
    assert x.masked_scatter(column, -x).tolist() == [[0.0, 1.0, 2.0], [0.0, -1.0, -2.0]]
    assert x.masked_select(ta.tensor(False, device=device)).shape == (0,)


Call = Callable[[ta.Tensor], Any]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x.scatter(0, ROWS, ROWS), DTypeError, "scatter: int64 for a tensor of float32"),
        (lambda x: x.scatter(0, ROWS[0], 1.0), ShapeError, r"scatter: index of shape \(3,\)"),
        (lambda x: x.scatter(0, ROWS, VALUES[:1]), ShapeError, "scatter: src of shape"),
        (lambda x: x.scatter(0, ROWS, 1.0, reduce="max"), ValueError, "unknown reduce 'max'"),
        (lambda x: x.scatter(0, ROWS + 3, 1.0), IndexError, "scatter: index"),
        (lambda x: x.scatter_add(0, ROWS, VALUES[:1]), ShapeError, "scatter_add: src of shape"),
        (lambda x: x.scatter_reduce(0, ROWS, VALUES, "max"), ValueError, "known are sum, prod"),
        (lambda x: x.index_copy(0, ROWS, x), ShapeError, "index_copy: index has one dimension"),
        (lambda x: x.index_copy(0, ROWS[0], x[:1]), ShapeError, "it must have shape"),
        (lambda x: x.index_fill(0, ROWS[0], ta.ones(2)), ShapeError, "value is one number"),
        (lambda x: x.index_put((ROWS,), ROWS), DTypeError, "index_put: int64 for a tensor of"),
        (lambda x: x.masked_select(x), DTypeError, "masked_select: a mask is bool"),
        (lambda x: x.masked_scatter(x >= 0, x[0]), ShapeError, "the mask is true 12 times"),
        (lambda x: x.put(ROWS, x), ShapeError, "put: source of shape"),
        (lambda x: x.select_scatter(x, 0, 0), ShapeError, r"for a part of shape \(4,\) of"),
        (lambda x: x.slice_scatter(x, 0, 1), ShapeError, r"for a part of shape \(2, 4\) of"),
        (lambda x: x.diagonal_scatter(x), ShapeError, r"for a part of shape \(3,\) of"),
        (lambda x: x.diag_embed(0, 1, 1), ValueError, "diag_embed: two different dimensions"),
        (lambda x: x.take(ROWS + 99), IndexError, "out of"),
        (lambda x: x[0].fill_diagonal_(1.0), ShapeError, "fill_diagonal: a matrix"),
    ],
)
def test_what_does_not_fit_is_refused(call: Call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(ta.arange(12.0).reshape(3, 4))
