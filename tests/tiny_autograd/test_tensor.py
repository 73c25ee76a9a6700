"""Tensors: creation, printing, conversion, copies, and what they refuse."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import ndarray_core as nd
import tiny_autograd as ta
from tiny_autograd import errors


def test_the_seed_example() -> None:
    x = ta.arange(10, dtype=ta.float32)
    y = ta.zeros(20, 10)
    z = x.reshape((1, 10)).broadcast_to((20, 10)) + y
    assert z.shape == (20, 10)
    assert z[19].tolist() == list(range(10))


class TestCreation:
    def test_types_follow_the_numbers(self) -> None:
        assert ta.tensor([1, 2]).dtype == ta.int64
        assert ta.tensor([1, 2.5]).dtype == ta.float32
        assert ta.tensor([True]).dtype == ta.bool
        assert ta.tensor(np.zeros(2)).dtype == ta.float64
        assert ta.tensor([1, 2], dtype="float64").dtype == ta.float64

    def test_tensor_copies(self) -> None:
        array = np.zeros(2)
        x = ta.tensor(array)
        y = ta.tensor(x)
        array[0] = 1
        x[1] = 2
        assert x.tolist() == [0.0, 2.0]
        assert y.tolist() == [0.0, 0.0]

    def test_tensors_inside_sequences(self) -> None:
        assert ta.tensor([ta.tensor(1.5), 2]).tolist() == [1.5, 2.0]

    def test_sizes_as_numbers_or_as_a_sequence(self) -> None:
        for make in (ta.zeros, ta.ones, ta.empty, ta.rand, ta.randn):
            assert make(2, 3).shape == make((2, 3)).shape == make([2, 3]).shape == (2, 3)
            assert make(()).shape == ()

    def test_options(self, device: nd.Device) -> None:
        for x in (
            ta.zeros(2, dtype=ta.float64, device=device, requires_grad=True),
            ta.full((2,), 1.0, dtype="float64", device=device, requires_grad=True),
            ta.arange(0.0, 2.0, dtype="float64", device=device, requires_grad=True),
            ta.linspace(0, 1, 2, dtype="float64", device=device, requires_grad=True),
            ta.eye(2, dtype="float64", device=device, requires_grad=True),
            ta.randn(2, dtype="float64", device=device, requires_grad=True),
            ta.ones_like(ta.zeros(2), dtype="float64", device=device, requires_grad=True),
        ):
            assert x.dtype == ta.float64
            assert x.device == device
            assert x.requires_grad and x.is_leaf

    def test_ragged_sequences_are_refused(self) -> None:
        with pytest.raises(errors.ShapeError):
            ta.tensor([[1, 2], [3]])

    def test_only_arrays_are_wrapped(self) -> None:
        with pytest.raises(TypeError, match=r"tiny_autograd.tensor"):
            ta.Tensor([1.0])  # type: ignore[arg-type]

    def test_as_tensor_and_from_numpy_share(self) -> None:
        array = np.zeros(2, dtype="float32")
        x = ta.from_numpy(array)
        assert ta.as_tensor(x, dtype=ta.float32) is x
        array[0] = 3
        assert x.tolist() == [3.0, 0.0]

    def test_randint(self) -> None:
        assert ta.randint(5, (2, 3)).shape == (2, 3)
        x = ta.randint(-2, 3, (500,))
        assert (x.min().item(), x.max().item()) == (-2, 2)
        with pytest.raises(TypeError, match="randint"):
            ta.randint(5)

    def test_generators_repeat(self) -> None:
        a, b = ta.Generator(3), ta.Generator(3)
        assert ta.randn(4, generator=a).tolist() == ta.randn(4, generator=b).tolist()
        ta.manual_seed(5)
        first = ta.rand(3).tolist()
        ta.manual_seed(5)
        assert ta.rand(3).tolist() == first


class TestPrinting:
    @pytest.mark.parametrize(
        ("tensor", "text"),
        [
            (ta.tensor(2.5), "tensor(2.5000)"),
            (ta.tensor([1.0, -2.0]), "tensor([ 1., -2.])"),
            (ta.tensor([1.0, float("nan"), float("inf")]), "tensor([ 1., nan, inf])"),
            (ta.tensor([1e-6, 1.0]), "tensor([1.0000e-06, 1.0000e+00])"),
            (ta.tensor([True, False]), "tensor([ True, False])"),
            (ta.tensor([]), "tensor([])"),
            (ta.zeros(0, 3), "tensor([], size=(0, 3))"),
            (ta.tensor([1], dtype=ta.int32), "tensor([1], dtype=int32)"),
            (ta.tensor([1.5], requires_grad=True), "tensor([1.5000], requires_grad=True)"),
            (ta.ones(1, requires_grad=True) + 1, "tensor([2.], grad_fn=<AddBackward>)"),
            (ta.ones(1, device="cpu"), "tensor([1.], device='cpu')"),
            (ta.tensor([[1, 2], [3, 40]]), "tensor([[ 1,  2],\n        [ 3, 40]])"),
        ],
    )
    def test_repr(self, tensor: ta.Tensor, text: str) -> None:
        assert repr(tensor) == text

    def test_large_tensors_are_shortened(self) -> None:
        assert repr(ta.arange(10_000)) == "tensor([   0,    1,    2, ..., 9997, 9998, 9999])"


class TestConversion:
    def test_types(self) -> None:
        x = ta.tensor([1.5, 0.0])
        assert x.double().dtype == ta.float64
        assert x.long().tolist() == [1, 0]
        assert x.int().dtype == ta.int32
        assert x.bool().tolist() == [True, False]
        assert x.float() is x
        assert x.type_as(ta.tensor(1)).dtype == ta.int64

    def test_to(self) -> None:
        x = ta.ones(2)
        assert x.to("cpu").device == "cpu"
        assert x.to("float64").dtype == ta.float64
        assert x.to(ta.float64).dtype == ta.float64
        assert x.to(ta.device("cpu"), ta.float64).dtype == ta.float64
        assert x.to(x.cpu().double()).device == "cpu"
        assert x.to(dtype=ta.float32, device="numpy") is x

    def test_gradients_come_back_over_devices_and_types(self) -> None:
        x = ta.ones(2, requires_grad=True)
        x.cpu().double().mul(3).sum().backward()
        assert x.grad is not None
        assert x.grad.tolist() == [3.0, 3.0]
        assert (x.grad.dtype, x.grad.device) == (ta.float32, "numpy")

    def test_numpy(self) -> None:
        x = ta.zeros(2)
        x.numpy()[0] = 5
        assert x.tolist() == [5.0, 0.0]
        with pytest.raises(RuntimeError, match="detach"):
            ta.zeros(2, requires_grad=True).numpy()
        assert np.asarray(ta.zeros(2, requires_grad=True)).shape == (2,)

    def test_numbers(self) -> None:
        assert (float(ta.tensor(2.5)), int(ta.tensor(2.5)), bool(ta.tensor(0.0))) == (2.5, 2, False)
        assert [10, 20, 30][ta.tensor(1)] == 20
        assert ta.tensor([[7]]).item() == 7
        with pytest.raises((ValueError, TypeError)):
            bool(ta.ones(2))

    def test_sequence_protocol(self) -> None:
        x = ta.arange(6).reshape(3, 2)
        assert len(x) == 3
        assert [row.tolist() for row in x] == [[0, 1], [2, 3], [4, 5]]
        assert 5 in x and 6 not in x
        with pytest.raises(TypeError):
            iter(ta.tensor(1.0))

    def test_properties(self) -> None:
        x = ta.zeros(2, 3)
        assert (x.size(), x.size(-1), x.dim(), x.ndim, x.numel()) == ((2, 3), 3, 2, 2, 6)
        assert (x.element_size(), x.stride(), x.stride(0)) == (4, (3, 1), 3)
        assert (x.T.shape, x.t().shape, x.mT.shape) == ((3, 2),) * 3
        assert x.view(3, 2).shape == x.view_as(ta.zeros(3, 2)).shape == (3, 2)
        assert ta.zeros(1, 3).expand_as(x).shape == (2, 3)
        assert hash(x) == hash(x) and x in {x: 1}
        with pytest.raises(errors.ShapeError, match="t:"):
            ta.zeros(1, 1, 1).t()


class TestCopies:
    def test_deepcopy_and_pickle_of_leaves(self) -> None:
        x = ta.ones(2, requires_grad=True)
        (x * 2).sum().backward()
        for other in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
            assert other.tolist() == [1.0, 1.0]
            assert other.requires_grad and other.is_leaf
            with ta.no_grad():
                other.zero_()
            assert x.tolist() == [1.0, 1.0]
        assert copy.deepcopy(x).grad.tolist() == [2.0, 2.0]
        pair = copy.deepcopy([x, x])
        assert pair[0] is pair[1]

    def test_results_are_not_copied(self) -> None:
        y = ta.ones(2, requires_grad=True) * 2
        with pytest.raises(RuntimeError, match="leaf"):
            copy.deepcopy(y)
        with pytest.raises(RuntimeError, match="leaf"):
            pickle.dumps(y)

    def test_copy_shares(self) -> None:
        x = ta.zeros(2)
        copy.copy(x).add_(1)
        assert x.tolist() == [1.0, 1.0]


class TestInPlaceMethods:
    def test_arithmetic(self) -> None:
        x = ta.ones(2)
        x += 1
        x *= 3
        x -= ta.tensor([1.0, 2.0])
        x /= 2
        x **= 2
        assert x.tolist() == [6.25, 4.0]
        x.add_(1, alpha=2).sub_(1, alpha=0.25).mul_(2).div_(4).pow_(1)
        assert x.tolist() == [4.0, 2.875]

    def test_fused(self) -> None:
        x = ta.ones(2)
        x.addcmul_(ta.full((2,), 2.0), ta.full((2,), 3.0), value=0.5)
        x.addcdiv_(ta.full((2,), 1.0), ta.full((2,), 4.0), value=2)
        assert x.tolist() == [4.5, 4.5]
        assert x.lerp_(ta.zeros(2), 0.5).tolist() == [2.25, 2.25]

    def test_filling(self) -> None:
        x = ta.tensor([1.0, -3.0, 5.0])
        assert x.clone().clamp_(min=-1, max=2).tolist() == [1.0, -1.0, 2.0]
        assert x.clone().masked_fill_(x < 0, 9).tolist() == [1.0, 9.0, 5.0]
        assert x.clone().fill_(4).tolist() == [4.0] * 3
        assert x.clone().copy_(ta.tensor(2, device="cpu")).tolist() == [2.0] * 3
        assert x.uniform_(2, 3).min().item() >= 2
        assert abs(ta.empty(10_000).normal_(5, 0.1).mean().item() - 5) < 0.01

    def test_assignment(self) -> None:
        x = ta.zeros(3, 3)
        x[0] = 1
        x[:, 2] = ta.tensor([7.0, 8.0, 9.0])
        x[ta.tensor([1, 2]), 0] = 5
        x[x == 0] = -1
        assert x.tolist() == [[1.0, 1.0, 7.0], [5.0, -1.0, 8.0], [5.0, -1.0, 9.0]]


class TestErrors:
    def test_shapes(self) -> None:
        with pytest.raises(errors.ShapeError, match=r"\(2, 3\).*\(2, 3\)"):
            ta.zeros(2, 3) @ ta.zeros(2, 3)
        with pytest.raises(errors.ShapeError):
            ta.zeros(2) + ta.zeros(3)
        for name, call in {
            "mm": lambda: ta.mm(ta.zeros(2), ta.zeros(2, 2)),
            "bmm": lambda: ta.bmm(ta.zeros(2, 1, 1), ta.zeros(3, 1, 1)),
            "linear": lambda: ta.linear(ta.zeros(2), ta.zeros(3, 4)),
            "unflatten": lambda: ta.zeros(5).unflatten(0, (2, -1)),
            "split": lambda: ta.zeros(5).split([1, 2]),
            "gather": lambda: ta.gather(ta.zeros(2, 2), 0, ta.tensor([[0, 0, 0]])),
            "index_add": lambda: ta.index_add(ta.zeros(2), 0, ta.tensor([0]), ta.zeros(2)),
            "repeat": lambda: ta.zeros(2, 2).repeat(2),
            "diag": lambda: ta.diag(ta.zeros(2, 2, 2)),
            "trace": lambda: ta.trace(ta.zeros(2)),
        }.items():
            with pytest.raises(errors.ShapeError, match=name):
                call()

    def test_devices(self) -> None:
        with pytest.raises(errors.DeviceError, match="to_device"):
            ta.zeros(2) + ta.zeros(2, device="cpu")

    def test_positions(self) -> None:
        x = ta.zeros(2, 3)
        for call in (
            lambda: x[2],
            lambda: x[ta.tensor([0, 2])],
            lambda: x[ta.tensor([0, 1]), ta.tensor([0, 3])],
            lambda: x.narrow(1, 2, 2),
            lambda: x.sum(2),
            lambda: x.unsqueeze(4),
            lambda: ta.index_select(x, 0, ta.tensor([-3])),
        ):
            with pytest.raises(IndexError):
                call()

    def test_index_types(self) -> None:
        with pytest.raises(errors.DTypeError, match="integer or bool"):
            ta.zeros(2)[ta.tensor([0.0])]

    def test_unknown_operands(self) -> None:
        with pytest.raises(TypeError):
            ta.zeros(2) + "1"  # type: ignore[operator]
        with pytest.raises(ValueError, match="clamp"):
            ta.zeros(2).clamp()
        for call in (ta.cat, ta.stack):
            with pytest.raises(ValueError, match="at least one"):
                call([])

    def test_what_is_no_tensor_is_named(self) -> None:
        x = ta.ones(2)
        for call, name, given in (
            (lambda: ta.exp(2.0), "exp", "float"),
            (lambda: ta.exp(np.ones(2)), "exp", "ndarray"),
            (lambda: ta.relu(5), "relu", "int"),
            (lambda: ta.sum([1, 2]), "sum", "list"),
            (lambda: ta.add(1, 2), "add", "int, int"),
            (lambda: x @ 5, "matmul", "Tensor, int"),
            (lambda: 5 @ x, "matmul", "int, Tensor"),
            (lambda: x.matmul(None), "matmul", "Tensor, NoneType"),
            (lambda: x + np.ones(2), "add", "Tensor, ndarray"),
            (lambda: np.ones(2) * x, "mul", "ndarray, Tensor"),
            (lambda: x == np.ones(2), "eq", "Tensor, ndarray"),
            (lambda: x + None, "add", "Tensor, NoneType"),
            (lambda: ta.cat([1, 2]), "cat", "int"),
            (lambda: ta.stack([x, 2]), "stack", "int"),
        ):
            with pytest.raises(TypeError, match=f"^{name}: expected .*{given}"):
                call()

    def test_other_mistakes_keep_their_message(self) -> None:
        with pytest.raises(TypeError, match="unexpected keyword"):
            ta.add(ta.ones(2), 1, scale=2)  # type: ignore[call-arg]
        with pytest.raises(errors.DTypeError):
            ta.ones(2) & 1


def test_nothing_else_is_equal_to_a_tensor() -> None:
    x = ta.ones(2)
    for other in (None, "a", object()):
        assert (x == other) is False
        assert (x != other) is True
        assert other not in [x]
    assert (x == np.float32(1)).tolist() == [True, True]


def test_formatting() -> None:
    loss = ta.tensor(1.23456, requires_grad=True)
    assert (f"{loss:.2f}", f"{ta.tensor(7):d}", f"{loss * 0:>5.1f}") == ("1.23", "7", "  0.0")
    assert f"{ta.tensor([1.5])}" == "tensor([1.5000])"
    with pytest.raises(TypeError, match="format"):
        f"{ta.ones(2):.2f}"


def test_aliases() -> None:
    x = ta.tensor([[-1.0, 5.0]])
    assert x.clip(min=0).tolist() == ta.clip(x, 0).tolist() == [[0.0, 5.0]]
    assert (+x) is x
    assert x.nelement() == 2
    assert (x.ravel().shape, ta.tensor(1.0).ravel().shape) == ((2,), (1,))
    assert ta.zeros(2, 0).ravel().shape == (0,)
    for size in (np.int64(3), (np.int32(3),)):
        assert ta.zeros(size).shape == ta.full(size, 1.0).shape == (3,)


def test_comparing_whole_tensors() -> None:
    x = ta.tensor([1.0, float("nan")])
    assert not ta.equal(x, x) and not x.allclose(x)
    assert x.allclose(x, equal_nan=True)
    assert x[:1].equal(ta.ones(1)) and not x[:1].equal(ta.ones(1, 1))
    assert ta.isclose(ta.tensor([3, 200]), ta.tensor([4, 200])).tolist() == [False, True]
    assert ta.zeros(0).allclose(ta.zeros(0))


def test_clamping_to_tensors() -> None:
    x = ta.tensor([2.0, 9.0, 0.0, 5.0], requires_grad=True)
    low = ta.tensor([1.0, 1.0, 1.0, 7.0], requires_grad=True)
    high = ta.tensor([5.0, 5.0, 5.0, 6.0], requires_grad=True)
    out = x.clamp(low, high)
    assert out.tolist() == [2.0, 5.0, 1.0, 6.0]
    out.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert low.grad is not None and low.grad.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert high.grad is not None and high.grad.tolist() == [0.0, 1.0, 0.0, 1.0]
    assert x.detach().clamp(low.detach(), 3).tolist() == [2.0, 3.0, 1.0, 3.0]
    assert ta.zeros(2).clamp_(min=ta.tensor([1.0, -1.0])).tolist() == [1.0, 0.0]


def test_mixed_types_promote() -> None:
    assert (ta.ones(1) + 1).dtype == ta.float32
    assert (ta.tensor([1]) + 1.5).dtype == ta.float32
    assert (ta.tensor([1]) + ta.ones(1, dtype=ta.float64)).dtype == ta.float64
    assert (ta.tensor([True]) + ta.tensor([1], dtype=ta.int8)).dtype == ta.int8
    assert ta.cat([ta.tensor([1]), ta.tensor([1.5])]).dtype == ta.float32
    x, y = ta.ones(1, requires_grad=True), ta.ones(1, dtype=ta.float64)
    ta.stack([x, y]).sum().backward()
    assert x.grad is not None and x.grad.dtype == ta.float32
