"""The short way of a call: operations on one or two operands, without parameters.

What `Op.__call__` does for any operation, in as few steps as possible: on small arrays, these steps
are the time that an operation takes. Operators and methods of tensors enter here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from . import variable
from .grad_mode import is_recording
from .node import Node
from .op import NOTHING, OPERANDS, RESULT, Op, observers, recorded, versions_of
from .variable import Variable, wrap

if TYPE_CHECKING:
    from .tensor import Tensor

Q = ParamSpec("Q")
R = TypeVar("R")

_new: Any = object.__new__
_no_parameters: dict[str, Any] = {}


def unary(operation: Op[Any]) -> Callable[[Any], Tensor]:
    """A function that calls an operation of one operand."""
    forward, save = operation.forward, operation.save
    plan = operation.plan_for(1, 1)

    def call(x: Any) -> Tensor:
        if observers or not isinstance(x, Variable):
            return operation(x)
        array = x.array
        out = forward(array)
        if plan is None or not (x._requires_grad and is_recording()):
            return wrap(out)
        if plan.saves == RESULT:
            saved = (out,)
        elif plan.saves == OPERANDS:
            saved = (array,)
        else:
            saved = save(plan, (array,), out, (x,), _no_parameters)
        return recorded(out, plan, (x._node or x,), saved)

    return call


def binary(
    operation: Op[Any], compute: Callable[[Any, Any], Any] | None = None
) -> Callable[[Any, Any], Tensor]:
    """A function that calls an operation of two operands.

    compute: what computes it on arrays, where there is a shorter way than the operation's.
    """
    forward, save = compute or operation.forward, operation.save
    # By the mask of operands that require a gradient.
    plans = [operation.plan_for(mask, 2) for mask in range(4)]
    if plans[3] and not (plans[1] and plans[2]):
        return lambda x, y: operation(x, y)  # one operand of the two has a gradient

    def call(x: Any, y: Any) -> Tensor:
        if observers:
            return operation(x, y)
        if type(x) is type(y):  # tensors, since one of them is: mostly, and seen at once
            a: Any = x.array
            b: Any = y.array
            if x._requires_grad:
                mask = 3 if y._requires_grad else 1
            else:
                mask = 2 if y._requires_grad else 0
        else:
            if isinstance(x, Variable):
                a = x.array
                mask = 1 if x._requires_grad else 0
            elif type(x) is float or type(x) is int:
                a = x
                mask = 0
            else:
                return operation(x, y)
            if isinstance(y, Variable):
                b = y.array
                if y._requires_grad:
                    mask += 2
            elif type(y) is float or type(y) is int:
                b = y
            else:
                return operation(x, y)
        try:
            out = forward(a, b)
        except (TypeError, AttributeError) as error:
            operation.explain(error, (x, y))
            raise
        result: Tensor = _new(variable.result_type)
        result.array = out
        result._grad = None
        result._hooks = None
        plan = plans[mask]
        if plan is None or not is_recording():
            result._requires_grad = False
            result._node = None
            return result

        node = Node()
        node.plan = plan
        if mask == 3:
            node.edges = (x._node or x, y._node or y)
        else:
            node.edges = (x._node or x,) if mask == 1 else (y._node or y,)
        if plan.saves == NOTHING:
            node.saved = node.versions = ()
        else:
            if mask == 3 and plan.saves == OPERANDS:
                saved = (a, b)
            else:
                saved = save(plan, (a, b), out, (x, y), _no_parameters)
            node.saved = saved
            node.versions = versions_of(saved) if plan.arrays else ()
        node.form = out.form
        node.hooks = None
        result._requires_grad = True
        result._node = node
        return result

    return call


def method(
    function: Callable[Concatenate[Any, Q], R], name: str | None = None
) -> Callable[Concatenate[Tensor, Q], R]:
    """A method of Tensor that calls an operation, with its signature and documentation."""
    operation: Any = function
    call: Any
    if isinstance(function, FunctionType):
        # The function itself under another name: a call in between would show in its time.
        call = FunctionType(
            function.__code__,
            function.__globals__,
            argdefs=function.__defaults__,
            closure=function.__closure__,
        )
        call.__kwdefaults__ = function.__kwdefaults__
    elif operation.arity == 1:
        call = unary(operation)
    elif operation.arity == 2:
        call = binary(operation)
    else:

        def call(self: Tensor, /, *args: Q.args, **parameters: Q.kwargs) -> R:
            return function(self, *args, **parameters)

    signature = inspect.signature(function)
    first, *others = signature.parameters.values()
    own = first.replace(name="self", annotation=inspect.Parameter.empty)
    call.__signature__ = signature.replace(parameters=[own, *others])
    call.__name__ = name or function.__name__
    call.__qualname__ = f"Tensor.{call.__name__}"
    call.__doc__ = function.__doc__
    return cast("Callable[Concatenate[Tensor, Q], R]", call)
