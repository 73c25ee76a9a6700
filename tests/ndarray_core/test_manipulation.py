"""Functions that reshape, join, repeat and move elements equal NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import ALL, arrays, assert_same, shapes

import ndarray_core as nd


@dataclass(frozen=True)
class Row:
    """A call with arguments drawn for an array x, and the same call in NumPy's words."""

    name: str
    arguments: Callable[[st.DrawFn, Any], dict[str, Any]]
    ours: Callable[..., nd.NDArray]
    theirs: Callable[..., Any]
    min_dims: int = 0
    min_side: int = 0
    view: bool = False  # whether the result is a view of x

    def __str__(self) -> str:
        return self.name


def an_axis(draw: st.DrawFn, x: Any) -> int:
    return draw(st.integers(-x.ndim, x.ndim - 1))


def counts(draw: st.DrawFn, size: int) -> list[int]:
    return draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))


ROWS = [
    Row(
        "permute_dims",
        lambda draw, x: {"axes": tuple(draw(st.permutations(range(x.ndim))))},
        nd.permute_dims,
        lambda x, axes: np.transpose(x, axes),
        view=True,
    ),
    Row(
        "moveaxis",
        lambda draw, x: {"source": an_axis(draw, x), "destination": an_axis(draw, x)},
        lambda x, source, destination: nd.moveaxis(x, source, destination),
        np.moveaxis,
        min_dims=1,
        view=True,
    ),
    Row(
        "moveaxis of several",
        lambda draw, x: {
            "source": tuple(draw(st.permutations(range(x.ndim)))[:2]),
            "destination": tuple(draw(st.permutations(range(x.ndim)))[:2]),
        },
        lambda x, source, destination: nd.moveaxis(x, source, destination),
        np.moveaxis,
        min_dims=2,
        view=True,
    ),
    Row(
        "swapaxes",
        lambda draw, x: {"axis1": an_axis(draw, x), "axis2": an_axis(draw, x)},
        lambda x, axis1, axis2: nd.swapaxes(x, axis1, axis2),
        np.swapaxes,
        min_dims=1,
        view=True,
    ),
    Row("reshape", lambda draw, x: {"shape": -1 if x.size else 0}, nd.reshape, np.reshape),
    Row("flip", lambda draw, x: {"axis": None}, nd.flip, np.flip, view=True),
    Row("flip one", lambda draw, x: {"axis": an_axis(draw, x)}, nd.flip, np.flip, 1, view=True),
    Row("squeeze", lambda draw, x: {}, nd.squeeze, np.squeeze, view=True),
    Row(
        "expand_dims",
        lambda draw, x: {"axis": draw(st.integers(-x.ndim - 1, x.ndim))},
        nd.expand_dims,
        np.expand_dims,
        view=True,
    ),
    Row(
        "expand_dims several",
        lambda draw, x: {"axis": (0, draw(st.integers(-x.ndim - 1, -1)))},
        nd.expand_dims,
        np.expand_dims,
        view=True,
    ),
    Row(
        "diagonal",
        lambda draw, x: {"offset": draw(st.integers(-3, 3)), "axis1": -1, "axis2": 0},
        nd.diagonal,
        np.diagonal,
        min_dims=2,
        view=True,
    ),
    Row(
        "roll",
        lambda draw, x: {"shift": draw(st.integers(-7, 7)), "axis": an_axis(draw, x)},
        nd.roll,
        np.roll,
        min_dims=1,
    ),
    Row("roll flat", lambda draw, x: {"shift": draw(st.integers(-7, 7))}, nd.roll, np.roll),
    Row(
        "roll several",
        lambda draw, x: {"shift": (draw(st.integers(-7, 7)), 1), "axis": (0, -1)},
        nd.roll,
        np.roll,
        min_dims=1,
    ),
    Row(
        "tile",
        lambda draw, x: {"times": tuple(draw(st.lists(st.integers(0, 3), max_size=4)))},
        lambda x, times: nd.tile(x, times),
        lambda x, times: np.tile(x, times),
    ),
    Row(
        "repeat",
        lambda draw, x: {"times": draw(st.integers(0, 3))},
        lambda x, times: nd.repeat(x, times),
        lambda x, times: np.repeat(x, times),
    ),
    Row(
        "repeat along",
        lambda draw, x: {"repeats": counts(draw, x.shape[-1]), "axis": -1},
        lambda x, repeats, axis: nd.repeat(
            x, nd.asarray(repeats, dtype=int, device=x.device), axis=axis
        ),
        lambda x, repeats, axis: np.repeat(x, np.asarray(repeats, int), axis),
        min_dims=1,
    ),
    Row(
        "pad",
        lambda draw, x: {"width": [counts(draw, 2) for _ in range(x.ndim)]},
        lambda x, width: nd.pad(x, [tuple(w) for w in width], constant_value=1),
        lambda x, width: np.pad(x, np.reshape(width, (-1, 2)), constant_values=1) if width else x,
    ),
    Row(
        "pad everywhere",
        lambda draw, x: {"width": draw(st.integers(0, 2))},
        lambda x, width: nd.pad(x, width),
        lambda x, width: np.pad(x, width),
        min_dims=1,
    ),
    *(
        Row(
            f"pad {mode}",
            lambda draw, x: {"width": [(draw(st.integers(0, 9)), 2) for _ in range(x.ndim)]},
            lambda x, width, mode=mode: nd.pad(x, width, mode),
            lambda x, width, mode=mode: np.pad(x, width, mode) if width else x,
            min_side=1,
        )
        for mode in ("edge", "reflect", "symmetric", "wrap")
    ),
    Row("tril", lambda draw, x: {"k": draw(st.integers(-4, 4))}, nd.tril, np.tril, min_dims=2),
    Row("triu", lambda draw, x: {"k": draw(st.integers(-4, 4))}, nd.triu, np.triu, min_dims=2),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
@given(data=st.data())
def test_equals_numpy(device: nd.Device, row: Row, data: st.DataObject) -> None:
    case = data.draw(arrays(ALL, shape=shapes(row.min_dims, min_side=row.min_side, max_side=4)))
    x, host = case.on(device)
    arguments = row.arguments(data.draw, x)
    result = row.ours(x, **arguments)
    assert_same(result, row.theirs(host, **arguments))
    assert result.device == device
    if row.view:
        assert result.buffer == x.buffer


@given(data=st.data())
def test_joining_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    shape = data.draw(shapes(min_dims=1, max_side=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    pairs = []
    for _ in range(data.draw(st.integers(1, 4))):
        sizes = list(shape)
        sizes[axis] = data.draw(st.integers(0, 3))
        pairs.append(data.draw(arrays(("int8", "int32", "float32"), shape=tuple(sizes))).on(device))
    dtype = nd.result_type(*(pair.array for pair in pairs)).name
    ours, theirs = [pair.array for pair in pairs], [pair.host for pair in pairs]
    assert_same(nd.concat(ours, axis=axis), np.concatenate(theirs, axis).astype(dtype))
    assert_same(nd.concat(ours, axis=None), np.concatenate(theirs, None).astype(dtype))


@given(data=st.data())
def test_stacking_equals_numpy(device: nd.Device, data: st.DataObject) -> None:
    shape = data.draw(shapes(max_dims=3))
    pairs = [data.draw(arrays(("float32",), shape=shape)).on(device) for _ in range(3)]
    axis = data.draw(st.integers(-len(shape) - 1, len(shape)))
    stacked = nd.stack([pair.array for pair in pairs], axis=axis)
    assert_same(stacked, np.stack([pair.host for pair in pairs], axis))
    for part, pair in zip(nd.unstack(stacked, axis=axis), pairs, strict=True):
        assert_same(part, pair.host)


@given(shapes(max_dims=3, min_side=1), shapes(max_dims=3, min_side=1))
def test_broadcasting_equals_numpy(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(nd.errors.ShapeError, match="do not broadcast"):
            nd.broadcast_shapes(a, b)
        return
    assert nd.broadcast_shapes(a, b) == expected
    assert [x.shape for x in nd.broadcast_arrays(nd.zeros(a), nd.zeros(b))] == [expected] * 2


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("sizes", [(), (3,), (3, 2), (3, 1, 2), (0, 2)])
def test_meshgrid_equals_numpy(device: nd.Device, sizes: tuple[int, ...], indexing: Any) -> None:
    vectors = [nd.arange(size, device=device) for size in sizes]
    expected = np.meshgrid(*(v.numpy() for v in vectors), indexing=indexing)
    for ours, theirs in zip(nd.meshgrid(*vectors, indexing=indexing), expected, strict=True):
        assert_same(ours, theirs)


def test_reshape_copies_as_it_is_told(device: nd.Device) -> None:
    x = nd.arange(6, device=device).reshape(2, 3)
    assert nd.reshape(x, (6,)).buffer == x.buffer
    assert nd.reshape(x, (6,), copy=True).buffer != x.buffer
    assert nd.reshape(x.T, (6,)).tolist() == [0, 3, 1, 4, 2, 5]
    with pytest.raises(nd.errors.ShapeError, match="needs a copy"):
        nd.reshape(x.T, (6,), copy=False)
