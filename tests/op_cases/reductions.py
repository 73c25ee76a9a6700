"""Reductions and scans."""

from __future__ import annotations

import numpy as np
from tests.op_cases.row import OpCase, booleans, case, distinct, fixed, integers, normal

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

# fmt: on

CASES = [*_reductions()]
