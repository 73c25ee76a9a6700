"""Attention, normalisation by groups, and losses of margins and likelihoods."""

from __future__ import annotations

import numpy as np
from tests.op_cases.row import OpCase, between, case, distinct, fixed, integers, normal

from tiny_autograd import Generator
from tiny_autograd import functional as F

f = "torch.nn.functional."

# A row takes a line or two, so that the table reads as one.
# fmt: off

def _attention() -> list[OpCase]:
    q, k, v = normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 2)
    function, torch = F.scaled_dot_product_attention, f + "scaled_dot_product_attention"
    blind = fixed([[True, False, True, True, False], [False] * 5, [True] * 5])
    masked = f"lambda q, k, v, m: {torch}(q, k, v, m)"
    return [
        case("attention", function, q, k, v, torch=torch, covers="attention"),
        case("attention[causal]", function, q, k, v, is_causal=True, torch=torch),
        case("attention[scale]", function, q, k, v, scale=0.3, torch=torch),
        case("attention[added]", function, q, k, v, normal(3, 5), torch=masked),
        case("attention[mask]", function, q, k, v, blind, torch=masked),
        case("attention[heads]", function, normal(1, 4, 3, 2), normal(1, 2, 3, 2),
             normal(1, 2, 3, 2), enable_gqa=True, torch=torch),
    ]


def _normalizations() -> list[OpCase]:
    x, w, b = normal(2, 4, 3), normal(4), normal(4)
    return [
        case("rms_norm", lambda x, w: F.rms_norm(x, (4, 3), w), x, normal(4, 3),
             torch=f"lambda x, w: {f}rms_norm(x, (4, 3), w)", covers="rms_norm"),
        case("rms_norm[eps]", F.rms_norm, x, normalized_shape=(3,), eps=0.1, torch=f + "rms_norm"),
        case("group_norm", lambda x, w, b: F.group_norm(x, 2, w, b), x, w, b,
             torch=f"lambda x, w, b: {f}group_norm(x, 2, w, b)", covers="group_norm"),
        case("group_norm[images]", F.group_norm, normal(2, 4, 2, 2), num_groups=4,
             torch=f + "group_norm"),
        case("instance_norm", lambda x, w, b: F.instance_norm(x, None, None, w, b), x, w, b,
             torch=f"lambda x, w, b: {f}instance_norm(x, None, None, w, b)"),
        case("instance_norm[running]", F.instance_norm, x, fixed([0.5, -1.0, 0.0, 2.0], False),
             fixed([0.5, 2.0, 1.0, 1.5], False), use_input_stats=False, torch=f + "instance_norm"),
        case("local_response_norm", F.local_response_norm, x, size=3, alpha=0.5,
             torch=f + "local_response_norm"),
        case("local_response_norm[even]", F.local_response_norm, normal(2, 4, 2, 2), size=2,
             alpha=0.5, k=2.0, torch=f + "local_response_norm"),
    ]


def _quantized() -> OpCase:
    weight = fixed(np.random.default_rng(0).integers(-127, 128, (4, 3), np.int8))
    scales = fixed([[0.01], [0.02], [0.005], [0.01]], differentiable=False)
    return case(
        "quantized_linear", F.quantized_linear, normal(2, 3), weight, scales, normal(4),
        torch=f"lambda x, w, s, b: {f}linear(x, w.to(x.dtype) * s, b)", covers="quantized_matmul",
    )


def _positions_and_masks() -> list[OpCase]:
    turned = ("lambda x, cos, sin: (lambda a, b: torch.cat([a * cos - b * sin, b * cos + a * sin], "
              "-1))(*x.chunk(2, -1))")
    return [
        case("rotary_embedding", F.rotary_embedding, normal(2, 3, 4), normal(3, 2), normal(3, 2),
             torch=turned, covers="rotary_embedding"),
        case("dropout", lambda x: F.dropout(x, 0.3, generator=Generator(5)), normal(5, 7),
             covers="dropout"),
    ]


def _losses() -> list[OpCase]:
    a, p, n = normal(3, 4), distinct(3, 4), between(-1, 1, 3, 4)
    signs = fixed([1, -1, 1])
    rows = [
        case("pairwise_distance", F.pairwise_distance, a, p, torch=f + "pairwise_distance"),
        case("pairwise_distance[1]", F.pairwise_distance, a, p, p=1.0, keepdim=True,
             torch=f + "pairwise_distance"),
        case("poisson_nll_loss[rates]", F.poisson_nll_loss, between(0.5, 2, 3, 4),
             integers(0, 5, 3, 4), log_input=False, full=True, torch=f + "poisson_nll_loss"),
        case("gaussian_nll_loss[rows]", F.gaussian_nll_loss, a, n, between(0.5, 2, 3), full=True,
             torch=f + "gaussian_nll_loss"),
    ]
    for reduction in ("mean", "sum", "none"):
        def row(name: str, *inputs: object, reduction: str = reduction, **options: object) -> None:
            rows.append(case(f"{name}[{reduction}{''.join(map(str, options.values()))}]",
                             getattr(F, name), *inputs, torch=f + name, reduction=reduction,
                             **options))

        row("triplet_margin_loss", a, p, n, margin=4.0)
        row("triplet_margin_loss", a, p, n, swap=True)
        row("margin_ranking_loss", normal(3), normal(3), signs, margin=0.3)
        row("hinge_embedding_loss", distinct(3), signs)
        row("cosine_embedding_loss", a, p, signs, margin=-0.5)
        row("soft_margin_loss", normal(3), signs)
        row("poisson_nll_loss", a, between(0.2, 4, 3, 4))
        row("gaussian_nll_loss", a, n, between(0.5, 2, 3, 4))
    return rows

# fmt: on

CASES = [*_attention(), *_normalizations(), *_losses(), _quantized(), *_positions_and_masks()]
