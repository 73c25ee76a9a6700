"""Layouts are NumPy's views: whatever chain of views is taken, strides and elements agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import shapes

import ndarray_core as nd

SLICES = st.builds(
    slice,
    st.none() | st.integers(-7, 7),
    st.none() | st.integers(-7, 7),
    st.sampled_from([None, 1, 2, 3, -1, -2, -3]),
)


def draw_view(draw: st.DrawFn, x: nd.NDArray, host: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """One more view, drawn among those that the shape allows, of both arrays."""
    kinds = ["basic", "permute", "flip", "expand", "squeeze", "reshape"]
    if x.ndim < 6:
        kinds.append("broadcast")
    if any(x.shape) and x.ndim < 6:
        kinds.append("windows")
    if x.ndim >= 2:
        kinds.append("diagonal")
    kind = draw(st.sampled_from(kinds))
    if kind == "basic":
        entries: list[Any] = [
            draw(st.integers(-size, size - 1) | SLICES if size else SLICES) for size in x.shape
        ]
        first = draw(st.integers(0, x.ndim))
        last = draw(st.integers(first, x.ndim))
        # An ellipsis stands for the axes that are left out, None for a new one.
        entries[first:last] = [...]
        if x.ndim < 6:
            entries.insert(draw(st.integers(0, len(entries))), None)
        key = tuple(entries)
        return x[key], host[key]
    if kind == "permute":
        axes = draw(st.permutations(range(x.ndim)))
        return x.permute(*axes), host.transpose(axes)
    if kind == "flip":
        flipped = tuple(axis for axis in range(x.ndim) if draw(st.booleans()))
        return x.flip(flipped), np.flip(host, flipped)
    if kind == "expand":
        axis = draw(st.integers(-x.ndim - 1, x.ndim))
        return (x.expand_dims(axis), np.expand_dims(host, axis)) if x.ndim < 6 else (x, host)
    if kind == "squeeze":
        ones = [axis for axis, size in enumerate(x.shape) if size == 1]
        dropped = tuple(axis for axis in ones if draw(st.booleans()))
        return x.squeeze(dropped), np.squeeze(host, dropped)
    if kind == "broadcast":
        sizes = [draw(st.integers(0, 3)) if size == 1 else size for size in x.shape]
        shape = (*draw(shapes(max_dims=1, max_side=2)), *sizes)
        return x.broadcast_to(shape), np.broadcast_to(host, shape)
    if kind == "windows":
        axis = draw(st.sampled_from([axis for axis, size in enumerate(x.shape) if size]))
        size = draw(st.integers(1, x.shape[axis]))
        step = draw(st.integers(1, 3))
        dilation = draw(st.integers(1, (x.shape[axis] - 1) // (size - 1) if size > 1 else 3))
        span = dilation * (size - 1) + 1
        sliding = np.lib.stride_tricks.sliding_window_view(host, span, axis)
        starts = (slice(None),) * axis + (slice(None, None, step),)
        return x.windows(axis, size, step, dilation), sliding[starts][..., ::dilation]
    if kind == "diagonal":
        axis1, axis2, *_ = draw(st.permutations(range(x.ndim)))
        offset = draw(st.integers(-3, 3))
        return x.diagonal(offset, axis1, axis2), np.diagonal(host, offset, axis1, axis2)
    shape = draw(st.permutations(x.shape).map(tuple) | st.just((-1,)))
    if x.size == 0 and -1 in shape:
        shape = (0,)
    return x.reshape(shape), host.reshape(shape)


def assert_equal_views(x: nd.NDArray, host: np.ndarray[Any, Any], root: nd.NDArray) -> None:
    assert x.shape == host.shape
    np.testing.assert_array_equal(x.numpy(), host)
    if x.buffer != root.buffer:
        return  # a reshape had to copy
    if x.size:
        steps = [
            (ours, theirs // host.itemsize)
            for size, ours, theirs in zip(x.shape, x.strides, host.strides, strict=True)
            if size > 1  # the stride of a single element is never used
        ]
        assert [ours for ours, _ in steps] == [theirs for _, theirs in steps]
        assert x.is_contiguous() == host.flags.c_contiguous
        first, last = x.layout.extent() or (0, -1)
        assert 0 <= first <= last < root.buffer.size


@given(st.data())
def test_chains_of_views_equal_numpys(data: st.DataObject) -> None:
    shape = data.draw(shapes(max_side=5))
    host = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    x = root = nd.asarray(host)
    for _ in range(data.draw(st.integers(1, 6))):
        shares = x.buffer == root.buffer and np.shares_memory(x.numpy(), root.numpy())
        x, host = draw_view(data.draw, x, host)
        assert_equal_views(x, host, root if shares else x)


@given(st.data())
def test_reshape_copies_exactly_where_numpy_does(data: st.DataObject) -> None:
    shape = data.draw(shapes(min_dims=1, min_side=1, max_side=4))
    host = np.arange(int(np.prod(shape))).reshape(shape)
    axes = data.draw(st.permutations(range(len(shape))))
    x, host = nd.asarray(host).permute(*axes), host.transpose(axes)
    target = data.draw(st.sampled_from([(-1,), tuple(sorted(shape)), (*host.shape[1:], -1)]))
    assert (x.layout.reshape(target) is None) == (not np.shares_memory(host, host.reshape(target)))


@given(shapes(min_side=1), st.data())
def test_permuting_back_gives_the_layout_again(shape: tuple[int, ...], data: st.DataObject) -> None:
    layout = nd.Layout(shape)
    axes = data.draw(st.permutations(range(len(shape))))
    inverse = tuple(int(axis) for axis in np.argsort(axes))
    assert layout.permute(tuple(axes)).permute(inverse) == layout
    assert layout.flip(tuple(axes)).flip(tuple(axes)) == layout


@given(shapes(max_dims=3), st.lists(st.integers(-6, 6), min_size=3, max_size=3))
def test_has_repeats_never_misses_one(shape: tuple[int, ...], steps: list[int]) -> None:
    layout = nd.Layout(shape, tuple(steps[: len(shape)]))
    positions = [
        sum(i * step for i, step in zip(index, steps, strict=False)) for index in np.ndindex(shape)
    ]
    if len(set(positions)) < len(positions):
        assert layout.has_repeats()


def test_a_layout_shows_itself() -> None:
    layout = nd.zeros((2, 3))[:, ::-1].layout
    assert repr(layout) == "Layout(shape=(2, 3), strides=(3, -1), offset=2)"
    assert {layout: 1}[nd.Layout((2, 3), (3, -1), 2)] == 1
    assert layout.extent() == (0, 5) and nd.Layout((0, 3)).extent() is None
    assert nd.Layout((2, 1), (0, 7)).has_repeats() and not layout.has_repeats()


ROWS = [
    (lambda x: x.index(0, 2), IndexError, "index 2 is out of bounds for axis 0 with size 2"),
    (lambda x: x.slice(1, 0, 4), IndexError, "leave axis 1 with size 3"),
    (lambda x: x.slice(1, 0, 2**62, 8), IndexError, "leave axis 1 with size 3"),
    (lambda x: x.permute((0, 0)), nd.errors.ShapeError, "name axis 0"),
    (lambda x: x.permute((0,)), nd.errors.ShapeError, "must name each of the 2 axes"),
    (lambda x: x.squeeze((1,)), nd.errors.ShapeError, "has size 3"),
    (lambda x: x.broadcast_to((3, 3)), nd.errors.ShapeError, r"\(2, 3\) does not broadcast"),
    (lambda x: x.broadcast_to((3,)), nd.errors.ShapeError, "fewer dimensions"),
    (lambda x: x.reshape((4, -1)), nd.errors.ShapeError, "no size for the -1"),
    (lambda x: x.reshape((-1, -1)), nd.errors.ShapeError, "only one size"),
    (lambda x: x.reshape((7,)), nd.errors.ShapeError, "the array has 6"),
    (lambda x: x.windows(1, 4), nd.errors.ShapeError, "does not fit into axis 1"),
    (lambda x: x.windows(1, 2, 0), nd.errors.ShapeError, "must be positive"),
    (lambda x: x.windows(1, 3, 1, 2**62), nd.errors.ShapeError, "does not fit into axis 1"),
    (lambda x: x.diagonal(0, 1, 1), nd.errors.ShapeError, "two axes are both 1"),
    (lambda x: x.flip((2,)), IndexError, "axis 2 is out of range"),
    (lambda x: x.expand_dims(4), IndexError, "axis 4 is out of range"),
    (lambda x: nd.Layout((2,), (1, 1)), nd.errors.ShapeError, "equally many"),
    (lambda x: nd.Layout((-2,)), nd.errors.ShapeError, "negative size"),
    (lambda x: nd.Layout((2**40, 2**40)), nd.errors.ShapeError, "more elements than"),
]


@pytest.mark.parametrize(("view", "error", "text"), ROWS)
def test_impossible_views_say_why(view: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        view(nd.Layout((2, 3)))
