"""state_dict and load_state_dict."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_nn as nn


def test_keys_values_and_sharing() -> None:
    layer = nn.Linear(2, 2)
    state = layer.state_dict(prefix="fc.")
    assert list(state) == ["fc.weight", "fc.bias"]
    assert not state["fc.weight"].requires_grad
    assert layer.state_dict(keep_vars=True)["weight"] is layer.weight
    with nn.no_grad():
        layer.bias.fill_(3.0)
    assert state["fc.bias"].tolist() == [3.0, 3.0]


def test_destination_is_extended() -> None:
    destination = {}
    assert nn.Linear(1, 1).state_dict(destination=destination, prefix="a.") is destination
    nn.Linear(1, 1).state_dict(destination=destination, prefix="b.")
    assert list(destination) == ["a.weight", "a.bias", "b.weight", "b.bias"]


def test_buffers_that_are_not_persistent_stay_out() -> None:
    module = nn.Module()
    module.register_buffer("kept", nn.zeros(()))
    module.register_buffer("left_out", nn.zeros(()), persistent=False)
    assert list(module.state_dict()) == ["kept"]
    module.register_buffer("left_out", nn.zeros(()))
    assert list(module.state_dict()) == ["kept", "left_out"]


def test_strict_loading_names_every_fault_and_copies_nothing() -> None:
    layer = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    before = layer[0].weight.tolist()
    state = {
        "0.weight": nn.zeros((2, 2)),
        "0.bias": nn.zeros((3,)),
        "1.weight": nn.zeros((2, 2)),
        "extra": nn.zeros(()),
    }
    with pytest.raises(RuntimeError) as caught:
        layer.load_state_dict(state)
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "1.bias".\n'
        '\tUnexpected key(s) in state_dict: "extra".\n'
        "\tsize mismatch for 0.bias: copying a param with shape [3] from checkpoint, "
        "the shape in current model is [2]."
    )
    assert layer[0].weight.tolist() == before


def test_loading_what_fits() -> None:
    layer = nn.Linear(2, 1)
    keys = layer.load_state_dict({"weight": nn.ones((1, 2)), "more": nn.ones(())}, strict=False)
    assert keys.missing_keys == ["bias"]
    assert keys.unexpected_keys == ["more"]
    assert "missing_keys=['bias']" in str(keys)
    assert layer.weight.tolist() == [[1.0, 1.0]]
    assert isinstance(layer.weight, nn.Parameter)
    assert layer.weight.requires_grad


def test_sizes_count_even_when_not_strict() -> None:
    with pytest.raises(RuntimeError, match="size mismatch for weight"):
        nn.Linear(2, 1).load_state_dict({"weight": nn.ones((2, 2))}, strict=False)


def test_values_are_cast_and_moved() -> None:
    layer = nn.Linear(2, 1)
    state = nn.Linear(2, 1).double().to("cpu").state_dict()
    layer.load_state_dict(state)
    assert layer.weight.dtype == nn.float32
    assert str(layer.weight.device) == str(nn.zeros(()).device)
    assert layer.weight.tolist() == state["weight"].float().tolist()


def test_wrong_kinds() -> None:
    with pytest.raises(TypeError, match="dict-like"):
        nn.Linear(1, 1).load_state_dict([("weight", 1)])
    with pytest.raises(RuntimeError, match='parameter named "weight", expected a Tensor'):
        nn.Linear(1, 1).load_state_dict({"weight": 1, "bias": nn.zeros((1,))})


@given(widths=st.lists(st.integers(1, 5), min_size=2, max_size=4), seed=st.integers(0, 2**32))
def test_a_round_trip_gives_the_same_function(widths, seed) -> None:
    def build():
        layers = [
            layer
            for width, following in itertools.pairwise(widths)
            for layer in (nn.Linear(width, following), nn.BatchNorm1d(following))
        ]
        return nn.Sequential(*layers)

    nn.manual_seed(seed)
    original, copy = build(), build()
    x = nn.randn((3, widths[0]))
    original(x)  # moves the running statistics
    assert str(copy.load_state_dict(original.state_dict())) == "<All keys matched successfully>"
    assert copy.eval()(x).tolist() == original.eval()(x).tolist()


def test_batch_norm_state_without_a_count_of_batches() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    net(nn.randn((4, 2)))
    state = net.state_dict()
    del state["1.num_batches_tracked"]
    other = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    assert other.load_state_dict(state) == ([], [])
    assert other[1].running_mean.tolist() == net[1].running_mean.tolist()
    assert other[1].num_batches_tracked.item() == 0
    assert net.load_state_dict(state) == ([], [])
    assert net[1].num_batches_tracked.item() == 1  # its own stays
    del state["1.running_var"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "1.running_var"\.'):
        other.load_state_dict(state)
