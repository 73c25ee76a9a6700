"""Shapes, joining and splitting, padding, conversion and creation."""

from __future__ import annotations

from tests.op_cases.row import OpCase, between, case, integers, normal

import tiny_autograd as ta
from tiny_autograd import functional as F
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



def _rearranging() -> list[OpCase]:
    x, f = normal(2, 3, 4), "torch.nn.functional."
    rows = [
        case("swapaxes", ops.swapaxes, x, axis0=0, axis1=-1, torch="torch.swapaxes"),
        case("swapdims", ops.swapdims, x, dim0=0, dim1=-1, torch="torch.swapdims"),
        case("moveaxis", ops.moveaxis, x, source=(0, 1), destination=(-1, 0),
             torch="torch.moveaxis"),
        case("adjoint", ops.adjoint, x, torch="lambda x: x.mH"),
        case("tensor_split", lambda x: ops.tensor_split(x, 3, 1), normal(2, 5),
             torch="lambda x: x.tensor_split(3, 1)"),
        case("tensor_split[indices]", lambda x: ops.tensor_split(x, (1, 3, 9), -1), normal(2, 5),
             torch="lambda x: x.tensor_split((1, 3, 9), -1)"),
        case("hsplit", lambda x: ops.hsplit(x, 2), normal(3, 4), torch="lambda x: x.hsplit(2)"),
        case("vsplit", lambda x: ops.vsplit(x, (1,)), x, torch="lambda x: x.vsplit((1,))"),
        case("dsplit", lambda x: ops.dsplit(x, 2), x, torch="lambda x: x.dsplit(2)"),
        case("unfold", ops.unfold, normal(2, 7), dimension=1, size=3, step=2,
             torch="lambda x, dimension, size, step: x.unfold(dimension, size, step)"),
        case("dilate", lambda x: ops.dilate(x, (2, 3)), normal(2, 2, 3), covers="scatter_slice"),
        case("undilate", lambda x: ops.undilate(x, (2, 3)), normal(2, 3, 7),
             torch="lambda x: x[..., ::2, ::3]"),
        case("cartesian_prod", ops.cartesian_prod, normal(2), normal(3), normal(2),
             torch="torch.cartesian_prod"),
        case("combinations", ops.combinations, normal(4), r=3, torch="torch.combinations"),
        case("combinations[repeated]", ops.combinations, normal(3), with_replacement=True,
             torch="torch.combinations"),
        case("view_dtype", lambda x: x.view(ta.uint64), integers(-9, 9, 2, 3), orders=0,
             covers="view_dtype", torch="lambda x: x.view(torch.uint64)"),
        case("pixel_shuffle", F.pixel_shuffle, normal(2, 8, 2, 3), upscale_factor=2,
             torch=f + "pixel_shuffle"),
        case("pixel_unshuffle", F.pixel_unshuffle, normal(2, 4, 6), downscale_factor=2,
             torch=f + "pixel_unshuffle"),
        case("channel_shuffle", F.channel_shuffle, normal(2, 6, 3), groups=3,
             torch=f + "channel_shuffle"),
        case("F.unfold", F.unfold, normal(2, 3, 5, 6), kernel_size=(2, 3), dilation=(1, 2),
             padding=(1, 0), stride=2, torch=f + "unfold"),
        case("F.unfold[no batch]", F.unfold, normal(2, 3, 4), kernel_size=2, torch=f + "unfold"),
        case("F.fold", F.fold, normal(2, 12, 6), output_size=(4, 5), kernel_size=(2, 3),
             dilation=(1, 2), padding=1, stride=(2, 2), torch=f + "fold"),
        case("F.fold[no batch]", F.fold, normal(4, 6), output_size=(3, 4), kernel_size=2,
             torch=f + "fold"),
    ]
    for k in range(-1, 4):
        rows.append(case(f"rot90[{k}]", ops.rot90, x, k=k, dims=(0, -1), torch="torch.rot90"))
    for name in ("hstack", "vstack", "dstack", "column_stack"):
        for a, b in ((normal(3), normal(3)), (normal(2, 3), normal(2, 3)), (normal(), normal())):
            rows.append(case(f"{name}[{a.shape}]", lambda *xs, n=name: getattr(ops, n)(xs), a, b,
                             torch=f"lambda *xs: torch.{name}(xs)"))
    for name in ("atleast_1d", "atleast_2d", "atleast_3d"):
        rows.append(case(name, getattr(ops, name), normal(), normal(3), normal(2, 3),
                         normal(2, 2, 2), torch=f"torch.{name}"))
    for indexing in ("ij", "xy"):
        rows.append(case(f"meshgrid[{indexing}]", ops.meshgrid, normal(2), normal(3), normal(),
                         indexing=indexing, torch="torch.meshgrid"))
    for mode in ("reflect", "replicate", "circular"):
        rows.append(case(f"pad[{mode}, images]", F.pad, normal(2, 3, 4, 5), pad=(2, 1, 0, 3),
                         mode=mode, torch=f + "pad"))
    for mode in ("replicate", "circular"):
        rows.append(case(f"pad[{mode}, taken off]", F.pad, normal(2, 3, 5), pad=(-1, 2),
                         mode=mode, torch=f + "pad"))
    rows += [
        case("pad[all dimensions]", F.pad, normal(2, 3, 2), pad=(1, 0, 2, 1, 0, 1), value=1.5,
             torch=f + "pad"),
        case("pad[reflect, volumes]", F.pad, normal(2, 3, 2, 3, 4), pad=(1, 2, 1, 0, 1, 1),
             mode="reflect", torch=f + "pad"),
    ]
    return rows


# fmt: on

CASES = [*_shapes(), *_joining(), *_like(), *_rearranging()]
