"""Learning-rate schedules against their formulas."""

import json
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


MAKERS = {
    "lambda": lambda o: lr_scheduler.LambdaLR(o, lambda step: 1 / (1 + step)),
    "multi step": lambda o: lr_scheduler.MultiStepLR(o, [2, 5]),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.7),
    "constant": lambda o: lr_scheduler.ConstantLR(o, 0.5, 3),
    "linear": lambda o: lr_scheduler.LinearLR(o),
    "polynomial": lambda o: lr_scheduler.PolynomialLR(o, 6, 2.0),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 6),
    "restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2, 2),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 1.0, 10),
    "linear with warm-up": lambda o: lr_scheduler.get_linear_schedule_with_warmup(o, 3, 8),
    "cosine with warm-up": lambda o: lr_scheduler.get_cosine_schedule_with_warmup(o, 3, 8),
    "constant with warm-up": lambda o: lr_scheduler.get_constant_schedule_with_warmup(o, 3),
    "sequential": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, total_iters=3), lr_scheduler.CosineAnnealingLR(o, 4)], [3]
    ),
    "chained": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o, total_iters=3), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_schedule_resumes_where_it_stopped(name: str) -> None:
    whole = rates(MAKERS[name](optimizer()), 7)
    first_optimizer, second_optimizer = optimizer(), optimizer()
    first = MAKERS[name](first_optimizer)
    begun = rates(first, 3)
    second = MAKERS[name](second_optimizer)
    saved = json.loads(json.dumps(first.state_dict()))  # numbers, lists and names only
    second.load_state_dict(saved)
    second_optimizer.load_state_dict(first_optimizer.state_dict())
    assert begun + rates(second, 4)[1:] == whole


def test_last_epoch_goes_on_from_the_initial_rate() -> None:
    resumed = optimizer(lr=0.25)
    with pytest.raises(KeyError, match="initial_lr"):
        lr_scheduler.ExponentialLR(resumed, 0.5, last_epoch=1)
    resumed.param_groups[0]["initial_lr"] = 1.0
    schedule = lr_scheduler.ExponentialLR(resumed, 0.5, last_epoch=1)
    assert schedule.get_last_lr() == [0.25]
    schedule.step()
    assert schedule.get_last_lr() == [0.125]


def test_warm_ups() -> None:
    linear = rates(lr_scheduler.get_linear_schedule_with_warmup(optimizer(), 2, 6), 7)
    assert linear == [0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0]
    cosine = rates(lr_scheduler.get_cosine_schedule_with_warmup(optimizer(), 4, 12), 12)
    falling = [(1 + math.cos(math.pi * k / 8)) / 2 for k in range(9)]
    assert cosine == pytest.approx([0, 0.25, 0.5, 0.75, *falling])
    assert rates(lr_scheduler.get_constant_schedule_with_warmup(optimizer(), 2), 3) == [
        0,
        0.5,
        1,
        1,
    ]


def test_warm_restarts_take_fractions_of_an_epoch() -> None:
    schedule = lr_scheduler.CosineAnnealingWarmRestarts(optimizer(), 1, T_mult=2)
    schedule.step(0.5)
    assert schedule.get_last_lr() == pytest.approx([0.5])
    schedule.step(1 + 1.5)
    assert schedule.get_last_lr() == pytest.approx([(1 + math.cos(math.pi * 0.75)) / 2])
    with pytest.raises(ValueError, match="non-negative epoch"):
        schedule.step(-1)


def test_a_plateau_waits_and_cools_down() -> None:
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(), factor=0.5, patience=1, cooldown=1)
    found = []
    for value in (5.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 3.0, 3.0):
        schedule.step(value)
        found.append(schedule.get_last_lr()[0])
    assert found == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]
    other = lr_scheduler.ReduceLROnPlateau(optimizer(), factor=0.5, patience=1, cooldown=1)
    other.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    assert other.state_dict() == schedule.state_dict()


def test_a_group_that_joins_later_has_its_own_base() -> None:
    schedule = lr_scheduler.ExponentialLR(optimizer(), 0.5)
    schedule.optimizer.add_param_group({"params": [nn.Parameter(nn.zeros((1,)))], "lr": 8.0})
    schedule.step()
    assert schedule.get_last_lr() == [0.5, 4.0]


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
    sgd = optimizer()
    constant, plateau = lr_scheduler.ConstantLR(sgd), lr_scheduler.ReduceLROnPlateau(sgd)
    for message, call in (
        ("one milestone less", lambda: lr_scheduler.SequentialLR(sgd, [constant], [1])),
        ("at least one", lambda: lr_scheduler.ChainedScheduler([])),
        ("same optimizer", lambda: lr_scheduler.ChainedScheduler([constant], optimizer())),
        ("between 0 and 1", lambda: lr_scheduler.ConstantLR(sgd, 2.0)),
        (r"in \(0, 1\]", lambda: lr_scheduler.LinearLR(sgd, 0.0)),
        ("positive integer T_0", lambda: lr_scheduler.CosineAnnealingWarmRestarts(sgd, 0)),
        ("Expected 1 lr_lambdas", lambda: lr_scheduler.LambdaLR(sgd, [abs, abs])),
        ("Factor should be", lambda: lr_scheduler.ReduceLROnPlateau(sgd, factor=1.0)),
        ("mode best is unknown", lambda: lr_scheduler.ReduceLROnPlateau(sgd, "best")),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="no function of the step"):
        lr_scheduler.ChainedScheduler([constant, plateau])
