"""Fourier transforms equal NumPy's, in the operand's precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import COMPLEX, FLOATING, arrays, assert_same, shapes

import ndarray_core as nd

ROUNDING = {"float32": 1e-4, "float64": 1e-11, "complex64": 1e-4, "complex128": 1e-11}
NORMS = ("backward", "ortho", "forward")
REAL = ("rfft", "rfftn", "ihfft")


def operands(name: str) -> st.SearchStrategy[Any]:
    dtypes = FLOATING if name in REAL else COMPLEX
    return arrays(dtypes, shape=shapes(min_dims=1, max_dims=3, min_side=2))


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
@given(data=st.data(), norm=st.sampled_from(NORMS), n=st.sampled_from([None, 1, 2, 5, 8]))
def test_along_one_axis(device: nd.Device, name: str, data: Any, norm: Any, n: Any) -> None:
    x, host = data.draw(operands(name)).on(device)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    ours = getattr(nd.fft, name)(x, n=n, axis=axis, norm=norm)
    theirs = getattr(np.fft, name)(host, n=n, axis=axis, norm=norm)
    assert_same(ours, theirs, exact=False, rtol=ROUNDING[host.dtype.name])
    assert ours.device == device


@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
@given(data=st.data(), norm=st.sampled_from(NORMS))
def test_along_several_axes(device: nd.Device, name: str, data: Any, norm: Any) -> None:
    x, host = data.draw(operands(name)).on(device)
    s = axes = None
    if data.draw(st.booleans()):
        axes = data.draw(st.lists(st.integers(0, x.ndim - 1), min_size=1, unique=True))
        if data.draw(st.booleans()):
            s = [data.draw(st.sampled_from([-1, 1, 4])) for _ in axes]
    ours = getattr(nd.fft, name)(x, s=s, axes=axes, norm=norm)
    sizes = s and [host.shape[axis] if n == -1 else n for n, axis in zip(s, axes, strict=True)]
    if s and s[-1] == -1 and name == "irfftn":
        sizes[-1] = 2 * (host.shape[axes[-1]] - 1)
    theirs = getattr(np.fft, name)(host, s=sizes, axes=axes, norm=norm)
    assert_same(ours, theirs, exact=False, rtol=ROUNDING[host.dtype.name])


@given(data=st.data())
def test_real_elements_and_integers_are_taken_as_complex(device: nd.Device, data: Any) -> None:
    x, _ = data.draw(arrays(("int32", "bool", "float32"), shape=(4, 3))).on(device)
    expected = nd.fft.fft(x.astype("complex64"))
    assert_same(nd.fft.fft(x), expected.numpy(), exact=False, rtol=1e-4)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("dtype", FLOATING)
def test_frequencies_equal_numpys(device: nd.Device, n: int, dtype: str) -> None:
    for name in ("fftfreq", "rfftfreq"):
        ours = getattr(nd.fft, name)(n, d=0.25, dtype=dtype, device=device)
        assert_same(ours, getattr(np.fft, name)(n, 0.25).astype(dtype), exact=False)
        assert ours.device == device
    assert nd.fft.fftfreq(n).dtype == nd.float32


@given(data=st.data(), shift=st.sampled_from(["fftshift", "ifftshift"]))
def test_shifts_equal_numpys(device: nd.Device, data: st.DataObject, shift: str) -> None:
    x, host = data.draw(arrays(shape=shapes(min_dims=1, max_dims=3))).on(device)
    several = st.lists(st.integers(0, x.ndim - 1), unique=True).map(tuple)
    axes = data.draw(st.none() | several | st.just(-1))
    assert_same(getattr(nd.fft, shift)(x, axes=axes), getattr(np.fft, shift)(host, axes))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: nd.fft.fft(x, n=0), nd.errors.ShapeError, "fft: 0 elements along axis -1"),
        (lambda x: nd.fft.irfft(x[:, :1]), nd.errors.ShapeError, "irfft: 0 elements"),
        (lambda x: nd.fft.fft(x, axis=2), IndexError, "axis 2 is out of range"),
        (lambda x: nd.fft.fft(x, norm="none"), ValueError, "norm is one of backward"),
        (lambda x: nd.fft.fftn(x, s=(2, 2)), nd.errors.ShapeError, "axes are None"),
        (lambda x: nd.fft.fftn(x, s=(2,), axes=(0, 1)), nd.errors.ShapeError, "as many axes"),
        (lambda x: nd.fft.fftn(x, s=(0,), axes=(0,)), nd.errors.ShapeError, "elements along"),
        (lambda x: nd.fft.fftn(x, axes=()), nd.errors.ShapeError, "no axis"),
        (lambda x: nd.fft.rfft(nd.fft.fft(x)), nd.errors.DTypeError, "takes real elements"),
        (lambda x: nd.fft.fft(x.astype("float16")), nd.errors.DTypeError, "float16; convert"),
        (lambda x: nd.fft.fftfreq(0), nd.errors.ShapeError, "have no frequencies"),
        (lambda x: nd.fft.rfftfreq(3, dtype=int), nd.errors.DTypeError, "not int64"),
    ],
)
def test_what_cannot_be_transformed_says_why(
    device: nd.Device, call: Callable[[nd.NDArray], Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        call(nd.ones((2, 3), device=device))
