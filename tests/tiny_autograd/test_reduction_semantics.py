"""What reductions and their kin make of dimensions, types, and numbers at the edge."""

from __future__ import annotations

import math
from typing import Any

import pytest

import ndarray_core as nd
import tiny_autograd as ta


def gradient(function: Any, *values: Any) -> list[Any]:
    leaves = [ta.tensor(v, dtype=ta.float64, requires_grad=True) for v in values]
    function(*leaves).sum().backward()
    return [x.grad.tolist() for x in leaves if x.grad is not None]


class TestDimensions:
    def test_a_bool_is_no_dimension(self) -> None:
        x = ta.ones(2, 2)
        for call in (
            lambda: x.sum(True),
            lambda: x.prod(False),
            lambda: x.argmax(True),
            lambda: x.amax(True),
            lambda: x.softmax(True),
            lambda: x.transpose(True, 0),
            lambda: x.squeeze(True),
            lambda: x.var(True, True),
        ):
            with pytest.raises(TypeError, match="bool"):
                call()

    def test_one_dimension_only(self) -> None:
        for name in ("argmax", "argmin", "prod"):
            with pytest.raises(TypeError, match=name):
                getattr(ta.ones(2, 2), name)((0, 1))

    @pytest.mark.parametrize(
        "name", ["sum", "mean", "var", "std", "amax", "amin", "logsumexp", "norm"]
    )
    def test_no_dimensions_named_means_all(self, name: str) -> None:
        x = ta.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
        function = getattr(ta, name)
        arguments = (2, ()) if name == "norm" else ((),)
        out = function(x, *arguments)
        assert out.shape == ()
        assert function(x, *arguments, keepdim=True).shape == (1, 1)
        out.backward()
        assert x.grad is not None and x.grad.shape == (2, 2)

    def test_any_and_all_over_no_dimensions(self) -> None:
        x = ta.tensor([[True, False]])
        for function in (ta.any, ta.all):
            assert function(x, ()).tolist() == function(x, []).tolist() == [[True, False]]

    def test_var_takes_unbiased(self) -> None:
        x = ta.tensor([[1.0, 3.0], [5.0, 7.0]])
        for name in ("var", "std"):
            function = getattr(ta, name)
            assert function(x, False).item() == function(x, correction=0).item()
            assert function(x, unbiased=False).item() == function(x, None, False).item()
            assert function(x, True).item() == function(x).item()
            assert function(x, 1, False, True).shape == (2, 1)
            assert function(x, 1, False).tolist() == function(x, 1, correction=0).tolist()
            with pytest.raises(TypeError, match="not both"):
                function(x, 0, True, correction=1)
        assert ta.var_mean(x, False)[0].item() == 5.0

    @pytest.mark.parametrize("dim", [0, -1])
    def test_without_dimensions_the_first_and_last_are_accepted(
        self, dim: int, device: nd.Device
    ) -> None:
        def number() -> ta.Tensor:
            return ta.tensor(2.0, requires_grad=True, device=device)

        for name, expected in {
            "sum": 2.0, "mean": 2.0, "prod": 2.0, "amax": 2.0, "logsumexp": 2.0, "softmax": 1.0,
            "log_softmax": 0.0, "flip": 2.0, "squeeze": 2.0,
        }.items():  # fmt: skip
            x = number()
            out = getattr(x, name)(dim)
            assert (out.shape, out.item()) == ((), expected), name
            out.backward()
            assert x.grad is not None and x.grad.shape == ()
        x = number()
        assert x.sum(dim, keepdim=True).shape == ()
        assert x.argmax(dim).item() == 0
        assert x.transpose(dim, dim).shape == x.permute().shape == ()
        assert x.flatten(dim).shape == (1,)
        assert [t.item() for t in x.max(dim)] == [2.0, 0]
        with pytest.raises(IndexError):
            x.sum(1)

    def test_nothing_to_reduce(self, device: nd.Device) -> None:
        for shape, dim in (((0, 3), 0), ((2, 0), 1), ((0,), -1)):
            x = ta.zeros(shape, requires_grad=True, device=device)
            for name in ("softmax", "log_softmax"):
                out = getattr(x, name)(dim)
                assert out.shape == shape
                out.sum().backward()
        x = ta.zeros(0, 3, device=device, requires_grad=True)
        out = x.logsumexp(0)
        assert out.tolist() == [-math.inf] * 3
        out.sum().backward()
        assert x.grad is not None and x.grad.shape == (0, 3)
        assert x.logsumexp(1).shape == (0,)


