"""Residual networks (He, Zhang, Ren & Sun 2016, "Deep Residual Learning for Image Recognition").

The names of parameters and buffers are torchvision's, so that its checkpoints load.
Dimensions: N images, C channels, H x W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tiny_nn as nn

Norm = Callable[[int], nn.Module]  # makes the normalisation of so many channels


def conv3x3(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    """A 3 x 3 convolution that keeps the size (or divides it by stride); batch norm shifts."""
    return nn.Conv2d(in_planes, out_planes, 3, stride=stride, padding=1, bias=False)


def shortcut(in_planes: int, out_planes: int, stride: int, norm_layer: Norm) -> nn.Module | None:
    """The projection of eq. 2 (option B of section 4.1); None where shapes agree."""
    if stride == 1 and in_planes == out_planes:
        return None
    return nn.Sequential(
        nn.Conv2d(in_planes, out_planes, 1, stride=stride, bias=False), norm_layer(out_planes)
    )


class BasicBlock(nn.Module):
    """y = relu(F(x) + x), where F is two 3 x 3 convolutions (eq. 1, figure 2; figure 5, left).

    Where F changes the shape, x goes through a 1 x 1 convolution (eq. 2):
    (N, in_planes, H, W) -> (N, planes, H / stride, W / stride).
    """

    expansion = 1  # channels of y per ``planes``

    def __init__(
        self, in_planes: int, planes: int, stride: int = 1, norm_layer: Norm = nn.BatchNorm2d
    ) -> None:
        super().__init__()
        self.conv1 = conv3x3(in_planes, planes, stride)
        self.bn1 = norm_layer(planes)
        self.relu = nn.ReLU()
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm_layer(planes)
        self.downsample = shortcut(in_planes, planes * self.expansion, stride, norm_layer)

    def forward(self, x: nn.Tensor) -> nn.Tensor:
        residual = self.relu(self.bn1(self.conv1(x)))
        residual = self.bn2(self.conv2(residual))
        identity = x if self.downsample is None else self.downsample(x)
        return self.relu(residual + identity)  # type: ignore[no-any-return]


class Bottleneck(nn.Module):
    """y = relu(F(x) + x), where F is a 1 x 1 convolution to ``planes`` channels, a 3 x 3 one among
    them, and a 1 x 1 one to four times as many (figure 5, right).

    The 3 x 3 convolution has the stride, as torchvision's has; in the paper it's the first.
    (N, in_planes, H, W) -> (N, 4 planes, H / stride, W / stride).
    """

    expansion = 4

    def __init__(
        self, in_planes: int, planes: int, stride: int = 1, norm_layer: Norm = nn.BatchNorm2d
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, 1, bias=False)
        self.bn1 = norm_layer(planes)
        self.conv2 = conv3x3(planes, planes, stride)
        self.bn2 = norm_layer(planes)
        self.conv3 = nn.Conv2d(planes, planes * self.expansion, 1, bias=False)
        self.bn3 = norm_layer(planes * self.expansion)
        self.relu = nn.ReLU()
        self.downsample = shortcut(in_planes, planes * self.expansion, stride, norm_layer)

    def forward(self, x: nn.Tensor) -> nn.Tensor:
        residual = self.relu(self.bn1(self.conv1(x)))
        residual = self.relu(self.bn2(self.conv2(residual)))
        residual = self.bn3(self.conv3(residual))
        identity = x if self.downsample is None else self.downsample(x)
        return self.relu(residual + identity)  # type: ignore[no-any-return]


class ResNet(nn.Module):
    """A stem, stages of blocks, the mean over all pixels and a linear classifier (table 1).

    layers: blocks per stage; each stage but the first halves H and W. widths: planes per stage.
    The stem is the paper's 7 x 7 convolution and 3 x 3 max pooling, which divide H and W by four;
    with ``small_images`` it is a 3 x 3 convolution, as for CIFAR-10 in section 4.2.
    ``zero_init_residual`` lets every block begin as the identity: the weight of the last
    normalisation in F is zero (Goyal et al. 2017, section 5.1). ``norm_layer`` makes the
    normalisation of so many channels, where it is not to be batch norm.
    (N, in_channels, H, W) -> logits (N, num_classes).
    """

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        *,
        norm_layer: Norm = nn.BatchNorm2d,
        in_channels: int = 3,
        widths: Sequence[int] = (64, 128, 256, 512),
        small_images: bool = False,
    ) -> None:
        super().__init__()
        if len(layers) != len(widths):
            raise ValueError(
                f"ResNet: {len(layers)} stages in layers {tuple(layers)}, but {len(widths)} in "
                f"widths {tuple(widths)}"
            )
        self.layers = tuple(layers)
        self.widths = tuple(widths)
        planes = widths[0]
        if small_images:
            self.conv1 = conv3x3(in_channels, planes)
        else:
            self.conv1 = nn.Conv2d(in_channels, planes, 7, stride=2, padding=3, bias=False)
        self.bn1 = norm_layer(planes)
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if small_images else nn.MaxPool2d(3, stride=2, padding=1)
        self.stages: list[str] = []
        for index, (depth, width) in enumerate(zip(layers, widths, strict=True)):
            blocks: list[nn.Module] = []
            for position in range(depth):
                stride = 2 if index > 0 and position == 0 else 1
                blocks.append(block(planes, width, stride, norm_layer))
                planes = width * block.expansion
            self.stages.append(f"layer{index + 1}")
            self.add_module(self.stages[-1], nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(planes, num_classes)
        self.apply(initialize)
        if zero_init_residual:
            self.apply(begin_as_identity)

    def forward(self, x: nn.Tensor) -> nn.Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = self.get_submodule(stage)(x)
        x = self.avgpool(x)  # (N, C, 1, 1)
        return self.fc(x.reshape(x.shape[:2]))  # type: ignore[no-any-return]


def initialize(module: nn.Module) -> None:
    """Convolutions as He et al. 2015, section 2.2, backward case; the rest keeps its own."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def begin_as_identity(module: nn.Module) -> None:
    """Let a block's residual be zero at first."""
    if isinstance(module, Bottleneck):
        nn.init.zeros_(module.bn3.weight)
    elif isinstance(module, BasicBlock):
        nn.init.zeros_(module.bn2.weight)


