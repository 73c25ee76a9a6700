"""Dimensions rearranged, tensors described, memory read as another type, blocks of images."""

from __future__ import annotations

import numpy as np
import pytest

import ndarray_core as nd
import tiny_autograd as ta
from ndarray_core.errors import DTypeError, ShapeError
from tiny_autograd import functional as F


def test_rearranging_gives_views(device: nd.Device) -> None:
    x = ta.zeros(2, 6, device=device)
    views = [x.swapaxes(0, 1), x.moveaxis(0, 1), x.unfold(1, 3, 1), *x.tensor_split(4, 1)]
    views += [x.H, x.mH, ta.ops.undilate(x, (2,)), *x.hsplit(2), *x.vsplit(2)]
    x.fill_(1)
    assert all(bool((view == 1).all()) for view in views)


def test_pieces_of_tensor_split() -> None:
    x = ta.arange(7)
    assert [len(piece) for piece in x.tensor_split(3)] == [3, 2, 2]
    assert [len(piece) for piece in x.tensor_split(9)] == [1] * 7 + [0] * 2
    assert [piece.tolist() for piece in x.tensor_split(ta.tensor([-2, 6]))] == [
        [0, 1, 2, 3, 4],
        [5],
        [6],
    ]


def test_split_into_unequal_pieces_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"hsplit: .*\(2, 5\).*2 equal pieces; tensor_split"):
        ta.zeros(2, 5).hsplit(2)
    with pytest.raises(ValueError, match="tensor_split: the number of pieces"):
        ta.zeros(4).tensor_split(0)


def test_no_dimension_to_work_along() -> None:
    for call in (lambda x: x.unbind(), lambda x: x.split(1), lambda x: x.tensor_split(1)):
        with pytest.raises(IndexError, match=r"\w+: a tensor without dimensions"):
            call(ta.tensor(3.0))


@pytest.mark.parametrize("repeats", [[0, 2, 1], [0, 0, 0], [3]])
def test_repeats_for_each_position(repeats: list[int], device: nd.Device) -> None:
    x = np.arange(6.0).reshape(3, 2)
    found = ta.tensor(x, device=device).repeat_interleave(ta.tensor(repeats, device=device), 0)
    assert found.tolist() == np.repeat(x, repeats, 0).tolist()


def test_gradient_of_repeats() -> None:
    x = ta.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x.repeat_interleave(ta.tensor([0, 2, 3])).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [0.0, 2.0, 3.0]
    with pytest.raises(ShapeError, match="repeat_interleave: repeats of shape"):
        x.repeat_interleave(ta.tensor([1, 2]))


def test_dilate_and_back(device: nd.Device) -> None:
    x = ta.arange(1.0, 7, device=device).reshape(2, 3)
    wide = ta.ops.dilate(x, (1, 3))
    assert wide.tolist() == [[1, 0, 0, 2, 0, 0, 3], [4, 0, 0, 5, 0, 0, 6]]
    assert ta.ops.undilate(wide, (1, 3)).tolist() == x.tolist()
    assert ta.ops.dilate(ta.zeros(2, 0), (2,)).shape == (2, 0)


