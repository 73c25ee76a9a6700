"""Reading and writing at positions."""

from __future__ import annotations

import numpy as np
from tests.op_cases.row import OpCase, booleans, case, distinct, fixed, integers, normal

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
        case("lookup", lambda x, i: ops.lookup(x, i, 1), x, integers(-4, 4, 2, 3), covers="lookup",
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



def _writing() -> list[OpCase]:
    x, src, rows_of = normal(3, 4), normal(2, 3), fixed([[2, 0, 1], [0, 1, 2]])
    repeated = fixed([[2, 2, 1], [0, 0, 0]])
    rows = [
        case("scatter", lambda x, i, v: ops.scatter(x, 0, i, v), x, rows_of, src,
             covers="scatter_assign", torch="lambda x, i, v: torch.scatter(x, 0, i, v)"),
        case("scatter[wider src]", lambda x, i, v: ops.scatter(x, 1, i, v), x, rows_of,
             normal(3, 3), torch="lambda x, i, v: torch.scatter(x, 1, i, v[:2])"),
        case("scatter[value]", lambda x, i: ops.scatter(x, 1, i, 2.5), x, rows_of,
             covers="scatter_value", torch="lambda x, i: torch.scatter(x, 1, i, 2.5)"),
        case("scatter[add]", lambda x, i, v: ops.scatter(x, 1, i, v, reduce="add"), x, repeated,
             src, torch="lambda x, i, v: torch.scatter_add(x, 1, i, v)"),
        case("scatter[multiply]", lambda x, i: ops.scatter(x, 1, i, 2.5, reduce="multiply"), x,
             repeated, torch="lambda x, i: torch.scatter_reduce("
                             "x, 1, i, torch.full(i.shape, 2.5, dtype=x.dtype), 'prod')"),
        case("scatter_product", ops.scatter_product, x, normal(2, 3), repeated, dim=1,
             torch="lambda x, v, i, dim: torch.scatter_reduce(x, dim, i, v, 'prod')"),
        case("scatter_product[zeros]", ops.scatter_product, fixed([[1.0, 2.0], [0.0, 3.0]]),
             fixed([[0.0, 2.0, 0.0, 4.0], [5.0, 0.0, 7.0, 8.0]]),
             fixed([[0, 0, 1, 1], [0, 0, 0, 1]]), dim=1),
        case("scatter_extremum", ops.scatter_extremum, fixed([[0.6, -0.4, 1.2, 3.1]] * 3),
             distinct(2, 3), repeated, dim=1, mode="maximum"),
        case("index_copy", lambda x, i, v: ops.index_copy(x, -1, i, v), x, fixed([3, 0]),
             normal(3, 2), covers="index_assign",
             torch="lambda x, i, v: torch.index_copy(x, -1, i, v)"),
        case("index_fill", lambda x, i: ops.index_fill(x, 1, i, 7.0), x, fixed([3, 0]),
             covers="index_value", torch="lambda x, i: torch.index_fill(x, 1, i, 7.0)"),
        case("index_fill[tensor]", lambda x, i, v: ops.index_fill(x, 1, i, v), x, fixed([3, 0]),
             normal(), torch="lambda x, i, v: torch.index_fill(x, 1, i, v)"),
        case("index_put", lambda x, i, j, v: ops.index_put(x, (i, j), v), x, fixed([2, 0]),
             fixed([1, 3]), normal(2), torch="lambda x, i, j, v: torch.index_put(x, (i, j), v)"),
        case("index_put[broadcast]", lambda x, i, v: ops.index_put(x, (i,), v), x, fixed([2, 0]),
             normal(4), torch="lambda x, i, v: torch.index_put(x, (i,), v)"),
        case("index_put[accumulate]", lambda x, i, v: ops.index_put(x, (i,), v, True), x,
             fixed([2, 0, 2]), normal(3, 4),
             torch="lambda x, i, v: torch.index_put(x, (i,), v, True)"),
        case("index_put[mask]", lambda x, v: ops.index_put(x, (x > 0,), v), distinct(3, 4),
             normal(), torch="lambda x, v: torch.index_put(x, (x > 0,), v)"),
        case("masked_select", lambda x: ops.masked_select(x, x > 0), distinct(3, 4),
             torch="lambda x: torch.masked_select(x, x > 0)"),
        case("masked_select[broadcast]", ops.masked_select, normal(3, 1), booleans(4),
             torch="torch.masked_select"),
        case("masked_scatter", ops.masked_scatter, x, booleans(3, 4), normal(13),
             torch="torch.masked_scatter"),
        case("take", ops.take, x, integers(-12, 12, 2, 3), torch="torch.take"),
        case("put", ops.put, x, fixed([[1, -1], [5, 0]]), normal(4), torch="torch.put"),
        case("put[accumulate]", lambda x, i, v: ops.put(x, i, v, True), x, fixed([1, 5, 1]),
             normal(3), torch="lambda x, i, v: torch.put(x, i, v, True)"),
        case("fill_diagonal", ops.fill_diagonal, normal(5, 2), fill_value=3.0, wrap=True,
             torch="lambda x, fill_value, wrap: x.clone().fill_diagonal_(fill_value, wrap)"),
        case("fill_diagonal[wide]", ops.fill_diagonal, normal(2, 4), fill_value=3.0,
             torch="lambda x, fill_value: x.clone().fill_diagonal_(fill_value)"),
        case("fill_diagonal[tall]", ops.fill_diagonal, normal(4, 2), fill_value=3.0,
             torch="lambda x, fill_value: x.clone().fill_diagonal_(fill_value)"),
        case("fill_diagonal[cube]", ops.fill_diagonal, normal(2, 2, 2), fill_value=3.0,
             torch="lambda x, fill_value: x.clone().fill_diagonal_(fill_value)"),
    ]
    rows += [
        case("select_scatter", ops.select_scatter, normal(3, 4), normal(3), dim=1, index=-2,
             torch="torch.select_scatter"),
        case("slice_scatter", ops.slice_scatter, normal(3, 7), normal(3, 2), dim=-1, start=1,
             end=-2, step=3, torch="torch.slice_scatter"),
        case("slice_scatter[all]", ops.slice_scatter, normal(3, 2), normal(3, 2),
             torch="torch.slice_scatter"),
        case("diagonal_scatter", ops.diagonal_scatter, normal(2, 3, 4), normal(3, 2), offset=1,
             dim1=0, dim2=2, torch="torch.diagonal_scatter"),
        case("diag_embed", ops.diag_embed, normal(2, 3), offset=-1, dim1=0, dim2=-1,
             torch="torch.diag_embed"),
        case("diagflat", ops.diagflat, normal(2, 2), offset=1, torch="torch.diagflat"),
    ]
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for include_self in (True, False):
            rows.append(case(
                f"scatter_reduce[{reduce}, {include_self}]",
                lambda x, i, v, **how: ops.scatter_reduce(x, 1, i, v, **how),
                fixed(np.arange(12.0).reshape(3, 4) / 3 - 1.9), fixed([[2, 2, 1, 2], [0, 0, 0, 3]]),
                distinct(2, 4), reduce=reduce, include_self=include_self,
                torch="lambda x, i, v, **how: torch.scatter_reduce(x, 1, i, v, **how)"))
    return rows


def _ordering() -> list[OpCase]:
    x, row, boundaries = distinct(3, 4), fixed([1, 3, 3, 0, 5]), fixed([-1.1, 0.2, 0.2, 1.4], False)
    rows = [
        case("argsort", ops.argsort, x, dim=0, torch="torch.argsort", orders=0),
        case("sort", ops.sort, x, torch="torch.sort"),
        case("sort[descending]", ops.sort, x, dim=0, descending=True, torch="torch.sort"),
        case("sort[0-d]", ops.sort, normal(), torch="torch.sort"),
        case("sort[nan]", ops.sort, fixed([1.0, np.nan, -np.inf, 0.5]), descending=True,
             torch="torch.sort", orders=0),
        case("msort", ops.msort, x, torch="torch.msort"),
        case("topk", ops.topk, x, k=2, torch="torch.topk"),
        case("topk[smallest]", ops.topk, x, k=2, dim=0, largest=False, torch="torch.topk"),
        case("topk[0-d]", ops.topk, normal(), k=1, torch="torch.topk"),
        case("topk_positions", ops.topk_positions, x, k=2, orders=0,
             torch="lambda x, k: torch.topk(x, k).indices"),
        case("kthvalue", ops.kthvalue, x, k=2, torch="torch.kthvalue"),
        case("kthvalue[keepdim]", ops.kthvalue, x, k=3, dim=0, keepdim=True,
             torch="torch.kthvalue"),
        case("search_positions", ops.search_positions, boundaries, normal(2, 3), orders=0,
             torch="torch.searchsorted"),
        case("searchsorted[rows]", ops.searchsorted,
             fixed([[1, 3, 5], [2, 4, 6]]), fixed([[3, 6, 9, 0], [3, 6, 9, 4]]), right=True,
             torch="torch.searchsorted", orders=0),
        case("searchsorted[sorter]", lambda x, v, i: ops.searchsorted(x, v, sorter=i),
             fixed([5, 1, 3]), fixed([[3], [6]]), fixed([1, 2, 0]), orders=0,
             torch="lambda x, v, i: torch.searchsorted(x, v, sorter=i)"),
        case("bucketize", ops.bucketize, normal(2, 3), boundaries, out_int32=True,
             torch="torch.bucketize", orders=0),
        case("argwhere", ops.argwhere, integers(0, 2, 3, 4), torch="torch.argwhere", orders=0),
        case("nonzero", ops.nonzero, integers(0, 2, 3, 4), torch="torch.nonzero", orders=0),
        case("nonzero[tuple]", ops.nonzero, integers(0, 2, 3, 4), as_tuple=True,
             torch="torch.nonzero", orders=0),
        case("nonzero[0-d]", ops.nonzero, fixed(3), torch="torch.nonzero", orders=0),
        case("nonzero[0-d, tuple]", ops.nonzero, fixed(3), as_tuple=True, torch="torch.nonzero",
             orders=0),
        case("isin", ops.isin, integers(0, 9, 3, 4), integers(0, 9, 3), torch="torch.isin",
             orders=0),
        case("isin[invert]", ops.isin, integers(0, 9, 3, 4), integers(0, 9, 3), invert=True,
             torch="torch.isin", orders=0),
        case("unique", ops.unique, integers(0, 4, 3, 4), torch="torch.unique", orders=0),
        case("unique[all]", ops.unique, integers(0, 4, 3, 4), return_inverse=True,
             return_counts=True, torch="torch.unique", orders=0),
        case("unique[dim]", ops.unique, integers(0, 2, 6, 2), dim=0, return_inverse=True,
             return_counts=True, torch="torch.unique", orders=0),
        case("unique[last dim]", ops.unique, integers(0, 2, 2, 2, 6), dim=-1,
             torch="torch.unique", orders=0),
        case("unique_consecutive[dim]", ops.unique_consecutive, integers(0, 2, 2, 6), dim=1,
             return_inverse=True, return_counts=True, torch="torch.unique_consecutive", orders=0),
        case("unique_consecutive", ops.unique_consecutive, integers(0, 2, 3, 4),
             return_inverse=True, return_counts=True, torch="torch.unique_consecutive", orders=0),
        case("bincount", ops.bincount, row, minlength=8, torch="torch.bincount", orders=0),
        case("bincount[weights]", ops.bincount, row, fixed(np.arange(5.0) / 2, False), orders=0,
             torch="torch.bincount"),
        case("histc", ops.histc, fixed([0.1, 0.5, 1.0, 0.99, -3.0, np.nan, 2.0]), bins=4, max=1,
             torch="torch.histc", orders=0),
        case("histc[own bounds]", ops.histc, normal(20), bins=5, torch="torch.histc", orders=0),
    ]
    return rows


# fmt: on

CASES = [*_indexing(), *_writing(), *_ordering()]
