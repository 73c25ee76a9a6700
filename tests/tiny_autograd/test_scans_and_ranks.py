"""Running sums and extremes, medians, quantiles, and the arguments that their kin take."""

from __future__ import annotations

import math

import pytest

import ndarray_core as nd
import tiny_autograd as ta
from ndarray_core.errors import DTypeError, ShapeError
from tiny_autograd.testing import gradcheck, gradgradcheck

NAN = math.nan


class TestScans:
    def test_types(self, device: nd.Device) -> None:
        for name in ("cumsum", "cumprod"):
            for dtype in (ta.bool, ta.uint8, ta.int32):
                x = ta.tensor([1, 1, 0], dtype=dtype, device=device)
                assert getattr(x, name)(0).dtype == ta.int64
            x = ta.tensor([1, 2], device=device)
            assert getattr(x, name)(0, dtype=ta.float64).dtype == ta.float64
        assert ta.tensor([1, 2], device=device).logcumsumexp(0).dtype == ta.float32
        values, indices = ta.tensor([False, True, False], device=device).cummax(0)
        assert (values.tolist(), indices.tolist()) == ([False, True, True], [0, 1, 1])

    def test_without_dimensions(self, device: nd.Device) -> None:
        x = ta.tensor(3.0, device=device, requires_grad=True)
        for name in ("cumsum", "cumprod", "logcumsumexp"):
            out = getattr(x, name)(-1)
            assert (out.shape, out.item()) == ((), 3.0)
        assert [t.item() for t in x.cummin(0)] == [3.0, 0]
        x.cummax(0).values.backward()
        assert x.grad is not None and x.grad.item() == 1.0

    def test_nothing_to_go_along(self, device: nd.Device) -> None:
        x = ta.zeros(0, 3, device=device, requires_grad=True)
        for dim in (0, 1):
            total = x.cumsum(dim) + x.cumprod(dim) + x.logcumsumexp(dim) + x.cummax(dim).values
            assert total.shape == (0, 3)
            total.sum().backward()
        assert x.grad is not None and x.grad.shape == (0, 3)

    def test_wrong_dimensions(self) -> None:
        x = ta.ones(2, 2)
        for name in ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"):
            with pytest.raises(IndexError):
                getattr(x, name)(2)
            with pytest.raises(TypeError, match="bool"):
                getattr(x, name)(True)

    def test_products_with_zeros_have_derivatives_of_both_orders(self) -> None:
        x = ta.tensor([[2.0, 0.0, 3.0, 0.0, 5.0]], dtype=ta.float64, requires_grad=True)
        assert gradcheck(lambda x: x.cumprod(1), [x])
        assert gradgradcheck(lambda x: x.cumprod(1), [x])

    def test_sums_of_exponentials_neither_overflow_nor_vanish(self, device: nd.Device) -> None:
        x = ta.tensor([-math.inf, -700.0, 900.0, 0.0], dtype=ta.float64, device=device)
        x.requires_grad_()
        out = x.logcumsumexp(0)
        assert out.tolist() == [-math.inf, -700.0, 900.0, 900.0]
        out[1:].sum().backward()
        assert x.grad is not None
        assert x.grad.tolist() == pytest.approx([0.0, 1.0, 2.0, 0.0])


class TestMedians:
    def test_of_nothing(self) -> None:
        assert math.isnan(ta.zeros(0).median().item())
        with pytest.raises(ShapeError, match="median: dimension 0"):
            ta.zeros(0, 3).median(0)
        assert ta.zeros(0, 3).median(1).values.shape == (0,)

    def test_positions_and_shapes(self, device: nd.Device) -> None:
        x = ta.tensor([[3, 1, 2, 9], [7, 7, 5, 6]], device=device)
        values, indices = x.median(-1)
        assert (values.tolist(), indices.tolist()) == ([2, 6], [2, 3])
        assert x.median(0, keepdim=True).values.shape == (1, 4)
        assert x.median().item() == 5
        assert [t.item() for t in ta.tensor(4.0, device=device).median(0)] == [4.0, 0]

    def test_one_nan_is_the_median_and_gets_the_gradient(self) -> None:
        x = ta.tensor([1.0, NAN, 3.0], requires_grad=True)
        x.median().backward()
        assert x.grad is not None and x.grad.tolist() == [0.0, 1.0, 0.0]


class TestQuantiles:
    def test_shapes(self, device: nd.Device) -> None:
        x = ta.arange(24.0, device=device).reshape(2, 3, 4)
        q = ta.tensor([0.1, 0.9], device=device)
        assert ta.quantile(x, q).shape == (2,)
        assert ta.quantile(x, q, 1).shape == (2, 2, 4)
        assert ta.quantile(x, q, -1, keepdim=True).shape == (2, 2, 3, 1)
        assert ta.quantile(x, 0.5, keepdim=True).shape == (1, 1, 1)
        assert ta.quantile(ta.tensor(2.0, device=device), 0.5, 0).item() == 2.0

    def test_what_is_refused(self) -> None:
        x = ta.ones(3)
        with pytest.raises(ValueError, match="between 0 and 1"):
            x.quantile(1.5)
        with pytest.raises(ValueError, match="interpolation"):
            x.quantile(0.5, interpolation="cubic")
        with pytest.raises(DTypeError, match="int64"):
            ta.tensor([1, 2]).quantile(0.5)
        with pytest.raises(ShapeError, match="empty"):
            ta.zeros(0).quantile(0.5)
        with pytest.raises(ShapeError, match="vector"):
            x.quantile(ta.ones(1, 1))


