"""Products and linear algebra."""

from __future__ import annotations

import numpy as np
from tests.op_cases.row import Input, OpCase, case, distinct, normal

import tiny_autograd as ta
from tiny_autograd import functional as F
from tiny_autograd import linalg, ops

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

def _contractions() -> list[OpCase]:
    a, b, batch = normal(3, 4), normal(4, 2), normal(2, 3, 4)
    rows = [
        case("contract", ops.contract, normal(2, 3, 4), normal(4, 2), subscripts="bij,jb->ib",
             torch="lambda x, y, subscripts: torch.einsum(subscripts, x, y)"),
        case("addmv", ops.addmv, normal(3), a, normal(4), beta=2.0, torch="torch.addmv"),
        case("addr", ops.addr, a, normal(3), normal(4), alpha=2.0, torch="torch.addr"),
        case("addbmm", ops.addbmm, normal(3, 2), batch, normal(2, 4, 2), beta=0.5,
             torch="torch.addbmm"),
        case("baddbmm", ops.baddbmm, normal(3, 2), batch, normal(2, 4, 2), alpha=0.5,
             torch="torch.baddbmm"),
        case("baddbmm[beta 0]", ops.baddbmm, normal(2, 3, 2), batch, normal(2, 4, 2), beta=0,
             torch="torch.baddbmm"),
        case("tensordot", ops.tensordot, batch, normal(3, 4, 2), torch="torch.tensordot"),
        case("tensordot[0]", ops.tensordot, normal(2), a, dims=0, torch="torch.tensordot"),
        case("tensordot[pairs]", ops.tensordot, batch, normal(4, 2, 5), dims=([0, -1], [1, 0]),
             torch="torch.tensordot"),
        case("inner", ops.inner, batch, normal(5, 4), torch="torch.inner"),
        case("inner[number]", ops.inner, a, normal(), torch="torch.inner"),
        case("vdot", ops.vdot, normal(4), normal(4), torch="torch.vdot"),
        case("vecdot", linalg.vecdot, a, normal(2, 1, 4), torch="torch.linalg.vecdot"),
        case("kron", ops.kron, a, normal(2, 1, 2), torch="torch.kron"),
        case("cross", ops.cross, normal(3, 4), normal(3, 4), torch="torch.cross"),
        case("linalg.cross", linalg.cross, normal(2, 3), normal(1, 3),
             torch="torch.linalg.cross"),
        case("cdist", ops.cdist, distinct(2, 3, 4), normal(5, 4), torch="torch.cdist"),
        case("cdist[1]", ops.cdist, normal(3, 2), normal(2, 2), p=1.0, torch="torch.cdist"),
        case("multi_dot", lambda *xs: linalg.multi_dot(xs), normal(2, 5), normal(5, 1),
             normal(1, 4), normal(4), torch="lambda *xs: torch.linalg.multi_dot(xs)"),
        case("bilinear", F.bilinear, normal(2, 3, 4), normal(2, 3, 2), normal(5, 4, 2), normal(5),
             torch="torch.nn.functional.bilinear"),
    ]
    for equation, *operands in (
        ("ij,jk", a, b),
        ("ij->ji", a),
        ("ii->i", normal(3, 3)),
        ("bii->b", normal(2, 3, 3)),
        ("ij->", a),
        ("...ij,...jk->...ik", batch, b),
        ("bhid,bhjd->bhij", normal(2, 2, 3, 4), normal(2, 2, 2, 4)),
        ("ij,jk,kl,l->i", a, b, normal(2, 3), normal(3)),
        ("ij,ij->ij", a, a),
        ("i,j", normal(3), normal(2)),
        ("i...,ij->...j", normal(3, 2), normal(3, 2)),
        ("ij,ik->jk", normal(1, 4), normal(3, 2)),
        ("iij,jk,m->ik", normal(3, 3, 4), b, normal(2)),
        (",i->i", normal(), normal(3)),
    ):
        rows.append(case(f"einsum[{equation}]", lambda *xs, e=equation: ops.einsum(e, *xs),
                         *operands, torch=f"lambda *xs: torch.einsum('{equation}', *xs)"))
    return rows


def well(*shape: int) -> Input:
    """Matrices far from singular ones, whose eigenvalues and singular values are distinct."""

    def draw(rng: np.random.Generator, s: tuple[int, ...]) -> np.ndarray:
        rows, columns = s[-2:]
        return 0.4 * rng.standard_normal(s) + np.diag(np.arange(2, 2 + max(s)))[:rows, :columns]

    return Input(shape, draw)