def resnet18(num_classes: int = 1000, **options: Any) -> ResNet:
    """The 18-layer network of table 1; ``options`` are those of ``ResNet``, here and below.

    >>> import tiny_nn as nn
    >>> with nn.use_device("cpu"):
    ...     model = resnet18()
    >>> sum(parameter.numel() for parameter in model.parameters())
    11689512
    """
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, **options)


def resnet34(num_classes: int = 1000, **options: Any) -> ResNet:
    """The 34-layer network of table 1."""
    return ResNet(BasicBlock, (3, 4, 6, 3), num_classes, **options)


def resnet50(num_classes: int = 1000, **options: Any) -> ResNet:
    """The 50-layer network of table 1."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, **options)


def resnet101(num_classes: int = 1000, **options: Any) -> ResNet:
    """The 101-layer network of table 1."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes, **options)


def resnet152(num_classes: int = 1000, **options: Any) -> ResNet:
    """The 152-layer network of table 1."""
    return ResNet(Bottleneck, (3, 8, 36, 3), num_classes, **options)


def resnet_digits(
    layers: Sequence[int] = (1, 1, 1), widths: Sequence[int] = (16, 32, 64), num_classes: int = 10
) -> ResNet:
    """A small one for grey 8 x 8 images: (N, 1, 8, 8) -> logits (N, 10).

    >>> import tiny_nn as nn
    >>> resnet_digits().eval()(nn.zeros((2, 1, 8, 8))).shape
    (2, 10)
    """
    return ResNet(BasicBlock, layers, num_classes, in_channels=1, widths=widths, small_images=True)
