"""Functions of functions: their gradients, products with their Jacobians, and batches of calls.

The names are those of torch.func. A transformed function takes and returns what the function does;
transforms may be nested, and their results are differentiable where the arguments require it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import ndarray_core as nd

from . import autograd, ops
from .grad_mode import enable_grad
from .variable import Variable, wrap

__all__ = [
    "grad",
    "grad_and_value",
    "hessian",
    "hvp",
    "jacobian",
    "jacrev",
    "jvp",
    "value_and_grad",
    "vjp",
    "vmap",
]

Argnums = int | tuple[int, ...]


class _Level(threading.local):
    depth = 0  # of transforms that are running in this thread


_level = _Level()


class _Tracking:
    """The arguments of a transformed function, some of them with a gradient of their own.

    Under another transform, or of arguments that require a gradient, derivatives are recorded.
    """

    def __init__(self, args: tuple[Any, ...], positions: tuple[int, ...], name: str) -> None:
        self.nested = _level.depth > 0 or any(
            isinstance(x, Variable) and x._requires_grad for x in args
        )
        self.args = list(args)
        self.tracked: list[Any] = []
        for i in positions:
            x = args[i]
            if not isinstance(x, Variable) or x.array.dtype.kind != "float":
                raise TypeError(
                    f"{name}: argument {i} must be a tensor of floating-point numbers to be "
                    f"differentiated by, not {_kind(x)}"
                )
            # A tensor of its own, so that the gradient by this argument is not that by another one.
            fresh = ops.reshape(x, x.array.shape) if x._requires_grad else wrap(x.array)
            if fresh._node is None:
                fresh._requires_grad = True
            self.args[i] = fresh
            self.tracked.append(fresh)

    def call(self, function: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        _level.depth += 1
        try:
            with enable_grad():
                return function(*self.args, **kwargs)
        finally:
            _level.depth -= 1

    def gradients(self, outputs: Any, cotangents: Any, retain: bool = False) -> tuple[Any, ...]:
        """The vector-Jacobian products by the tracked arguments; zeros where nothing depends."""
        pairs: list[tuple[Any, Any]] = [
            (y, cotangent)
            for y, cotangent in zip(outputs, cotangents, strict=True)
            if isinstance(y, Variable) and y._requires_grad
        ]
        found: tuple[Any, ...] = (None,) * len(self.tracked)
        if pairs:
            found = autograd.grad(
                [y for y, _ in pairs],
                self.tracked,
                [cotangent for _, cotangent in pairs],
                retain_graph=retain or self.nested,
                create_graph=self.nested,
                allow_unused=True,
            )
        return tuple(
            wrap(nd.zeros_like(x.array)) if gradient is None else gradient
            for x, gradient in zip(self.tracked, found, strict=True)
        )

    def released(self, value: Any) -> Any:
        """A result for the caller: without history, unless someone differentiates further."""
        if self.nested or not isinstance(value, Variable):
            return value
        return wrap(value.array)


def _kind(x: Any) -> str:
    return x.array.dtype.name if isinstance(x, Variable) else type(x).__name__


def _positions(argnums: Argnums, count: int, name: str) -> tuple[int, ...]:
    wanted = argnums if isinstance(argnums, tuple) else (argnums,)
    for i in wanted:
        if not -count <= i < count:
            raise ValueError(f"{name}: argnums {argnums} for {count} positional arguments")
    return tuple(i % count for i in wanted)


def _split_aux(result: Any, has_aux: bool, name: str) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise TypeError(f"{name}: with has_aux the function returns (output, aux)")
    return result


def grad_and_value(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns (gradient, value) of `func`, whose value is a single number.

    argnums: by which positional argument, or arguments: then the gradient is a tuple. With has_aux
    the function returns (value, aux), and the result is (gradient, (value, aux)).

    >>> import tiny_autograd as ta
    >>> gradient, value = grad_and_value(lambda x: (x * x).sum())(ta.tensor([1.0, 2.0]))
    >>> gradient, value
    (tensor([2., 4.]), tensor(5.))
    """

    def transformed(*args: Any, **kwargs: Any) -> Any:
        tracking = _Tracking(args, _positions(argnums, len(args), "grad"), "grad")
        value, aux = _split_aux(tracking.call(func, kwargs), has_aux, "grad")
        if not isinstance(value, Variable) or value.array.size != 1:
            found = f"shape {value.array.shape}" if isinstance(value, Variable) else _kind(value)
            raise RuntimeError(
                f"grad: the function must return a single number, not {found}; reduce it, with "
                "sum() say, or use vjp or jacobian"
            )
        gradients = tracking.gradients([value], [wrap(nd.ones_like(value.array))])
        chosen = gradients if isinstance(argnums, tuple) else gradients[0]
        released = tracking.released(value)
        return chosen, (released, aux) if has_aux else released

    return transformed


