"""Whole arrays: element-wise functions, sums, copies, sorting, and positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from row import Contest, Row, arrays, contest, differentiated, leaves

import ndarray_core as nd
import tiny_autograd as ta

MILLION = 1_000_000
Function = Callable[..., Any]


def _row(
    group: str,
    name: str,
    functions: tuple[Function, Function | None, Function | None],
    full: tuple[int, ...],
    tiny: tuple[int, ...],
    *,
    written: Callable[..., float],
    flops: Callable[..., float] = lambda *size: 0,
    goal: float = 1.0,
) -> Row:
    """Work on one array, which is read once; `written` counts elements, `flops` operations."""

    def build(*size: int) -> Contest:
        return contest(
            *functions,
            arrays(*size),
            read=4 * float(np.prod(size)),
            written=4 * written(*size),
            flops=flops(*size),
        )

    return Row(group, name, build, full, tiny, goal)


def _all(*size: int) -> float:
    return float(np.prod(size))


# Element-wise ------------------------------------------------------------------------------------


def _element_wise(name: str, dtype: str = "float32", goal: float = 0.25) -> Row:
    # The cost of one element, as the operation states it.
    each = getattr(ta, name).cost((1,)).flops
    itemsize = np.dtype(dtype).itemsize

    def build(n: int) -> Contest:
        operand = arrays(n, dtype=dtype)
        if name in ("log", "sqrt"):
            operand = tuple(abs(x) + 0.01 for x in operand)
        return contest(
            *(getattr(library, name) for library in (nd, np, torch)),
            operand,
            flops=each * n,
            read=itemsize * n,
            written=itemsize * n,
            dtype=dtype,
        )

    kind = "" if dtype == "float32" else f" {dtype}"
    return Row("element-wise", f"{name}(x), 10M{kind}", build, (10 * MILLION,), (1003,), goal)


def _addition(n: int) -> Contest:
    def add(x: Any, y: Any) -> Any:
        return x + y

    return contest(add, add, add, arrays(n), arrays(n, seed=1), flops=n, read=8 * n, written=4 * n)


def _broadcasting(a: int, b: int, c: int) -> Contest:
    def add(x: Any, y: Any) -> Any:
        return x + y

    size = a * b * c
    operands = arrays(a, b, c), arrays(b, 1, seed=1)
    return contest(add, add, add, *operands, flops=size, read=4 * size, written=4 * size)


def _gelu_chain(n: int) -> tuple[Any, Any, list[Any], float]:
    operands = [leaves(n)]
    flops = ta.erf.cost((n,)).flops + 7.0 * n
    return (
        lambda x: ta.functional.gelu(x * 1.5 + 0.5).sum(),
        lambda x: torch.nn.functional.gelu(x * 1.5 + 0.5).sum(),
        operands,
        flops,
    )


ELEMENT_WISE_ROWS = [
    Row("element-wise", "a + b, 10M", _addition, (10 * MILLION,), (1003,), 0.25),
    Row(
        "element-wise",
        "a + b, broadcasting, 1024 x 64 x 512",
        _broadcasting,
        (1024, 64, 512),
        (5, 3, 17),
        0.25,
    ),
    *differentiated(
        "element-wise",
        "gelu(x * 1.5 + 0.5).sum(), 10M",
        _gelu_chain,
        (10 * MILLION,),
        (1003,),
        0.25,
        products=False,
    ),
    *(_element_wise(name) for name in ("sqrt", "exp", "log", "tanh", "sin", "cos")),
    *(_element_wise(name, "float64", 1.0) for name in ("exp", "log", "tanh", "sin")),
]

# Reductions ---------------------------------------------------------------------------------------


def _reduction(name: str, axis: int | None, shape: tuple[int, int], label: str) -> Row:
    def of(library: Any) -> Function:
        call = getattr(library, name)
        if axis is None:
            return lambda x: call(x)
        option = {"dim": axis} if library is torch else {"axis": axis}
        if library is torch and name in ("max",):
            call = torch.amax
        return lambda x: call(x, **option)

    def left(rows: int, columns: int) -> float:
        return 1 if axis is None else (columns, rows)[axis]

    return _row(
        "reductions",
        label,
        (of(nd), of(np), of(torch)),
        shape,
        (13, 21),
        written=left,
        flops=lambda rows, columns: rows * columns,
    )


REDUCTION_ROWS = [
    _reduction("sum", None, (4096, 2048), "sum of 4096 x 2048"),
    _reduction("sum", 1, (4096, 2048), "sums of rows, 4096 x 2048"),
    _reduction("sum", 0, (4096, 2048), "sums of columns, 4096 x 2048"),
    _reduction("max", 1, (4096, 2048), "maxima of rows, 4096 x 2048"),
    _reduction("max", 0, (4096, 2048), "maxima of columns, 4096 x 2048"),
    _reduction("argmax", 1, (4096, 2048), "argmax of rows, 4096 x 2048"),
    _reduction("argmax", 0, (4096, 2048), "argmax of columns, 4096 x 2048"),
]

# Copies -------------------------------------------------------------------------------------------


def _copy(name: str, functions: tuple[Function, ...], full: Any, tiny: Any) -> Row:
    return _row("copies", name, functions, full, tiny, written=_all, goal=0.45)


def _concatenation(rows: int, columns: int) -> Contest:
    moved = 8 * rows * columns
    return contest(
        lambda x, y: nd.concat([x, y], axis=1),
        lambda x, y: np.concatenate([x, y], axis=1),
        lambda x, y: torch.cat([x, y], 1),
        *(arrays(rows, columns, seed=seed) for seed in range(2)),
        read=moved,
        written=moved,
    )


COPY_ROWS = [
    _copy(
        "transposition, 4096 x 4096",
        (lambda x: x.T.copy(), lambda x: x.T.copy(), lambda x: x.T.contiguous()),
        (4096, 4096),
        (13, 21),
    ),
    _copy(
        "NCHW to NHWC, 32 x 64 x 56 x 56",
        (
            lambda x: nd.permute_dims(x, (0, 2, 3, 1)).copy(),
            lambda x: x.transpose(0, 2, 3, 1).copy(),
            lambda x: x.permute(0, 2, 3, 1).contiguous(),
        ),
        (32, 64, 56, 56),
        (2, 3, 5, 4),
    ),
    _row(
        "copies",
        "float32 to bfloat16, 10M",
        (lambda x: x.astype(nd.bfloat16), None, lambda x: x.to(torch.bfloat16)),
        (10 * MILLION,),
        (1003,),
        written=lambda n: n / 2,
    ),
    _row(
        "copies",
        "float32 to float64, 10M",
        (
            lambda x: x.astype(nd.float64),
            lambda x: x.astype(np.float64),
            lambda x: x.to(torch.float64),
        ),
        (10 * MILLION,),
        (1003,),
        written=lambda n: 2 * n,
    ),
    Row(
        "copies",
        "concatenation of two 4096 x 1024, axis 1",
        _concatenation,
        (4096, 1024),
        (13, 21),
    ),
]

# Order and positions ------------------------------------------------------------------------------


def _scan(axis: int, label: str) -> Row:
    return _row(
        "order and positions",
        label,
        (
            lambda x: nd.cumulative_sum(x, axis=axis),
            lambda x: np.cumsum(x, axis=axis),
            lambda x: torch.cumsum(x, dim=axis),
        ),
        (1000, 1000),
        (13, 21),
        written=_all,
        flops=_all,
    )


def _ordered(name: str, ours: Function, numpy: Function, theirs: Function | None) -> Row:
    return _row(
        "order and positions", name, (ours, numpy, theirs), (MILLION,), (1003,), written=_all
    )


def _scatter(size: int, count: int) -> Contest:
    """Numbers added at places, some of them several times."""
    positions = np.random.default_rng(1).integers(0, size, count)
    places = nd.asarray(positions, device="cpu"), positions, torch.from_numpy(positions)

    def add_ours(x: Any, at: Any, v: Any) -> Any:
        nd.at(x, at).add(v)
        return x

    def add_numpy(x: Any, at: Any, v: Any) -> Any:
        np.add.at(x, at, v)
        return x

    return contest(
        add_ours,
        add_numpy,
        lambda x, at, v: x.index_add_(0, at, v),
        arrays(size),
        places,
        arrays(count, seed=2),
        read=16 * count,
        written=4 * count,
    )


def _embedding(words: int, width: int, count: int) -> Contest:
    """Rows of a table, and the gradient of the table, which is zero but for those rows."""
    ids = np.random.default_rng(0).integers(0, words, count)
    ours, theirs = leaves(words, width)
    gradient, their_gradient = (x.detach() for x in leaves(count, width, seed=1))

    def step(embedding: Any, ids: Any, table: Any, gradient: Any) -> Any:
        embedding(ids, table).backward(gradient)
        of_table, table.grad = table.grad, None
        return of_table

    our_ids, their_ids = ta.tensor(ids, device="cpu"), torch.from_numpy(ids)
    return Contest(
        {
            "ours": lambda: step(ta.functional.embedding, our_ids, ours, gradient),
            "torch": lambda: step(torch.nn.functional.embedding, their_ids, theirs, their_gradient),
        },
        flops=count * width,
        read=4 * 3 * count * width,
        written=4 * (count + words) * width,
    )


ORDER_ROWS = [
    _ordered(
        "sort, stable, 1M",
        nd.sort,
        lambda x: np.sort(x, kind="stable"),
        lambda x: torch.sort(x, stable=True)[0],
    ),
    _ordered(
        "argsort, stable, 1M",
        nd.argsort,
        lambda x: np.argsort(x, kind="stable"),
        lambda x: torch.argsort(x, stable=True),
    ),
    _ordered("unique, 1M", nd.unique_values, np.unique, torch.unique),
    _ordered("x[x > 0], 1M", *(lambda x: x[x > 0],) * 3),
    _scan(1, "cumulative sums of rows, 1000 x 1000"),
    _scan(0, "cumulative sums of columns, 1000 x 1000"),
    Row(
        "order and positions",
        "at(x, i).add(v), 100k into 1M",
        _scatter,
        (MILLION, MILLION // 10),
        (103, 57),
    ),
    Row(
        "order and positions",
        "embedding 50k x 512, 8k ids, and back",
        _embedding,
        (50_000, 512, 8192),
        (31, 8, 17),
        0.25,
    ),
]

ARRAY_ROWS = [*ELEMENT_WISE_ROWS, *REDUCTION_ROWS, *COPY_ROWS, *ORDER_ROWS]
