"""RNN, LSTM and GRU: layers and directions are made of their single steps; what they refuse."""

import numpy as np
import pytest

import tiny_nn as nn

LAYERS = {"RNN": nn.RNNCell, "LSTM": nn.LSTMCell, "GRU": nn.GRUCell}
T, N, IN, H = 4, 3, 2, 5


def step_by_step(layer, x):
    """The outputs (T, N, D * H) of the module's parameters in cells, and the last states."""
    cell_class = LAYERS[type(layer).__name__]
    last, outputs = [], []
    for row, weights in enumerate(layer.all_weights):
        if outputs and row % (2 if layer.bidirectional else 1) == 0:
            x, outputs = nn.cat(outputs, dim=-1), []
        cell = cell_class(x.shape[-1], H, device=x.device)
        for own, weight in zip(cell.parameters(), weights, strict=True):
            own.data = weight.data
        reverse = layer.bidirectional and row % 2 == 1
        steps, state = [], None
        for t in reversed(range(T)) if reverse else range(T):
            state = cell(x[t], state)
            steps.append(state[0] if isinstance(state, tuple) else state)
        outputs.append(nn.stack(steps[::-1] if reverse else steps))
        last.append(state)
    return nn.cat(outputs, dim=-1), last


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_and_directions(name: str, bidirectional: bool, device) -> None:
    layer = getattr(nn, name)(IN, H, num_layers=2, bidirectional=bidirectional, device=device)
    x = nn.randn((T, N, IN), device=device)
    output, state = layer(x)
    expected, last = step_by_step(layer, x)
    np.testing.assert_allclose(output.detach().numpy(), expected.detach().numpy(), atol=1e-6)
    states = state if isinstance(state, tuple) else (state,)
    for position, found in enumerate(states):
        rows = [one[position] if isinstance(one, tuple) else one for one in last]
        wanted = nn.stack(rows).detach().numpy()
        np.testing.assert_allclose(found.detach().numpy(), wanted, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_a_sequence_in_two_parts_is_the_whole(name: str, device) -> None:
    layer = getattr(nn, name)(IN, H, num_layers=2, batch_first=True, device=device)
    x = nn.randn((N, T, IN), device=device)
    whole, last = layer(x)
    first, state = layer(x[:, :2])
    second, end = layer(x[:, 2:], state)
    parts = nn.cat([first, second], dim=1)
    np.testing.assert_allclose(parts.detach().numpy(), whole.detach().numpy(), atol=1e-6)
    states = [state if isinstance(state, tuple) else (state,) for state in (end, last)]
    for one, other in zip(*states, strict=True):
        np.testing.assert_allclose(one.detach().numpy(), other.detach().numpy(), atol=1e-6)


def test_one_sample_needs_no_batch(device) -> None:
    lstm = nn.LSTM(IN, H, bidirectional=True, device=device)
    x = nn.randn((T, IN), device=device)
    output, (h_n, c_n) = lstm(x)
    batched, (h_batched, _) = lstm(x.unsqueeze(1))
    assert output.shape == (T, 2 * H)
    assert h_n.shape == c_n.shape == (2, H)
    assert output.tolist() == batched.squeeze(1).tolist()
    assert h_n.tolist() == h_batched.squeeze(1).tolist()


def test_dropout_acts_between_layers_and_in_training_only() -> None:
    nn.manual_seed(0)
    layer = nn.GRU(IN, 64, num_layers=2, dropout=0.5)
    x = nn.randn((T, N, IN))
    assert layer(x)[0].tolist() != layer(x)[0].tolist()
    layer.eval()
    assert layer(x)[0].tolist() == layer(x)[0].tolist()
    with pytest.warns(UserWarning, match="non-zero dropout expects num_layers greater than 1"):
        alone = nn.GRU(IN, 4, dropout=0.5)
    assert alone(x)[0].tolist() == alone(x)[0].tolist()


def test_a_recurrent_layer_learns_to_remember() -> None:
    """The first of five random bits, which only a state can hold until the end."""
    nn.manual_seed(0)
    lstm, head = nn.LSTM(1, 16), nn.Linear(16, 1)
    bits = nn.randint(0, 2, (5, 64, 1)).to(nn.float32)
    parameters = [*lstm.parameters(), *head.parameters()]
    optimizer = nn.optim.Adam(parameters, lr=0.03)
    losses = []
    for _ in range(80):
        _, (h_n, _) = lstm(2 * bits - 1)
        loss = nn.BCEWithLogitsLoss()(head(h_n[0]), bits[0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 0.5
    assert losses[-1] < 0.1


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (ValueError, "Expected input to be 2D or 3D, got 1D", lambda: nn.LSTM(2, 3)(nn.zeros(2))),
        (ValueError, "Expected 2, got 4", lambda: nn.GRU(2, 3)(nn.zeros(5, 1, 4))),
        (ValueError, "has no steps", lambda: nn.GRU(2, 3)(nn.zeros(0, 1, 2))),
        (
            ValueError,
            r"Expected c_0 of size \(1, 4, 3\) for batched input, got \(1, 3\)",
            lambda: nn.LSTM(2, 3)(nn.zeros(5, 4, 2), (nn.zeros(1, 4, 3), nn.zeros(1, 3))),
        ),
        (
            ValueError,
            r"Expected h_0 of size \(1, 3\) for unbatched",
            lambda: nn.RNN(2, 3)(nn.zeros(5, 2), nn.zeros(1, 1, 3)),
        ),
        (TypeError, r"pair \(h_0, c_0\)", lambda: nn.LSTM(2, 3)(nn.zeros(5, 4, 2), nn.zeros(3))),
        (TypeError, "input must be a Tensor", lambda: nn.LSTM(2, 3)(np.zeros((5, 2)))),
        (ValueError, "Unknown nonlinearity 'sine'", lambda: nn.RNN(2, 3, nonlinearity="sine")),
        (ValueError, "Unknown nonlinearity", lambda: nn.RNNCell(2, 3, nonlinearity="sine")),
        (ValueError, "hidden_size must be greater than zero", lambda: nn.GRU(2, 0)),
        (TypeError, "num_layers should be of type int", lambda: nn.GRU(2, 3, 1.5)),
        (ValueError, "dropout should be a number in range", lambda: nn.GRU(2, 3, 2, dropout=2)),
        (ValueError, "proj_size has to be smaller", lambda: nn.LSTM(2, 3, proj_size=3)),
        (ValueError, "1D or 2D, got 3D", lambda: nn.LSTMCell(2, 3)(nn.zeros(1, 1, 2))),
        (TypeError, r"pair \(h, c\)", lambda: nn.LSTMCell(2, 3)(nn.zeros(1, 2), nn.zeros(1, 3))),
        (
            ValueError,
            r"Expected a state of size \(4, 3\) for input \(4, 2\), got \(4, 2\)",
            lambda: nn.GRUCell(2, 3)(nn.zeros(4, 2), nn.zeros(4, 2)),
        ),
        (ValueError, r"expected \(3, 2\)|weight_ih", lambda: nn.RNNCell(2, 3)(nn.zeros(4, 5))),
    ],
)
def test_what_is_refused(error: type[Exception], message: str, call) -> None:
    with pytest.raises(error, match=message):
        call()
