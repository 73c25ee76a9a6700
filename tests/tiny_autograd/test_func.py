"""Functional transforms against plain gradients, finite differences and each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_autograd as ta
from tiny_autograd import func

Function = Callable[[Any], Any]

# From vectors of three numbers: to a number, to a vector, to a matrix.
FUNCTIONS: dict[str, Function] = {
    "number": lambda x: (x.exp() * x).sum(),
    "vector": lambda x: x.sin() * x[0] + x.prod(),
    "matrix": lambda x: ta.outer(x, x.tanh()),
    "part": lambda x: x[:2] ** 2,
    "constant": lambda x: ta.ones(2, dtype=ta.float64),
}


def vectors(count: int) -> st.SearchStrategy[ta.Tensor]:
    numbers = st.floats(-2, 2, allow_subnormal=False)
    return st.lists(numbers, min_size=count, max_size=count).map(
        lambda values: ta.tensor(values, dtype=ta.float64)
    )


def close(x: ta.Tensor, y: Any, tolerance: float = 1e-9) -> None:
    expected = y.detach().numpy() if isinstance(y, ta.Tensor) else y
    np.testing.assert_allclose(x.detach().numpy(), expected, rtol=tolerance, atol=tolerance)


def difference_quotients(f: Function, x: ta.Tensor) -> np.ndarray[Any, Any]:
    base, step = x.numpy().copy(), 1e-6
    columns = []
    for i in range(base.size):
        move = np.eye(base.size)[i] * step
        ends = [f(ta.tensor(base + sign * move)).numpy() for sign in (1, -1)]
        columns.append((ends[0] - ends[1]) / (2 * step))
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(x=vectors(3), v=vectors(3))
def test_jacobian_jvp_and_vjp_agree(name: str, x: ta.Tensor, v: ta.Tensor) -> None:
    f = FUNCTIONS[name]
    matrix = func.jacobian(f)(x)
    output, moved = func.jvp(f, (x,), (v,))
    close(output, f(x))
    close(matrix, difference_quotients(f, x), 1e-5)
    close(moved, matrix.numpy() @ v.numpy())
    pulled_output, pull = func.vjp(f, x)
    close(pulled_output, output)
    weights = ta.tensor(np.random.default_rng(0).normal(size=output.shape))
    expected = np.tensordot(weights.numpy(), matrix.numpy(), axes=output.ndim)
    close(pull(weights), expected)
    close(pull(weights * 2), expected * 2)  # linear, and may be called again
    assert not output.requires_grad and not matrix.requires_grad and x.grad is None


@given(x=vectors(3), v=vectors(3))
def test_second_derivatives(x: ta.Tensor, v: ta.Tensor) -> None:
    f = FUNCTIONS["number"]
    matrix = func.hessian(f)(x)
    close(matrix, np.diag(np.exp(x.numpy()) * (2 + x.numpy())))
    value, product = func.hvp(f, x, v)
    close(value, f(x))
    close(product, matrix.numpy() @ v.numpy())
    assert not product.requires_grad


def test_gradients_of_gradients() -> None:
    x = ta.tensor(2.0, dtype=ta.float64)
    derivative: Function = lambda x: x**5  # noqa: E731
    for factor, power in ((5, 4), (20, 3), (60, 2), (120, 1)):
        derivative = func.grad(derivative)
        assert derivative(x).item() == factor * 2.0**power


def test_an_inner_gradient_depends_on_the_outer_argument() -> None:
    inner = lambda a: func.grad(lambda x: a * x * x)(ta.tensor(3.0))  # noqa: E731
    assert func.grad(inner)(ta.tensor(2.0)).item() == 6.0  # d/da 2 a x


def test_results_are_differentiable_where_the_argument_requires_it() -> None:
    x = ta.tensor(2.0, requires_grad=True)
    func.grad(lambda x: x**3)(x).backward()
    assert x.grad is not None and x.grad.item() == 12.0


def test_several_arguments_and_aux() -> None:
    def f(x: ta.Tensor, y: ta.Tensor, scale: float = 1.0) -> tuple[ta.Tensor, str]:
        return (x * y).sum() * scale, "aux"

    x, y = ta.tensor([1.0, 2.0]), ta.tensor([3.0, 4.0])
    gradients, aux = func.grad(f, argnums=(0, 1), has_aux=True)(x, y, scale=2.0)
    assert [g.tolist() for g in gradients] == [[6.0, 8.0], [2.0, 4.0]] and aux == "aux"
    (value, aux), gradient = func.value_and_grad(f, argnums=-1, has_aux=True)(x, y)
    assert (value.item(), aux, gradient.tolist()) == (11.0, "aux", [1.0, 2.0])
    rows = func.jacobian(lambda x, y: x * y, argnums=(0, 1))(x, y)
    assert [row.tolist() for row in rows] == [[[3.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [0.0, 2.0]]]


def test_products_of_several_inputs_and_outputs() -> None:
    x, y = ta.tensor([1.0, 2.0]), ta.tensor([3.0, 4.0])
    outputs, pull = func.vjp(lambda x, y: (x * y, x.sum()), x, y)
    assert [output.tolist() for output in outputs] == [[3.0, 8.0], 3.0]
    by_x, by_y = pull((ta.ones(2), ta.tensor(10.0)))
    assert by_x.tolist() == [13.0, 14.0] and by_y.tolist() == [1.0, 2.0]
    _, moved = func.jvp(lambda x, y: (x * y, x.sum()), (x, y), (ta.ones(2), ta.zeros(2)))
    assert [part.tolist() for part in moved] == [[3.0, 4.0], 2.0]


@given(data=st.data(), count=st.integers(1, 4))
def test_vmap_is_a_loop(data: st.DataObject, count: int) -> None:
    x = ta.stack([data.draw(vectors(3)) for _ in range(count)])
    y = data.draw(vectors(3))
    f = lambda x, y: x * y + x.sum()  # noqa: E731
    expected = ta.stack([f(x[i], y) for i in range(count)])
    close(func.vmap(f, in_dims=(0, None))(x, y), expected)
    close(func.vmap(f, in_dims=(1, None), out_dims=1)(x.T, y), expected.T)
    close(func.vmap(func.grad(lambda x: (x**2).sum()))(x), 2 * x)
    whole, parts = func.vmap(lambda x: (x, x.sum()))(x)
    close(whole, x)
    close(parts, x.sum(1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: func.grad(lambda x: x)(x), RuntimeError, r"single number, not shape \(2,\)"),
        (lambda x: func.grad(lambda x: 1.0)(x), RuntimeError, "single number, not float"),
        (lambda x: func.grad(lambda x: x.sum(), argnums=1)(x), ValueError, "argnums 1 for 1"),
        (lambda x: func.grad(lambda n: n)(3), TypeError, "argument 0 must be a tensor"),
        (lambda x: func.grad(lambda n: n)(x.long()), TypeError, "not int64"),
        (lambda x: func.jvp(lambda x: x, (x,), ()), ValueError, "0 tangents for 1 primals"),
        (lambda x: func.jvp(lambda x: x, (x,), (x[:1],)), ValueError, "tangent 0 has shape"),
        (lambda x: func.vjp(lambda x: x, x)[1](x, x), ValueError, "2 cotangents for 1 outputs"),
        (lambda x: func.vmap(lambda x, y: x)(x, x[:1]), ValueError, r"found \[1, 2\]"),
        (lambda x: func.vmap(lambda x: x)(x[:0]), ValueError, "no slices"),
        (lambda x: func.vmap(lambda x: x, in_dims=(0, 0))(x), ValueError, "for 1 arguments"),
        (lambda x: func.jacobian(lambda x: [x])(x), TypeError, "returns list"),
    ],
)
def test_what_cannot_be_done_says_why(
    call: Callable[[ta.Tensor], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(ta.tensor([1.0, 2.0]))