class TestArguments:
    def test_dtype_is_that_of_the_sum(self, device: nd.Device) -> None:
        x = ta.tensor([2.0**24, 1.0, 1.0], device=device, requires_grad=True)
        out = x.sum(dtype=ta.float64)
        assert (out.dtype, out.item()) == (ta.float64, 2.0**24 + 2)
        out.backward()
        assert x.grad is not None and x.grad.dtype == ta.float32
        assert ta.tensor([1, 2], device=device).mean(dtype=ta.float64).item() == 1.5
        assert ta.tensor([1.5, 2.5], device=device).sum(dtype=ta.int64).item() == 3

    def test_alpha(self, device: nd.Device) -> None:
        x = ta.tensor([1, 2], device=device)
        assert ta.add(x, 3, alpha=2).tolist() == [7, 8]
        assert x.sub(x, alpha=3).tolist() == [-2, -4]
        assert ta.add(x, x, alpha=0.5).tolist() == [1.5, 3.0]

    def test_integers_where_nan_would_be_passed_over(self) -> None:
        assert ta.tensor([1, 2]).nansum().item() == 3
        assert ta.tensor([True, True]).nansum().item() == 2
        assert ta.tensor([1, 2]).nan_to_num().tolist() == [1, 2]
        with pytest.raises(DTypeError, match="nanmean"):
            ta.tensor([1, 2]).nanmean()
        assert math.isnan(ta.tensor([NAN]).nanmean().item())

    def test_norms(self) -> None:
        x = ta.tensor([3.0, 4.0])
        assert x.norm("fro").item() == 5.0
        assert x.norm(dtype=ta.float64).dtype == ta.float64
        with pytest.raises(ValueError, match="nuc"):
            x.norm("nuc")
        with pytest.raises(DTypeError, match="norm"):
            ta.tensor([3, 4]).norm()


class TestElementwise:
    def test_float_power_is_double(self) -> None:
        out = ta.float_power(ta.tensor([2, 4]), ta.tensor([-1, 2]))
        assert (out.dtype, out.tolist()) == (ta.float64, [0.5, 16.0])
        assert ta.float_power(2.0, ta.tensor([1, 3])).tolist() == [2.0, 8.0]

    def test_a_number_beats_nan(self) -> None:
        x = ta.tensor([1.0, NAN, 2.0, NAN], requires_grad=True)
        y = ta.tensor([NAN, 1.0, 2.0, NAN], requires_grad=True)
        (ta.fmax(x, y) + ta.fmin(x, y)).sum().backward()
        assert x.grad is not None and x.grad.tolist() == [2.0, 0.0, 2.0, 2.0]
        assert y.grad is not None and y.grad.tolist() == [0.0, 2.0, 0.0, 0.0]

    def test_lerp_reaches_both_ends(self) -> None:
        x, end = ta.tensor([0.1, 1e8]), ta.tensor([0.7, 1.1])
        assert ta.lerp(x, end, 0.0).tolist() == x.tolist()
        assert ta.lerp(x, end, 1.0).tolist() == end.tolist()

    def test_shifts_are_operators(self, device: nd.Device) -> None:
        x = ta.tensor([1, -8], device=device)
        assert (x << 2).tolist() == [4, -32]
        assert (x >> 1).tolist() == [0, -4]
        assert (1 << ta.tensor([3], device=device)).tolist() == [8]
        assert (64 >> ta.tensor([3], device=device)).tolist() == [8]
        x <<= 1
        assert x.tolist() == [2, -16]

    def test_prelu_and_glu_name_the_shapes_they_refuse(self) -> None:
        with pytest.raises(ShapeError, match=r"prelu: weight of shape \(2,\)"):
            ta.functional.prelu(ta.ones(2, 3), ta.ones(2))
        with pytest.raises(ShapeError, match="glu: dimension -1"):
            ta.functional.glu(ta.ones(3))
        with pytest.raises(ValueError, match="polygamma: n is"):
            ta.polygamma(-1, ta.ones(1))

    def test_in_place(self) -> None:
        x = ta.tensor([4.0, 9.0])
        assert x.exp2_() is x and x.tolist() == [16.0, 512.0]
        assert x.log2_().frac_().tolist() == [0.0, 0.0]
        assert ta.tensor([NAN, 5.0]).nan_to_num_(2.0).fmod_(3).tolist() == [2.0, 2.0]
        assert ta.tensor([1.0, 2.0]).cumsum_(0).tolist() == [1.0, 3.0]
        x = ta.tensor([1.0, 2.0], requires_grad=True)
        y = (x * 1).cumprod_(0)
        y.sum().backward()
        assert x.grad is not None and x.grad.tolist() == [3.0, 1.0]
