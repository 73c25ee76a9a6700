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
        "exp2": normal(3, 4),
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
        "erfc": normal(3, 4),
        "erfinv": between(-0.9, 0.9, 3, 4),
        "lgamma": between(0.5, 4, 3, 4),
        "sigmoid": normal(3, 4),
        "logit": between(0.1, 0.9, 3, 4),
        "sign": distinct(3, 4),
        "floor": distinct(3, 4),
        "ceil": distinct(3, 4),
        "round": distinct(3, 4),
        "trunc": distinct(3, 4),
        "frac": distinct(3, 4),
        "relu": distinct(3, 4),
    }
    rows = [case(n, getattr(ops, n), x, torch=f"torch.{n}") for n, x in domains.items()]
    rows += [case(f"{n}[0-d]", getattr(ops, n), normal(), torch=f"torch.{n}") for n in ("exp",)]
    left = fixed([-0.4, -1.3, -2.6, -3.5])
    rows += [
        case("lgamma[left]", ops.lgamma, left, torch="torch.lgamma"),
        # PyTorch's first derivative of digamma has few digits, other than its zeta function.
        case("digamma", ops.digamma, between(0.5, 4, 3, 4)),
        case("digamma[values]", ops.digamma, between(0.5, 4, 3, 4), torch="torch.digamma",
             orders=0),
        case("polygamma[1]", lambda x: ops.polygamma(1, x), between(0.5, 4, 3, 4),
             torch="lambda x: torch.special.zeta(2, x)", covers="digamma_derivative"),
        case("digamma[left]", ops.digamma, left, torch="torch.digamma"),
        case("polygamma[0]", lambda x: ops.polygamma(0, x), left,
             torch="lambda x: torch.polygamma(0, x)"),
        case("nan_to_num", ops.nan_to_num, fixed([1.0, np.nan, np.inf, -np.inf]), posinf=7.0,
             neginf=-3.0, nan=0.5, torch="torch.nan_to_num", orders=0),
        case("nan_to_num[finite]", ops.nan_to_num, normal(3), torch="torch.nan_to_num",
             covers="finite_or"),
        case("isnan", ops.isnan, fixed([1.0, np.nan, np.inf]), torch="torch.isnan", orders=0),
        case("isinf", ops.isinf, fixed([1.0, np.nan, np.inf]), torch="torch.isinf", orders=0),
        case("isfinite", ops.isfinite, fixed([1.0, np.nan]), torch="torch.isfinite", orders=0),
        case("logical_not", ops.logical_not, booleans(3), torch="torch.logical_not", orders=0),
        case("bitwise_not", ops.bitwise_not, integers(0, 9, 4), torch="torch.bitwise_not",
             orders=0),
    ]
    for n in (2, 3):
        rows.append(case(f"polygamma[{n}]", lambda x, n=n: ops.polygamma(n, x),
                         between(0.5, 4, 3, 4), torch=f"lambda x: torch.polygamma({n}, x)",
                         covers="digamma_derivative"))
    return rows


