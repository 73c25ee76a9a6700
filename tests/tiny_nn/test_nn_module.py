"""Module: registration, traversal, hooks, modes, moving, printing."""

import copy
import pickle

import pytest

import tiny_nn as nn


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 3)
        self.norm = nn.BatchNorm1d(3)
        self.register_buffer("mask", nn.ones((3,)), persistent=False)

    def forward(self, x, scale=1.0):
        return self.norm(self.linear(x)) * scale


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Block()
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(3, 1))
        self.scale = nn.Parameter(nn.tensor(2.0))

    def forward(self, x):
        return self.rest(self.first(x)) * self.scale


def test_names_come_in_order_of_assignment() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == [
        "scale",
        "first.linear.weight",
        "first.linear.bias",
        "first.norm.weight",
        "first.norm.bias",
        "rest.1.weight",
        "rest.1.bias",
    ]
    assert [name for name, _ in net.named_buffers()] == [
        "first.mask",
        "first.norm.running_mean",
        "first.norm.running_var",
        "first.norm.num_batches_tracked",
    ]
    assert [name for name, _ in net.named_children()] == ["first", "rest"]
    assert [name for name, _ in net.named_modules()] == [
        "",
        "first",
        "first.linear",
        "first.norm",
        "rest",
        "rest.0",
        "rest.1",
    ]
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert next(name for name, _ in net.named_parameters(prefix="model")) == "model.scale"
    assert len(list(net.modules())) == 7
    assert len(list(net.buffers())) == 4


def test_shared_parts_are_listed_once_and_saved_under_both_names() -> None:
    net = nn.Module()
    net.a = nn.Linear(2, 2)
    net.b = net.a
    net.c = nn.Linear(2, 2)
    net.c.weight = net.a.weight
    assert [name for name, _ in net.named_parameters()] == ["a.weight", "a.bias", "c.bias"]
    everything = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert everything == ["a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias"]
    assert list(net.state_dict()) == everything
    assert [name for name, _ in net.named_children()] == ["a", "c"]


def test_get_by_path() -> None:
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("rest.1") is net.rest[1]
    assert net.get_parameter("first.linear.bias") is net.first.linear.bias
    assert net.get_buffer("first.norm.running_var") is net.first.norm.running_var
    with pytest.raises(AttributeError, match="no module `2`"):
        net.get_submodule("rest.2")
    with pytest.raises(AttributeError, match=r"no parameter `first\.mask`"):
        net.get_parameter("first.mask")
    with pytest.raises(AttributeError, match="no buffer `scale`"):
        net.get_buffer("scale")


def test_assignment_before_init_is_refused() -> None:
    class Hasty(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Hasty()


def test_attributes_keep_their_kind() -> None:
    net = Net()
    with pytest.raises(TypeError, match="as parameter 'scale'"):
        net.scale = 3.0
    with pytest.raises(TypeError, match="as child module 'first'"):
        net.first = 3.0
    with pytest.raises(TypeError, match="as buffer 'mask'"):
        net.first.mask = 3.0
    net.scale = None
    assert net.scale is None
    assert "scale" not in net.state_dict()
    net.scale = nn.Linear(1, 1)  # another kind takes the name over
    assert "scale" not in net._parameters
    assert isinstance(net.scale, nn.Linear)
    del net.scale
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'scale'"):
        _ = net.scale


def test_reassigning_keeps_the_order() -> None:
    layer = nn.Linear(2, 2)
    layer.weight = nn.Parameter(nn.zeros((2, 2)))
    assert list(layer.state_dict()) == ["weight", "bias"]


@pytest.mark.parametrize(
    ("name", "error"), [("a.b", KeyError), ("", KeyError), ("training", KeyError), (3, TypeError)]
)
def test_names_that_cannot_be(name, error) -> None:
    for register, value in (
        ("register_parameter", nn.Parameter(nn.zeros(()))),
        ("register_buffer", nn.zeros(())),
        ("add_module", nn.Identity()),
    ):
        with pytest.raises(error):
            getattr(nn.Module(), register)(name, value)


@pytest.mark.parametrize("register", ["register_parameter", "register_buffer", "add_module"])
def test_values_that_cannot_be(register) -> None:
    with pytest.raises(TypeError):
        getattr(nn.Module(), register)("name", 3.0)


def test_missing_forward() -> None:
    with pytest.raises(NotImplementedError, match="missing the required"):
        nn.Module()(1)


def test_train_and_eval_reach_everything() -> None:
    net = Net()
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())
    with pytest.raises(ValueError, match="boolean"):
        net.train("yes")


def test_apply_goes_children_first() -> None:
    names = []
    Net().apply(lambda module: names.append(type(module).__name__))
    assert names == ["Linear", "BatchNorm1d", "Block", "ReLU", "Linear", "Sequential", "Net"]


def test_requires_grad_and_zero_grad() -> None:
    net = Net()
    net(nn.ones((4, 2))).sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())
    net.zero_grad(set_to_none=False)
    assert all(parameter.grad.tolist() is not None for parameter in net.parameters())
    assert net.scale.grad.item() == 0.0
    net.zero_grad()
    assert all(parameter.grad is None for parameter in net.parameters())
    net.requires_grad_(False)
    assert not any(parameter.requires_grad for parameter in net.parameters())
    assert not net(nn.ones((4, 2))).requires_grad


