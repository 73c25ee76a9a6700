"""Optimizers against their formulas, and their state."""

import math

import numpy as np
import pytest

import tiny_nn as nn
from tiny_nn import optim


def parameter(*values: float, device=None) -> nn.Parameter:
    return nn.Parameter(nn.tensor(list(values), dtype=nn.float64, device=device))


def follow(make, device=None, steps: int = 5) -> list[list[float]]:
    """The values of x while an optimizer works on sum(x^4) / 4, whose gradient is x^3."""
    x = parameter(1.0, -2.0, 0.5, device=device)
    optimizer = make([x])
    trace = []
    for _ in range(steps):
        optimizer.zero_grad()
        ((x * x) * (x * x)).sum().backward()
        with nn.no_grad():
            x.grad = x.grad / 4
        optimizer.step()
        trace.append(x.tolist())
    return trace


def sgd_formula(lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, sign=1):
    x, buffer, trace = np.array([1.0, -2.0, 0.5]), None, []
    for _ in range(5):
        gradient = sign * x**3 + weight_decay * x
        if momentum:
            buffer = gradient if buffer is None else momentum * buffer + (1 - dampening) * gradient
            gradient = gradient + momentum * buffer if nesterov else buffer
        x = x - lr * gradient
        trace.append(x.tolist())
    return trace


@pytest.mark.parametrize(
    "options",
    [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.2},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ],
)
def test_sgd(device, options) -> None:
    trace = follow(lambda params: optim.SGD(params, **options), device)
    np.testing.assert_allclose(trace, sgd_formula(**options), rtol=1e-12)


def test_sgd_maximize() -> None:
    trace = follow(lambda params: optim.SGD(params, lr=0.01, maximize=True))
    np.testing.assert_allclose(trace, sgd_formula(lr=0.01, sign=-1), rtol=1e-12)


def adam_formula(weight_decay=0.0, decoupled=False, amsgrad=False, lr=0.1, sign=1):
    x, m, v, largest, trace = np.array([1.0, -2.0, 0.5]), 0.0, 0.0, 0.0, []
    for t in range(1, 6):
        gradient = sign * x**3
        if decoupled:
            x = x * (1 - lr * weight_decay)
        else:
            gradient = gradient + weight_decay * x
        m = 0.9 * m + 0.1 * gradient
        v = 0.99 * v + 0.01 * gradient**2
        largest = np.maximum(largest, v)
        corrected = (largest if amsgrad else v) / (1 - 0.99**t)
        x = x - lr * m / (1 - 0.9**t) / (np.sqrt(corrected) + 1e-3)
        trace.append(x.tolist())
    return trace


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW])
def test_adam(device, kind, weight_decay, amsgrad) -> None:
    options = {"weight_decay": weight_decay, "amsgrad": amsgrad}
    trace = follow(
        lambda params: kind(params, lr=0.1, betas=(0.9, 0.99), eps=1e-3, **options), device
    )
    expected = adam_formula(decoupled=kind is optim.AdamW, **options)
    np.testing.assert_allclose(trace, expected, rtol=1e-12)


def test_adam_maximize() -> None:
    trace = follow(
        lambda params: optim.Adam(params, lr=0.1, betas=(0.9, 0.99), eps=1e-3, maximize=True)
    )
    np.testing.assert_allclose(trace, adam_formula(sign=-1), rtol=1e-12)


def rmsprop_formula(x, g, s, t, lr=0.1, alpha=0.9, eps=1e-3, momentum=0.5):
    s["v"] = alpha * s.get("v", 0) + (1 - alpha) * g * g
    s["m"] = alpha * s.get("m", 0) + (1 - alpha) * g
    s["b"] = momentum * s.get("b", 0) + g / (np.sqrt(s["v"] - s["m"] ** 2) + eps)
    return x - lr * s["b"]


def adagrad_formula(x, g, s, t, lr=0.1, lr_decay=0.2, start=0.5, eps=1e-10):
    s["sum"] = s.get("sum", start) + g * g
    return x - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(s["sum"]) + eps)


