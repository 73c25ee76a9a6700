"""Convolutions, pools and interpolation in one to three spatial dimensions."""

from __future__ import annotations

from tests.op_cases.row import OpCase, case, distinct, normal

from tiny_autograd import functional as F
from tiny_autograd import ops

f = "torch.nn.functional."

# A row takes a line or two, so that the table reads as one.
# fmt: off

def _convolutions() -> list[OpCase]:
    rows = [
        case("conv1d[dilated groups]", F.conv1d, normal(2, 4, 6), normal(6, 2, 2), normal(6),
             dilation=2, groups=2, padding="same", torch=f + "conv1d"),
        case("conv3d", F.conv3d, normal(2, 2, 3, 4, 3), normal(3, 2, 2, 1, 2), normal(3),
             torch=f + "conv3d", covers="convolution"),
        case("conv3d[options]", F.conv3d, normal(1, 2, 3, 4, 5), normal(2, 1, 2, 1, 2), normal(2),
             stride=(1, 2, 1), padding=(1, 0, 0), dilation=(1, 1, 2), groups=2,
             torch=f + "conv3d"),
        case("conv_transpose1d", F.conv_transpose1d, normal(2, 3, 4), normal(3, 2, 3), normal(2),
             stride=2, padding=1, output_padding=1, torch=f + "conv_transpose1d"),
        case("conv_transpose1d[no batch]", F.conv_transpose1d, normal(3, 4), normal(3, 2, 3),
             torch=f + "conv_transpose1d"),
        case("conv_transpose3d", F.conv_transpose3d, normal(1, 2, 2, 1, 2), normal(2, 2, 2, 1, 2),
             normal(2), stride=(2, 1, 1), padding=(0, 0, 1), torch=f + "conv_transpose3d",
             covers="transposed_convolution"),
        case("convolution_weight_gradient", ops.convolution_weight_gradient, normal(2, 3, 3),
             normal(2, 2, 5), size=(2,), stride=(2,), padding=((1, 0),), dilation=(1,), groups=1),
    ]
    for name, channels, options in (
        ("", 4, {}),
        ("strided", 4, {"stride": (2, 1), "padding": 1, "output_padding": (1, 0)}),
        ("dilated", 4, {"dilation": (1, 2)}),
        ("dilated more than strided", 4, {"dilation": 3, "stride": 2, "output_padding": 2}),
        ("groups", 4, {"groups": 2, "stride": 3}),
    ):
        rows.append(case(f"conv_transpose2d[{name}]", F.conv_transpose2d,
                         normal(2, channels, 2, 3), normal(channels, 2, 3, 2),
                         normal(2 * options.get("groups", 1)), torch=f + "conv_transpose2d",
                         **options))
    return rows


def _pools() -> list[OpCase]:
    rows = []
    for count, shape in ((1, (2, 2, 7)), (3, (1, 2, 3, 4, 3))):
        smooth, sharp = normal(*shape), distinct(*shape)
        average, largest = f"avg_pool{count}d", f"max_pool{count}d"
        padded = {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True}
        rows += [
            case(average, getattr(F, average), smooth, kernel_size=2, torch=f + average,
                 covers="avg_pool"),
            case(f"{average}[padded]", getattr(F, average), smooth, **padded,
                 count_include_pad=False, torch=f + average),
            case(largest, getattr(F, largest), sharp, kernel_size=2, torch=f + largest,
                 covers="max_pool"),
            case(f"{largest}[indices]", getattr(F, largest), sharp, **padded, return_indices=True,
                 torch=f + largest),
        ]
    for count, shape, size in (
        (1, (2, 2, 7), 3), (2, (2, 3, 5, 4), (3, None)), (3, (1, 2, 3, 4, 2), (2, 3, 1)),
    ):
        average, largest = f"adaptive_avg_pool{count}d", f"adaptive_max_pool{count}d"
        for name in (size, 1):
            rows += [
                case(f"{average}[{name}]", getattr(F, average), normal(*shape), output_size=name,
                     torch=f + average),
                case(f"{largest}[{name}]", getattr(F, largest), distinct(*shape),
                     output_size=name, return_indices=True, torch=f + largest),
            ]
    return rows


def _interpolations() -> list[OpCase]:
    line, image, volume = normal(2, 2, 5), normal(1, 2, 3, 4), normal(1, 1, 2, 3, 2)
    rows = []
    for mode, x in (("linear", line), ("bilinear", image), ("trilinear", volume),
                    ("bicubic", image)):
        for corners in (False, True):
            for options in ({"scale_factor": 1.3}, {"size": 3},
                            {"scale_factor": 0.7, "recompute_scale_factor": True}):
                name = f"interpolate[{mode}, {corners}, {options}]"
                rows.append(case(name, F.interpolate, x, mode=mode, align_corners=corners,
                                 torch=f + "interpolate", **options))
    for mode in ("nearest", "nearest-exact", "area"):
        for x, options in ((line, {"scale_factor": 1.5}), (image, {"size": (3, 2)}),
                           (volume, {"size": (3, 4, 5)})):
            rows.append(case(f"interpolate[{mode}, {options}]", F.interpolate, x, mode=mode,
                             torch=f + "interpolate", **options))
    return rows

# fmt: on

CASES = [*_convolutions(), *_pools(), *_interpolations()]
