"""Linear layers of few bits."""

from __future__ import annotations

import pytest

import tiny_nn as nn
from tiny_nn import errors


def model(device: str, inner: int = 64) -> nn.Sequential:
    nn.manual_seed(0)
    with nn.use_device(device):
        shared = nn.Linear(inner, inner)
        last = nn.Sequential(nn.ReLU(), nn.Linear(inner, 5, bias=False))
        return nn.Sequential(shared, nn.ReLU(), shared, last).eval()


@pytest.mark.parametrize(("bits", "tolerance"), [(8, 0.003), (4, 0.05)])
def test_results_and_state(bits: int, tolerance: float, device) -> None:  # type: ignore[no-untyped-def]
    x = nn.randn(3, 64, generator=nn.Generator(0), device=device)
    expected = model(device)(x)
    quantized = nn.quantize_(model(device), bits)
    out = quantized(x)
    error = (out - expected).abs().max().item()
    assert 0 < error < tolerance
    assert quantized[0] is quantized[2]  # as the layers were before
    assert isinstance(quantized[3][1], nn.QuantizedLinear)
    assert list(quantized.parameters()) == []

    state = quantized.state_dict()
    assert list(state)[:3] == ["0.weight", "0.scales", "0.bias"]
    assert state["0.weight"].shape == (64, 64 * bits // 8)
    other = nn.quantize_(nn.Sequential(*(model(device)[i] for i in range(4))), bits)
    for buffer in other.buffers():
        buffer.zero_()
    other.load_state_dict(state)
    assert (other(x) == out).all().item()
    half = quantized.to(nn.bfloat16)
    assert (half(x.to(nn.bfloat16)) - expected).abs().max().item() < tolerance + 0.02


def test_the_gradient_of_the_input(device) -> None:  # type: ignore[no-untyped-def]
    layer = nn.QuantizedLinear(nn.Linear(64, 3, device=device), bits=4)
    x = nn.ones(2, 64, device=device).requires_grad_()
    layer(x).sum().backward()
    rows = nn.functional.quantized_linear(nn.tensor([[1.0 if i == j else 0.0 for j in range(64)]
        for i in range(64)], device=device), layer.weight, layer.scales)  # fmt: skip
    assert (x.grad[1] - rows.sum(1)).abs().max().item() < 1e-6


def test_what_is_refused() -> None:
    quantized = nn.quantize_(model("cpu")).train()
    with pytest.raises(RuntimeError, match=r"can't be trained; call eval\(\)"):
        quantized(nn.ones(1, 64))
    with pytest.raises(ValueError, match="itself a Linear"):
        nn.quantize_(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="ReLU has no Linear"):
        nn.quantize_(nn.ReLU())
    with pytest.raises(ValueError, match="8 or 4 bits, not 2"):
        nn.quantize_(model("cpu"), bits=2)
    mixed = nn.Sequential(nn.Linear(64, 3), nn.Linear(3, 2))
    with pytest.raises(errors.ShapeError, match=r"layer 1: .*use 8 bits"):
        nn.quantize_(mixed, bits=4)
    assert type(mixed[0]) is nn.Linear
