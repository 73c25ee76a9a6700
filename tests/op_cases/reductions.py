"""Reductions and scans."""

from __future__ import annotations

import numpy as np
from tests.op_cases.row import OpCase, booleans, case, distinct, fixed, integers, normal

import tiny_autograd as ta
from tiny_autograd import ops

# A row takes a line or two, so that the table reads as one.
# fmt: off

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
    for name in ("sum", "mean", "prod"):
        rows.append(case(f"{name}[record]", getattr(ops, name), normal(3, 4), dim=-1, covers=name,
                         torch=f"torch.{name}"))
        rows.append(case(f"{name}[dtype]", lambda x, n=name: getattr(ops, n)(x, 0, dtype="float32"),
                         integers(0, 9, 3, 4), orders=0,
                         torch=f"lambda x: torch.{name}(x, 0, dtype=torch.float32)"))
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


def _selections() -> list[OpCase]:
    nans = fixed([[1.0, np.nan, 3.0], [np.nan, np.nan, 2.0]])
    return [
        case("nansum", ops.nansum, nans, dim=1, torch="torch.nansum", orders=0),
        case("nansum[all]", ops.nansum, normal(3, 4), torch="torch.nansum"),
        case("nanmean", ops.nanmean, nans, dim=0, keepdim=True, torch="torch.nanmean", orders=0),
        case("nanmean[finite]", ops.nanmean, normal(3, 4), dim=1, torch="torch.nanmean"),
        case("count_nonzero", ops.count_nonzero, integers(0, 2, 3, 4), dim=1, orders=0,
             torch="torch.count_nonzero"),
        case("count_nonzero[all]", ops.count_nonzero, integers(0, 2, 3, 4), orders=0,
             torch="torch.count_nonzero"),
        case("std_mean", ops.std_mean, normal(3, 4), dim=(0, 1), torch="torch.std_mean"),
        case("norm[0]", ops.norm, fixed([[0.0, 1.0], [2.0, -3.0]]), p=0, dim=1, orders=0,
             torch="torch.norm"),
        case("norm[-inf]", ops.norm, distinct(3, 4), p=-float("inf"), dim=1, torch="torch.norm"),
        case("norm[-1]", ops.norm, distinct(3, 4), p=-1, dim=1, torch="torch.norm"),
        case("norm[fro]", ops.norm, normal(3, 4), torch="torch.norm"),
        case("aminmax", lambda x: tuple(ops.aminmax(x)), distinct(3, 4),
             torch="lambda x: tuple(torch.aminmax(x))"),
        case("aminmax[dim]", lambda x: tuple(ops.aminmax(x, dim=1, keepdim=True)), distinct(3, 4),
             torch="lambda x: tuple(torch.aminmax(x, dim=1, keepdim=True))"),
        case("median", ops.median, distinct(3, 4), torch="torch.median", covers="middle"),
        case("median[equal]", ops.median, fixed([1.0, 2.0, 2.0, 3.0]), torch="torch.median",
             orders=0),
        case("median[dim]", lambda x: tuple(ops.median(x, 1)), distinct(3, 4),
             torch="lambda x: tuple(torch.median(x, 1))", covers=None),
        case("median[nan]", lambda x: tuple(ops.median(x, 1, True)), nans, orders=0,
             torch="lambda x: tuple(torch.median(x, 1, True))", covers="middle_positions"),
        case("quantile", ops.quantile, distinct(3, 4), q=0.3, torch="torch.quantile"),
        case("quantile[dim]", ops.quantile, distinct(3, 5), q=0.4, dim=0, keepdim=True,
             torch="torch.quantile"),
        case("quantile[several]",
             lambda x: ops.quantile(x, ta.tensor([0.0, 0.35, 1.0], dtype=x.dtype), 1),
             distinct(2, 4, 3),
             torch="lambda x: torch.quantile(x, torch.tensor([0.0, 0.35, 1.0], dtype=x.dtype), 1)"),
        case("quantile[nan]", ops.quantile, nans, q=0.5, dim=0, orders=0, covers="rank_positions",
             torch="torch.quantile"),
        *(case(f"quantile[{how}]", ops.quantile, distinct(3, 4), q=0.3, dim=1, interpolation=how,
               torch="torch.quantile") for how in ("lower", "higher", "midpoint", "nearest")),
    ]


def _scans() -> list[OpCase]:
    rows = []
    for name in ("cumsum", "cumprod", "logcumsumexp"):
        function, torch = getattr(ops, name), f"torch.{name}"
        for dim in (0, -1):
            rows.append(case(f"{name}[{dim}]", function, normal(3, 4, 2), dim=dim, torch=torch,
                             covers=name))
        rows.append(case(f"{name}[0-d]", function, normal(), dim=0, torch=torch))
        rows.append(case(f"{name}[empty]", function, normal(0, 3), dim=0, torch=torch))
        rows.append(case(f"{name}[one]", function, normal(1, 3), dim=0, torch=torch))
    for name in ("cumsum", "cumprod"):
        rows.append(case(f"{name}[integers]", getattr(ops, name), integers(0, 4, 3, 4), dim=1,
                         torch=f"torch.{name}", orders=0))
        rows.append(case(f"{name}[dtype]", lambda x, n=name: getattr(ops, n)(x, 1, dtype="float32"),
                         integers(0, 4, 3, 4), orders=0,
                         torch=f"lambda x: torch.{name}(x, 1, dtype=torch.float32)"))
    for name in ("cummax", "cummin"):
        rows.append(case(f"{name}", lambda x, n=name: tuple(getattr(ops, n)(x, 1)),
                         distinct(3, 6), torch=f"lambda x: tuple(torch.{name}(x, 1))"))
        rows.append(case(f"{name}[equal]", lambda x, n=name: tuple(getattr(ops, n)(x, -1)),
                         integers(0, 3, 3, 8), orders=0, covers=f"{name}_positions",
                         torch=f"lambda x: tuple(torch.{name}(x, -1))"))
        rows.append(case(f"{name}[nan]", lambda x, n=name: tuple(getattr(ops, n)(x, 0)),
                         fixed([1.0, 2.0, np.nan, 3.0, np.nan, 0.0]), orders=0,
                         torch=f"lambda x: tuple(torch.{name}(x, 0))"))
    return [
        *rows,
        case("cumprod[zeros]", ops.cumprod, fixed([[1.0, 0.0, 2.0, 3.0], [0.0, 0.0, 3.0, 1.5]]),
             dim=1, torch="torch.cumprod"),
        case("logcumsumexp[large]", ops.logcumsumexp, fixed([800.0, -800.0, 801.0, 3.0]), dim=0,
             torch="torch.logcumsumexp", orders=1),
    ]

# fmt: on

CASES = [*_reductions(), *_selections(), *_scans()]
