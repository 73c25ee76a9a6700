"""ResNet-9: a residual network for small images that learns in minutes (Page 2018, "How to Train
Your ResNet", the network of his DAWNBench entry; the blocks are those of He et al. 2016).

Eight convolutions and a linear layer. Every convolution is followed by batch norm and relu; two
pairs of them have a shortcut.

Dimensions: N images, W channels at the start, 28 x 28 pixels as an example.
"""

from __future__ import annotations

import tiny_nn as nn


def conv_block(in_channels: int, out_channels: int, pool: bool = False) -> nn.Sequential:
    """3 x 3 convolution, batch norm, relu and, with ``pool``, half the height and width."""
    layers: list[nn.Module] = [
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers, nn.MaxPool2d(2)) if pool else nn.Sequential(*layers)


class ResNet9(nn.Module):
    """(N, in_channels, H, W) -> logits (N, num_classes); H and W are 8 or more.

    The largest value of each channel goes to the classifier, whose logits are scaled down, which
    keeps the first steps small (Page, part 4).

    >>> import tiny_nn as nn
    >>> ResNet9(width=4, in_channels=1).eval()(nn.zeros((2, 1, 28, 28))).shape
    (2, 10)
    """

    def __init__(
        self,
        num_classes: int = 10,
        *,
        in_channels: int = 3,
        width: int = 64,
        logit_scale: float = 0.125,
    ) -> None:
        super().__init__()
        if width < 1:
            raise ValueError(f"ResNet9: width must be at least 1, got {width}")
        self.width = width
        self.conv1 = conv_block(in_channels, width)
        self.conv2 = conv_block(width, 2 * width, pool=True)
        self.res1 = nn.Sequential(
            conv_block(2 * width, 2 * width), conv_block(2 * width, 2 * width)
        )
        self.conv3 = conv_block(2 * width, 4 * width, pool=True)
        self.conv4 = conv_block(4 * width, 8 * width, pool=True)
        self.res2 = nn.Sequential(
            conv_block(8 * width, 8 * width), conv_block(8 * width, 8 * width)
        )
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.classifier = nn.Linear(8 * width, num_classes, bias=False)
        self.logit_scale = logit_scale

    def forward(self, x: nn.Tensor) -> nn.Tensor:
        x = self.conv2(self.conv1(x))  # (N, 2 W, 14, 14)
        x = self.res1(x) + x
        x = self.conv4(self.conv3(x))  # (N, 8 W, 3, 3)
        x = self.res2(x) + x
        x = self.pool(x).flatten(1)  # (N, 8 W)
        return self.classifier(x) * self.logit_scale  # type: ignore[no-any-return]