def adadelta_formula(x, g, s, t, rho=0.8, eps=1e-3):
    s["v"] = rho * s.get("v", 0) + (1 - rho) * g * g
    delta = np.sqrt(s.get("u", 0) + eps) / np.sqrt(s["v"] + eps) * g
    s["u"] = rho * s.get("u", 0) + (1 - rho) * delta * delta
    return x - delta


def adamax_formula(x, g, s, t, lr=0.1, beta1=0.8, beta2=0.9, eps=1e-8):
    s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
    s["u"] = np.maximum(beta2 * s.get("u", 0), np.abs(g) + eps)
    return x - lr / (1 - beta1**t) * s["m"] / s["u"]


def nadam_formula(x, g, s, t, lr=0.1, beta1=0.8, beta2=0.9, eps=1e-8, decay=0.1):
    s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
    s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g * g
    mu, after = (beta1 * (1 - 0.96 ** (k * decay) / 2) for k in (t, t + 1))
    s["p"] = s.get("p", 1) * mu
    mixed = after * s["m"] / (1 - s["p"] * after) + (1 - mu) * g / (1 - s["p"])
    return x - lr * mixed / (np.sqrt(s["v"] / (1 - beta2**t)) + eps)


def radam_formula(x, g, s, t, lr=0.1, beta1=0.8, beta2=0.9, eps=1e-8):
    s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
    s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g * g
    mean, longest = s["m"] / (1 - beta1**t), 2 / (1 - beta2) - 1
    length = longest - 2 * t * beta2**t / (1 - beta2**t)
    if length <= 5:
        return x - lr * mean
    r = (length - 4) * (length - 2) * longest / (longest - 4) / (longest - 2) / length
    return x - lr * mean * np.sqrt(r * (1 - beta2**t)) / (np.sqrt(s["v"]) + eps)


BETAS = (0.8, 0.9)


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (
            lambda p: optim.RMSprop(p, 0.1, 0.9, 1e-3, momentum=0.5, centered=True),
            rmsprop_formula,
        ),
        (
            lambda p: optim.Adagrad(p, 0.1, 0.2, initial_accumulator_value=0.5),
            adagrad_formula,
        ),
        (lambda p: optim.Adadelta(p, rho=0.8, eps=1e-3), adadelta_formula),
        (lambda p: optim.Adamax(p, 0.1, BETAS), adamax_formula),
        (lambda p: optim.NAdam(p, 0.1, BETAS, momentum_decay=0.1), nadam_formula),
        (lambda p: optim.RAdam(p, 0.1, BETAS), radam_formula),
    ],
)
def test_adaptive_optimizers(make, formula, device) -> None:
    x, state, expected = np.array([1.0, -2.0, 0.5]), {}, []
    for step in range(1, 11):
        x = formula(x, x**3, state, step)
        expected.append(x.tolist())
    np.testing.assert_allclose(follow(make, device, steps=10), expected, rtol=1e-9)


def test_parameters_without_gradient_stay() -> None:
    x, y = parameter(1.0), parameter(1.0)
    optimizer = optim.AdamW([x, y], lr=0.1)
    (x * 2).sum().backward()
    optimizer.step()
    assert y.tolist() == [1.0]
    assert list(optimizer.state) == [x]


def test_groups_have_their_own_options() -> None:
    x, y = parameter(1.0), parameter(1.0)
    optimizer = optim.SGD([{"params": [x]}, {"params": y, "lr": 0.5}], lr=0.25)
    (x + y).sum().backward()
    optimizer.step()
    assert (x.item(), y.item()) == (0.75, 0.5)
    assert "Parameter Group 1\n    dampening: 0\n    lr: 0.5" in repr(optimizer)


