"""Gradients compared with finite differences, element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import ndarray_core as nd

from .autograd import grad
from .grad_mode import enable_grad, no_grad
from .tensor import Tensor
from .variable import wrap

Matrix = np.ndarray[Any, Any]


class GradcheckError(RuntimeError):
    """A gradient differs from the finite difference; the message names the elements."""


def _outputs(function: Callable[..., Any], inputs: Sequence[Any]) -> list[Tensor]:
    result = function(*inputs)
    outputs = [result] if isinstance(result, Tensor) else list(result)
    return [y for y in outputs if isinstance(y, Tensor) and y.is_floating_point()]


def _check_inputs(inputs: Tensor | Sequence[Any]) -> tuple[list[Any], list[int]]:
    values = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires a gradient, so there is nothing to check")
    for i in checked:
        if values[i].dtype.name != "float64":
            raise ValueError(
                f"gradcheck: input {i} is {values[i].dtype.name}; finite differences need float64"
            )
    return values, checked


def _along(
    function: Callable[..., Any], inputs: list[Any], which: int, direction: Matrix, eps: float
) -> list[Matrix]:
    """The derivative of each output, flat, when one input moves in a direction."""
    original = inputs[which]
    base = np.array(original.detach().numpy(), order="C")
    ends = []
    with no_grad():
        for step in (eps, -eps):
            # Written into the same layout, so that strided inputs stay strided.
            inputs[which] = wrap(_like(original.array, base + step * direction))
            outputs = _outputs(function, inputs)
            ends.append([y.detach().numpy().reshape(-1).copy() for y in outputs])
    inputs[which] = original
    return [(a - b) / (2 * eps) for a, b in zip(*ends, strict=True)]


def _numeric(
    function: Callable[..., Any], inputs: list[Any], which: int, eps: float
) -> list[Matrix]:
    """For each output, d output / d input by central differences: (elements out, elements in)."""
    shape = inputs[which].shape
    units = np.eye(inputs[which].numel())
    columns = [_along(function, inputs, which, unit.reshape(shape), eps) for unit in units]
    return [np.stack(column, axis=1) for column in zip(*columns, strict=True)]


def _like(array: nd.NDArray, values: Matrix) -> nd.NDArray:
    """`values` on the device of `array`, with its order of strides."""
    order = sorted(range(array.ndim), key=lambda d: -abs(array.strides[d]))
    inverse = sorted(range(array.ndim), key=order.__getitem__)
    dense = nd.asarray(values.transpose(order).copy(order="C"), device=array.device)
    return dense.permute(*inverse) if array.ndim else dense


def _analytic(outputs: list[Tensor], inputs: list[Any], checked: list[int]) -> list[list[Matrix]]:
    """For each output and checked input, d output / d input by one backward per output element."""
    jacobians = []
    for y in outputs:
        rows = [np.zeros((y.numel(), inputs[i].numel())) for i in checked]
        if y.requires_grad:
            for j in range(y.numel()):
                one = np.zeros(y.shape)
                one.reshape(-1)[j] = 1
                direction = wrap(nd.asarray(one, device=y.device))
                gradients = grad(
                    y, [inputs[i] for i in checked], direction, retain_graph=True, allow_unused=True
                )
                for matrix, gradient in zip(rows, gradients, strict=True):
                    if gradient is not None:
                        matrix[j] = gradient.detach().numpy().reshape(-1)
        jacobians.append(rows)
    return jacobians


def gradcheck(
    fn: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    *,
    fast_mode: bool = False,
) -> bool:
    """Compare the gradients of `fn` at `inputs` with central finite differences.

    fn: takes the inputs, returns a tensor or a sequence of them. inputs: those that require a
    gradient are checked, and must be float64. Returns True; raises GradcheckError with the elements
    that differ by more than atol + rtol * abs(difference quotient). In fast mode one number is
    compared for each input and output, in random directions of both; a difference there is followed
    by the whole comparison.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([0.5, 2.0], dtype=ta.float64, requires_grad=True)
    >>> gradcheck(lambda x: (x * x).sum(), x)
    True
    """
    values, checked = _check_inputs(inputs)
    with enable_grad():
        outputs = _outputs(fn, values)
    if fast_mode and _agree_along(fn, values, checked, outputs, eps, atol, rtol):
        return True
    analytic = _analytic(outputs, values, checked)
    for position, i in enumerate(checked):
        if not values[i].numel():
            continue
        for k, expected in enumerate(_numeric(fn, values, i, eps)):
            _compare(
                analytic[k][position], expected, k, i, outputs[k].shape, values[i].shape, atol, rtol
            )
    return True


def _agree_along(
    function: Callable[..., Any],
    inputs: list[Any],
    checked: list[int],
    outputs: list[Tensor],
    eps: float,
    atol: float,
    rtol: float,
) -> bool:
    """Whether v.(J u) is the same by differences as by gradients, for random u and v of length 1.

    J is the Jacobian of each output and checked input.
    """
    random = np.random.default_rng(0)
    us = [_unit(random, inputs[i].shape) for i in checked]
    differences = [
        _along(function, inputs, i, u, eps) if u.size else [np.zeros(y.numel()) for y in outputs]
        for i, u in zip(checked, us, strict=True)
    ]
    for k, y in enumerate(outputs):
        if not y.requires_grad:
            if any(np.abs(of_input[k]).max(initial=0.0) > atol for of_input in differences):
                return False
            continue
        v = _unit(random, y.shape)
        direction = wrap(nd.asarray(v, device=y.device))
        gradients = grad(
            y, [inputs[i] for i in checked], direction, retain_graph=True, allow_unused=True
        )
        for u, gradient, of_input in zip(us, gradients, differences, strict=True):
            found = 0.0 if gradient is None else float((gradient.detach().numpy() * u).sum())
            expected = float(of_input[k] @ v.reshape(-1))
            if not abs(found - expected) <= atol + rtol * abs(expected):
                return False
    return True


def _unit(random: np.random.Generator, shape: tuple[int, ...]) -> Matrix:
    """A random direction."""
    drawn: Matrix = np.asarray(random.standard_normal(shape))
    return drawn / max(float(np.sqrt((drawn * drawn).sum())), 1e-30)


def _compare(
    found: Matrix,
    expected: Matrix,
    output: int,
    which: int,
    output_shape: tuple[int, ...],
    input_shape: tuple[int, ...],
    atol: float,
    rtol: float,
) -> None:
    wrong = ~(np.abs(found - expected) <= atol + rtol * np.abs(expected))
    if not wrong.any():
        return
    lines = []
    for row, column in list(zip(*np.nonzero(wrong), strict=True))[:5]:
        to = tuple(int(n) for n in np.unravel_index(row, output_shape))
        of = tuple(int(n) for n in np.unravel_index(column, input_shape))
        a, b = found[row, column], expected[row, column]
        lines.append(
            f"  d output{list(to)} / d input{list(of)}: gradient {a:.6g}, finite difference "
            f"{b:.6g}, they differ by {abs(a - b):.3g}"
        )
    raise GradcheckError(
        f"the gradient of output {output} with respect to input {which} is wrong in "
        f"{int(wrong.sum())} of {wrong.size} elements (first {len(lines)}):\n" + "\n".join(lines)
    )


def gradgradcheck(
    fn: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    *,
    fast_mode: bool = False,
) -> bool:
    """Compare the gradients of the gradients of `fn` with finite differences of the gradients.

    As `gradcheck`; the gradient is taken along random directions, which are inputs, too.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([0.5, 2.0], dtype=ta.float64, requires_grad=True)
    >>> gradgradcheck(lambda x: (x * x * x).sum(), x)
    True
    """
    values, checked = _check_inputs(inputs)
    with enable_grad():
        outputs = [y for y in _outputs(fn, values) if y.requires_grad]
    random = np.random.default_rng(0)
    directions = [
        Tensor(nd.asarray(random.standard_normal(y.shape), device=y.device), requires_grad=True)
        for y in outputs
    ]
    count = len(values)

    def first_derivative(*arguments: Any) -> list[Tensor]:
        given = list(arguments[:count])
        with enable_grad():
            for i in checked:
                # A fresh leaf where finite differences pass a plain tensor.
                if not given[i].requires_grad:
                    given[i] = given[i].detach().requires_grad_()
            ys = [y for y in _outputs(fn, given) if y.requires_grad]
            gradients = grad(
                ys,
                [given[i] for i in checked],
                arguments[count:],
                create_graph=True,
                allow_unused=True,
            )
        return [g for g in gradients if g is not None]

    return gradcheck(first_derivative, [*values, *directions], eps, atol, rtol, fast_mode=fast_mode)
