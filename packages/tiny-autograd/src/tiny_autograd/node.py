"""A node of the graph: one applied operation, and what its gradient rules need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from ndarray_core import DType

    from .checkpointing import Recomputed
    from .op import Plan
    from .variable import Variable

    # Where a gradient goes: the operation that made the operand, or a leaf tensor.
    Edge: TypeAlias = "Node | Variable"
    # What is called with a gradient, in this order, by the key of its registration.
    Hooks: TypeAlias = dict[int, Callable[[Any], Any]]


class Node:
    """The record of one call of an operation on tensors that require a gradient.

    It holds its operands' nodes, never the tensors made from it: a graph has no reference cycles,
    and is freed as soon as the last tensor that depends on it goes.
    """

    __slots__ = (
        "__weakref__",
        "edges",
        "form",
        "hooks",
        "plan",
        "saved",
        "versions",
    )

    plan: Plan
    edges: tuple[Edge, ...]  # one for each operand that requires a gradient
    # What the plan says, in its order, or what can compute it again; None once freed.
    saved: tuple[Any, ...] | Recomputed | None
    versions: tuple[int, ...]  # of what is saved, when it was; empty if no array is among it
    form: tuple[tuple[int, ...], DType] | None  # shape and dtype of the result
    hooks: Hooks | None

    def name(self) -> str:
        """The name of the operation, in the way of `MulBackward`."""
        return "".join(word.capitalize() for word in self.plan.op.name.split("_")) + "Backward"

    @property
    def next_functions(self) -> tuple[Edge, ...]:
        """Where this node sends gradients: other nodes, or leaf tensors."""
        return self.edges

    def __repr__(self) -> str:
        return f"<{self.name()}>"
