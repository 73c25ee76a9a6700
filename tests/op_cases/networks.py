"""Convolution, pooling, normalization and losses."""

from __future__ import annotations

import numpy as np
from tests.op_cases.row import Input, OpCase, between, case, distinct, fixed, integers, normal

from tiny_autograd import functional as F
from tiny_autograd import ops

# A row takes a line or two, so that the table reads as one.
# fmt: off

def _windows() -> list[OpCase]:
    f = "torch.nn.functional."
    two = {"dims": (1, 2), "sizes": (2, 3), "steps": (2, 1), "dilations": (1, 2)}
    image, pooled = normal(2, 4, 5, 6), distinct(2, 2, 5, 6)
    rows = [
        case("windows", ops.windows, normal(2, 5, 7), **two,
             torch="lambda x, dims, sizes, steps, dilations: "
                   "x.unfold(1, 2, 2).unfold(2, 5, 1)[..., ::2]"),
        case("fold_windows", ops.fold_windows, normal(2, 2, 3, 2, 3), shape=(2, 5, 7), **two),
        case("pad_constant", ops.pad_constant, normal(2, 3), widths=((1, 0), (2, 1)), value=0.5,
             torch="lambda x, widths, value: "
                   "torch.nn.functional.pad(x, (2, 1, 1, 0), value=value)"),
        case("pad", F.pad, normal(2, 3), pad=(1, -1, 0, 2), torch=f + "pad"),
        case("avg_pool2d", F.avg_pool2d, image, kernel_size=2, torch=f + "avg_pool2d"),
        case("avg_pool2d[padded]", F.avg_pool2d, image, kernel_size=3, stride=2, padding=1,
             torch=f + "avg_pool2d"),
        case("avg_pool2d[without pads]", F.avg_pool2d, image, kernel_size=(3, 2), padding=1,
             count_include_pad=False, torch=f + "avg_pool2d"),
        case("avg_pool2d[divisor]", F.avg_pool2d, image, kernel_size=2, divisor_override=3,
             torch=f + "avg_pool2d"),
        case("max_pool2d", F.max_pool2d, pooled, kernel_size=2, torch=f + "max_pool2d"),
        case("max_pool2d[padded]", F.max_pool2d, pooled, kernel_size=3, stride=2, padding=1,
             torch=f + "max_pool2d"),
        case("max_pool2d[dilated]", F.max_pool2d, pooled, kernel_size=2, stride=1, dilation=2,
             torch=f + "max_pool2d"),
        case("adaptive_avg_pool2d[1]", F.adaptive_avg_pool2d, image, output_size=1,
             torch=f + "adaptive_avg_pool2d"),
        case("adaptive_avg_pool2d", F.adaptive_avg_pool2d, image, output_size=(3, 4),
             torch=f + "adaptive_avg_pool2d"),
        case("adaptive_max_pool2d", F.adaptive_max_pool2d, pooled, output_size=(3, None),
             torch=f + "adaptive_max_pool2d"),
        case("conv1d", F.conv1d, normal(2, 3, 7), normal(4, 3, 3), normal(4), stride=2, padding=1,
             torch=f + "conv1d"),
    ]
    for mode in ("reflect", "replicate", "circular"):
        rows.append(case(f"pad[{mode}]", F.pad, normal(2, 3, 4), pad=(2, 1), mode=mode,
                         torch=f + "pad"))
    weight, bias = normal(4, 2, 3, 2), normal(4)
    for name, channels, options in (
        ("", 2, {}),
        ("padded", 2, {"padding": (1, 0)}),
        ("strided", 2, {"stride": 2, "padding": 1}),
        ("dilated", 2, {"dilation": (1, 2)}),
        ("same", 2, {"padding": "same"}),
        ("valid", 2, {"padding": "valid"}),
        ("groups", 4, {"groups": 2, "padding": 1}),
    ):
        rows.append(case(f"conv2d[{name}]", F.conv2d, normal(2, channels, 4, 5), weight, bias,
                         torch=f + "conv2d", **options))
    rows += [
        case("conv2d[depthwise]", F.conv2d, normal(2, 3, 4, 4), normal(3, 1, 3, 3), groups=3,
             torch=f + "conv2d"),
        case("conv2d[1x1]", F.conv2d, normal(2, 3, 2, 2), normal(4, 3, 1, 1), torch=f + "conv2d"),
        case("conv2d[no batch]", F.conv2d, normal(2, 4, 5), weight, bias, torch=f + "conv2d"),
    ]
    return rows


