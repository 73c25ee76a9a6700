"""Trading time for memory: what gradients need is computed again instead of kept.

Chen, Xu, Zhang, Guestrin: "Training deep nets with sublinear memory cost", 2016,
https://arxiv.org/abs/1604.06174.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ndarray_core.random import default_generator

from .grad_mode import enable_grad, is_grad_enabled
from .node import Node
from .observers import observing
from .op import Op
from .variable import Variable

__all__ = ["checkpoint"]

_CHANGED = (
    "checkpoint: {} has been modified by an in-place operation since the function ran, and running "
    "it again would give other gradients; use the out-of-place operation, or clone() before"
)


def checkpoint(
    function: Callable[..., Any], *args: Any, preserve_rng_state: bool = True, **kwargs: Any
) -> Any:
    """function(*args, **kwargs), whose intermediate arrays are not kept for its gradient.

    When the gradient gets there, the function runs a second time, once, and gives them. It has to
    apply the same operations then (RuntimeError if it does not); random numbers of the default
    generator are the same ones unless preserve_rng_state=False. Gradients, also of tensors that the
    function merely refers to, and of any order, are those of the plain call. An in-place write, in
    between, into an argument or a leaf tensor is a RuntimeError.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint(lambda x: (x.exp() * x).sum(), x).backward()
    >>> plain = x.detach().requires_grad_()
    >>> (plain.exp() * plain).sum().backward()
    >>> ta.equal(x.grad, plain.grad)
    True
    """
    if not is_grad_enabled():
        return function(*args, **kwargs)
    given = [x for x in (*args, *kwargs.values()) if isinstance(x, Variable)]
    segment = Segment(lambda: function(*args, **kwargs), given, preserve_rng_state)
    return segment.run()


class Segment:
    """A part of the graph whose nodes get what they saved from a second run."""

    def __init__(
        self, run: Callable[[], Any], given: Iterable[Variable], preserve_rng_state: bool
    ) -> None:
        self._run = run
        # A recorded in-place operation gives a tensor another array; others count its version.
        self._given = [(x, x.array, x.array.version) for x in given]
        self._rng_state = default_generator().state if preserve_rng_state else None
        self._names: list[str] = []  # of the operations that were recorded
        self._leaves: list[
            tuple[int, ...]
        ] = []  # versions of the leaf tensors among their operands
        self._again: dict[int, Node] = {}  # those of the second run

    def run(self) -> Any:
        """The first run."""
        with observing(self):
            return self._run()

    def applied(self, operation: Op[Any], args: tuple[Any, ...], result: Any) -> None:
        node = result._node if isinstance(result, Variable) else None
        if node is None:
            return
        if node.versions and type(node.saved) is tuple:  # else a checkpoint around this one has it
            node.saved = Recomputed(self, len(self._names))
        self._names.append(operation.name)
        self._leaves.append(_leaf_versions(node))

    def saved_by(self, position: int) -> tuple[tuple[Any, ...], tuple[int, ...]]:
        """What the node of that position saved in the second run, and the arrays' versions."""
        if position not in self._again:
            self._run_again()
        node = self._again.pop(position)
        saved = node.saved.restore(node) if isinstance(node.saved, Recomputed) else node.saved
        assert saved is not None  # nothing has gone back through the second run
        return saved, node.versions

    def _run_again(self) -> None:
        for x, array, version in self._given:
            if x.array is not array or array.version != version:
                raise RuntimeError(_CHANGED.format(f"an argument (shape {array.shape})"))
        generator = default_generator()
        state = generator.state
        second = _SecondRun()
        try:
            if self._rng_state is not None:
                generator.state = self._rng_state
            with enable_grad(), observing(second):
                self._run()
        finally:
            if self._rng_state is not None:
                generator.state = state
        names = [node.plan.op.name for node in second.nodes]
        if names != self._names:
            differing = [pair for pair in zip(self._names, names, strict=False) if len({*pair}) > 1]
            raise RuntimeError(
                f"checkpoint: the function recorded {len(self._names)} operations, and "
                f"{len(names)} when it ran again"
                + (f"; {differing[0][1]} where there was {differing[0][0]}" if differing else "")
                + "; it must do the same each time"
            )
        for node, versions in zip(second.nodes, self._leaves, strict=True):
            if _leaf_versions(node) != versions:
                raise RuntimeError(
                    _CHANGED.format(f"a leaf tensor, operand of {node.plan.op.name},")
                )
        self._again = {i: node for i, node in enumerate(second.nodes) if node.versions}


def _leaf_versions(node: Node) -> tuple[int, ...]:
    return tuple([x.array.version for x in node.edges if isinstance(x, Variable)])


class _SecondRun:
    """Keeps the nodes that are recorded."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def applied(self, operation: Op[Any], args: tuple[Any, ...], result: Any) -> None:
        if isinstance(result, Variable) and result._node is not None:
            self.nodes.append(result._node)


class Recomputed:
    """Stands for what a node saved."""

    def __init__(self, segment: Segment, position: int) -> None:
        self._segment = segment
        self._position = position

    def restore(self, node: Node) -> tuple[Any, ...]:
        """Give the node what it would have saved."""
        saved, node.versions = self._segment.saved_by(self._position)
        node.saved = saved
        return saved