def test_closure() -> None:
    x = parameter(1.0)
    optimizer = optim.SGD([x], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with nn.no_grad():
        assert optimizer.step(closure).item() == 1.0
    assert x.item() == 0.5


def test_zero_grad() -> None:
    x = parameter(1.0)
    optimizer = optim.SGD([x])
    (x * x).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert x.grad.tolist() == [0.0]
    optimizer.zero_grad()
    assert x.grad is None


@pytest.mark.parametrize(
    "kind",
    [
        lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
        lambda params: optim.Adam(params, lr=0.1, amsgrad=True),
        lambda params: optim.AdamW(params, lr=0.1),
        lambda params: optim.RMSprop(params, momentum=0.5, centered=True),
        optim.Adagrad,
        optim.Adadelta,
        optim.Adamax,
        optim.NAdam,
        optim.RAdam,
    ],
)
def test_a_loaded_optimizer_goes_on_as_the_saved_one(kind) -> None:
    def step(x, optimizer):
        optimizer.zero_grad()
        (x * x).sum().backward()
        optimizer.step()

    x = parameter(1.0, 2.0)
    optimizer = kind([x])
    for _ in range(3):
        step(x, optimizer)
    twin = nn.Parameter(x.detach().clone())
    other = kind([twin])
    other.load_state_dict(optimizer.state_dict())
    for _ in range(3):
        step(x, optimizer)
        step(twin, other)
    assert twin.tolist() == x.tolist()


def test_loading_casts_state_to_the_parameter() -> None:
    x = parameter(1.0)
    optimizer = optim.Adam([x])
    (x * x).sum().backward()
    optimizer.step()
    single = nn.Parameter(nn.tensor([1.0], device="cpu"))
    other = optim.Adam([single])
    state = optimizer.state_dict()
    state["state"][0]["step"] = nn.tensor(1.0)  # as torch keeps it
    other.load_state_dict(state)
    assert other.state[single]["exp_avg"].dtype == nn.float32
    assert str(other.state[single]["exp_avg"].device) == "cpu"
    assert other.state[single]["step"] == 1


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
def test_state_follows_a_moved_module(kind) -> None:
    def train(devices):
        layer = nn.Linear(2, 1, bias=False, device="numpy", dtype=nn.float64)
        nn.init.ones_(layer.weight)
        options = {"momentum": 0.9} if kind is optim.SGD else {"amsgrad": True}
        optimizer = kind(layer.parameters(), lr=0.1, **options)
        for device in devices:
            layer.to(device)
            optimizer.zero_grad()
            (layer.weight * layer.weight).sum().backward()
            optimizer.step()
        (state,) = optimizer.state.values()
        tensors = [value for value in state.values() if isinstance(value, nn.Tensor)]
        assert {str(tensor.device) for tensor in tensors} == {devices[-1]}
        return layer.weight.tolist()

    stayed = train(["numpy"] * 4)
    np.testing.assert_allclose(train(["numpy", "cpu", "cpu", "numpy"]), stayed, rtol=1e-12)


def test_state_dict_numbers_parameters_through_the_groups() -> None:
    x, y, z = parameter(1.0), parameter(1.0), parameter(1.0)
    optimizer = optim.SGD([{"params": [x, y]}, {"params": [z]}], lr=0.1, momentum=0.5)
    z.sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    assert [group["params"] for group in state["param_groups"]] == [[0, 1], [2]]
    assert list(state["state"]) == [2]
    assert list(state["state"][2]) == ["momentum_buffer"]


def test_state_dicts_that_do_not_fit() -> None:
    x, y = parameter(1.0), parameter(1.0)
    one = optim.SGD([x])
    with pytest.raises(ValueError, match="different number of parameter groups"):
        one.load_state_dict(optim.SGD([{"params": [x]}, {"params": [y]}]).state_dict())
    with pytest.raises(ValueError, match="doesn't match the size"):
        one.load_state_dict(optim.SGD([x, y]).state_dict())
    with pytest.raises(ValueError, match="unknown parameter 7"):
        one.load_state_dict({**one.state_dict(), "state": {7: {}}})
    with pytest.raises(ValueError, match=r"expected 'state' and 'param_groups', .* got 'weight'"):
        one.load_state_dict({"weight": x})
    with pytest.raises(
        ValueError, match=r"SGD.load_state_dict: a parameter group has no dampening, "
    ):
        one.load_state_dict(optim.Adam([x]).state_dict())


def test_what_cannot_be_optimized() -> None:
    x = parameter(1.0)
    with pytest.raises(ValueError, match="empty parameter list"):
        optim.SGD([])
    with pytest.raises(TypeError, match="iterable of Tensors or dicts"):
        optim.SGD(x)
    for wrong in (nn.Linear(1, 1), nn.Sequential(nn.ReLU()), 3.0, nn.Linear(1, 1).parameters):
        with pytest.raises(TypeError, match=r"but got .*; pass module\.parameters\(\)"):
            optim.SGD(wrong)
        with pytest.raises(TypeError, match=r"but got .*; pass module\.parameters\(\)"):
            optim.SGD([{"params": wrong}])
    for wrong in ([3.0], [nn.Linear(1, 1)], "ab", nn.Linear(1, 1).named_parameters()):
        with pytest.raises(TypeError, match=r"only optimize Tensors, .*; pass module\.param"):
            optim.SGD(wrong)
    with pytest.raises(ValueError, match="non-leaf"):
        optim.SGD([x * 2])
    with pytest.raises(ValueError, match="more than one parameter group"):
        optim.SGD([x, x])
    with pytest.raises(ValueError, match=r"unknown option\(s\) momemtum"):
        optim.SGD([{"params": [x], "momemtum": 0.9}])
    with pytest.raises(TypeError, match="ordered collections"):
        optim.SGD([{"params": {x}}])
    with pytest.raises(ValueError, match="no 'params'"):
        optim.SGD([{"lr": 0.1}])
    with pytest.raises(TypeError, match="must be a dict"):
        optim.SGD([x]).add_param_group([x])


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (optim.SGD, {"lr": -1.0}, "Invalid learning rate: -1.0"),
        (optim.SGD, {"lr": math.nan}, "Invalid learning rate: nan"),
        (optim.SGD, {"momentum": -0.1}, "Invalid momentum value"),
        (optim.SGD, {"weight_decay": -0.1}, "Invalid weight_decay value"),
        (optim.SGD, {"nesterov": True}, "Nesterov momentum requires"),
        (optim.Adam, {"eps": -1.0}, "Invalid epsilon value"),
        (optim.Adam, {"betas": (0.9, 1.0)}, "Invalid beta parameter at index 1: 1.0"),
        (optim.AdamW, {"weight_decay": -0.1}, "Invalid weight_decay value"),
        (optim.RMSprop, {"alpha": -0.1}, "Invalid alpha value"),
        (optim.Adagrad, {"lr_decay": -0.1}, "Invalid lr_decay value"),
        (optim.Adadelta, {"rho": 1.5}, "Invalid rho value: 1.5"),
        (optim.Adamax, {"betas": (-0.1, 0.9)}, "Invalid beta parameter at index 0"),
        (optim.NAdam, {"momentum_decay": -1.0}, "Invalid momentum_decay value"),
        (optim.RAdam, {"eps": -1.0}, "Invalid epsilon value"),
    ],
)
def test_options_out_of_range(kind, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        kind([parameter(1.0)], **options)


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        *((kind, "fused") for kind in (optim.SGD, optim.Adam, optim.AdamW, optim.Adagrad)),
        *((getattr(optim, name), "foreach") for name in optim.__all__ if name[0].isupper()
          and name != "Optimizer"),
    ],
)  # fmt: skip
def test_torchs_choices_of_kernels(kind, option) -> None:
    for choice in (None, False):
        assert option not in kind([parameter(1.0)], **{option: choice}).defaults
    with pytest.raises(ValueError, match=f"{option}=True: there is no choice"):
        kind([parameter(1.0)], **{option: True})
