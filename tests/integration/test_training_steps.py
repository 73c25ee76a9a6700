"""One training step of each kind of model: every device computes what the reference computes."""

from collections.abc import Callable

import numpy as np
import pytest

import tiny_nn as nn
from tiny_models.language_models import build
from tiny_models.resnet import BasicBlock, ResNet

Step = Callable[[nn.Module], nn.Tensor]


def resnet() -> tuple[nn.Module, Step]:
    """A ResNet of four stages with a loss over four images."""
    widths = (4, 6, 8, 10)
    model = ResNet(BasicBlock, (1, 1, 1, 1), 5, widths=widths, small_images=True)
    images, labels = nn.rand((4, 3, 16, 16)), nn.tensor([0, 3, 1, 4])

    def loss(model: nn.Module) -> nn.Tensor:
        device = next(model.parameters()).device
        return nn.CrossEntropyLoss()(model(images.to(device)), labels.to(device))

    return model, loss


def language(kind: str, **options: int) -> tuple[nn.Module, Step]:
    """A language model with the loss of predicting each next token of two texts."""
    model = build(kind, {"vocab_size": 13, **options})
    tokens = nn.tensor(np.random.default_rng(1).integers(0, 13, (2, 9)))

    def loss(model: nn.Module) -> nn.Tensor:
        moved = tokens.to(next(model.parameters()).device)
        logits, _ = model(moved[:, :-1])
        return nn.CrossEntropyLoss()(logits.reshape(-1, 13), moved[:, 1:].reshape(-1))

    return model, loss


STEPS = {
    "resnet": resnet,
    "rnn": lambda: language("rnn", embedding_size=6, hidden_size=8, num_layers=1),
    "lstm": lambda: language("lstm", embedding_size=6, hidden_size=8, num_layers=2),
    "gpt": lambda: language(
        "gpt", hidden_size=12, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1
    ),
}


def trained(kind: str, device: str) -> tuple[list[float], dict[str, np.ndarray]]:
    """The losses of two steps, and the state that they lead to."""
    nn.manual_seed(5)
    with nn.use_device("numpy"):
        model, loss = STEPS[kind]()
    model = model.to(device)
    optimizer = nn.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(2):
        optimizer.zero_grad()
        value = loss(model)
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(value.item())
    return losses, {name: x.detach().numpy() for name, x in model.state_dict().items()}


@pytest.mark.parametrize("kind", STEPS)
def test_two_steps_equal_the_references(kind: str, device) -> None:
    losses, state = trained(kind, device.name)
    expected_losses, expected_state = trained(kind, "numpy")
    assert losses == pytest.approx(expected_losses, rel=1e-5)
    assert losses[1] < losses[0]
    for name, value in expected_state.items():
        # Adam's first steps are as long for a tiny gradient as for a large one, so rounding shows.
        np.testing.assert_allclose(state[name], value, rtol=1e-3, atol=1e-3, err_msg=name)