class TestTypes:
    def test_sums_of_unsigned_numbers_are_int64(self, device: nd.Device) -> None:
        x = ta.tensor([200, 100], dtype=ta.uint8, device=device)
        assert (x.sum().dtype, x.sum().item()) == (ta.int64, 300)
        assert (x.prod(0).dtype, x.prod(0).item()) == (ta.int64, 20000)

    def test_logsumexp_of_integers_is_floating(self, device: nd.Device) -> None:
        x = ta.tensor([-(2**62), 2**62, 2**62], device=device)
        assert x.logsumexp(0).dtype == ta.float32
        assert x.logsumexp(0).item() == pytest.approx(2.0**62)
        small = ta.tensor([-128, 127], dtype=ta.int8, device=device).logsumexp(0)
        assert small.item() == pytest.approx(127)

    def test_masked_fill_keeps_the_type(self) -> None:
        mask = ta.tensor([True, False])
        for values, value, expected in (
            ([1, 2], 1.5, [1, 2]),
            ([False, False], 1.5, [True, False]),
            ([1.0, 2.0], 7, [7.0, 2.0]),
            ([3, 2], ta.tensor(1.5), [1, 2]),
        ):
            x = ta.tensor(values)
            out = x.masked_fill(mask, value)
            assert (out.dtype, out.tolist()) == (x.dtype, expected)


class TestEdges:
    def test_addmm_ignores_what_it_weighs_with_nothing(self) -> None:
        x = ta.full((2, 2), math.nan, requires_grad=True)
        out = ta.addmm(x, ta.eye(2), ta.ones(2, 2), beta=0)
        assert out.tolist() == [[1.0, 1.0], [1.0, 1.0]]
        out.sum().backward()
        assert x.grad is not None and x.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]

    def test_norms_do_not_overflow(self, device: nd.Device) -> None:
        x = ta.tensor([[3e200, 4e200], [3.0, 4.0], [0.0, 0.0]], dtype=ta.float64, device=device)
        x.requires_grad_()
        out = ta.norm(x, 2, 1)
        assert out.tolist() == pytest.approx([5e200, 5.0, 0.0])
        out.sum().backward()
        assert x.grad is not None
        assert x.grad.flatten().tolist() == pytest.approx([0.6, 0.8, 0.6, 0.8, 0.0, 0.0])
        assert ta.tensor([1.0, math.inf]).norm().item() == math.inf

    def test_gradients_where_there_is_none(self) -> None:
        assert gradient(lambda x: x.norm(0.5), [0.0, 0.0]) == [[0.0, 0.0]]
        assert gradient(lambda x: x.norm(0.5), [0.0, 4.0]) == [[0.0, 1.0]]
        assert gradient(ta.atan2, [0.0, 1.0], [0.0, 1.0]) == [[0.0, 0.5], [0.0, -0.5]]

    def test_nan_is_the_extremum(self) -> None:
        values = [[math.nan, 1.0], [2.0, 3.0]]
        assert gradient(lambda x: x.amax(1), values) == [[[1.0, 0.0], [0.0, 1.0]]]
        assert gradient(lambda x: x.max(), values) == [[[1.0, 0.0], [0.0, 0.0]]]


def test_flip_and_diag_copy(device: nd.Device) -> None:
    x = ta.tensor([[1.0, 2.0], [3.0, 4.0]], device=device)
    for copy in (x.flip(0), x.flip((0, 1)), x.flip([1]), x.diag(), x.flip(())):
        copy.zero_()
    assert x.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert x.flip(dims=(0, 1)).tolist() == [[4.0, 3.0], [2.0, 1.0]]