def _decompositions() -> list[OpCase]:
    square, tall, wide = well(2, 3, 3), well(2, 4, 3), well(2, 3, 4)
    t = "torch.linalg."
    rows = [
        case("inv", linalg.inv, square, torch=t + "inv"),
        case("det", linalg.det, square, torch=t + "det"),
        case("det[singular]", lambda x: linalg.det(x @ x.mT), normal(3, 2), orders=0,
             torch=f"lambda x: {t}det(x @ x.mT)"),
        case("slogdet", lambda x: linalg.slogdet(x).logabsdet, square, covers="slogdet_logarithm",
             torch=f"lambda x: {t}slogdet(x)[1]"),
        case("slogdet[sign]", lambda x: linalg.slogdet(x).sign, square, covers="slogdet_sign",
             orders=0, torch=f"lambda x: {t}slogdet(x)[0]"),
        case("logdet", linalg.logdet, square, torch="torch.logdet"),
        case("matrix_power", linalg.matrix_power, square, n=5, torch=t + "matrix_power"),
        case("matrix_power[-2]", linalg.matrix_power, square, n=-2, torch=t + "matrix_power"),
        case("matrix_power[0]", linalg.matrix_power, square, n=0, orders=0,
             torch=t + "matrix_power"),
        case("solve", linalg.solve, square, normal(2, 3, 2), covers="solve_matrices",
             torch=t + "solve"),
        case("solve[vectors]", linalg.solve, square, normal(2, 3), torch=t + "solve"),
        case("solve[right]", linalg.solve, square, normal(4, 1, 2, 3), left=False,
             torch=t + "solve"),
        case("pinv[tall]", linalg.pinv, tall, covers="pseudo_inverse", torch=t + "pinv"),
        case("pinv[wide]", linalg.pinv, wide, torch=t + "pinv"),
        case("pinv[rank]", lambda x, y: linalg.pinv(x @ y, rtol=1e-6), normal(4, 2), normal(2, 3),
             torch=f"lambda x, y: {t}pinv(x @ y, rtol=1e-6)"),
        case("lstsq[tall]", lambda x, y: linalg.lstsq(x, y, driver="gelsd")[:2], tall,
             normal(2, 4, 2), torch=f"lambda x, y: {t}lstsq(x, y, driver='gelsd')[:2]"),
        case("lstsq[wide]", lambda x, y: linalg.lstsq(x, y).solution, wide, normal(2, 3, 1),
             torch=f"lambda x, y: {t}lstsq(x, y).solution"),
        case("lstsq[default]", linalg.lstsq, tall, normal(2, 4, 1), orders=0, torch=t + "lstsq"),
        case("lstsq[driver]", linalg.lstsq, tall, normal(2, 4), driver="gelsd", orders=0,
             torch=t + "lstsq"),
        case("cholesky", lambda x: linalg.cholesky(x @ x.mT), square, covers="cholesky_factor",
             torch=f"lambda x: {t}cholesky(x @ x.mT)"),
        case("cholesky[upper]", lambda x: linalg.cholesky(x @ x.mT, upper=True), square,
             torch=f"lambda x: {t}cholesky(x @ x.mT, upper=True)"),
        case("cholesky_solve", linalg.cholesky_solve, normal(2, 3, 2), square, orders=1,
             torch="lambda y, x: torch.cholesky_solve(y, x.tril())"),
        case("cholesky_solve[upper]", linalg.cholesky_solve, normal(2, 3, 2), square, upper=True,
             torch="lambda y, x, upper: torch.cholesky_solve(y, x.triu(), upper)"),
        case("cholesky_inverse", linalg.cholesky_inverse, square,
             torch="lambda x: torch.cholesky_inverse(x.tril())"),
    ]
    for options in (
        {"upper": True}, {"upper": False}, {"upper": True, "left": False},
        {"upper": False, "left": False, "unitriangular": True},
        {"upper": True, "unitriangular": True},
    ):
        name = ", ".join(k for k, on in options.items() if on) or "lower"
        right = normal(2, 3, 2) if options.get("left", True) else normal(2, 2, 3)
        kept = "x.triu()" if options["upper"] else "x.tril()"
        if options.get("unitriangular"):
            kept = f"({kept} - x.diagonal(0, -2, -1).diag_embed() + torch.eye(3).to(x))"
        rows.append(case(f"solve_triangular[{name}]", linalg.solve_triangular, square, right,
                         covers="triangular_solution", **options,
                         torch=f"lambda x, y, **o: {t}solve_triangular({kept}, y, **o)"))
    for name, x in (("square", square), ("tall", tall), ("wide", wide)):
        rows += [
            case(f"qr[{name}]", lambda x: linalg.qr(x), x, torch=t + "qr",
                 covers="qr_orthonormal"),
            case(f"qr_triangular[{name}]", lambda x: linalg.qr(x).R, x, covers="qr_triangular",
                 torch=f"lambda x: {t}qr(x)[1]"),
            # The sign of singular vectors is nobody's choice.
            case(f"svd[{name}]", lambda x: _signless(linalg.svd(x, full_matrices=False)), x,
                 covers="svd_values",
                 torch=f"lambda x: [y.abs() for y in {t}svd(x, full_matrices=False)]"),
            case(f"svd_left[{name}]", lambda x: linalg.svd(x).U[..., :3].square(), x,
                 covers="svd_left", torch=f"lambda x: {t}svd(x)[0][..., :3].square()"),
            case(f"svd_right[{name}]", lambda x: linalg.svd(x).Vh[..., :3, :].square(), x,
                 covers="svd_right", torch=f"lambda x: {t}svd(x)[2][..., :3, :].square()"),
            case(f"svdvals[{name}]", linalg.svdvals, x, torch=t + "svdvals"),
        ]
    rows += [
        case("qr[complete]", lambda x: linalg.qr(x, "complete"), wide,
             torch=f"lambda x: {t}qr(x, 'complete')"),
        case("qr[complete, tall]", lambda x: linalg.qr(x, "complete"), tall, orders=0,
             torch=f"lambda x: {t}qr(x, 'complete')"),
        case("qr[r]", lambda x: linalg.qr(x, "r"), tall, orders=0,
             torch=f"lambda x: {t}qr(x, 'r')"),
    ]
    symmetric = "(x + x.mT)"
    for name in ("L", "U"):
        rows += [
            case(f"eigh[{name}]", lambda x, n=name: _signless(linalg.eigh(x + x.mT, n)), square,
                 covers="eigh_values",
                 torch=f"lambda x: [y.abs() for y in {t}eigh({symmetric}, '{name}')]"),
            case(f"eigvalsh[{name}]", lambda x, n=name: linalg.eigvalsh(x + x.mT, n), square,
                 covers="symmetric_eigenvalues",
                 torch=f"lambda x: {t}eigvalsh({symmetric}, '{name}')"),
        ]
    rows.append(case("eigh_vectors", lambda x: linalg.eigh(x + x.mT).eigenvectors.square(), square,
                     covers="eigh_vectors", torch=f"lambda x: {t}eigh({symmetric})[1].square()"))
    return rows


