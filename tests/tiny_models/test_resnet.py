"""The residual network: torchvision's names, the paper's sizes."""

import pytest

import tiny_nn as nn
from tiny_models import (
    BasicBlock,
    Bottleneck,
    ResNet,
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
    resnet_digits,
)


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_resnet18_has_torchvisions_keys_and_shapes() -> None:
    with nn.use_device("cpu"):  # twelve million random numbers are slow on the reference
        model = resnet18()
    state = model.state_dict()
    assert len(state) == 122
    assert parameters(model) == 11_689_512
    assert list(state)[:6] == [
        "conv1.weight",
        "bn1.weight",
        "bn1.bias",
        "bn1.running_mean",
        "bn1.running_var",
        "bn1.num_batches_tracked",
    ]
    assert state["conv1.weight"].shape == (64, 3, 7, 7)
    assert state["layer1.0.conv1.weight"].shape == (64, 64, 3, 3)
    assert state["layer2.0.downsample.0.weight"].shape == (128, 64, 1, 1)
    assert state["layer4.1.bn2.running_var"].shape == (512,)
    assert state["fc.weight"].shape == (1000, 512)
    assert "layer1.0.downsample.0.weight" not in state


@pytest.mark.parametrize(
    ("build", "expected"),
    [(resnet34, 21_797_672), (resnet101, 44_549_160), (resnet152, 60_192_808)],
)
def test_deeper_networks_have_the_papers_sizes(monkeypatch, build, expected) -> None:
    # Random numbers for tens of millions of weights take long, and their number is all we want.
    monkeypatch.setattr(nn.init, "kaiming_normal_", lambda tensor, **options: tensor)
    monkeypatch.setattr(nn.init, "kaiming_uniform_", lambda tensor, *rest, **options: tensor)
    with nn.use_device("cpu"):
        assert parameters(build()) == expected


def test_resnet50_has_torchvisions_keys_and_shapes() -> None:
    with nn.use_device("cpu"):
        model = resnet50()
    state = model.state_dict()
    assert parameters(model) == 25_557_032
    assert len(state) == 320
    block = [name for name in state if name.startswith("layer2.0.") and "num_" not in name]
    assert block == [
        *(
            f"layer2.0.{kind}{index}.{name}"
            for index in (1, 2, 3)
            for kind, names in (
                ("conv", ["weight"]),
                ("bn", ["weight", "bias", "running_mean", "running_var"]),
            )
            for name in names
        ),
        "layer2.0.downsample.0.weight",
        *(f"layer2.0.downsample.1.{n}" for n in ("weight", "bias", "running_mean", "running_var")),
    ]
    assert state["layer1.0.downsample.0.weight"].shape == (256, 64, 1, 1)
    assert state["layer2.0.conv2.weight"].shape == (128, 128, 3, 3)
    assert state["layer4.2.conv3.weight"].shape == (2048, 512, 1, 1)
    assert state["fc.weight"].shape == (1000, 2048)


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_blocks_may_begin_as_the_identity(block, device) -> None:
    with nn.use_device(device):
        model = ResNet(block, (1, 2), 3, zero_init_residual=True, widths=(4, 8))
    inner = model.layer2[1]
    x = nn.rand((2, 8 * block.expansion, 5, 4), device=device)
    assert inner(x).tolist() == x.tolist()
    with nn.use_device(device):
        other = ResNet(block, (1, 2), 3, widths=(4, 8)).layer2[1]
    assert other(x).tolist() != x.tolist()


def test_another_norm() -> None:
    def groups(channels: int) -> nn.Module:
        return nn.GroupNorm(2, channels)

    model = ResNet(Bottleneck, (1, 1), 3, norm_layer=groups, widths=(4, 8), small_images=True)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    # A stem, three in each block and one in each shortcut.
    assert sum(isinstance(module, nn.GroupNorm) for module in model.modules()) == 1 + 2 * 4
    assert model(nn.rand((2, 3, 8, 8))).shape == (2, 3)


def test_sizes_halve_from_stage_to_stage() -> None:
    model = ResNet(BasicBlock, (1, 1, 1), 5, widths=(2, 4, 6)).eval()
    shapes = {}
    for name, child in model.named_children():
        child.register_forward_hook(
            lambda module, args, output, name=name: shapes.update({name: output.shape})
        )
    model(nn.zeros((2, 3, 64, 32)))
    assert shapes["conv1"] == (2, 2, 32, 16)
    assert shapes["maxpool"] == (2, 2, 16, 8)
    assert shapes["layer1"] == (2, 2, 16, 8)
    assert shapes["layer2"] == (2, 4, 8, 4)
    assert shapes["layer3"] == (2, 6, 4, 2)
    assert shapes["avgpool"] == (2, 6, 1, 1)
    assert shapes["fc"] == (2, 5)


def test_a_block_is_the_identity_plus_a_residual() -> None:
    block = BasicBlock(4, 4).eval()
    nn.init.zeros_(block.bn2.weight)  # the residual is then zero
    x = nn.rand((2, 4, 5, 5))  # not negative, so that the last relu keeps it
    assert block(x).tolist() == x.tolist()
    assert block.downsample is None
    assert BasicBlock(4, 6).downsample is not None
    assert BasicBlock(4, 4, stride=2)(x).shape == (2, 4, 3, 3)


def test_a_batch_equals_its_images(device) -> None:
    nn.manual_seed(0)
    model = resnet_digits().to(device).eval()
    x = nn.rand((3, 1, 8, 8), device=device)
    together = model(x).tolist()
    for index in range(3):
        alone = model(x[index : index + 1]).tolist()[0]
        assert alone == pytest.approx(together[index], rel=1e-4, abs=1e-5)


def test_every_parameter_gets_a_gradient(device) -> None:
    model = resnet_digits().to(device)
    labels = nn.tensor([3, 1], device=device)
    nn.CrossEntropyLoss()(model(nn.rand((2, 1, 8, 8), device=device)), labels).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.shape == parameter.shape
        assert parameter.grad.abs().sum().item() > 0, name


def test_stages_and_widths_must_agree() -> None:
    with pytest.raises(ValueError, match=r"3 stages in layers \(1, 1, 1\), but 4 in widths"):
        ResNet(BasicBlock, (1, 1, 1))
