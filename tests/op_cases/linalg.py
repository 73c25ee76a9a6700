"""Products and linear algebra."""

from __future__ import annotations

from tests.op_cases.row import OpCase, case, normal

from tiny_autograd import ops

# A row takes a line or two, so that the table reads as one.
# fmt: off

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

# fmt: on

CASES = [*_products()]
