"""The ways to ask for gradients: `backward` for leaves' `.grad`, `grad` for values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import ndarray_core as nd

from . import engine
from .anomaly import AnomalyError as AnomalyError
from .anomaly import detect_anomaly as detect_anomaly
from .function import Function as Function
from .grad_mode import is_recording, set_recording
from .op import edge_of
from .variable import Variable, wrap

if TYPE_CHECKING:
    from .node import Edge
    from .tensor import Tensor


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Variable | Sequence[Variable] | None = None,
) -> None:
    """Add the gradients of `tensors` to `.grad` of the leaves, or the `inputs`, they depend on.

    As `Tensor.backward`, for several tensors in one pass.
    """
    roots = _sequence(tensors)
    gradients = _root_gradients(roots, _sequence(grad_tensors, len(roots)), create_graph)
    limited = None if inputs is None else _checked_inputs(_sequence(inputs))
    arrived = engine.run(
        roots,
        gradients,
        inputs=limited,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
    )
    if limited is None:
        for edge, gradient in arrived.items():
            _accumulate(cast(Variable, edge), gradient, create_graph)
    else:
        for x in limited:
            gradient = arrived.get(edge_of(x))
            if gradient is not None:
                _accumulate(x, gradient, create_graph)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor, ...]:
    """The gradients of `outputs` with respect to each of `inputs`; no `.grad` is touched.

    Raises RuntimeError for an input that the outputs do not depend on, unless `allow_unused`: then
    its gradient is None.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor(2.0, requires_grad=True)
    >>> (first,) = ta.grad(x**4, x, create_graph=True)
    >>> (second,) = ta.grad(first, x)
    >>> first.item(), second.item()
    (32.0, 48.0)
    """
    roots = _sequence(outputs)
    gradients = _root_gradients(roots, _sequence(grad_outputs, len(roots)), create_graph)
    wanted = _checked_inputs(_sequence(inputs))
    arrived: dict[Edge, Any] = engine.run(
        roots,
        gradients,
        inputs=wanted,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
    )
    results: list[Any] = []
    for i, x in enumerate(wanted):
        gradient = arrived.get(edge_of(x))
        if gradient is None and not allow_unused:
            raise RuntimeError(
                f"grad: the outputs do not depend on input {i}; allow_unused=True gives None for it"
            )
        results.append(gradient if create_graph or gradient is None else wrap(gradient))
    return tuple(results)


def _sequence(value: Any, length: int | None = None) -> list[Any]:
    if value is None and length is not None:
        return [None] * length
    values = [value] if isinstance(value, Variable) else list(value)
    if length is not None and len(values) != length:
        raise ValueError(f"expected {length} gradients, one for each output, got {len(values)}")
    return values


def _root_gradients(roots: list[Any], gradients: list[Any], create_graph: bool) -> list[Any]:
    """One gradient for each root: those given, checked, and ones for single elements."""
    results: list[Any] = []
    for root, gradient in zip(roots, gradients, strict=True):
        if not root._requires_grad:
            raise RuntimeError(
                "backward: this tensor does not require a gradient and has no history; "
                "was it computed under no_grad, or from tensors without requires_grad=True?"
            )
        array = root.array
        if gradient is None:
            if array.size != 1:
                raise RuntimeError(
                    f"backward: a gradient is implied only for a single element, this tensor has "
                    f"shape {array.shape}; pass gradient=..., or reduce it, with sum() say"
                )
            ones = nd.ones_like(array)
            results.append(wrap(ones) if create_graph else ones)
        elif not isinstance(gradient, Variable):
            raise TypeError(f"backward: gradient is a Tensor, not {type(gradient).__name__}")
        elif gradient.array.shape != array.shape:
            raise RuntimeError(
                f"backward: the gradient has shape {gradient.array.shape}, "
                f"the tensor {array.shape}; they must be equal"
            )
        else:
            results.append(gradient if create_graph else gradient.array)
    return results


def _checked_inputs(inputs: list[Any]) -> list[Any]:
    if not inputs:
        raise ValueError("inputs must not be empty")
    for i, x in enumerate(inputs):
        if not isinstance(x, Variable):
            raise TypeError(f"inputs are Tensors; number {i} is {type(x).__name__}")
        if not x._requires_grad:
            raise RuntimeError(f"input {i} does not require a gradient")
    return inputs


def _accumulate(leaf: Variable, gradient: Any, create_graph: bool) -> None:
    held = leaf._grad
    if held is None:
        leaf._grad = gradient if create_graph else wrap(gradient)
    elif create_graph or held._requires_grad:
        was = is_recording()
        set_recording(create_graph)
        try:
            leaf._grad = held + (gradient if create_graph else wrap(gradient))
        finally:
            set_recording(was)
    else:
        array = held.array
        array += gradient
