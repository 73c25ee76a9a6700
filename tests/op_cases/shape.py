"""Shapes, joining and splitting, padding, conversion and creation."""

from __future__ import annotations

from tests.op_cases.row import OpCase, between, case, normal

from tiny_autograd import ops

# A row takes a line or two, so that the table reads as one.
# fmt: off

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


def _like() -> list[OpCase]:
    x = normal(2, 3)
    return [
        case("zeros_like", ops.zeros_like, x, torch="torch.zeros_like", orders=0),
        case("ones_like", ops.ones_like, x, torch="torch.ones_like", orders=0),
        case("full_like", ops.full_like, x, fill_value=2.5, torch="torch.full_like", orders=0),
    ]

# fmt: on

CASES = [*_shapes(), *_joining(), *_like()]