def _binary() -> list[OpCase]:
    away = between(0.5, 2, 3, 4)
    extremes = ("maximum", "minimum", "fmax", "fmin")
    rows = []
    for name, x, y in (
        ("add", normal(3, 4), normal(3, 4)),
        ("sub", normal(3, 4), normal(3, 4)),
        ("mul", normal(3, 4), normal(3, 4)),
        ("div", normal(3, 4), away),
        ("pow", away, normal(3, 4)),
        ("maximum", distinct(3, 4), fixed(np.arange(12.0).reshape(3, 4) / 2 - 3)),
        ("minimum", distinct(3, 4), fixed(np.arange(12.0).reshape(3, 4) / 2 - 3)),
        ("fmax", distinct(3, 4), fixed(np.arange(12.0).reshape(3, 4) / 2 - 3)),
        ("fmin", distinct(3, 4), fixed(np.arange(12.0).reshape(3, 4) / 2 - 3)),
        ("atan2", normal(3, 4), away),
        ("hypot", away, normal(3, 4)),
        ("logaddexp", normal(3, 4), normal(3, 4)),
    ):
        function, torch = getattr(ops, name), f"torch.{name}"
        rows.append(case(name, function, x, y, torch=torch, covers=name))
        row = Input((4,), y.draw) if name not in extremes else fixed(np.zeros(4))
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
        case("add[alpha]", ops.add, normal(3, 4), normal(4), alpha=-0.5, torch="torch.add"),
        case("sub[alpha]", ops.sub, normal(3, 4), normal(4), alpha=2.0, torch="torch.sub"),
        case("fmod", ops.fmod, fixed([-5.2, 4.1, 0.4, -0.3]), fixed([1.5, -1.5, 2.5, 2.0]),
             torch="torch.fmod"),
        case("float_power[number]", lambda x: ops.float_power(x, 1.5).astype(x.dtype),
             between(0.5, 2, 3), torch="lambda x: torch.float_power(x, 1.5).to(x.dtype)"),
        case("lerp[0.25]", ops.lerp, normal(3, 4), normal(4), weight=0.25, torch="torch.lerp"),
        case("lerp[0.75]", ops.lerp, normal(3, 4), normal(4), weight=0.75, torch="torch.lerp"),
        case("lerp[tensor]", ops.lerp, normal(3, 4), normal(4), fixed([-1.0, 0.2, 0.8, 1.5]),
             torch="torch.lerp"),
        case("addcmul", ops.addcmul, normal(3, 4), normal(4), normal(3, 1), value=-0.5,
             torch="torch.addcmul"),
        case("addcdiv", ops.addcdiv, normal(3, 4), normal(4), between(1, 2, 3, 1), value=2.0,
             torch="torch.addcdiv"),
    ]
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        rows.append(case(name, getattr(ops, name), integers(0, 3, 3, 4), integers(0, 3, 4),
                         torch=f"torch.{name}", orders=0))
    for name in ("logical_and", "logical_or", "logical_xor"):
        rows.append(case(name, getattr(ops, name), booleans(3, 4), booleans(4),
                         torch=f"torch.{name}", orders=0))
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift",
                 "bitwise_right_shift"):
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
        case("gelu", ops.gelu, normal(3, 4), torch=f + "gelu", covers="gelu"),
        case("gelu[tanh]", F.gelu, normal(3, 4), approximate="tanh", torch=f + "gelu"),
        case("softplus", ops.softplus, normal(3, 4), beta=2.0, torch=f + "softplus"),
        case("softplus[threshold]", ops.softplus, distinct(3, 4), threshold=1.05,
             torch=f + "softplus"),
        case("logsigmoid", ops.logsigmoid, distinct(3, 4), torch=f + "logsigmoid"),
        case("hardtanh", F.hardtanh, distinct(3, 4), torch=f + "hardtanh",
             covers="hardtanh"),
        case("celu", F.celu, distinct(3, 4), alpha=1.5, torch=f + "celu"),
        case("softsign", F.softsign, distinct(3, 4), torch=f + "softsign"),
        case("hardsigmoid", F.hardsigmoid, distinct(3, 8),
             torch="lambda x: torch.clamp(x + 3, 0, 6) / 6"),  # its own divides in float32
        case("hardswish", F.hardswish, distinct(3, 8), torch=f + "hardswish"),
        case("threshold", F.threshold, distinct(3, 4), threshold=0.9, value=-2.0,
             torch=f + "threshold"),
        case("prelu", F.prelu, distinct(2, 3, 4), fixed([0.5, -0.2, 0.1]), torch=f + "prelu"),
        case("prelu[one]", F.prelu, distinct(4), fixed([0.5]), torch=f + "prelu"),
        case("prelu[0-d]", F.prelu, fixed(-2.0), fixed([0.5]), torch=f + "prelu"),
        case("glu", F.glu, normal(3, 4), torch=f + "glu"),
        case("glu[first]", F.glu, normal(4, 3), dim=0, torch=f + "glu"),
        case("tanhshrink", F.tanhshrink, normal(3, 4), torch=f + "tanhshrink"),
        case("hardshrink", F.hardshrink, distinct(3, 4), torch=f + "hardshrink"),
        case("softshrink", F.softshrink, distinct(3, 4), lambd=0.7, torch=f + "softshrink"),
        case("softmin", F.softmin, normal(3, 4), dim=1, torch=f + "softmin"),
        case("relu6", F.relu6, distinct(3, 8), torch=f + "relu6"),
        case("softmax", ops.softmax, normal(3, 4), dim=1, torch="torch.softmax", covers="softmax"),
        case("softmax[first]", ops.softmax, normal(3, 4), dim=0, torch="torch.softmax"),
        case("log_softmax", ops.log_softmax, normal(3, 4), dim=1, torch="torch.log_softmax",
             covers="log_softmax"),
    ]

# fmt: on

CASES = [*_unary(), *_binary(), *_activations()]