def value_and_grad(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """As `grad_and_value`, in JAX's order: (value, gradient).

    >>> import tiny_autograd as ta
    >>> value_and_grad(lambda x: x**3)(ta.tensor(2.0))
    (tensor(8.), tensor(12.))
    """
    transformed = grad_and_value(func, argnums, has_aux)

    def reversed_order(*args: Any, **kwargs: Any) -> Any:
        gradient, value = transformed(*args, **kwargs)
        return value, gradient

    return reversed_order


def grad(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the gradient of `func`; with has_aux, (gradient, aux).

    >>> import tiny_autograd as ta
    >>> grad(grad(lambda x: x**4))(ta.tensor(2.0))
    tensor(48.)
    """
    transformed = grad_and_value(func, argnums, has_aux)

    def only_gradient(*args: Any, **kwargs: Any) -> Any:
        gradient, value = transformed(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return only_gradient


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """func(*primals), and the function from cotangents to vector-Jacobian products.

    That takes one tensor for each output, as often as one likes, and returns one for each primal:
    as a tuple if there are several.

    >>> import tiny_autograd as ta
    >>> output, pull = vjp(lambda x: x * x, ta.tensor([1.0, 2.0]))
    >>> pull(ta.tensor([1.0, 10.0]))
    tensor([ 2., 40.])
    """
    tracking = _Tracking(primals, tuple(range(len(primals))), "vjp")
    result, aux = _split_aux(tracking.call(func, {}), has_aux, "vjp")
    outputs = result if isinstance(result, tuple) else (result,)

    def pull(*cotangents: Any) -> Any:
        given = cotangents[0] if isinstance(cotangents[0], tuple) else cotangents
        if len(given) != len(outputs):
            raise ValueError(f"vjp: {len(given)} cotangents for {len(outputs)} outputs")
        gradients = tracking.gradients(outputs, given, retain=True)
        return gradients if len(primals) > 1 else gradients[0]

    released = tuple(map(tracking.released, outputs))
    value = released if isinstance(result, tuple) else released[0]
    return (value, pull, aux) if has_aux else (value, pull)


def jvp(
    func: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """func(*primals), and the Jacobian times the tangents: how the outputs move with the inputs.

    The product is the derivative of a vector-Jacobian product by its vector, in which it is linear
    (J. Townsend, "A new trick for calculating Jacobian vector products", 2017): two backward
    passes.

    >>> import tiny_autograd as ta
    >>> jvp(lambda x: x * x, (ta.tensor([1.0, 2.0]),), (ta.tensor([1.0, 0.5]),))
    (tensor([1., 4.]), tensor([2., 2.]))
    """
    if len(primals) != len(tangents):
        raise ValueError(f"jvp: {len(tangents)} tangents for {len(primals)} primals")
    for i, (x, tangent) in enumerate(zip(primals, tangents, strict=True)):
        if x.shape != tangent.shape:
            raise ValueError(f"jvp: tangent {i} has shape {tangent.shape}, its primal {x.shape}")
    tracking = _Tracking(tuple(primals), tuple(range(len(primals))), "jvp")
    nested = tracking.nested or any(tangent._requires_grad for tangent in tangents)
    tracking.nested = True  # the first gradient is differentiated again
    result = tracking.call(func, {})
    outputs = result if isinstance(result, tuple) else (result,)
    vectors = [wrap(nd.zeros_like(y.array)).requires_grad_() for y in outputs]
    with enable_grad():
        products = tracking.gradients(outputs, vectors)
    pairs = [(p, t) for p, t in zip(products, tangents, strict=True) if p._requires_grad]
    found: tuple[Any, ...] = (None,) * len(vectors)
    if pairs:
        found = autograd.grad(
            [p for p, _ in pairs],
            vectors,
            [t for _, t in pairs],
            create_graph=nested,
            allow_unused=True,
        )
    moved = tuple(
        wrap(nd.zeros_like(y.array)) if change is None else change
        for y, change in zip(outputs, found, strict=True)
    )
    tracking.nested = nested
    released = tuple(map(tracking.released, outputs))
    return (released, moved) if isinstance(result, tuple) else (released[0], moved[0])


def jacobian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that returns the Jacobian of `func` by one argument, or a tuple by several.

    Its shape is that of the output followed by that of the argument. It is made row by row, by one
    backward pass for each element of the output.

    >>> import tiny_autograd as ta
    >>> jacobian(lambda x: x * x)(ta.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def transformed(*args: Any, **kwargs: Any) -> Any:
        tracking = _Tracking(args, _positions(argnums, len(args), "jacobian"), "jacobian")
        output = tracking.call(func, kwargs)
        if not isinstance(output, Variable):
            raise TypeError(f"jacobian: the function returns {_kind(output)}, not one tensor")
        array = output.array
        rows: list[tuple[Any, ...]] = []
        for i in range(array.size):
            one = nd.zeros(array.size, dtype=array.dtype, device=array.device)
            one[i] = 1
            rows.append(tracking.gradients([output], [wrap(one.reshape(array.shape))], retain=True))
        matrices = tuple(
            ops.stack([row[k] for row in rows]).reshape(array.shape + x.array.shape)
            if rows
            else wrap(nd.zeros(array.shape + x.array.shape, dtype=array.dtype, device=array.device))
            for k, x in enumerate(tracking.tracked)
        )
        return matrices if isinstance(argnums, tuple) else matrices[0]

    return transformed


jacrev = jacobian


def hessian(func: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """A function that returns the second derivatives of `func`, whose value is a single number.

    Of shape (*argument, *argument), by one backward pass for each element of the argument.

    >>> import tiny_autograd as ta
    >>> hessian(lambda x: (x**3).sum())(ta.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacobian(grad(func, argnums), argnums)


def hvp(func: Callable[..., Any], primal: Any, vector: Any) -> tuple[Any, Any]:
    """func(primal), a single number, and its Hessian times a vector: two backward passes.

    >>> import tiny_autograd as ta
    >>> hvp(lambda x: (x**3).sum(), ta.tensor([1.0, 2.0]), ta.tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    values: list[Any] = []

    def gradient_of(x: Any) -> Any:
        gradient, value = grad_and_value(func)(x)
        values.append(value)
        return gradient

    _, pull = vjp(gradient_of, primal)
    return _detached_unless(values[0], primal), pull(vector)


def _detached_unless(value: Any, primal: Any) -> Any:
    keeps = _level.depth > 0 or primal._requires_grad
    return value if keeps else wrap(value.array)


def vmap(
    func: Callable[..., Any],
    in_dims: int | tuple[int | None, ...] | None = 0,
    out_dims: int | tuple[int, ...] = 0,
) -> Callable[..., Any]:
    """A function that calls `func` once for each slice of its arguments, and stacks the results.

    in_dims: along which dimension of each argument to go; None gives the whole argument to every
    call. out_dims: where the new dimension of each result goes. It is a loop, and costs as many
    calls as there are slices: operations that broadcast are faster where they will do.

    >>> import tiny_autograd as ta
    >>> vmap(ta.dot)(ta.tensor([[1.0, 2.0], [3.0, 4.0]]), ta.tensor([[1.0, 1.0], [0.0, 2.0]]))
    tensor([3., 8.])
    """

    def transformed(*args: Any, **kwargs: Any) -> Any:
        dims = in_dims if isinstance(in_dims, tuple) else (in_dims,) * len(args)
        if len(dims) != len(args):
            raise ValueError(f"vmap: in_dims {in_dims} for {len(args)} arguments")
        slices = [
            None if dim is None else ops.unbind(x, dim) for x, dim in zip(args, dims, strict=True)
        ]
        sizes = {len(one) for one in slices if one is not None}
        if len(sizes) != 1:
            shapes = [x.array.shape for x in args if isinstance(x, Variable)]
            raise ValueError(
                f"vmap: arguments of shapes {shapes} and in_dims {in_dims} must share one size "
                f"along the mapped dimensions, found {sorted(sizes)}"
            )
        (count,) = sizes
        if count == 0:
            raise ValueError("vmap: of no slices at all, the results' shapes are unknown")
        results = [
            func(
                *(x if one is None else one[i] for x, one in zip(args, slices, strict=True)),
                **kwargs,
            )
            for i in range(count)
        ]
        if not isinstance(results[0], tuple):
            return ops.stack(results, _one(out_dims))
        places = out_dims if isinstance(out_dims, tuple) else (out_dims,) * len(results[0])
        return tuple(
            ops.stack(list(parts), place)
            for parts, place in zip(zip(*results, strict=True), places, strict=True)
        )

    return transformed


def _one(out_dims: int | tuple[int, ...]) -> int:
    if isinstance(out_dims, int):
        return out_dims
    if len(out_dims) != 1:
        raise ValueError(f"vmap: out_dims {out_dims} for one result")
    return out_dims[0]
