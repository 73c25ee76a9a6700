"""Reading and writing at positions."""

from __future__ import annotations

from tests.op_cases.row import OpCase, case, fixed, integers, normal

import tiny_autograd as ta
from tiny_autograd import functional as F
from tiny_autograd import ops

# A row takes a line or two, so that the table reads as one.
# fmt: off

def _indexing() -> list[OpCase]:
    x = normal(3, 4, 2)
    rows = [
        case("getitem", lambda x: ops.getitem(x, (slice(0, None, 2), None, -1)), x,
             covers="getitem", torch="lambda x: x[::2, None, -1]"),
        case("scatter_slice", ops.scatter_slice, normal(2, 2), shape=(3, 2), key=slice(1, 3)),
        case("setitem", lambda x, v: ops.setitem(x, v, (slice(1, None), 0)), x, normal(1),
             covers="setitem"),
        case("setitem_indices", lambda x, v: ops.setitem(x, v, [2, 0]), x, normal(4, 1),
             covers="setitem"),
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

# fmt: on

CASES = [*_indexing()]
