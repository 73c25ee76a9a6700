"""tiny_nn against torch.nn: same weights in, same outputs, gradients and updates out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.parity.layer_rows import LAYERS, classes, images

import tiny_nn as nn

torch = pytest.importorskip("torch")

RTOL = 2e-5  # float32 sums in another order
ATOL = 2e-6


def to_torch(tensor: nn.Tensor) -> Any:
    return torch.from_numpy(np.array(tensor.detach().cpu().numpy()))


def assert_close(ours: nn.Tensor, theirs: Any, rtol: float = RTOL, atol: float = ATOL) -> None:
    expected = theirs.detach().numpy()
    assert ours.shape == expected.shape
    assert ours.dtype.name == str(expected.dtype)
    np.testing.assert_allclose(
        ours.detach().cpu().numpy(), expected, rtol=rtol, atol=atol * max(1, abs(expected).max())
    )


def pair(make: Callable[[Any], Any]) -> tuple[nn.Module, Any]:
    """Ours and theirs with the same parameters and buffers."""
    nn.manual_seed(0)
    ours, theirs = make(nn), make(torch.nn)
    state = ours.state_dict()
    assert list(state) == list(theirs.state_dict())
    theirs.load_state_dict({name: to_torch(value) for name, value in state.items()})
    return ours, theirs


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name: str) -> None:
    make, x = LAYERS[name]
    ours, theirs = pair(make)
    assert repr(ours) == repr(theirs)
    for key, value in theirs.state_dict().items():
        assert ours.state_dict()[key].shape == tuple(value.shape)
        assert ours.state_dict()[key].dtype.name == str(value.dtype).removeprefix("torch.")
    floating = x.dtype == np.float32
    for step in range(2):  # the second time with the statistics of the first
        x_ours = nn.tensor(x, requires_grad=floating)
        x_theirs = torch.tensor(x, requires_grad=floating)
        y_ours, y_theirs = ours(x_ours), theirs(x_theirs)
        assert_close(y_ours, y_theirs)
        weights = images(*y_theirs.shape)
        (y_ours * nn.tensor(weights)).sum().backward()
        (y_theirs * torch.tensor(weights)).sum().backward()
        if floating:
            assert_close(x_ours.grad, x_theirs.grad)
        for (key, p_ours), p_theirs in zip(
            ours.named_parameters(), theirs.parameters(), strict=True
        ):
            assert p_ours.grad is not None, (key, step)
            assert_close(p_ours.grad, p_theirs.grad, rtol=1e-4, atol=1e-5)
    for key, value in theirs.state_dict().items():
        assert_close(ours.state_dict()[key], value)
    ours.eval()
    theirs.eval()
    assert_close(ours(nn.tensor(x)), theirs(torch.tensor(x)))


def probabilities(*shape: int) -> np.ndarray:
    values = np.exp(images(*shape))
    return (values / values.sum(1, keepdims=True)).astype(np.float32)


WEIGHT = np.array([1.0, 0.5, 2.0, 0.0, 1.5], np.float32)
PAIR = (images(4, 5), images(4, 5)[::-1].copy())
LOSSES: dict[str, tuple[Callable[[Any, Any], Any], np.ndarray, np.ndarray]] = {
    **{
        f"{name} {reduction}": (
            lambda m, t, name=name, r=reduction: getattr(m, name)(reduction=r),
            *PAIR,
        )
        for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")
        for reduction in ("none", "mean", "sum")
    },
    "smooth l1, beta": (lambda m, t: m.SmoothL1Loss(beta=0.3), *PAIR),
    "huber, delta": (lambda m, t: m.HuberLoss(delta=0.3), *PAIR),
    "cross entropy": (lambda m, t: m.CrossEntropyLoss(), images(4, 5) * 30, classes(4)),
    "cross entropy of images": (lambda m, t: m.CrossEntropyLoss(), images(2, 5, 3), classes(2, 3)),
    "cross entropy all": (
        lambda m, t: m.CrossEntropyLoss(t(WEIGHT), ignore_index=2, label_smoothing=0.1),
        images(8, 5),
        classes(8),
    ),
    "cross entropy none": (
        lambda m, t: m.CrossEntropyLoss(t(WEIGHT), reduction="none", label_smoothing=0.1),
        images(8, 5),
        classes(8),
    ),
    "cross entropy, probabilities": (
        lambda m, t: m.CrossEntropyLoss(t(WEIGHT), label_smoothing=0.1),
        images(4, 5),
        probabilities(4, 5),
    ),
    "nll": (lambda m, t: m.NLLLoss(t(WEIGHT)), images(8, 5), classes(8)),
    "nll sum": (lambda m, t: m.NLLLoss(reduction="sum"), images(2, 5, 3), classes(2, 3)),
    "bce": (lambda m, t: m.BCELoss(t(WEIGHT)), probabilities(4, 5), probabilities(4, 5)[::-1]),
    "bce logits": (lambda m, t: m.BCEWithLogitsLoss(), images(4, 5) * 30, probabilities(4, 5)),
    "bce logits all": (
        lambda m, t: m.BCEWithLogitsLoss(t(WEIGHT), reduction="sum", pos_weight=t(WEIGHT + 1)),
        images(4, 5),
        probabilities(4, 5),
    ),
    "kl": (lambda m, t: m.KLDivLoss(reduction="batchmean"), images(4, 5), probabilities(4, 5)),
    "kl log": (lambda m, t: m.KLDivLoss(reduction="sum", log_target=True), *PAIR),
}


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("name", LOSSES)
def test_loss(name: str) -> None:
    make, x, target = LOSSES[name]
    ours, theirs = make(nn, nn.tensor), make(torch.nn, torch.tensor)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x_ours, x_theirs = nn.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    target = np.ascontiguousarray(target)
    y_ours, y_theirs = ours(x_ours, nn.tensor(target)), theirs(x_theirs, torch.tensor(target))
    assert_close(y_ours, y_theirs)
    y_ours.sum().backward()
    y_theirs.sum().backward()
    assert_close(x_ours.grad, x_theirs.grad)


SIGNS = np.sign(images(4))
MARGIN_LOSSES: dict[str, tuple[Callable[[Any], Any], list[np.ndarray]]] = {
    "poisson": (lambda m: m.PoissonNLLLoss(full=True), [images(4, 5), classes(4, 5).astype("f4")]),
    "poisson, plain": (
        lambda m: m.PoissonNLLLoss(False, eps=1e-3, reduction="sum"),
        [images(4, 5) ** 2, classes(4, 5).astype("f4")],
    ),
    "gaussian": (
        lambda m: m.GaussianNLLLoss(full=True, eps=0.1),
        [images(4, 5), images(4, 5)[::-1], images(4, 5) ** 2],
    ),
    "ranking": (lambda m: m.MarginRankingLoss(0.3), [images(4), images(4)[::-1], SIGNS]),
    "hinge": (lambda m: m.HingeEmbeddingLoss(0.5, reduction="sum"), [images(4), SIGNS]),
    "cosine": (lambda m: m.CosineEmbeddingLoss(0.2), [images(4, 5), images(4, 5)[::-1], SIGNS]),
    "soft margin": (lambda m: m.SoftMarginLoss(reduction="none"), [images(4), SIGNS]),
    "triplet": (
        lambda m: m.TripletMarginLoss(2.0, 3.0, swap=True),
        [images(4, 5), images(4, 5)[::-1], images(4, 5)[:, ::-1]],
    ),
}


@pytest.mark.parametrize("name", MARGIN_LOSSES)
def test_loss_of_several_inputs(name: str) -> None:
    make, arrays = MARGIN_LOSSES[name]
    ours, theirs = make(nn), make(torch.nn)
    assert repr(ours) == repr(theirs)
    arrays = [np.ascontiguousarray(array, np.float32) for array in arrays]
    x_ours, x_theirs = nn.tensor(arrays[0], requires_grad=True), torch.tensor(arrays[0])
    x_theirs.requires_grad_()
    y_ours = ours(x_ours, *map(nn.tensor, arrays[1:]))
    y_theirs = theirs(x_theirs, *map(torch.tensor, arrays[1:]))
    assert_close(y_ours, y_theirs)
    y_ours.sum().backward()
    y_theirs.sum().backward()
    assert_close(x_ours.grad, x_theirs.grad)


OPTIMIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "sgd": lambda o, p: o.SGD(p, lr=0.1),
    "sgd momentum": lambda o, p: o.SGD(p, 0.1, 0.9, 0.2, 0.01),
    "sgd nesterov": lambda o, p: o.SGD(p, 0.1, momentum=0.9, weight_decay=0.01, nesterov=True),
    "sgd maximize": lambda o, p: o.SGD(p, 0.01, momentum=0.9, maximize=True),
    "adam": lambda o, p: o.Adam(p),
    "adam all": lambda o, p: o.Adam(p, 0.05, (0.8, 0.95), 1e-6, 0.1, True),
    "adam maximize": lambda o, p: o.Adam(p, 0.01, maximize=True),
    "adamw": lambda o, p: o.AdamW(p, 0.05),
    "adamw all": lambda o, p: o.AdamW(p, 0.05, (0.8, 0.95), 1e-6, 0.2, True),
    "rmsprop": lambda o, p: o.RMSprop(p),
    "rmsprop all": lambda o, p: o.RMSprop(p, 0.01, 0.9, 1e-6, 0.1, 0.8, True),
    "rmsprop maximize": lambda o, p: o.RMSprop(p, momentum=0.5, maximize=True),
    "adagrad": lambda o, p: o.Adagrad(p, 0.1),
    "adagrad all": lambda o, p: o.Adagrad(p, 0.1, 0.05, 0.1, 0.2, 1e-6, maximize=True),
    "adadelta": lambda o, p: o.Adadelta(p),
    "adadelta all": lambda o, p: o.Adadelta(p, 0.5, 0.8, 1e-5, 0.1, maximize=True),
    "adamax": lambda o, p: o.Adamax(p, 0.05),
    "adamax all": lambda o, p: o.Adamax(p, 0.05, (0.8, 0.95), 1e-5, 0.1, maximize=True),
    "nadam": lambda o, p: o.NAdam(p, 0.05),
    "nadam all": lambda o, p: o.NAdam(p, 0.05, (0.8, 0.95), 1e-5, 0.1, 0.1, True),
    "nadam maximize": lambda o, p: o.NAdam(p, 0.05, weight_decay=0.1, maximize=True),
    "radam": lambda o, p: o.RAdam(p, 0.05),
    "radam all": lambda o, p: o.RAdam(p, 0.05, (0.8, 0.95), 1e-5, 0.1, True),
    "radam maximize": lambda o, p: o.RAdam(p, 0.05, weight_decay=0.1, maximize=True),
    "groups": lambda o, p: o.SGD(
        [{"params": p[:1], "lr": 0.5}, {"params": p[1:], "momentum": 0.5}], lr=0.1
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_optimizer(name: str, dtype: type) -> None:
    starts = [images(3, 4).astype(dtype), images(5).astype(dtype)]
    p_ours = [nn.Parameter(nn.tensor(start)) for start in starts]
    p_theirs = [torch.nn.Parameter(torch.tensor(start)) for start in starts]
    make = OPTIMIZERS[name]
    ours, theirs = make(nn.optim, p_ours), make(torch.optim, p_theirs)
    tolerance = 1e-5 if dtype is np.float32 else 1e-12
    if name.startswith("nadam"):
        tolerance = max(tolerance, 1e-7)  # torch keeps the product of its momenta in float32
    for _ in range(20):
        for optimizer, parameters in ((ours, p_ours), (theirs, p_theirs)):
            optimizer.zero_grad()
            loss = sum((p.tanh() * p).sum() for p in parameters)
            loss.backward()
            optimizer.step()
        for one, other in zip(p_ours, p_theirs, strict=True):
            assert_close(one, other, rtol=tolerance, atol=tolerance / 10)
    s_ours, s_theirs = ours.state_dict(), theirs.state_dict()
    assert list(s_ours["state"]) == list(s_theirs["state"])
    for index, entry in s_theirs["state"].items():
        entry = {key: value for key, value in entry.items() if value is not None}
        assert set(s_ours["state"][index]) == set(entry)
    # torch's state goes into ours, and on from there.
    converted = {
        index: {key: nn.tensor(value.numpy()) for key, value in entry.items() if value is not None}
        for index, entry in s_theirs["state"].items()
    }
    ours.load_state_dict({"state": converted, "param_groups": s_theirs["param_groups"]})
    for optimizer in (ours, theirs):
        optimizer.step()
    for one, other in zip(p_ours, p_theirs, strict=True):
        assert_close(one, other, rtol=tolerance, atol=tolerance / 10)
    # And ours into torch's, of a new optimizer.
    saved = ours.state_dict()
    saved["state"] = {
        index: {key: to_torch(v) if isinstance(v, nn.Tensor) else v for key, v in entry.items()}
        for index, entry in saved["state"].items()
    }
    again = make(torch.optim, p_theirs)
    again.load_state_dict(saved)
    for optimizer in (ours, again):
        optimizer.step()
    for one, other in zip(p_ours, p_theirs, strict=True):
        assert_close(one, other, rtol=tolerance, atol=tolerance / 10)


SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {
    "step": lambda s, o: s.StepLR(o, 3, 0.5),
    "lambda": lambda s, o: s.LambdaLR(o, lambda step: 1 / (1 + step)),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 12, 0.01),
    "multi step": lambda s, o: s.MultiStepLR(o, [3, 5, 5, 9], 0.5),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.8),
    "constant": lambda s, o: s.ConstantLR(o, 0.25, 4),
    "linear": lambda s, o: s.LinearLR(o, 0.25, 0.75, 7),
    "polynomial": lambda s, o: s.PolynomialLR(o, 9, 2.0),
    "warm restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "warm restarts, equal": lambda s, o: s.CosineAnnealingWarmRestarts(o, 4),
    "sequential": lambda s, o: s.SequentialLR(
        o,
        [s.LinearLR(o, 0.1, total_iters=4), s.CosineAnnealingLR(o, 6), s.ExponentialLR(o, 0.5)],
        [4, 9],
    ),
    "chained": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, 0.5, 4), s.ExponentialLR(o, 0.9), s.StepLR(o, 5)]
    ),
    "one cycle": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=13),
    "one cycle linear": lambda s, o: s.OneCycleLR(
        o, 0.5, total_steps=13, pct_start=0.4, anneal_strategy="linear", div_factor=5
    ),
    "one cycle by epochs": lambda s, o: s.OneCycleLR(
        o, [0.5], None, 4, 3, 0.25, "cos", True, 0.6, 0.7, 10, 100
    ),
    "one cycle in three phases": lambda s, o: s.OneCycleLR(o, 0.5, 12, three_phase=True),
    "one cycle without momentum": lambda s, o: s.OneCycleLR(o, 0.5, 12, cycle_momentum=False),
}


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_schedule(name: str, optimizer: str) -> None:
    ours = getattr(nn.optim, optimizer)([nn.Parameter(nn.zeros((1,)))], lr=0.3)
    theirs = getattr(torch.optim, optimizer)([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    s_ours = SCHEDULES[name](nn.optim.lr_scheduler, ours)
    s_theirs = SCHEDULES[name](torch.optim.lr_scheduler, theirs)
    for _ in range(12):
        assert s_ours.get_last_lr() == pytest.approx(s_theirs.get_last_lr(), rel=1e-9, abs=1e-12)
        for key in ("lr", "momentum", "betas"):
            expected = theirs.param_groups[0].get(key, 0)
            assert ours.param_groups[0].get(key, 0) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        ours.step()
        theirs.step()
        s_ours.step()
        s_theirs.step()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"patience": 1, "factor": 0.5, "cooldown": 2},
        {"mode": "max", "patience": 0, "threshold": 0.1, "threshold_mode": "abs"},
        {"patience": 0, "min_lr": 0.05, "threshold": 0.2},
    ],
)
def test_schedule_on_a_plateau(options: dict[str, Any]) -> None:
    ours = nn.optim.SGD([nn.Parameter(nn.zeros((1,)))], lr=0.3)
    theirs = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    s_ours = nn.optim.lr_scheduler.ReduceLROnPlateau(ours, **options)
    s_theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **options)
    for value in np.abs(np.random.default_rng(3).normal(size=30)).cumsum() % 1.7:
        s_ours.step(value)
        s_theirs.step(value)
        assert s_ours.get_last_lr() == pytest.approx(s_theirs.get_last_lr())
        state = s_theirs.state_dict()
        assert s_ours.state_dict() == {key: state[key] for key in s_ours.state_dict()}


@pytest.mark.parametrize(
    "make",
    [
        lambda m: m.Linear(400, 300),
        lambda m: m.Conv2d(16, 64, 3, groups=2),
        lambda m: m.Conv1d(32, 64, 5),
        lambda m: m.Embedding(300, 200),
    ],
)
def test_initial_values_have_torchs_distribution(make: Callable[[Any], Any]) -> None:
    nn.manual_seed(0)
    torch.manual_seed(0)
    for ours, theirs in zip(make(nn).parameters(), make(torch.nn).parameters(), strict=True):
        a, b = np.sort(ours.detach().numpy().ravel()), np.sort(theirs.detach().numpy().ravel())
        # Kolmogorov and Smirnov: equal distributions differ so much once in a thousand times.
        steps = np.concatenate([a, b])
        shares = [np.searchsorted(x, steps, side="right") / len(x) for x in (a, b)]
        assert abs(shares[0] - shares[1]).max() < 1.95 * np.sqrt(2 / len(a))


def test_load_state_dict_errors_read_alike() -> None:
    state = {"weight": (3, 2), "extra": (1,)}
    with pytest.raises(RuntimeError) as ours:
        nn.Linear(2, 2).load_state_dict({k: nn.zeros(v) for k, v in state.items()})
    with pytest.raises(RuntimeError) as theirs:
        torch.nn.Linear(2, 2).load_state_dict({k: torch.zeros(v) for k, v in state.items()})
    text = str(theirs.value).replace("torch.Size([3, 2])", "[3, 2]")
    text = text.replace("torch.Size([2, 2])", "[2, 2]").replace(". \n", ".\n").rstrip()
    assert str(ours.value) == text


def test_a_digits_network_trains_alike() -> None:
    """Several steps of a residual network with momentum: every floor at once, in float64."""

    def make(m: Any) -> Any:
        return m.Sequential(
            m.Conv2d(1, 4, 3, padding=1, bias=False),
            m.BatchNorm2d(4),
            m.ReLU(),
            m.Conv2d(4, 8, 3, stride=2, padding=1, bias=False),
            m.BatchNorm2d(8),
            m.ReLU(),
            m.AdaptiveAvgPool2d(1),
            m.Flatten(),
            m.Linear(8, 5),
        )

    ours, theirs = pair(make)
    ours.double()
    theirs.double()
    x, labels = images(16, 1, 8, 8).astype(np.float64), classes(16)
    o_ours = nn.optim.SGD(ours.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    o_theirs = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    for _ in range(8):
        o_ours.zero_grad()
        loss_ours = nn.CrossEntropyLoss()(ours(nn.tensor(x)), nn.tensor(labels))
        loss_ours.backward()
        o_ours.step()
        o_theirs.zero_grad()
        loss_theirs = torch.nn.CrossEntropyLoss()(theirs(torch.tensor(x)), torch.tensor(labels))
        loss_theirs.backward()
        o_theirs.step()
        assert loss_ours.item() == pytest.approx(loss_theirs.item(), rel=1e-9)
    for key, value in theirs.state_dict().items():
        assert_close(ours.state_dict()[key], value, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("order", [1, 2.0, 3.5, float("inf")])
@pytest.mark.parametrize("limit", [0.1, 100.0])
def test_clipping_gradients(order: float, limit: float) -> None:
    gradients = [images(3, 4), images(5), images()]
    ours = [nn.Parameter(nn.zeros(gradient.shape)) for gradient in gradients]
    theirs = [torch.nn.Parameter(torch.zeros(gradient.shape)) for gradient in gradients]
    for one, other, gradient in zip(ours, theirs, gradients, strict=True):
        one.grad, other.grad = nn.tensor(gradient), torch.tensor(gradient)
    norm = nn.utils.clip_grad_norm_(ours, limit, order)
    assert_close(norm, torch.nn.utils.clip_grad_norm_(theirs, limit, order))
    for one, other in zip(ours, theirs, strict=True):
        assert_close(one.grad, other.grad)
    nn.utils.clip_grad_value_(ours, limit / 5)
    torch.nn.utils.clip_grad_value_(theirs, limit / 5)
    for one, other in zip(ours, theirs, strict=True):
        assert_close(one.grad, other.grad)
