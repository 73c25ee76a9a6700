"""Learning-rate schedules against their formulas."""

import math

import pytest

import tiny_nn as nn
from tiny_nn.optim import SGD, Adam, Optimizer, lr_scheduler


def optimizer(lr: float = 1.0) -> SGD:
    return SGD([nn.Parameter(nn.zeros((1,)))], lr=lr)


def rates(schedule: lr_scheduler.LRScheduler, steps: int) -> list[float]:
    found = [schedule.get_last_lr()[0]]
    for _ in range(steps):
        schedule.step()
        found.append(schedule.optimizer.param_groups[0]["lr"])
    return found


def test_step() -> None:
    found = rates(lr_scheduler.StepLR(optimizer(), 2, gamma=0.5), 5)
    assert found == [1, 1, 0.5, 0.5, 0.25, 0.25]


def test_cosine() -> None:
    found = rates(lr_scheduler.CosineAnnealingLR(optimizer(), 4, eta_min=0.2), 4)
    expected = [0.2 + 0.4 * (1 + math.cos(math.pi * step / 4)) for step in range(5)]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_one_cycle(strategy) -> None:
    schedule = lr_scheduler.OneCycleLR(
        optimizer(), 2.0, total_steps=20, pct_start=0.25, anneal_strategy=strategy, div_factor=10
    )
    found = rates(schedule, 19)
    assert found[0] == pytest.approx(0.2)
    assert max(found) == found[4] == pytest.approx(2.0)
    assert found[-1] == pytest.approx(0.2 / 1e4)
    assert found[:5] == sorted(found[:5])
    assert found[4:] == sorted(found[4:], reverse=True)
    schedule.step()  # torch allows one beyond the last
    with pytest.raises(ValueError, match="Tried to step 21 times"):
        schedule.step()


def test_one_cycle_turns_the_momentum_the_other_way() -> None:
    schedule = lr_scheduler.OneCycleLR(optimizer(), 1.0, epochs=4, steps_per_epoch=5)
    group = schedule.optimizer.param_groups[0]
    momenta = [group["momentum"]]
    for _ in range(19):
        schedule.step()
        momenta.append(group["momentum"])
    assert momenta[0] == momenta[-1] == pytest.approx(0.95)
    assert min(momenta) == momenta[5] == pytest.approx(0.85)

    adam = Adam([nn.Parameter(nn.zeros((1,)))], betas=(0.9, 0.99))
    schedule = lr_scheduler.OneCycleLR(adam, [1.0], total_steps=10, max_momentum=[0.8])
    assert adam.param_groups[0]["betas"] == (pytest.approx(0.8), 0.99)
    schedule = lr_scheduler.OneCycleLR(optimizer(), 1.0, total_steps=10, cycle_momentum=False)
    assert schedule.optimizer.param_groups[0]["momentum"] == 0


def test_one_cycle_needs_a_momentum_to_cycle() -> None:
    plain = Optimizer([nn.Parameter(nn.zeros((1,)))], {"lr": 1.0})
    with pytest.raises(ValueError, match="pass cycle_momentum=False"):
        lr_scheduler.OneCycleLR(plain, 1.0, total_steps=5)
    lr_scheduler.OneCycleLR(plain, 1.0, total_steps=5, cycle_momentum=False).step()


def test_every_group_keeps_its_own_base() -> None:
    groups = [{"params": [nn.Parameter(nn.zeros((1,)))], "lr": lr} for lr in (1.0, 10.0)]
    schedule = lr_scheduler.LambdaLR(SGD(groups), lambda step: 1 / (1 + step))
    schedule.step()
    assert schedule.get_last_lr() == [0.5, 5.0]


def test_a_loaded_schedule_goes_on() -> None:
    first = lr_scheduler.StepLR(optimizer(), 2)
    rates(first, 3)
    second = lr_scheduler.StepLR(optimizer(lr=7.0), 2)
    second.load_state_dict(first.state_dict())
    assert second.get_last_lr() == first.get_last_lr()
    assert second.optimizer.param_groups[0]["lr"] == 7.0  # until the next step
    second.step()
    assert second.get_last_lr() == pytest.approx([0.01])


def test_options_out_of_range() -> None:
    with pytest.raises(TypeError, match="not an Optimizer"):
        lr_scheduler.StepLR(nn.Linear(1, 1), 2)
    with pytest.raises(ValueError, match="step_size"):
        lr_scheduler.StepLR(optimizer(), 0)
    with pytest.raises(ValueError, match="T_max"):
        lr_scheduler.CosineAnnealingLR(optimizer(), 0)
    with pytest.raises(ValueError, match="total_steps"):
        lr_scheduler.OneCycleLR(optimizer(), 1.0, total_steps=0)
    with pytest.raises(ValueError, match="either total_steps OR"):
        lr_scheduler.OneCycleLR(optimizer(), 1.0, epochs=5)
    with pytest.raises(ValueError, match="steps_per_epoch must be a positive integer"):
        lr_scheduler.OneCycleLR(optimizer(), 1.0, epochs=5, steps_per_epoch=1.5)
    with pytest.raises(ValueError, match="max_lr must have the same length"):
        lr_scheduler.OneCycleLR(optimizer(), [1.0, 2.0], total_steps=5)
    with pytest.raises(ValueError, match="pct_start"):
        lr_scheduler.OneCycleLR(optimizer(), 1.0, total_steps=5, pct_start=2)
    with pytest.raises(ValueError, match="anneal_strategy"):
        lr_scheduler.OneCycleLR(optimizer(), 1.0, total_steps=5, anneal_strategy="step")
