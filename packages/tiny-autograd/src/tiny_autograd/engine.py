"""Runs gradients back through the graph, without recursion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from ndarray_core import NDArray

from .anomaly import Watch, current_watch
from .grad_mode import is_recording, set_recording
from .node import Node
from .op import edge_of, versions_of
from .part import Part
from .variable import KeepGrad, Variable, check_alike, wrap

if TYPE_CHECKING:
    from .checkpointing import Recomputed
    from .node import Edge, Hooks
    from .op import Rule

_FREED = (
    "{}: trying to backward through the graph a second time, after what it saved has been freed; "
    "pass retain_graph=True to the first backward"
)
_CHANGED = (
    "{}: {} (shape {}), which its gradient needs, has been modified by an in-place operation since "
    "(version {}, expected {}); use the out-of-place operation, or clone() before"
)


def run(
    roots: Sequence[Variable],
    gradients: Sequence[Any],
    *,
    inputs: Sequence[Variable] | None,
    retain_graph: bool,
    create_graph: bool,
) -> dict[Edge, Any]:
    """The gradients that arrive at the inputs, or at all leaves that the roots depend on.

    gradients: one for each root, of its shape; tensors with `create_graph`, else arrays, and so
    are the results. Those of leaves share no memory with anything when they are arrays.
    """
    order = _ascending(edge_of(root) for root in roots)
    targets = None if inputs is None else {edge_of(x) for x in inputs}
    needed = None if targets is None else _leading_to(targets, order)
    waiting = _Waiting(create_graph)
    owned = waiting.owned
    arrived: dict[Edge, Any] = {}
    watch = current_watch()
    edge: Any
    previous = is_recording()
    set_recording(create_graph)
    try:
        for root, gradient in zip(roots, gradients, strict=True):
            waiting.add(edge_of(root), gradient, gradient)
        while order:
            node = order.pop()
            if needed is not None and node not in needed:
                continue
            gradient = waiting.pop(node, None)
            if gradient is None:
                continue
            if node.hooks:
                gradient = _call_hooks(node.hooks, gradient, create_graph)
            if targets is not None and node in targets:
                arrived[node] = gradient if create_graph else gradient.copy()
            saved: Any = node.saved
            if node.versions:
                if type(saved) is not tuple:
                    saved = _restored(node)
                if versions_of(saved) != node.versions:
                    raise _changed(node, saved, watch)
            if create_graph:
                saved = _relink(node, saved)
            plan = node.plan
            rules: Sequence[tuple[Rule, tuple[int, ...]]] = plan.rules
            if plan.joint is not None:
                wanted = [needed is None or edge in needed for edge in node.edges]
                rules = [_giving(result) for result in plan.joint(gradient, saved, wanted)]
            for edge, (rule, picks) in zip(node.edges, rules):  # noqa: B905 (hot)
                if needed is not None and edge not in needed:
                    continue
                if not picks:
                    result = rule(gradient)
                elif len(picks) == 1:
                    result = rule(gradient, saved[picks[0]])
                else:
                    result = rule(gradient, *[saved[i] for i in picks])
                if result is None:
                    continue
                if type(result) is Part:
                    waiting.add_part(edge, result)
                    continue
                if watch is not None:
                    watch.gradient_computed(node, gradient, result)
                is_node = type(edge) is Node
                if plan.fits:
                    form = edge.form if is_node else edge.array.form
                    if create_graph or result.form is not form:
                        result = _fitted(result, form)
                # What `add` does, where it is one step.
                if edge in owned:
                    held = waiting[edge]
                    held += result
                elif is_node and edge not in waiting:
                    waiting[edge] = result
                else:
                    waiting.add(edge, result, gradient)
            if not retain_graph and node.versions:
                node.saved = None
        for edge, gradient in waiting.items():
            if isinstance(edge, Variable):
                if edge._hooks:
                    gradient = _call_hooks(edge._hooks, gradient, create_graph)
                arrived[edge] = gradient
    finally:
        set_recording(previous)
    return arrived


def _fitted(gradient: Any, form: Any) -> Any:
    """The gradient of an operand of this shape and dtype, which may have been broadcast."""
    from .ops.shape import sum_to

    shape, dtype = form
    if gradient.shape != shape:
        gradient = sum_to(gradient, shape)
    return gradient if gradient.dtype is dtype else gradient.astype(dtype)


def _giving(result: Any) -> tuple[Rule, tuple[int, ...]]:
    """A rule for a gradient that has been computed already."""
    return (lambda gradient: result), ()


class _Waiting(dict[Any, Any]):
    """Gradients that wait for their node, or have arrived at a leaf."""

    __slots__ = ("_create_graph", "owned")

    def __init__(self, create_graph: bool) -> None:
        self._create_graph = create_graph
        self.owned: set[Edge] = set()  # arrays made here, that may be added to in place

    def add(self, edge: Edge, gradient: Any, source: Any) -> None:
        """Add a gradient, which was computed from `source`, to what waits for the edge."""
        held = self.get(edge)
        if self._create_graph:
            self[edge] = gradient if held is None else held + gradient
        elif held is None:
            # A leaf keeps what it gets, so that must not be somebody else's memory.
            if isinstance(edge, Variable):
                if gradient is source or gradient.is_shared or not gradient.is_contiguous():
                    gradient = gradient.copy()
                self.owned.add(edge)
            self[edge] = gradient
        elif edge in self.owned:
            held += gradient
        else:
            self[edge] = held + gradient
            self.owned.add(edge)

    def add_part(self, edge: Edge, part: Part) -> None:
        """Add the gradient of a part, in place where that is possible."""
        held = self.get(edge)
        if held is None:
            self[edge] = part.whole()
            self.owned.add(edge)
            return
        if edge not in self.owned:
            held = self[edge] = held.copy()
            self.owned.add(edge)
        part.add_to(held)


def _ascending(edges: Iterable[Edge]) -> list[Node]:
    """All nodes that can be reached, each behind those it depends on."""
    order: list[Node] = []
    stack = [edge for edge in edges if isinstance(edge, Node)]
    seen: set[Node] = set()
    finished: set[Node] = set()
    while stack:
        node = stack[-1]
        if node not in seen:
            seen.add(node)
            for edge in node.edges:
                if type(edge) is Node and edge not in seen:
                    stack.append(edge)
            continue
        stack.pop()
        if node not in finished:
            finished.add(node)
            order.append(node)
    return order


def _leading_to(targets: set[Edge], ascending: list[Node]) -> set[Edge]:
    """The targets, and the nodes on a way to one of them."""
    needed = set(targets)
    for node in ascending:
        if any(edge in needed for edge in node.edges):
            needed.add(node)
    return needed


def _restored(node: Node) -> Sequence[Any]:
    """What the node saved, where that has been freed or is to be computed again."""
    if node.saved is None:
        raise RuntimeError(_FREED.format(node.plan.op.name))
    return cast("Recomputed", node.saved).restore(node)


def _changed(node: Node, saved: Sequence[Any], watch: Watch | None) -> RuntimeError:
    """The error for a saved array that has been written to since."""
    plan, op = node.plan, node.plan.op
    i = next(i for i, v in enumerate(versions_of(tuple(saved))) if v != node.versions[i])
    if i < len(plan.arrays):
        at = plan.arrays[i]
        name = "its result" if at < 0 else f"operand {op.operands[at]!r}"
    else:
        name = f"parameter {plan.parameters[i - len(plan.arrays) - len(plan.facts)]!r}"
    shape, version = saved[i].shape, saved[i].version
    message = _CHANGED.format(op.name, name, shape, version, node.versions[i])
    applied = f"applied in {watch.place(node)}" if watch else "detect_anomaly() tells where"
    return RuntimeError(f"{message}; {op.name}: {applied}")


def _relink(node: Node, saved: list[Any]) -> list[Any]:
    """The saved arrays as tensors with their history, so that the rule can be differentiated."""
    linked = list(saved)
    for i, at in enumerate(node.plan.array_edges):
        array = saved[i]
        if not isinstance(array, NDArray):
            continue  # a Python number
        if node.plan.arrays[i] < 0:
            linked[i] = wrap(array, node)
            continue
        edge = node.edges[at] if at >= 0 else None
        if isinstance(edge, Variable):
            if edge.array is not array:
                raise RuntimeError(
                    f"{node.plan.op.name}: the array of a leaf tensor (shape {array.shape}) has "
                    "been replaced since; with create_graph it must stay until backward"
                )
            linked[i] = edge
        else:
            linked[i] = wrap(array, edge)
    return linked


def _call_hooks(hooks: Hooks, gradient: Any, create_graph: bool) -> Any:
    tensor = cast("Any", gradient if create_graph else wrap(gradient))
    # What retain_grad keeps is the gradient that goes on, so it comes last.
    for hook in sorted(hooks.values(), key=lambda hook: isinstance(hook, KeepGrad)):
        result = hook(tensor)
        if result is not None:
            if not isinstance(result, Variable):
                raise TypeError(f"a hook returns a Tensor or None, not {type(result).__name__}")
            check_alike("the result of a hook", result.array, "its gradient", tensor.array)
            tensor = result
    return tensor if create_graph else tensor.array