def _norms_and_losses() -> list[OpCase]:
    f = "torch.nn.functional."
    probabilities = Input((3, 4), lambda rng, s: rng.dirichlet(np.ones(s[1]), s[0]))
    logits, classes = normal(3, 4), fixed([1, 3, 0])
    a, b = distinct(3, 4), fixed(np.arange(12.0).reshape(3, 4) / 3 - 2)
    rows = [
        case("batch_norm[training]", lambda x, w,
             b: F.batch_norm(x, None, None, w, b, training=True), normal(3, 2, 2, 2), normal(2),
             normal(2), torch=f"lambda x, w, b: {f}batch_norm(x, None, None, w, b, training=True)",
             covers="batch_norm"),
        case("batch_norm[running]", lambda x, m, v, w, b: F.batch_norm(x, m, v, w, b), normal(3, 2),
             fixed([0.5, -1.0], False), fixed([0.5, 2.0], False), normal(2), normal(2),
             torch=f + "batch_norm", covers="channel_affine"),
        case("layer_norm", lambda x, w, b: F.layer_norm(x, (3, 4), w, b), normal(2, 3, 4),
             normal(3, 4), normal(3, 4), torch=f"lambda x, w, b: {f}layer_norm(x, (3, 4), w, b)",
             covers="layer_norm"),
        case("normalize", F.normalize, normal(3, 4), dim=0, torch=f + "normalize"),
        case("cosine_similarity", F.cosine_similarity, normal(3, 4), normal(3, 4),
             torch=f + "cosine_similarity"),
        case("cross_entropy[weights]", lambda x, t,
             w: F.cross_entropy(x, t, w, ignore_index=3, label_smoothing=0.1), logits, classes,
             fixed([0.5, 1.0, 2.0, 1.5], False),
             torch=f"lambda x, t, w: {f}cross_entropy("
                   "x, t, w, ignore_index=3, label_smoothing=0.1)"),
        case("cross_entropy[images]", F.cross_entropy, normal(2, 4, 3), integers(0, 4, 2, 3),
             reduction="none", torch=f + "cross_entropy", covers="class_cross_entropy"),
        case("cross_entropy[one]", F.cross_entropy, normal(4), fixed(2), torch=f + "cross_entropy"),
        case("cross_entropy[probabilities]", F.cross_entropy, logits, probabilities,
             label_smoothing=0.2, torch=f + "cross_entropy"),
        case("nll_loss", F.nll_loss, logits, classes, torch=f + "nll_loss"),
        case("nll_loss[ignored]", F.nll_loss, logits, classes, ignore_index=0, reduction="sum",
             torch=f + "nll_loss"),
        case("binary_cross_entropy", F.binary_cross_entropy, between(0.1, 0.9, 3, 4),
             between(0, 1, 3, 4), torch=f + "binary_cross_entropy"),
        case("binary_cross_entropy_with_logits", lambda x, t,
             p: F.binary_cross_entropy_with_logits(x, t, pos_weight=p), distinct(3, 4),
             between(0, 1, 3, 4), fixed([1.0, 2.0, 3.0, 0.5], False),
             torch=f"lambda x, t, p: {f}binary_cross_entropy_with_logits(x, t, pos_weight=p)"),
        case("kl_div", F.kl_div, logits, probabilities, reduction="batchmean", torch=f + "kl_div"),
        case("kl_div[log]", F.kl_div, logits, normal(3, 4), log_target=True, torch=f + "kl_div"),
    ]
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
        for reduction in ("mean", "none"):
            rows.append(case(f"{name}[{reduction}]", getattr(F, name), a, b, reduction=reduction,
                             torch=f + name))
    for reduction in ("mean", "sum", "none"):
        rows.append(case(f"cross_entropy[{reduction}]", F.cross_entropy, logits, classes,
                         reduction=reduction, torch=f + "cross_entropy"))
    return rows

# fmt: on

CASES = [*_windows(), *_norms_and_losses()]
