"""Element-wise operations and activations."""

from __future__ import annotations

import numpy as np
from tests.op_cases.row import (
    Input,
    OpCase,
    between,
    booleans,
    case,
    distinct,
    fixed,
    integers,
    normal,
)

from tiny_autograd import functional as F
from tiny_autograd import ops

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

# fmt: on

CASES = [*_unary(), *_binary(), *_activations()]