class TestViewAsAnotherType:
    @pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float64", "bfloat16"])
    def test_equals_numpys(self, dtype: str, device: nd.Device) -> None:
        x = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
        found = ta.tensor(x, device=device).view(getattr(ta, dtype))
        assert found.dtype.name == dtype and found.device == device
        assert found.numpy().tobytes() == x.tobytes()
        assert found.shape == (3, 4 * x.itemsize // found.element_size())

    def test_shares_memory(self, device: nd.Device) -> None:
        x = ta.zeros(2, device=device)
        x.view(ta.int32).fill_(0x3F800000)
        assert x.tolist() == [1.0, 1.0]

    def test_of_the_same_size_keeps_strides(self, device: nd.Device) -> None:
        x = ta.arange(6, device=device).reshape(2, 3).T
        assert x.view(ta.uint64).stride() == x.stride()

    def test_elements_that_do_not_fit(self) -> None:
        for x in (ta.zeros(2, 3), ta.zeros(4, 2).T, ta.tensor(1.0)):
            with pytest.raises(ShapeError, match=r"view: shape .* cannot be read as float64"):
                x.view(ta.float64)


def test_new_tensors_are_like_the_old_one(device: nd.Device) -> None:
    x = ta.zeros(2, dtype=ta.float64, device=device)
    made = [x.new_zeros(3), x.new_ones((3,)), x.new_full((3,), 7), x.new_empty(3)]
    made.append(x.new_tensor([1, 2, 3]))
    for y in made:
        assert (y.dtype, y.device, y.shape) == (x.dtype, x.device, (3,))
    assert x.new_full((2,), 7.9, dtype=ta.int32).tolist() == [7, 7]
    assert x.new_ones(1, requires_grad=True).requires_grad


def test_place_in_memory(device: nd.Device) -> None:
    x = ta.zeros(3, 4, device=device)
    part = x[1:, 2:]
    assert part.storage_offset() == 6
    assert part.data_ptr() - x.data_ptr() == 6 * x.element_size()
    assert x.ndimension() == 2 and x.is_cuda == device.name.startswith("cuda")


def test_transposed_matrices_only() -> None:
    with pytest.raises(ShapeError, match=r"H: expected a matrix, got shape \(2, 3, 4\)"):
        _ = ta.zeros(2, 3, 4).H
    with pytest.raises(ShapeError, match="adjoint: a matrix has at least 2 dimensions"):
        _ = ta.zeros(3).mH
    with pytest.raises(DTypeError, match="adjoint: tensors of complex numbers"):
        _ = ta.Tensor(nd.zeros((2, 2), dtype=nd.complex64)).mH


def test_grid_of_lists_and_numbers() -> None:
    rows, columns = ta.meshgrid([ta.arange(2), ta.tensor(5)])
    assert rows.tolist() == [[0], [1]] and columns.tolist() == [[5], [5]]
    with pytest.raises(ShapeError, match="meshgrid: a side has one dimension"):
        ta.meshgrid(ta.zeros(2, 2))
    with pytest.raises(ValueError, match="meshgrid: indexing"):
        ta.meshgrid(ta.zeros(2), indexing="yx")


class TestBlocksOfImages:
    def test_fold_counts_overlaps(self, device: nd.Device) -> None:
        x = ta.rand(2, 3, 5, 6, device=device)
        ones = F.fold(F.unfold(ta.ones_like(x), 3, padding=1), (5, 6), 3, padding=1)
        folded = F.fold(F.unfold(x, 3, padding=1), (5, 6), 3, padding=1)
        np.testing.assert_allclose((folded / ones).numpy(), x.numpy(), rtol=1e-6)

    def test_unshuffle_undoes_shuffle(self, device: nd.Device) -> None:
        x = ta.rand(2, 8, 3, 4, device=device)
        assert ta.pixel_unshuffle(ta.pixel_shuffle(x, 2), 2).equal(x)

    def test_empty_batch(self) -> None:
        assert F.unfold(ta.zeros(0, 2, 3, 3), 2).shape == (0, 8, 4)
        assert F.fold(ta.zeros(0, 8, 4), 3, 2).shape == (0, 2, 3, 3)

    def test_sizes_that_do_not_fit(self) -> None:
        with pytest.raises(ShapeError, match=r"unfold: no block of \(4, 4\)"):
            F.unfold(ta.zeros(1, 1, 3, 3), 4)
        with pytest.raises(ShapeError, match=r"fold: .* are \(N, C \* 4, 4\)"):
            F.fold(ta.zeros(1, 4, 5), 3, 2)
        with pytest.raises(ShapeError, match="pixel_shuffle: input is"):
            F.pixel_shuffle(ta.zeros(6, 2, 2), 2)
        with pytest.raises(ShapeError, match="pixel_unshuffle: input is"):
            F.pixel_unshuffle(ta.zeros(1, 3, 2), 2)
        with pytest.raises(ShapeError, match="channel_shuffle: input is"):
            F.channel_shuffle(ta.zeros(1, 3, 2), 2)
