"""Losses against their formulas."""

import math

import pytest

import tiny_nn as nn


def close(value: nn.Tensor, expected: float) -> bool:
    return value.item() == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (nn.MSELoss(), (0.25 + 9.0) / 2),
        (nn.MSELoss(reduction="sum"), 0.25 + 9.0),
        (nn.L1Loss(), (0.5 + 3.0) / 2),
        (nn.SmoothL1Loss(), (0.5 * 0.25 + 3.0 - 0.5) / 2),
        (nn.SmoothL1Loss(beta=0.25), (0.5 - 0.125 + 3.0 - 0.125) / 2),
        (nn.HuberLoss(), (0.5 * 0.25 + 3.0 - 0.5) / 2),
        (nn.HuberLoss(delta=2.0), (0.5 * 0.25 + 2.0 * (3.0 - 1.0)) / 2),
    ],
)
def test_regression(loss, expected) -> None:
    assert close(loss(nn.tensor([1.5, 2.0]), nn.tensor([1.0, 5.0])), expected)


def test_no_reduction_keeps_the_shape() -> None:
    loss = nn.MSELoss(reduction="none")
    assert loss(nn.tensor([1.0, 2.0]), nn.tensor([0.0, 4.0])).tolist() == [1.0, 4.0]


def test_cross_entropy() -> None:
    logits = nn.tensor([[math.log(1.0), math.log(3.0)], [math.log(2.0), math.log(2.0)]])
    target = nn.tensor([1, 0])
    assert close(nn.CrossEntropyLoss()(logits, target), -(math.log(0.75) + math.log(0.5)) / 2)
    weighted = nn.CrossEntropyLoss(nn.tensor([1.0, 3.0]))
    assert close(weighted(logits, target), -(3 * math.log(0.75) + math.log(0.5)) / 4)
    ignoring = nn.CrossEntropyLoss(ignore_index=0)
    assert close(ignoring(logits, target), -math.log(0.75))
    smooth = nn.CrossEntropyLoss(label_smoothing=0.2)
    expected = -(0.9 * math.log(0.75) + 0.1 * math.log(0.25) + math.log(0.5)) / 2
    assert close(smooth(logits, target), expected)


def test_nll_is_cross_entropy_of_log_probabilities() -> None:
    logits = nn.randn((4, 3))
    target = nn.tensor([0, 2, 1, 1])
    log_probabilities = nn.LogSoftmax(1)(logits)
    nll = nn.NLLLoss()(log_probabilities, target).item()
    assert close(nn.CrossEntropyLoss()(logits, target), nll)


def test_binary_cross_entropy() -> None:
    probabilities, target = nn.tensor([0.25, 0.5]), nn.tensor([0.0, 1.0])
    assert close(nn.BCELoss()(probabilities, target), -(math.log(0.75) + math.log(0.5)) / 2)
    logits = nn.tensor([math.log(1 / 3), 0.0])
    assert close(nn.BCEWithLogitsLoss()(logits, target), -(math.log(0.75) + math.log(0.5)) / 2)
    positive = nn.BCEWithLogitsLoss(pos_weight=nn.tensor([1.0, 4.0]))
    assert close(positive(logits, target), -(math.log(0.75) + 4 * math.log(0.5)) / 2)
    assert list(positive.state_dict()) == ["pos_weight"]


def test_kl_divergence() -> None:
    input, target = nn.tensor([[math.log(0.5), math.log(0.5)]]), nn.tensor([[0.25, 0.75]])
    expected = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert close(nn.KLDivLoss(reduction="batchmean")(input, target), expected)
    assert close(nn.KLDivLoss()(input, target), expected / 2)
    logarithms = nn.tensor([[math.log(0.25), math.log(0.75)]])
    loss = nn.KLDivLoss(reduction="sum", log_target=True)
    assert close(loss(input, logarithms), expected)


def test_the_weight_moves_with_the_module() -> None:
    loss = nn.CrossEntropyLoss(nn.tensor([1.0, 2.0])).double()
    assert loss.weight.dtype == nn.float64


def test_unknown_reduction() -> None:
    with pytest.raises(ValueError, match="average is not a valid value for reduction"):
        nn.MSELoss(reduction="average")
    with pytest.raises(ValueError, match="batchmean"):
        nn.MSELoss(reduction="batchmean")


@pytest.mark.parametrize("target", [[3], [-1]])
def test_a_class_out_of_range(target) -> None:
    with pytest.raises(IndexError):
        nn.CrossEntropyLoss()(nn.zeros((1, 3)), nn.tensor(target))
