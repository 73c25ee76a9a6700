"""Operations that are defined by simpler ones, and computed in one go by a kernel.

    @fused(nd.fused.rms_norm, gradient=nd.fused.rms_norm_gradient, cost=elementwise(5))
    def rms_norm(x, weight, /, *, eps):
        return x * ops.rsqrt(ops.mean(ops.square(x), -1, True) + eps) * weight

The body is the definition, in terms of operations, as one would read it in the paper. A call does
not run it: it runs the array function `nd.fused.rms_norm` and records one node. Its gradient is
the array function `gradient`; the names of what stands before the slash there say what is saved
for it: operands, `out`, or one of the `extras`, which are results of the array function beyond the
first. Where the gradient is itself to be differentiated, or no array function computes it, the
definition is differentiated instead.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

from ndarray_core import NDArray

from . import engine
from .cost import Formula
from .grad_mode import enable_grad
from .op import Op, Plan, edge_of
from .variable import Variable, wrap

P = ParamSpec("P")


class FusedOp(Op[P]):
    """An operation with a definition; `op.definition(...)` computes by it, operation by operation.

    wrt: the operands that have a gradient, by default all. `gradient(g, ...)` returns an array for
    each of them, in order, or the array itself if there is one; with several it is told by
    `needs`, a tuple of bools, which are wanted, and returns None for the others.
    """

    def __init__(
        self,
        definition: Callable[P, Any],
        kernel: Callable[..., Any],
        gradient: Callable[..., Any] | None,
        formula: Formula,
        extras: Sequence[str],
        wrt: Sequence[str] | None,
    ) -> None:
        super().__init__(definition, formula)
        for p in self.__signature__.parameters.values():
            if p.kind not in (p.POSITIONAL_ONLY, p.KEYWORD_ONLY):
                raise TypeError(f"{self.name}: {p.name!r} must stand before a slash or behind a *")
        self.definition = definition
        self.forward = kernel
        self.extras = tuple(extras)
        self.differentiable = True
        self._wrt = tuple(self.operands.index(name) for name in wrt or self.operands)
        self._rule_mask = sum(1 << i for i in self._wrt)
        self._gradient = gradient
        # Everything that a gradient may need, in the order in which it is saved.
        self._slots = (*self.operands, *self.extras, "out")
        self._picks: tuple[int, ...] = ()
        self._gradient_parameters: frozenset[str] = frozenset()
        if gradient is None:
            return
        signature = inspect.signature(gradient).parameters.values()
        taken = [p.name for p in signature if p.kind is p.POSITIONAL_ONLY][1:]
        if unknown := set(taken) - set(self._slots):
            raise TypeError(f"{self.name}: its gradient asks for {', '.join(sorted(unknown))}")
        self._picks = tuple(self._slots.index(name) for name in taken)
        self._gradient_parameters = frozenset(
            p.name for p in signature if p.kind is not p.POSITIONAL_ONLY
        )

    def _make_plan(self, mask: int, count: int) -> Plan:
        positions = tuple(i for i in range(count) if mask >> i & 1)
        last = len(self._slots) - 1
        kept = {*range(count), *self._picks}
        arrays = tuple(-1 if i == last else i for i in sorted(kept))
        plan = Plan(self, positions, arrays, (), self.parameters, ())
        plan.joint = _JointRule(self, positions, sorted(kept), count)
        self.plans[mask] = plan
        return plan


class _JointRule:
    """Computes the gradients of all operands of a fused operation together."""

    def __init__(
        self, operation: FusedOp[Any], positions: tuple[int, ...], slots: list[int], count: int
    ) -> None:
        self._operation = operation
        self._positions = positions  # of the operands that get a gradient
        self._count = count  # of operands
        self._of_slot = {slot: i for i, slot in enumerate(slots)}  # where it is among the saved

    def __call__(self, gradient: Any, saved: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
        """One result for each operand that gets a gradient; None for those not wanted."""
        operation = self._operation
        parameters = dict(zip(operation.parameters, saved[len(self._of_slot) :], strict=True))
        if operation._gradient is None or isinstance(gradient, Variable):
            return self._by_definition(gradient, saved[: self._count], parameters, wanted)
        picked = [saved[self._of_slot[slot]] for slot in operation._picks]
        parameters = {k: v for k, v in parameters.items() if k in operation._gradient_parameters}
        if len(operation._wrt) == 1:
            return [operation._gradient(gradient, *picked, **parameters)]
        asked = {i for i, want in zip(self._positions, wanted, strict=True) if want}
        needs = tuple(i in asked for i in operation._wrt)
        results = operation._gradient(gradient, *picked, **parameters, needs=needs)
        by_position = dict(zip(operation._wrt, results, strict=True))
        return [by_position[i] for i in self._positions]

    def _by_definition(
        self,
        gradient: Any,
        operands: Sequence[Any],
        parameters: dict[str, Any],
        wanted: Sequence[bool],
    ) -> list[Any]:
        create_graph = isinstance(gradient, Variable)
        given = list(operands)
        sources: list[Any] = []
        with enable_grad():
            for i in self._positions:
                # Each operand gets a node of its own, also where one tensor is several of them.
                x = given[i]
                given[i] = x.view(x.shape) if create_graph else wrap(x).requires_grad_()
                sources.append(given[i])
            given = [wrap(x) if isinstance(x, NDArray) else x for x in given]
            out = self._operation.definition(*given, **parameters)
        targets = [x for x, want in zip(sources, wanted, strict=True) if want]
        arrived = engine.run(
            [out], [gradient], inputs=targets, retain_graph=create_graph, create_graph=create_graph
        )
        return [arrived.get(edge_of(x)) for x in sources]


def fused(
    kernel: Callable[..., Any],
    *,
    cost: Formula,
    gradient: Callable[..., Any] | None = None,
    extras: Sequence[str] = (),
    wrt: Sequence[str] | None = None,
) -> Callable[[Callable[P, Any]], FusedOp[P]]:
    """Make a fused operation of its definition, a function on tensors.

    Operands stand before the slash and are all given in a call, None where one is left out; its
    parameters are given by keyword. kernel, gradient: functions on arrays; extras: names of the
    kernel's results beyond the first; wrt: the operands with a gradient.

    >>> import ndarray_core as nd
    >>> import tiny_autograd as ta
    >>> @fused(lambda x: nd.square(nd.sin(x)), gradient=lambda g, x, /: g * nd.sin(2 * x),
    ...        cost=ta.cost.elementwise(flops=20))
    ... def squared_sine(x, /):
    ...     return x.sin() * x.sin()
    >>> x = ta.tensor(1.0, requires_grad=True)
    >>> squared_sine(x)
    tensor(0.7081, grad_fn=<SquaredSineBackward>)
    >>> squared_sine.definition(x)
    tensor(0.7081, grad_fn=<MulBackward>)
    """

    def decorate(definition: Callable[P, Any]) -> FusedOp[P]:
        return FusedOp(definition, kernel, gradient, cost, extras, wrt)

    return decorate