def _signless(results: tuple[ta.Tensor, ...]) -> list[ta.Tensor]:
    return [x.abs() for x in results]


def _norms() -> list[OpCase]:
    x, matrices, t = distinct(2, 3, 4), well(2, 3, 3), "torch.linalg."
    inf = float("inf")
    rows = []
    for order in (0, 1, 2, 3, -1, inf, -inf):
        rows.append(case(f"vector_norm[{order}]", linalg.vector_norm, x, ord=order, dim=(0, -1),
                         orders=2 if order else 0, torch=t + "vector_norm"))
    for order in ("fro", "nuc", 1, -1, 2, -2, inf, -inf):
        rows.append(case(f"matrix_norm[{order}]", linalg.matrix_norm, x, ord=order, dim=(2, 0),
                         torch=t + "matrix_norm"))
    rows += [
        case("matrix_norm[keepdim]", linalg.matrix_norm, x, ord="nuc", keepdim=True,
             torch=t + "matrix_norm"),
        case("linalg.norm", linalg.norm, x, torch=t + "norm"),
        case("linalg.norm[matrix]", linalg.norm, well(3, 4), ord=2, torch=t + "norm"),
        case("linalg.norm[vector]", linalg.norm, x, ord=1, dim=1, torch=t + "norm"),
        case("linalg.norm[dims]", linalg.norm, x, ord="fro", dim=(0, 1), torch=t + "norm"),
        case("cond", linalg.cond, matrices, torch=t + "cond"),
        case("cond[-2]", linalg.cond, well(2, 4, 3), p=-2, torch=t + "cond"),
        case("cond[1]", linalg.cond, matrices, p=1, torch="lambda x, p: "
             f"{t}matrix_norm(x, p) * {t}matrix_norm(torch.inverse(x), p)"),
        case("matrix_rank", linalg.matrix_rank, matrices, orders=0, torch=t + "matrix_rank"),
        case("matrix_rank[atol]", linalg.matrix_rank, matrices, atol=3.0, orders=0,
             torch=t + "matrix_rank"),
    ]
    return rows

# fmt: on

CASES = [*_products(), *_contractions(), *_decompositions(), *_norms()]
