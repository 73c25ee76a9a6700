"""Sequential, ModuleList, ModuleDict."""

import pytest

import tiny_nn as nn


def names(module: nn.Module) -> list[str]:
    return [name for name, _ in module.named_children()]


def test_sequential_with_names() -> None:
    net = nn.Sequential({"in": nn.Linear(2, 3), "out": nn.Linear(3, 1)})
    assert list(net.state_dict()) == ["in.weight", "in.bias", "out.weight", "out.bias"]
    assert net[-1].out_features == 1
    assert names(net[:1]) == ["in"]


def test_sequential_calls_in_order_a_shared_module_twice() -> None:
    class Add(nn.Module):
        def forward(self, x):
            return x * 2 + 1

    add = Add()
    assert nn.Sequential(add, add)(nn.tensor(1.0)).item() == 7.0
    assert nn.Sequential()(3) == 3


def test_sequential_as_a_list() -> None:
    a, b, c, d = (nn.Identity() for _ in range(4))
    net = nn.Sequential(a, b)
    assert len(net.append(c)) == 3
    net.insert(1, d)
    assert list(net) == [a, d, b, c]
    assert names(net) == ["0", "1", "2", "3"]
    assert net.pop(0) is a
    assert names(net) == ["0", "1", "2"]
    del net[0]
    assert list(net) == [b, c]
    net[-1] = d
    assert list(net) == [b, d]
    assert d in net
    assert a not in net
    net.extend([a, c])
    del net[1:3]
    assert list(net) == [b, c]


@pytest.mark.parametrize("container", [nn.Sequential(), nn.ModuleList()])
def test_positions_out_of_range(container) -> None:
    with pytest.raises(IndexError, match="index 0 is out of range"):
        container[0]
    with pytest.raises(IndexError, match="out of range"):
        container.pop()
    with pytest.raises(IndexError, match="out of range"):
        container.insert(2, nn.Identity())


def test_only_modules_go_in() -> None:
    with pytest.raises(TypeError, match="not a Module subclass"):
        nn.Sequential(nn.ReLU(), 3)
    with pytest.raises(TypeError, match="not a Module subclass"):
        nn.ModuleList([3])
    with pytest.raises(TypeError, match="not a Module subclass"):
        nn.ModuleDict({"a": 3})


def test_module_list() -> None:
    layers = nn.ModuleList([nn.Linear(1, 1)])
    layers += [nn.Linear(1, 1)]
    assert list(layers.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert isinstance(layers[0:1], nn.ModuleList)
    assert layers[0:1][0] is layers[0]
    with pytest.raises(NotImplementedError):
        layers(1)


def test_module_list_prints_equal_neighbours_once() -> None:
    layers = nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh(), nn.ReLU()])
    assert repr(layers) == "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n  (3): ReLU()\n)"
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_module_dict() -> None:
    relu, tanh = nn.ReLU(), nn.Tanh()
    table = nn.ModuleDict({"relu": relu})
    table["tanh"] = tanh
    assert list(table) == ["relu", "tanh"]
    assert list(table.keys()) == ["relu", "tanh"]
    assert list(table.values()) == [relu, tanh]
    assert dict(table.items()) == {"relu": relu, "tanh": tanh}
    assert table.pop("relu") is relu
    assert "relu" not in table
    del table["tanh"]
    assert len(table) == 0
    table.update([("a", relu)])
    table.clear()
    assert list(table) == []
    with pytest.raises(KeyError):
        table["a"]
    with pytest.raises(KeyError, match="already exists"):
        table["items"] = relu
