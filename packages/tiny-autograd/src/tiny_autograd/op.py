"""An operation is a record: the forward computation, one gradient rule per operand, its cost.

    @op(cost=elementwise(flops=1))
    def mul(x, y, /):
        return nd.multiply(x, y)

    mul.vjp(x=lambda g, y: g * y, y=lambda g, x: g * x)

Operands stand before the slash of the function's signature, parameters behind it; a function whose
operands are `*tensors` takes any number of them. A rule computes a vector-Jacobian product from the
gradient of the result, its first argument. The names of its other arguments say what it needs, and
nothing else is kept alive for it:

    an operand's name (`y`)   its array                   `out`                the result
    `x_shape`, `x_dtype`,
    `x_device`                only that of operand x      a parameter's name   the value

For `*tensors` there is one rule for all; it may ask for `position`, the operand it is for, and for
`tensors_shape`, the shapes of all. Rules are written with operations and operators, so they run on
arrays for a first derivative, and on tensors where the derivative is itself to be differentiated.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeAlias, TypeVar, cast

from ndarray_core import NDArray
from ndarray_core.errors import NDArrayError

from . import variable
from .cost import Cost, Formula, Shape
from .grad_mode import is_recording
from .node import Node
from .variable import Variable, wrap

if TYPE_CHECKING:
    from .node import Edge
    from .tensor import Tensor

# What an operation works on: a Tensor, an array of ndarray_core, or a Python number.
Operand: TypeAlias = Any
Rule: TypeAlias = Callable[..., Any]
# Takes the gradient, what was saved, and for each edge whether its gradient is wanted.
JointRule: TypeAlias = Callable[[Any, Sequence[Any], Sequence[bool]], Sequence[Any]]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")

# What a rule may ask of an operand without keeping its array.
_FACTS = ("shape", "dtype", "device")

registry: dict[str, Op[Any]] = {}
# Those of this thread and others that are told of every operation (observers.py).
observers: list[Any] = []

_new: Any = object.__new__
versions_of = NDArray.versions_of


# How much is saved of a call. The frequent cases have a shorter way (short_calls.py).
NOTHING = 0
OPERANDS = 1  # the arrays of all operands, and nothing else
RESULT = 2  # its array, and nothing else
SOME = 3


class Plan:
    """What to save for the operands that require a gradient, and what each rule picks of it.

    `saved` holds arrays of operands and the result, then shapes and so on, then parameters.
    """

    __slots__ = (
        "array_edges",
        "arrays",
        "facts",
        "fits",
        "joint",
        "op",
        "parameters",
        "positions",
        "rules",
        "saves",
    )

    def __init__(
        self,
        op: Op[Any],
        positions: tuple[int, ...],
        arrays: tuple[int, ...],
        facts: tuple[tuple[int, str], ...],
        parameters: tuple[str, ...],
        rules: tuple[tuple[Rule, tuple[int, ...]], ...],
    ) -> None:
        self.op = op
        self.positions = positions  # of the operands that get a gradient
        self.arrays = arrays  # positions of the operands whose arrays are saved; -1: the result
        # For each saved array, which edge it came by; -1 when it needs no gradient.
        self.array_edges = tuple(positions.index(i) if i in positions else -1 for i in arrays)
        self.facts = facts
        self.parameters = parameters
        self.saves = SOME
        if not (facts or parameters):
            usual = {(): NOTHING, tuple(range(len(op.operands))): OPERANDS, (-1,): RESULT}
            self.saves = usual.get(arrays, SOME)
        self.rules = rules  # (rule, what it picks of `saved`), one for each edge
        # Instead of rules: computes the gradients of all operands together (fused.py).
        self.joint: JointRule | None = None
        # The gradient of one operand of several is fitted to it: summed over the dimensions along
        # which the operand was broadcast, and converted to its dtype.
        self.fits = len(op.operands) > 1


class Op(Generic[P]):
    """A differentiable operation. Call it with tensors, or with arrays to compute on arrays.

    `op.cost(*shapes, **parameters)` states what a call costs, `op.vjp(...)` gives the rules.
    """

    def __init__(
        self, forward: Callable[P, Any], formula: Formula | None, name: str | None = None
    ) -> None:
        self.name = name or forward.__name__.strip("_")
        self.forward = forward
        self.formula = formula
        # What functools.update_wrapper would set, so that help() and doctest find it.
        self.__name__ = self.__qualname__ = forward.__name__
        self.__doc__ = forward.__doc__
        self.__module__ = forward.__module__
        self.__wrapped__ = forward
        self.__signature__ = inspect.signature(forward)

        kinds = inspect.Parameter
        signature = self.__signature__.parameters.values()
        self.operands = tuple(p.name for p in signature if p.kind is kinds.POSITIONAL_ONLY)
        rest = [p for p in signature if p.kind is not kinds.POSITIONAL_ONLY]
        self.variadic = not self.operands and rest[0].kind is kinds.VAR_POSITIONAL
        if self.variadic:
            self.operands = (rest.pop(0).name,)
        self._has_one_operand = len(self.operands) == 1 and not self.variadic
        self.parameters = tuple(p.name for p in rest)
        self._rest = next((p.name for p in rest if p.kind is kinds.VAR_POSITIONAL), None)
        self._defaults = {p.name: p.default for p in rest if p.default is not kinds.empty}
        if self._rest is not None:
            self._defaults[self._rest] = ()
        self.extras: tuple[str, ...] = ()  # results of `forward` that only the gradient sees
        self.differentiable: bool | None = None  # not said yet
        self._rules: dict[int, tuple[Rule, tuple[str, ...]]] = {}
        self._rule_mask = 0  # one bit for each operand that has a rule
        self.plans: dict[int, Plan] = {}
        registry[self.name] = self

    def __call__(self, *args: P.args, **parameters: P.kwargs) -> Tensor:
        x: Any
        if self._has_one_operand and args and not observers:
            x = args[0]
            if isinstance(x, Variable):  # what follows this block, in fewer steps
                array: Any = x.array
                rest: Any = args[1:]
                out = self.forward(array, *rest, **parameters)
                plan = None
                if x._requires_grad and is_recording():
                    plan = self.plan_for(1, 1)
                extras: Sequence[Any] = ()
                if self.extras:
                    out, *extras = out
                if plan is None:
                    return wrap(out)
                if plan.saves == OPERANDS:
                    saved: tuple[Any, ...] = (array,)
                else:
                    saved = self.save(plan, (array, *extras), out, args, parameters)
                return recorded(out, plan, (x._node or x,), saved)
        arrays: list[Any] = []
        mask = 0
        bit = 1
        from_tensors = False
        for x in args:
            if isinstance(x, Variable):
                from_tensors = True
                if x._requires_grad:
                    mask += bit
                x = x.array
            arrays.append(x)
            bit += bit
        try:
            out = self.forward(*arrays, **parameters)
        except (TypeError, AttributeError) as error:
            self.explain(error, args)
            raise
        if self.extras:
            out, *extras = out
            arrays += extras
        result = out
        if from_tensors:
            plan = self.plan_for(mask, len(args)) if mask and is_recording() else None
            if plan is None:
                result = wrap(out)
            else:
                operands: tuple[Any, ...] = args
                edges: tuple[Edge, ...]
                if len(plan.positions) == 1:
                    x = operands[plan.positions[0]]
                    edges = (x._node or x,)
                else:
                    edges = tuple([edge_of(operands[i]) for i in plan.positions])
                saved = self.save(plan, arrays, out, args, parameters)
                result = recorded(out, plan, edges, saved)
        if observers:
            for observer in tuple(observers):
                observer.applied(self, args, result)
        return cast("Tensor", result)

    @property
    def arity(self) -> int | None:
        """How many operands a call gives; None if it may also give parameters, or any number."""
        return None if self.variadic or self.parameters else len(self.operands)

    def plan_for(self, mask: int, count: int) -> Plan | None:
        """What to record for operands of which those in `mask` require a gradient.

        count: of the operands; None if nothing is to be recorded.
        """
        mask &= self._rule_mask
        return (self.plans.get(mask) or self._make_plan(mask, count)) if mask else None

    def save(
        self,
        plan: Plan,
        arrays: Sequence[Any],
        out: Any,
        args: tuple[Any, ...],
        parameters: dict[str, Any],
    ) -> tuple[Any, ...]:
        """What the plan wants saved of a call."""
        if plan.saves == NOTHING:
            return ()
        arrays = (*arrays, out)
        saved: list[Any] = []
        for i in plan.arrays:
            saved.append(arrays[i])
        for i, fact in plan.facts:
            saved.append(getattr(arrays[i], fact))
        if plan.parameters:
            values = self._bind(args, parameters)
            for name in plan.parameters:
                saved.append(values[name])
        return tuple(saved)

    def explain(self, error: Exception, args: tuple[Any, ...]) -> None:
        """Raise TypeError that says what was given, if that operands are no tensors is to blame."""
        operands = args if self.variadic else args[: len(self.operands)]
        others = [x for x in operands if not isinstance(x, Variable | NDArray)]
        if isinstance(error, NDArrayError) or not others:
            return
        numbers = all(isinstance(x, int | float) for x in others)
        refused = isinstance(error, AttributeError) or any(
            text in str(error) for text in ("incompatible function", "expected an array")
        )
        if numbers and len(others) < len(operands) and not refused:
            return  # such numbers are taken; something else is wrong
        given = ", ".join(type(x).__name__ for x in operands)
        way_out = "as_tensor(...) makes tensors of numbers, lists and NumPy arrays"
        raise TypeError(f"{self.name}: expected tensors, got ({given}); {way_out}") from error

    def _bind(self, args: tuple[Any, ...], parameters: dict[str, Any]) -> dict[str, Any]:
        """The parameters' values, defaults included."""
        if self.variadic:
            shapes = tuple([x.shape for x in args])
            return {**self._defaults, f"{self.operands[0]}_shape": shapes, **parameters}
        given = args[len(self.operands) :]
        if not given and not parameters:
            return self._defaults
        values = {**self._defaults, **parameters}
        if self._rest is not None:
            if given:
                values[self._rest] = given
            return values
        for name, value in zip(self.parameters, given):  # noqa: B905 (hot)
            values[name] = value
        return values

    def vjp(self, **rules: Rule) -> None:
        """Give one gradient rule per differentiable operand; the others get no gradient.

        Raises TypeError, at once, for an operand or an argument of a rule that the operation does
        not have, and for rules given twice.
        """
        if self.differentiable is not None:
            raise TypeError(f"{self.name}: its gradient has been declared already")
        self.differentiable = True
        for operand, rule in rules.items():
            if operand not in self.operands:
                raise TypeError(
                    f"{self.name}.vjp: no operand {operand!r}; it has {', '.join(self.operands)}"
                )
            names = tuple(inspect.signature(rule).parameters)[1:]
            for name in names:
                if name not in self._known_names():
                    raise TypeError(
                        f"{self.name}.vjp({operand}=...): a rule cannot ask for {name!r}; "
                        f"known are {', '.join(sorted(self._known_names()))}"
                    )
            position = self.operands.index(operand)
            self._rules[position] = (rule, names)
            self._rule_mask |= -1 if self.variadic else 1 << position

    def no_vjp(self) -> None:
        """Declare that no gradient flows through: results never require one."""
        if self.differentiable is not None:
            raise TypeError(f"{self.name}: its gradient has been declared already")
        self.differentiable = False

    def _known_names(self) -> set[str]:
        if self.variadic:
            return {"position", f"{self.operands[0]}_shape", "out", *self.parameters}
        facts = {f"{x}_{fact}" for x in self.operands for fact in _FACTS}
        return {*self.operands, *self.parameters, *facts, "out"}

    def _make_plan(self, mask: int, count: int) -> Plan:
        if self.variadic:
            return self._make_variadic_plan(mask, count)
        positions = tuple(i for i in range(len(self.operands)) if mask >> i & 1)
        needed = {name for i in positions for name in self._rules[i][1]}
        arrays = [i for i, name in enumerate(self.operands) if name in needed]
        slots = [self.operands[i] for i in arrays]
        if "out" in needed:
            arrays.append(-1)
            slots.append("out")
        facts = tuple(
            (i, fact)
            for i, name in enumerate(self.operands)
            for fact in _FACTS
            if f"{name}_{fact}" in needed
        )
        slots += [f"{self.operands[i]}_{fact}" for i, fact in facts]
        parameters = tuple(name for name in self.parameters if name in needed)
        slots += parameters
        rules = []
        for i in positions:
            rule, names = self._rules[i]
            rules.append((rule, tuple(slots.index(name) for name in names)))
        plan = Plan(self, positions, tuple(arrays), facts, parameters, tuple(rules))
        self.plans[mask] = plan
        return plan

    def _make_variadic_plan(self, mask: int, count: int) -> Plan:
        # Made anew for each call: there are as many masks as combinations of operands.
        rule, names = self._rules[0]
        parameters = tuple(n for n in names if n not in ("position", "out"))
        arrays = (-1,) if "out" in names else ()
        slots = ("out", *parameters) if arrays else parameters
        picks = tuple(slots.index(n) for n in names if n != "position")
        positions = tuple(i for i in range(count) if mask >> i & 1)
        rules: list[tuple[Rule, tuple[int, ...]]] = []
        for i in positions:
            rules.append((_at(rule, i) if "position" in names else rule, picks))
        return Plan(self, positions, arrays, (), parameters, tuple(rules))

    def cost(self, *shapes: Shape, itemsize: int = 4, **parameters: Any) -> Cost:
        """What a call on operands of these shapes costs, for elements of `itemsize` bytes.

        Raises TypeError when the operation states no cost.
        """
        if self.formula is None:
            raise TypeError(f"{self.name} states no cost")
        shapes = tuple(tuple(shape) for shape in shapes)
        flops, read, written = self.formula(shapes, {**self._defaults, **parameters})
        return Cost(flops, read * itemsize, written * itemsize)

    def __repr__(self) -> str:
        return f"<op {self.name}{self.__signature__}>"


