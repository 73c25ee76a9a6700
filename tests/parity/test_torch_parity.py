"""Every row of the op-case table that names its counterpart: PyTorch's values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.op_cases import CASES, OpCase

import ndarray_core as nd
import tiny_autograd as ta

torch = pytest.importorskip("torch", reason="PyTorch is installed in the parity environment only")

ROWS = [pytest.param(case, id=case.name) for case in CASES if case.torch is not None]
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}


def flat(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple | list) else [result]


def counterpart(case: OpCase) -> Any:
    """PyTorch's function; the rows hold it as text, so that the table needs no PyTorch."""
    return eval(case.torch or "", {"torch": torch})


# PyTorch warns of a copy it makes, and of a definition it keeps.
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", ROWS)
def test_values_and_gradients_equal_pytorchs(case: OpCase, dtype: str, device: nd.Device) -> None:
    ours = case.make(device, dtype)
    theirs = [
        torch.tensor(x.detach().numpy(), requires_grad=x.requires_grad and x.is_floating_point())
        for x in ours
    ]
    found = flat(case.call(list(ours)))
    expected = flat(counterpart(case)(*theirs, **case.parameters))
    assert len(found) == len(expected)
    for y, t in zip(found, expected, strict=True):
        assert y.shape == tuple(t.shape)
        assert y.dtype.name == str(t.dtype).removeprefix("torch.")
        tolerance = TOLERANCE[dtype]
        np.testing.assert_allclose(
            y.detach().numpy(), t.detach().numpy(), rtol=tolerance, atol=tolerance
        )

    differentiable = [(y, t) for y, t in zip(found, expected, strict=True) if t.requires_grad]
    assert [y for y in found if y.requires_grad] == [y for y, _ in differentiable]
    if not differentiable:
        return
    random = np.random.default_rng(7)
    directions = [np.asarray(random.standard_normal(y.shape), dtype) for y, _ in differentiable]
    ta.backward([y for y, _ in differentiable], [ta.tensor(d, device=device) for d in directions])
    torch.autograd.backward([t for _, t in differentiable], [torch.tensor(d) for d in directions])
    for x, t in zip(ours, theirs, strict=True):
        if x.requires_grad:
            assert x.grad is not None
            np.testing.assert_allclose(
                x.grad.numpy(), t.grad.numpy(), rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype]
            )