def test_to_casts_floating_state_in_place() -> None:
    net = Net()
    parameters = list(net.parameters())
    net(nn.ones((4, 2))).sum().backward()
    assert net.double() is net
    assert all(a is b for a, b in zip(parameters, net.parameters(), strict=True))
    assert all(parameter.dtype == nn.float64 for parameter in net.parameters())
    assert all(parameter.grad.dtype == nn.float64 for parameter in net.parameters())
    assert net.first.norm.running_mean.dtype == nn.float64
    assert net.first.norm.num_batches_tracked.dtype == nn.int64
    assert net(nn.ones((4, 2), dtype=nn.float64)).dtype == nn.float64
    net.to(nn.zeros((1,), dtype=nn.float32))
    assert net.scale.dtype == nn.float32
    assert net.float().scale.dtype == nn.float32


def test_to_moves_between_devices() -> None:
    net = Net().to("cpu")
    assert all(str(tensor.device) == "cpu" for tensor in net.state_dict().values())
    assert str(net(nn.ones((4, 2), device="cpu")).device) == "cpu"
    net.to(device="numpy", dtype=nn.float64)
    assert str(net.scale.device) == "numpy"
    assert net.scale.dtype == nn.float64


def test_to_refuses_what_it_does_not_know() -> None:
    net = nn.Linear(1, 1)
    with pytest.raises(TypeError, match="floating"):
        net.to(nn.int64)
    with pytest.raises(nn.errors.DeviceError):
        net.to("abacus")
    with pytest.raises(TypeError, match="two values for dtype"):
        net.to(nn.float32, nn.float64)


def test_forward_hooks() -> None:
    block = Block().eval()
    calls = []
    before = block.register_forward_pre_hook(lambda module, args: (args[0] * 0,))
    after = block.register_forward_hook(lambda module, args, output: output + 1)
    first = block.register_forward_hook(
        lambda module, args, kwargs, output: calls.append(kwargs), prepend=True, with_kwargs=True
    )
    x = nn.ones((2, 2))
    with nn.no_grad():
        expected = (block.forward(x * 0) * 2.0 + 1).tolist()
        assert block(x, scale=2.0).tolist() == expected
        assert calls == [{"scale": 2.0}]
        for handle in (before, after, first):
            handle.remove()
            handle.remove()  # once more does nothing
        assert block(x).tolist() == block.forward(x).tolist()


def test_pre_hook_may_change_keyword_arguments() -> None:
    block = Block().eval()
    block.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {"scale": 0.0}), with_kwargs=True
    )
    assert block(nn.ones((1, 2)), scale=5.0).tolist() == [[0.0, 0.0, 0.0]]
    block.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="forward pre-hook must return None or a tuple"):
        block(nn.ones((1, 2)))


def test_an_old_handle_does_not_remove_a_newer_hook() -> None:
    layer = nn.Identity()
    old = layer.register_forward_hook(lambda module, args, output: output)
    old.remove()
    layer.register_forward_hook(lambda module, args, output: output + 1)
    old.remove()
    assert layer(nn.tensor(1.0)).item() == 2.0


def test_repr() -> None:
    assert repr(Net()) == (
        "Net(\n"
        "  (first): Block(\n"
        "    (linear): Linear(in_features=2, out_features=3, bias=True)\n"
        "    (norm): BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, "
        "bias=True, track_running_stats=True)\n"
        "  )\n"
        "  (rest): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Linear(in_features=3, out_features=1, bias=True)\n"
        "  )\n"
        ")"
    )
    assert repr(nn.Module()) == "Module()"
    weight = nn.Parameter(nn.tensor([[1.0], [2.0]]))
    text = "Parameter containing:\ntensor([[1.],\n        [2.]], requires_grad=True)"
    assert repr(weight) == text
    assert repr(weight.requires_grad_(False)) == text.replace(", requires_grad=True", "")


def test_dir_lists_the_parts() -> None:
    assert {"first", "scale", "forward"} <= set(dir(Net()))


def test_a_deep_copy_has_gradients_of_its_own() -> None:
    layer = nn.Linear(2, 1)
    layer(nn.ones((1, 2))).sum().backward()
    twin = copy.deepcopy(layer)
    assert twin.weight.grad.tolist() == [[1.0, 1.0]]
    twin.zero_grad(set_to_none=False)
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]


def test_cpu() -> None:
    layer = nn.BatchNorm1d(2, device="numpy")
    assert layer.cpu() is layer
    assert {str(tensor.device) for tensor in layer.state_dict().values()} == {"cpu"}


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_independent(duplicate) -> None:
    net = Net().eval()
    twin = duplicate(net)
    x = nn.ones((2, 2))
    assert isinstance(twin.scale, nn.Parameter)
    assert twin.scale.requires_grad
    assert twin(x).tolist() == net(x).tolist()
    with nn.no_grad():
        twin.scale.fill_(0.0)
    assert net.scale.item() == 2.0
    assert [name for name, _ in twin.named_parameters()] == [n for n, _ in net.named_parameters()]


def test_parameter_wraps_tensors_only() -> None:
    with pytest.raises(TypeError, match="must be a Tensor, not list"):
        nn.Parameter([1.0])
    frozen = nn.Parameter(nn.tensor([1]), requires_grad=False)
    assert not frozen.requires_grad
    source = nn.tensor([1.0])
    shared = nn.Parameter(source)
    with nn.no_grad():
        shared.add_(1.0)
    assert source.tolist() == [2.0]
    assert not isinstance(shared * 2, nn.Parameter)
