"""The one table of operations: a row names a function, its inputs and its counterpart in PyTorch.

The runners (tests/tiny_autograd/test_op_cases.py, tests/parity/test_torch_parity.py) supply the
rest: devices, layouts, element types, orders of derivative, costs. A new operation adds a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import ndarray_core as nd
import tiny_autograd as ta
from tiny_autograd import functional as F
from tiny_autograd import ops

# How the elements of an input may lie in memory; "contiguous" first.
LAYOUTS = ("contiguous", "transposed", "strided", "reversed", "broadcast")


@dataclass(frozen=True)
class Input:
    """One operand: its shape, and how its numbers are drawn."""

    shape: tuple[int, ...]
    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray[Any, Any]]
    differentiable: bool = True

    def values(self, seed: int, dtype: str) -> np.ndarray[Any, Any]:
        drawn = np.asarray(self.draw(np.random.default_rng(seed), self.shape))
        return drawn.astype(dtype) if drawn.dtype.kind == "f" else drawn


def normal(*shape: int) -> Input:
    return Input(shape, lambda rng, s: rng.standard_normal(s))


def between(low: float, high: float, *shape: int) -> Input:
    return Input(shape, lambda rng, s: rng.uniform(low, high, s))


def distinct(*shape: int) -> Input:
    """No two elements, nor an element and 0, are closer than finite differences reach."""

    def draw(rng: np.random.Generator, s: tuple[int, ...]) -> np.ndarray[Any, Any]:
        count = int(np.prod(s))
        return (rng.permutation(count).reshape(s) - count / 2 + 0.3) / 2

    return Input(shape, draw)


def fixed(values: Any, differentiable: bool = True) -> Input:
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return Input(array.shape, lambda rng, s: array.copy(), differentiable)
    return Input(array.shape, lambda rng, s: array.copy(), False)


def integers(low: int, high: int, *shape: int) -> Input:
    return Input(shape, lambda rng, s: rng.integers(low, high, s), differentiable=False)


def booleans(*shape: int) -> Input:
    return Input(shape, lambda rng, s: rng.random(s) < 0.5, differentiable=False)


@dataclass(frozen=True)
class OpCase:
    """One function at one choice of inputs and parameters."""

    name: str
    function: Callable[..., Any]
    inputs: tuple[Input, ...]
    torch: str | None  # an expression for the counterpart, which gets the same arguments
    covers: str | None  # the operation's record that the row is there for
    orders: int  # of derivatives to check: 0, 1 or 2
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def call(self, inputs: list[Any]) -> Any:
        return self.function(*inputs, **self.parameters)

    def make(
        self,
        device: nd.Device | str,
        dtype: str = "float64",
        layout: str = "contiguous",
        requires_grad: bool = True,
    ) -> list[ta.Tensor]:
        """The inputs as leaf tensors; those of one seed have equal numbers in every layout.

        A "broadcast" layout repeats the first position of the first dimension, also in its dense
        counterpart `dense(device, dtype)`.
        """
        tensors = []
        for i, spec in enumerate(self.inputs):
            values = spec.values(i + 1, dtype)
            differentiable = spec.differentiable and requires_grad and self.orders > 0
            tensors.append(ta.Tensor(lay_out(values, layout, device), differentiable))
        return tensors


def lay_out(values: np.ndarray[Any, Any], layout: str, device: nd.Device | str) -> nd.NDArray:
    """The values as an array of ours, with the layout."""
    if not values.ndim or layout == "contiguous":
        return nd.asarray(values, device=device)
    if layout == "transposed":
        backwards = tuple(range(values.ndim))[::-1]
        dense = np.ascontiguousarray(values.transpose(backwards))
        return nd.asarray(dense, device=device).permute(*backwards)
    if layout == "strided":  # every other element of something larger, from the second on
        wide = np.zeros(tuple(2 * n + 1 for n in values.shape), values.dtype)
        inside = tuple(slice(1, 2 * n + 1, 2) for n in values.shape)
        wide[inside] = values
        return nd.asarray(wide, device=device)[inside]
    if layout == "reversed":
        return nd.asarray(np.ascontiguousarray(np.flip(values)), device=device).flip()
    if layout == "broadcast":
        first = nd.asarray(np.ascontiguousarray(values[:1]), device=device)
        return first.broadcast_to(values.shape)
    raise ValueError(f"unknown layout {layout!r}")


def case(
    name: str,
    function: Callable[..., Any],
    *inputs: Input,
    torch: str | None = None,
    covers: str | None = None,
    orders: int = 2,
    **parameters: Any,
) -> OpCase:
    if covers is None and isinstance(function, ta.Op):
        covers = function.name
    return OpCase(name, function, inputs, torch, covers, orders, parameters)


# A row takes a line or two, so that the table reads as one.
# fmt: off

def _unary() -> list[OpCase]:
    domains = {
        "neg": normal(3, 4),
        "abs": distinct(3, 4),
        "square": normal(3, 4),
        "reciprocal": between(0.5, 2, 3, 4),
        "sqrt": between(0.5, 2, 3, 4),
        "rsqrt": between(0.5, 2, 3, 4),
        "exp": normal(3, 4),
        "expm1": normal(3, 4),
        "log": between(0.5, 2, 3, 4),
        "log1p": between(-0.5, 2, 3, 4),
        "log2": between(0.5, 2, 3, 4),
        "log10": between(0.5, 2, 3, 4),
        "sin": normal(3, 4),
        "cos": normal(3, 4),
        "tan": between(-1, 1, 3, 4),
        "asin": between(-0.8, 0.8, 3, 4),
        "acos": between(-0.8, 0.8, 3, 4),
        "atan": normal(3, 4),
        "sinh": normal(3, 4),
        "cosh": normal(3, 4),
        "tanh": normal(3, 4),
        "asinh": normal(3, 4),
        "acosh": between(1.5, 3, 3, 4),
        "atanh": between(-0.8, 0.8, 3, 4),
        "erf": normal(3, 4),
        "sigmoid": normal(3, 4),
        "logit": between(0.1, 0.9, 3, 4),
        "sign": distinct(3, 4),
        "floor": distinct(3, 4),
        "ceil": distinct(3, 4),
        "round": distinct(3, 4),
        "trunc": distinct(3, 4),
        "relu": distinct(3, 4),
    }
    rows = [case(n, getattr(ops, n), x, torch=f"torch.{n}") for n, x in domains.items()]
    rows += [case(f"{n}[0-d]", getattr(ops, n), normal(), torch=f"torch.{n}") for n in ("exp",)]
    rows += [
        case("isnan", ops.isnan, fixed([1.0, np.nan, np.inf]), torch="torch.isnan", orders=0),
        case("isinf", ops.isinf, fixed([1.0, np.nan, np.inf]), torch="torch.isinf", orders=0),
        case("isfinite", ops.isfinite, fixed([1.0, np.nan]), torch="torch.isfinite", orders=0),
        case("logical_not", ops.logical_not, booleans(3), torch="torch.logical_not", orders=0),
        case("bitwise_not", ops.bitwise_not, integers(0, 9, 4), torch="torch.bitwise_not",
             orders=0),
    ]
    return rows


def _binary() -> list[OpCase]:
    away = between(0.5, 2, 3, 4)
    rows = []
    for name, x, y in (
        ("add", normal(3, 4), normal(3, 4)),
        ("sub", normal(3, 4), normal(3, 4)),
        ("mul", normal(3, 4), normal(3, 4)),
        ("div", normal(3, 4), away),
        ("pow", away, normal(3, 4)),
        ("maximum", distinct(3, 4), fixed(np.arange(12.0).reshape(3, 4) / 2 - 3)),
        ("minimum", distinct(3, 4), fixed(np.arange(12.0).reshape(3, 4) / 2 - 3)),
        ("atan2", normal(3, 4), away),
        ("hypot", away, normal(3, 4)),
        ("logaddexp", normal(3, 4), normal(3, 4)),
    ):
        function, torch = getattr(ops, name), f"torch.{name}"
        rows.append(case(name, function, x, y, torch=torch))
        row = Input((4,), y.draw) if name not in ("maximum", "minimum") else fixed(np.zeros(4))
        rows.append(case(f"{name}[broadcast]", function, x, row, torch=torch))
    rows += [
        case("sub[number first]", lambda x: 2 - x, normal(3), torch="lambda x: 2 - x"),
        case("div[number first]", lambda x: 2 / x, between(1, 2, 3), torch="lambda x: 2 / x"),
        case("pow[number]", lambda x: x**3, normal(3), torch="lambda x: x ** 3", covers="pow"),
        case("pow[zeroth]", lambda x: x**0, fixed([0.0, 2.0]), torch="lambda x: x ** 0"),
        case("pow[of a number]", lambda x: 2.0**x, normal(3), torch="lambda x: 2.0 ** x"),
        case("remainder", ops.remainder, between(0.2, 0.8, 4), fixed(np.full(4, 1.5)),
             torch="torch.remainder"),
        case("floor_divide", ops.floor_divide, normal(4), between(1, 2, 4), orders=0,
             torch="torch.floor_divide"),
        case("clamp", ops.clamp, distinct(3, 4), min=-1.0, max=1.5, torch="torch.clamp",
             covers="clamp_to"),
        case("clamp[tensors]", ops.clamp, distinct(3, 4), fixed(np.full(4, -1.1)),
             fixed([[0.6], [1.1], [-1.3]]), torch="torch.clamp"),
        case("isclose", ops.isclose, fixed([1.0, np.inf, 2.0, np.nan]),
             fixed([1.000001, np.inf, np.inf, np.nan]), torch="torch.isclose", orders=0),
        case("isclose[nan]", ops.isclose, fixed([1.0, np.nan]), fixed([1.1, np.nan]), rtol=0.2,
             equal_nan=True, torch="torch.isclose", orders=0),
        case("clamp[min]", ops.clamp, distinct(3, 4), min=0.0, torch="torch.clamp"),
        case("where", ops.where, booleans(3, 4), normal(3, 4), normal(4), torch="torch.where"),
        case("masked_fill", ops.masked_fill, normal(3, 4), booleans(3, 4), value=2.0,
             torch="torch.masked_fill"),
        case("lerp by hand", lambda x, y: x + 0.25 * (y - x), normal(3), normal(3),
             torch="lambda x, y: torch.lerp(x, y, 0.25)"),
    ]
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        rows.append(case(name, getattr(ops, name), integers(0, 3, 3, 4), integers(0, 3, 4),
                         torch=f"torch.{name}", orders=0))
    for name in ("logical_and", "logical_or", "logical_xor"):
        rows.append(case(name, getattr(ops, name), booleans(3, 4), booleans(4),
                         torch=f"torch.{name}", orders=0))
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        rows.append(case(name, getattr(ops, name), integers(0, 9, 3, 4), integers(0, 9, 4),
                         torch=f"torch.{name}", orders=0))
    return rows


def _activations() -> list[OpCase]:
    f = "torch.nn.functional."
    return [
        case("leaky_relu", ops.leaky_relu, distinct(3, 4), negative_slope=0.2,
             torch=f + "leaky_relu"),
        case("elu", ops.elu, distinct(3, 4), alpha=0.7, torch=f + "elu"),
        case("selu", F.selu, distinct(3, 4), torch=f + "selu"),
        case("silu", ops.silu, normal(3, 4), torch=f + "silu"),
        case("mish", F.mish, normal(3, 4), torch=f + "mish"),
        case("gelu", ops.gelu, normal(3, 4), torch=f + "gelu"),
        case("gelu[tanh]", F.gelu, normal(3, 4), approximate="tanh", torch=f + "gelu"),
        case("softplus", ops.softplus, normal(3, 4), beta=2.0, torch=f + "softplus"),
        case("softplus[threshold]", ops.softplus, distinct(3, 4), threshold=1.05,
             torch=f + "softplus"),
        case("logsigmoid", ops.logsigmoid, distinct(3, 4), torch=f + "logsigmoid"),
        case("hardtanh", F.hardtanh, distinct(3, 4), torch=f + "hardtanh"),
        case("relu6", F.relu6, distinct(3, 8), torch=f + "relu6"),
        case("softmax", ops.softmax, normal(3, 4), dim=1, torch="torch.softmax"),
        case("softmax[first]", ops.softmax, normal(3, 4), dim=0, torch="torch.softmax"),
        case("log_softmax", ops.log_softmax, normal(3, 4), dim=1, torch="torch.log_softmax"),
    ]


def _reductions() -> list[OpCase]:
    rows = []
    for name in ("sum", "mean", "amax", "amin", "logsumexp", "var", "std"):
        function, torch = getattr(ops, name), f"torch.{name}"
        x = distinct(3, 4, 2) if name in ("amax", "amin") else normal(3, 4, 2)
        for dim in (1, (0, -1)):
            rows.append(case(f"{name}[{dim}]", function, x, dim=dim, torch=torch))
        rows.append(case(f"{name}[keepdim]", function, x, dim=0, keepdim=True, torch=torch))
        if name != "logsumexp":
            rows.append(case(f"{name}[all]", function, x, torch=torch))
    rows += [
        case("sum[0-d]", ops.sum, normal(), torch="torch.sum"),
        case("sum[integers]", ops.sum, integers(0, 9, 3, 4), dim=1, torch="torch.sum", orders=0),
        case("amax[equal]", ops.amax, fixed([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]), dim=1,
             torch="torch.amax", orders=0),
        case("prod", ops.prod, normal(3, 4), dim=1, torch="torch.prod"),
        case("prod[all]", ops.prod, normal(2, 3), torch="torch.prod"),
        case("prod[zeros]", ops.prod, fixed([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0]]),
             dim=1, keepdim=True, torch="torch.prod"),
        case("var[unbiased]", ops.var, normal(3, 4), unbiased=False, keepdim=True, dim=1,
             torch="torch.var", covers="var_over"),
        case("std[unbiased]", lambda x: ops.std(x, False), normal(3, 4), covers="std_over",
             torch="lambda x: torch.std(x, False)"),
        case("norm[0.5]", ops.norm, distinct(3, 4), p=0.5, dim=1, torch="torch.norm"),
        case("norm[0.5, zeros]", ops.norm, fixed([[0.0, 4.0], [0.0, 0.0]]), p=0.5, dim=1,
             torch="torch.norm", orders=0),
        case("var[biased]", ops.var, normal(3, 4), dim=1, correction=0, torch="torch.var"),
        case("std[biased]", ops.std, normal(3, 4), dim=0, correction=0, torch="torch.std"),
        case("var_mean", ops.var_mean, normal(3, 4), dim=1, torch="torch.var_mean"),
        case("euclidean_norm", ops.euclidean_norm, normal(3, 4), dim=1,
             torch="torch.linalg.vector_norm"),
        case("norm[1]", ops.norm, distinct(3, 4), p=1, dim=1, torch="torch.norm"),
        case("norm[3]", ops.norm, distinct(3, 4), p=3, dim=1, keepdim=True, torch="torch.norm"),
        case("norm[inf]", ops.norm, distinct(3, 4), p=float("inf"), dim=1, torch="torch.norm"),
        case("argmax", ops.argmax, distinct(3, 4), dim=1, torch="torch.argmax", orders=0),
        case("argmax[all]", ops.argmax, distinct(3, 4), torch="torch.argmax", orders=0),
        case("argmin", ops.argmin, distinct(3, 4), dim=0, keepdim=True, torch="torch.argmin",
             orders=0),
        case("any", ops.any, booleans(3, 4), dim=1, torch="torch.any", orders=0),
        case("all", ops.all, booleans(3, 4), torch="torch.all", orders=0),
        case("max[all]", ops.max, distinct(3, 4), torch="torch.max"),
        case("max[dim]", lambda x: tuple(ops.max(x, 1)), distinct(3, 4),
             torch="lambda x: tuple(torch.max(x, 1))"),
        case("min[dim]", lambda x: tuple(ops.min(x, 0, True)), distinct(3, 4),
             torch="lambda x: tuple(torch.min(x, 0, True))"),
        case("max[two]", ops.max, distinct(3, 4), fixed(np.zeros((3, 4))), torch="torch.max"),
        case("trace", ops.trace, normal(3, 3), torch="torch.trace"),
    ]
    return rows


def _shapes() -> list[OpCase]:
    x = normal(2, 3, 4)
    return [
        case("reshape", lambda x: ops.reshape(x, (4, -1)), x, covers="reshape",
             torch="lambda x: x.reshape(4, -1)"),
        case("permute", lambda x: ops.permute(x, (2, 0, -2)), x, covers="permute",
             torch="lambda x: x.permute(2, 0, -2)"),
        case("transpose", ops.transpose, x, dim0=0, dim1=-1, torch="torch.transpose"),
        case("expand", lambda x: ops.expand(x, (2, 3, -1)), normal(3, 1), covers="expand",
             torch="lambda x: x.expand(2, 3, -1)"),
        case("sum_to", ops.sum_to, x, shape=(3, 1), torch="lambda x, shape: x.sum_to_size(shape)"),
        case("broadcast_to", ops.broadcast_to, normal(1, 4), shape=(3, 4),
             torch="lambda x, shape: torch.broadcast_to(x, shape)"),
        case("squeeze", ops.squeeze, normal(1, 3, 1), torch="torch.squeeze"),
        case("squeeze[dim]", ops.squeeze, normal(1, 3, 1), dim=(0, 1), torch="torch.squeeze"),
        case("unsqueeze", ops.unsqueeze, normal(3), dim=-1, torch="torch.unsqueeze"),
        case("flatten", ops.flatten, x, start_dim=1, torch="torch.flatten"),
        case("unflatten", ops.unflatten, normal(2, 12), dim=1, shape=(3, -1),
             torch="lambda x, dim, shape: x.unflatten(dim, shape)"),
        case("movedim", ops.movedim, x, source=(0, 1), destination=(-1, 0), torch="torch.movedim"),
        case("mT", ops.mT, x, torch="lambda x: x.mT"),
        case("flip", ops.flip, x, dims=(0, 2), torch="torch.flip"),
        case("roll", ops.roll, x, shifts=(1, -2), dims=(0, 2), torch="torch.roll"),
        case("roll[flat]", ops.roll, x, shifts=5, torch="torch.roll"),
        case("repeat", lambda x: ops.repeat(x, 2, 1, 3), normal(3, 2),
             torch="lambda x: x.repeat(2, 1, 3)"),
        case("tile", lambda x: ops.tile(x, (2,)), normal(3, 2),
             torch="lambda x: torch.tile(x, (2,))"),
        case("repeat_interleave", ops.repeat_interleave, normal(3, 2), repeats=2, dim=1,
             torch="torch.repeat_interleave"),
        case("tril", ops.tril, normal(3, 4), diagonal=1, torch="torch.tril"),
        case("triu", ops.triu, normal(2, 3, 4), diagonal=-1, torch="torch.triu"),
        case("diagonal", ops.diagonal, x, offset=1, dim1=0, dim2=2, torch="torch.diagonal"),
        case("scatter_diagonal", ops.scatter_diagonal, normal(3), shape=(4, 4), offset=-1,
             torch="lambda x, shape, offset: torch.diag(x, offset)"),
        case("diag", ops.diag, normal(3), torch="torch.diag"),
        case("clone", ops.clone, x, torch="torch.clone"),
        case("to_floating", lambda x: ops.to_floating(x, "float64"), x, covers="to_floating",
             torch="lambda x: x.double()"),
        case("to_discrete", lambda x: ops.to_discrete(x, "int64"), between(-9, 9, 4), orders=0,
             covers="to_discrete", torch="lambda x: x.long()"),
        case("to_device", lambda x: ops.to_device(x, "numpy"), x, covers="to_device"),
    ]


def _joining() -> list[OpCase]:
    a, b = normal(2, 3), normal(2, 2)
    return [
        case("concat", lambda *xs: ops.concat(*xs, dim=1), a, b, covers="concat",
             torch="lambda *xs: torch.cat(xs, 1)"),
        case("cat[same twice]", lambda x: ops.cat([x, x]), a, torch="lambda x: torch.cat([x, x])"),
        case("stack", lambda *xs: ops.stack(xs, -1), a, a, covers="stack_operands",
             torch="lambda *xs: torch.stack(xs, -1)"),
        case("split", lambda x: ops.split(x, 2, 1), normal(2, 5), torch="lambda x: x.split(2, 1)"),
        case("split[sizes]", lambda x: ops.split(x, [1, 4], -1), normal(2, 5),
             torch="lambda x: x.split([1, 4], -1)"),
        case("chunk", lambda x: ops.chunk(x, 2, 1), normal(2, 5), torch="lambda x: x.chunk(2, 1)"),
        case("unbind", lambda x: ops.unbind(x, 1), a, torch="lambda x: x.unbind(1)"),
        case("narrow", ops.narrow, normal(2, 5), dim=1, start=1, length=3, torch="torch.narrow"),
        case("select", ops.select, a, dim=1, index=-1, torch="torch.select"),
    ]


def _indexing() -> list[OpCase]:
    x = normal(3, 4, 2)
    rows = [
        case("getitem", lambda x: ops.getitem(x, (slice(0, None, 2), None, -1)), x,
             covers="getitem", torch="lambda x: x[::2, None, -1]"),
        case("scatter_slice", ops.scatter_slice, normal(2, 2), shape=(3, 2), key=slice(1, 3)),
        case("take", lambda x, i: ops.take(x, i, 1), x, integers(-4, 4, 2, 3), covers="take",
             torch="lambda x, i: x[:, i]"),
        case("index_sum", lambda v, i: ops.index_sum(v, i, (5, 2), 0), normal(3, 2),
             fixed([4, 1, 4]), covers="index_sum",
             torch="lambda v, i: torch.zeros(5, 2, dtype=v.dtype).index_add(0, i, v)"),
        case("gather_elements", lambda x, i: ops.gather_elements(x, i, 1), normal(3, 4),
             integers(0, 4, 2, 5), covers="gather_elements",
             torch="lambda x, i: torch.gather(x, 1, i)"),
        case("scatter_sum", lambda v, i: ops.scatter_sum(v, i, (3, 4), 1), normal(2, 5),
             integers(0, 4, 2, 5), covers="scatter_sum",
             torch="lambda v, i: torch.zeros(3, 4, dtype=v.dtype).scatter_add(1, i, v)"),
        case("index_select", lambda x, i: ops.index_select(x, 1, i), x, fixed([3, 0, 3]),
             torch="lambda x, i: torch.index_select(x, 1, i)"),
        case("index_add", lambda x, i, v: ops.index_add(x, 0, i, v), normal(4, 2), fixed([1, 1, 3]),
             normal(3, 2), torch="lambda x, i, v: torch.index_add(x, 0, i, v)"),
        case("gather", lambda x, i: ops.gather(x, 0, i), normal(3, 4), integers(0, 3, 2, 3),
             torch="lambda x, i: torch.gather(x, 0, i)"),
        case("scatter_add", lambda x, i, v: ops.scatter_add(x, 0, i, v), normal(3, 4),
             integers(0, 3, 2, 3), normal(2, 3),
             torch="lambda x, i, v: torch.scatter_add(x, 0, i, v)"),
        case("take_along_dim", lambda x, i: ops.take_along_dim(x, i, 1), normal(3, 4),
             integers(0, 4, 1, 2), torch="lambda x, i: torch.take_along_dim(x, i, 1)"),
        case("take_along_dim[flat]", ops.take_along_dim, normal(3, 4), integers(0, 12, 5),
             torch="torch.take_along_dim"),
        case("embedding", F.embedding, integers(0, 4, 2, 3), normal(4, 2),
             torch="torch.nn.functional.embedding"),
        case("one_hot", F.one_hot, integers(0, 4, 2, 3), num_classes=5, orders=0,
             torch="torch.nn.functional.one_hot"),
    ]
    for name, function, theirs in (
        ("integers", lambda x: x[[0, 2, 0]], "x[[0, 2, 0]]"),
        ("integers behind", lambda x: x[:, [[1, 0], [3, 3]]], "x[:, [[1, 0], [3, 3]]]"),
        ("pairs", lambda x: x[[0, 2, 0], [1, 1, 3]], "x[[0, 2, 0], [1, 1, 3]]"),
        ("apart", lambda x: x[[0, 2], :, [1, 0]], "x[[0, 2], :, [1, 0]]"),
        ("behind a number", lambda x: x[0, :, ta.tensor([1, 0, 1])],
         "x[0, :, torch.tensor([1, 0, 1])]"),
        ("negative", lambda x: x[[-1, 0], [-1, -4]], "x[[-1, 0], [-1, -4]]"),
        ("mask", lambda x: x[ta.tensor([True, False, True])],
         "x[torch.tensor([True, False, True])]"),
        ("mask of two", lambda x: x[ta.tensor([[True, False, False, True]] * 3)],
         "x[torch.tensor([[True, False, False, True]] * 3)]"),
        ("ellipsis", lambda x: x[..., [0, 0, 1]], "x[..., [0, 0, 1]]"),
        ("number", lambda x: x[1, ..., 0], "x[1, ..., 0]"),
    ):
        rows.append(case(f"index[{name}]", function, x, torch=f"lambda x: {theirs}"))
    return rows


def _products() -> list[OpCase]:
    rows = []
    for left, right in (
        ((3, 4), (4, 2)),
        ((4,), (4,)),
        ((4,), (4, 2)),
        ((3, 4), (4,)),
        ((2, 3, 4), (4, 2)),
        ((2, 3, 4), (2, 4, 2)),
        ((5, 1, 3, 4), (2, 4, 2)),
        ((4,), (2, 4, 3)),
        ((2, 3, 4), (4,)),
        ((3, 4), (2, 4, 2)),
    ):
        rows.append(case(f"matmul[{left} @ {right}]", ops.matmul, normal(*left), normal(*right),
                         torch="torch.matmul"))
    linear = "torch.nn.functional.linear"
    rows += [
        case("linear", ops.linear, normal(3, 4), normal(2, 4), normal(2), torch=linear),
        case("linear[no bias]", ops.linear, normal(2, 3, 4), normal(2, 4), torch=linear),
        case("linear[vector]", ops.linear, normal(4), normal(2, 4), normal(2), torch=linear),
        case("mm", ops.mm, normal(3, 4), normal(4, 2), torch="torch.mm"),
        case("bmm", ops.bmm, normal(2, 3, 4), normal(2, 4, 1), torch="torch.bmm"),
        case("mv", ops.mv, normal(3, 4), normal(4), torch="torch.mv"),
        case("dot", ops.dot, normal(4), normal(4), torch="torch.dot"),
        case("outer", ops.outer, normal(3), normal(4), torch="torch.outer"),
        case("addmm", ops.addmm, normal(3, 2), normal(3, 4), normal(4, 2), beta=0.5, alpha=2.0,
             torch="torch.addmm"),
    ]
    return rows


def _windows() -> list[OpCase]:
    f = "torch.nn.functional."
    two = {"dims": (1, 2), "sizes": (2, 3), "steps": (2, 1), "dilations": (1, 2)}
    image, pooled = normal(2, 4, 5, 6), distinct(2, 2, 5, 6)
    rows = [
        case("windows", ops.windows, normal(2, 5, 7), **two,
             torch="lambda x, dims, sizes, steps, dilations: "
                   "x.unfold(1, 2, 2).unfold(2, 5, 1)[..., ::2]"),
        case("fold_windows", ops.fold_windows, normal(2, 2, 3, 2, 3), shape=(2, 5, 7), **two),
        case("pad_constant", ops.pad_constant, normal(2, 3), widths=((1, 0), (2, 1)), value=0.5,
             torch="lambda x, widths, value: "
                   "torch.nn.functional.pad(x, (2, 1, 1, 0), value=value)"),
        case("pad", F.pad, normal(2, 3), pad=(1, -1, 0, 2), torch=f + "pad"),
        case("avg_pool2d", F.avg_pool2d, image, kernel_size=2, torch=f + "avg_pool2d"),
        case("avg_pool2d[padded]", F.avg_pool2d, image, kernel_size=3, stride=2, padding=1,
             torch=f + "avg_pool2d"),
        case("avg_pool2d[without pads]", F.avg_pool2d, image, kernel_size=(3, 2), padding=1,
             count_include_pad=False, torch=f + "avg_pool2d"),
        case("avg_pool2d[divisor]", F.avg_pool2d, image, kernel_size=2, divisor_override=3,
             torch=f + "avg_pool2d"),
        case("max_pool2d", F.max_pool2d, pooled, kernel_size=2, torch=f + "max_pool2d"),
        case("max_pool2d[padded]", F.max_pool2d, pooled, kernel_size=3, stride=2, padding=1,
             torch=f + "max_pool2d"),
        case("max_pool2d[dilated]", F.max_pool2d, pooled, kernel_size=2, stride=1, dilation=2,
             torch=f + "max_pool2d"),
        case("adaptive_avg_pool2d[1]", F.adaptive_avg_pool2d, image, output_size=1,
             torch=f + "adaptive_avg_pool2d"),
        case("adaptive_avg_pool2d", F.adaptive_avg_pool2d, image, output_size=(3, 4),
             torch=f + "adaptive_avg_pool2d"),
        case("adaptive_max_pool2d", F.adaptive_max_pool2d, pooled, output_size=(3, None),
             torch=f + "adaptive_max_pool2d"),
        case("conv1d", F.conv1d, normal(2, 3, 7), normal(4, 3, 3), normal(4), stride=2, padding=1,
             torch=f + "conv1d"),
    ]
    for mode in ("reflect", "replicate", "circular"):
        rows.append(case(f"pad[{mode}]", F.pad, normal(2, 3, 4), pad=(2, 1), mode=mode,
                         torch=f + "pad"))
    weight, bias = normal(4, 2, 3, 2), normal(4)
    for name, channels, options in (
        ("", 2, {}),
        ("padded", 2, {"padding": (1, 0)}),
        ("strided", 2, {"stride": 2, "padding": 1}),
        ("dilated", 2, {"dilation": (1, 2)}),
        ("same", 2, {"padding": "same"}),
        ("valid", 2, {"padding": "valid"}),
        ("groups", 4, {"groups": 2, "padding": 1}),
    ):
        rows.append(case(f"conv2d[{name}]", F.conv2d, normal(2, channels, 4, 5), weight, bias,
                         torch=f + "conv2d", **options))
    rows += [
        case("conv2d[depthwise]", F.conv2d, normal(2, 3, 4, 4), normal(3, 1, 3, 3), groups=3,
             torch=f + "conv2d"),
        case("conv2d[1x1]", F.conv2d, normal(2, 3, 2, 2), normal(4, 3, 1, 1), torch=f + "conv2d"),
        case("conv2d[no batch]", F.conv2d, normal(2, 4, 5), weight, bias, torch=f + "conv2d"),
    ]
    return rows


def _norms_and_losses() -> list[OpCase]:
    f = "torch.nn.functional."
    probabilities = Input((3, 4), lambda rng, s: rng.dirichlet(np.ones(s[1]), s[0]))
    logits, classes = normal(3, 4), fixed([1, 3, 0])
    a, b = distinct(3, 4), fixed(np.arange(12.0).reshape(3, 4) / 3 - 2)
    rows = [
        case("batch_norm[training]", lambda x, w,
             b: F.batch_norm(x, None, None, w, b, training=True), normal(3, 2, 2, 2), normal(2),
             normal(2), torch=f"lambda x, w, b: {f}batch_norm(x, None, None, w, b, training=True)"),
        case("batch_norm[running]", lambda x, m, v, w, b: F.batch_norm(x, m, v, w, b), normal(3, 2),
             fixed([0.5, -1.0], False), fixed([0.5, 2.0], False), normal(2), normal(2),
             torch=f + "batch_norm"),
        case("layer_norm", lambda x, w, b: F.layer_norm(x, (3, 4), w, b), normal(2, 3, 4),
             normal(3, 4), normal(3, 4), torch=f"lambda x, w, b: {f}layer_norm(x, (3, 4), w, b)"),
        case("normalize", F.normalize, normal(3, 4), dim=0, torch=f + "normalize"),
        case("cosine_similarity", F.cosine_similarity, normal(3, 4), normal(3, 4),
             torch=f + "cosine_similarity"),
        case("cross_entropy[weights]", lambda x, t,
             w: F.cross_entropy(x, t, w, ignore_index=3, label_smoothing=0.1), logits, classes,
             fixed([0.5, 1.0, 2.0, 1.5], False),
             torch=f"lambda x, t, w: {f}cross_entropy("
                   "x, t, w, ignore_index=3, label_smoothing=0.1)"),
        case("cross_entropy[images]", F.cross_entropy, normal(2, 4, 3), integers(0, 4, 2, 3),
             reduction="none", torch=f + "cross_entropy"),
        case("cross_entropy[one]", F.cross_entropy, normal(4), fixed(2), torch=f + "cross_entropy"),
        case("cross_entropy[probabilities]", F.cross_entropy, logits, probabilities,
             label_smoothing=0.2, torch=f + "cross_entropy"),
        case("nll_loss", F.nll_loss, logits, classes, torch=f + "nll_loss"),
        case("nll_loss[ignored]", F.nll_loss, logits, classes, ignore_index=0, reduction="sum",
             torch=f + "nll_loss"),
        case("binary_cross_entropy", F.binary_cross_entropy, between(0.1, 0.9, 3, 4),
             between(0, 1, 3, 4), torch=f + "binary_cross_entropy"),
        case("binary_cross_entropy_with_logits", lambda x, t,
             p: F.binary_cross_entropy_with_logits(x, t, pos_weight=p), distinct(3, 4),
             between(0, 1, 3, 4), fixed([1.0, 2.0, 3.0, 0.5], False),
             torch=f"lambda x, t, p: {f}binary_cross_entropy_with_logits(x, t, pos_weight=p)"),
        case("kl_div", F.kl_div, logits, probabilities, reduction="batchmean", torch=f + "kl_div"),
        case("kl_div[log]", F.kl_div, logits, normal(3, 4), log_target=True, torch=f + "kl_div"),
    ]
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
        for reduction in ("mean", "none"):
            rows.append(case(f"{name}[{reduction}]", getattr(F, name), a, b, reduction=reduction,
                             torch=f + name))
    for reduction in ("mean", "sum", "none"):
        rows.append(case(f"cross_entropy[{reduction}]", F.cross_entropy, logits, classes,
                         reduction=reduction, torch=f + "cross_entropy"))
    return rows


def _like() -> list[OpCase]:
    x = normal(2, 3)
    return [
        case("zeros_like", ops.zeros_like, x, torch="torch.zeros_like", orders=0),
        case("ones_like", ops.ones_like, x, torch="torch.ones_like", orders=0),
        case("full_like", ops.full_like, x, fill_value=2.5, torch="torch.full_like", orders=0),
    ]

# fmt: on

CASES = [
    *_unary(),
    *_binary(),
    *_activations(),
    *_reductions(),
    *_shapes(),
    *_joining(),
    *_indexing(),
    *_products(),
    *_windows(),
    *_norms_and_losses(),
    *_like(),
]