def op(
    *, cost: Formula | None = None, name: str | None = None
) -> Callable[[Callable[P, Any]], Op[P]]:
    """Make an operation of a function on arrays; say its gradient with `vjp` or `no_vjp`.

    Graphs and errors call it by the function's name, or by another one.

    >>> import ndarray_core as nd
    >>> import tiny_autograd as ta
    >>> @ta.op(cost=ta.cost.elementwise(flops=2))
    ... def cube(x, /):
    ...     return x * x * x
    >>> cube.vjp(x=lambda g, x: g * 3 * x * x)
    >>> x = ta.tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    tensor(12.)
    """

    def decorate(forward: Callable[P, Any]) -> Op[P]:
        return Op(forward, cost, name)

    return decorate


def _at(rule: Rule, position: int) -> Rule:
    """The rule of a variadic operation, for one of its operands."""
    return lambda g, *rest: rule(g, position, *rest)


def edge_of(x: Variable) -> Edge:
    """Where the gradient of a tensor goes: to the node that made it, or to the leaf itself."""
    return x._node or x


def recorded(out: Any, plan: Plan, edges: tuple[Edge, ...], saved: tuple[Any, ...]) -> Tensor:
    """A result as a tensor, whose node says how its gradient is computed."""
    # Every recorded operation passes through here: each name looked up shows in its time.
    node = Node()
    node.plan = plan
    node.edges = edges
    node.saved = saved
    node.versions = versions_of(saved) if plan.arrays else ()
    node.form = out.form
    node.hooks = None
    result: Tensor = _new(variable.result_type)
    result.array = out
    result._grad = None
    result._hooks = None
    result._requires_grad = True
    result._node = node
    return result
