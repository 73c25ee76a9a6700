"""The gradient checker finds wrong gradients, and says which."""

from __future__ import annotations

import pytest

import tiny_autograd as ta
from tiny_autograd.testing import GradcheckError, gradcheck, gradgradcheck


def leaf(*values: float) -> ta.Tensor:
    return ta.tensor(list(values), dtype=ta.float64, requires_grad=True)


@pytest.fixture(scope="module")
def wrong_second() -> ta.Op:
    """x squared, but the derivative of its second element is 10 % too large."""

    @ta.op()
    def wrong(x, /):
        return x * x

    wrong.vjp(x=lambda g, x: g * 2 * x * ta.Tensor(_factors(x)).array)
    return wrong


def _factors(x):  # type: ignore[no-untyped-def]
    return ta.tensor([1.0, 1.1], dtype=ta.float64).array


def test_the_wrong_element_is_named(wrong_second: ta.Op) -> None:
    message = (
        r"output 0 with respect to input 0 is wrong in 1 of 4 elements.*\n"
        r"  d output\[1\] / d input\[1\]: gradient 6.6, finite difference 6, they differ by 0.6"
    )
    with pytest.raises(GradcheckError, match=message):
        gradcheck(wrong_second, leaf(2.0, 3.0))


def test_a_wrong_second_derivative_is_found() -> None:
    def detached(x: ta.Tensor) -> ta.Tensor:
        return (x * x.detach() * 2 - x.detach() * x.detach()).sum()  # x * x, but once only

    assert gradcheck(lambda x: (x * x).sum(), leaf(2.0))
    with pytest.raises(GradcheckError):
        gradgradcheck(detached, leaf(2.0))


def test_several_inputs_and_outputs() -> None:
    assert gradcheck(lambda x, y: (x * y, x + y), [leaf(1.0, 2.0), leaf(3.0, 4.0)])
    assert gradgradcheck(lambda x, y: (x * y, x + y), [leaf(1.0, 2.0), leaf(3.0, 4.0)])


def test_inputs_that_cannot_be_checked() -> None:
    with pytest.raises(ValueError, match="float64"):
        gradcheck(lambda x: x, ta.ones(1, requires_grad=True))
    with pytest.raises(ValueError, match="nothing to check"):
        gradcheck(lambda x: x, ta.ones(1))


def test_nan_is_wrong() -> None:
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: (x - x.detach()).sqrt(), leaf(1.0))


def test_fast_mode_finds_what_the_whole_comparison_names(wrong_second: ta.Op) -> None:
    with pytest.raises(GradcheckError, match=r"d output\[1\] / d input\[1\]: gradient 6.6"):
        gradcheck(wrong_second, leaf(2.0, 3.0), fast_mode=True)
    with pytest.raises(GradcheckError):
        gradgradcheck(lambda x: (x * x.detach() * x.detach()).sum(), leaf(2.0), fast_mode=True)
    # A result without a graph that moves with its input.
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: (x * 2, x.detach() * x.detach()), leaf(2.0), fast_mode=True)


def test_fast_mode_takes_what_is_right() -> None:
    def several(x: ta.Tensor, y: ta.Tensor) -> tuple[ta.Tensor, ...]:
        return (x[:1] * y).exp(), x.detach() * 0, y.sum()

    for x in (leaf(1.0, 2.0), leaf(1.0)):
        assert gradcheck(several, [x, leaf(3.0)], fast_mode=True)
        assert gradgradcheck(several, [x, leaf(3.0)], fast_mode=True)
    empty = ta.zeros(0, dtype=ta.float64, requires_grad=True)
    assert gradcheck(lambda x: x * 2, empty, fast_mode=True)
