"""Linear algebra beyond the rows of the op-case table: edges, errors, what is kept and shared."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ndarray_core as nd
import tiny_autograd as ta
from ndarray_core.errors import DTypeError, LinAlgError, ShapeError
from tiny_autograd import linalg
from tiny_autograd.testing import gradcheck


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(values: np.ndarray) -> ta.Tensor:
    return ta.tensor(values, requires_grad=True)


def close(found: ta.Tensor, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("size", [1, 64, 65, 200])
def test_triangular_systems_of_any_size(size: int, upper: bool, device: nd.Device) -> None:
    A = random(size, size) / size + 2 * np.eye(size)
    B = random(2, size, 3, seed=1)
    triangle = np.triu(A) if upper else np.tril(A)
    found = linalg.solve_triangular(
        ta.tensor(A, device=device), ta.tensor(B, device=device), upper=upper
    )
    assert found.device == device
    close(found, np.linalg.solve(triangle, B))


def test_the_gradient_of_a_singular_determinant_is_the_matrix_of_cofactors() -> None:
    x = leaf(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [0.0, 0.0, 0.0]]))
    linalg.det(x).backward()
    assert x.grad is not None
    close(x.grad, np.array([[0.0, 0, 0], [0, 0, 0], [-3.0, 6.0, -3.0]]))
    zero = leaf(np.zeros((3, 3)))
    linalg.det(zero).backward()
    assert zero.grad is not None
    close(zero.grad, np.zeros((3, 3)))


@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3))
def test_svd_and_qr_of_any_shape(rows: int, columns: int, batch: int) -> None:
    x = ta.tensor(random(batch, rows, columns))
    for full in (False, True):
        u, s, vh = linalg.svd(x, full)
        count = min(rows, columns)
        close((u[..., :count] * s.unsqueeze(-2)) @ vh[..., :count, :], x.numpy())
        close(u.mT @ u, np.broadcast_to(np.eye(u.shape[-1]), (batch, *[u.shape[-1]] * 2)))
    for mode in ("reduced", "complete"):
        q, r = linalg.qr(x, mode)
        close(q @ r, x.numpy())
        close(r.tril(-1), np.zeros(r.shape))


def test_what_full_matrices_adds_has_no_gradient() -> None:
    x = leaf(random(3, 2))
    u = linalg.svd(x).U
    assert u.shape == (3, 3)
    (gradient,) = ta.grad(u[:, 2:].sum(), x)
    close(gradient, np.zeros((3, 2)))


def test_a_factor_written_to_is_noticed() -> None:
    x = leaf(np.diag([1.0, 2.0]))
    values, vectors = linalg.eigh(x)
    with ta.no_grad():
        vectors.mul_(2.0)
    with pytest.raises(RuntimeError, match=r"eigh: result 1 .*in-place"):
        values.sum().backward()


def test_the_factorisation_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    original = nd.linalg.eigh
    monkeypatch.setattr(nd.linalg, "eigh", lambda x: calls.append(x) or original(x))
    x = leaf(np.diag([1.0, 2.0, 4.0]))
    values, vectors = linalg.eigh(x)
    (first,) = ta.grad((values.sum() + vectors.sum()), x, create_graph=True)
    first.sum().backward()
    assert len(calls) == 1


def test_eigenvectors_of_equal_eigenvalues_have_no_finite_gradient() -> None:
    x = leaf(np.eye(2))
    with np.errstate(all="ignore"):
        (gradient,) = ta.grad(linalg.eigh(x).eigenvectors.sum(), x)
    assert not np.isfinite(gradient.numpy()).all()
    (gradient,) = ta.grad(linalg.eigh(x).eigenvalues.sum(), x)
    close(gradient, np.eye(2))


def test_modes_of_qr_without_gradient_say_so() -> None:
    x = leaf(random(3, 2))
    for mode in ("r", "complete"):
        with pytest.raises(RuntimeError, match="has no gradient"):
            linalg.qr(x, mode)
        with ta.no_grad():
            assert not linalg.qr(x, mode).R.requires_grad
    with pytest.raises(ValueError, match="mode"):
        linalg.qr(x, "thin")


def test_least_squares_results_by_driver() -> None:
    A, B = ta.tensor(random(4, 2)), ta.tensor(random(4, 3, seed=1))
    solution, residuals, rank, singular = linalg.lstsq(A, B)
    expected = np.linalg.lstsq(A.numpy(), B.numpy(), rcond=None)
    close(solution, expected[0])
    assert (rank.item(), residuals.shape, singular.shape) == (2, (0,), (0,))
    assert linalg.lstsq(A, B, driver="gels").rank.shape == (0,)
    close(linalg.lstsq(A, B, driver="gels").residuals, expected[1])
    close(linalg.lstsq(A, B, driver="gelsd").singular_values, expected[3])
    deficient = ta.tensor(np.ones((3, 2)))
    assert linalg.lstsq(deficient, deficient, driver="gelsd").residuals.shape == (0,)
    with pytest.raises(ValueError, match="driver"):
        linalg.lstsq(A, B, driver="qr")
    with pytest.raises(ShapeError, match="lstsq"):
        linalg.lstsq(A, ta.zeros(3, 1))


def test_operations_take_arrays() -> None:
    x = nd.asarray([[2.0, 1.0], [0.0, 3.0]])
    for results in (linalg.eigh(x), linalg.svd(x), linalg.qr(x), linalg.slogdet(x)):
        assert all(isinstance(array, nd.NDArray) for array in results)
    assert isinstance(linalg.matrix_rank(x), nd.NDArray)
    assert isinstance(ta.einsum("ij->j", x), nd.NDArray)


def test_errors_name_the_operation() -> None:
    x, singular = ta.ones(2, 3), ta.ones(2, 2)
    for name in ("inv", "det", "slogdet", "cholesky", "eigh", "eigvalsh"):
        with pytest.raises(ShapeError, match=name):
            getattr(linalg, name)(x)
    with pytest.raises(LinAlgError, match="inv"):
        linalg.inv(singular)
    with pytest.raises(LinAlgError, match="solve"):
        linalg.solve(singular, ta.ones(2))
    with pytest.raises(LinAlgError, match="cholesky"):
        linalg.cholesky(-singular)
    with pytest.raises(ShapeError, match="solve"):
        linalg.solve(singular, ta.ones(3))
    with pytest.raises(ShapeError, match="solve_triangular"):
        linalg.solve_triangular(singular, ta.ones(3, 1), upper=True)
    with pytest.raises(DTypeError, match="float16"):
        linalg.inv(singular.half())
    with pytest.raises(ValueError, match="UPLO"):
        linalg.eigh(singular, "X")
    with pytest.raises(ValueError, match="no norm 3"):
        linalg.matrix_norm(singular, 3)
    with pytest.raises(ShapeError, match="matrix_norm"):
        linalg.matrix_norm(singular, dim=(0, 0))
    with pytest.raises(ShapeError, match="matrix_power"):
        linalg.matrix_power(x, 2)
    with pytest.raises(ValueError, match="multi_dot"):
        linalg.multi_dot([x])
    with pytest.raises(ShapeError, match="multi_dot"):
        linalg.multi_dot([x, ta.ones(3), x])


def test_errors_of_products_name_the_shapes() -> None:
    x = ta.ones(2, 3)
    for call in (
        lambda: ta.tensordot(x, x, 1),
        lambda: ta.tensordot(x, x, 3),
        lambda: ta.inner(x, ta.ones(2)),
        lambda: ta.vdot(x, x),
        lambda: ta.cdist(x, ta.ones(2, 2)),
        lambda: ta.addbmm(x, x, x),
        lambda: ta.cross(ta.ones(2), ta.ones(2)),
        lambda: ta.cross(x, x, 0),
        lambda: ta.functional.bilinear(x, x, ta.ones(1, 2, 2)),
    ):
        with pytest.raises(ShapeError, match=r"\(2,"):
            call()


def test_equations_that_do_not_fit() -> None:
    x = ta.ones(2, 3)
    with pytest.raises(ShapeError, match="ij,jk"):
        ta.einsum("ij,jk", x, x)
    with pytest.raises(ValueError, match="operands"):
        ta.einsum("ij,jk", x)
    with pytest.raises(TypeError, match="einsum"):
        ta.einsum("i", [1, 2])
    assert ta.einsum("ij,kj->ik", [x, x]).shape == (2, 2)
    assert ta.einsum("ij->i", ta.ones(2, 3, dtype=ta.int32)).dtype == ta.int32


def test_small_numbers_of_dimensions_and_empty_stacks() -> None:
    assert linalg.inv(ta.zeros(0, 3, 3)).shape == (0, 3, 3)
    assert linalg.det(ta.zeros(0, 0)).item() == 1
    assert linalg.solve(ta.eye(3), ta.zeros(3, 0)).shape == (3, 0)
    assert linalg.pinv(ta.zeros(0, 3)).shape == (3, 0)
    assert ta.einsum("ij,jk->ik", ta.ones(2, 0), ta.ones(0, 3)).tolist() == [[0.0] * 3] * 2


def test_the_other_triangle_is_not_read() -> None:
    x = leaf(np.array([[2.0, 7.0], [1.0, 3.0]]))
    y = ta.tensor(random(2, 1))
    assert gradcheck(lambda x: linalg.solve_triangular(x, y, upper=False), x)
    (gradient,) = ta.grad(linalg.solve_triangular(x, y, upper=False).sum(), x)
    assert gradient[0, 1].item() == 0
    symmetric = np.array([[2.0, 1.0], [1.0, 3.0]])
    close(linalg.cholesky(x), np.linalg.cholesky(symmetric))
    close(linalg.eigvalsh(x), np.linalg.eigvalsh(symmetric))


def test_every_name_is_documented_with_an_example() -> None:
    for name in linalg.__all__:
        text = inspect.getdoc(getattr(linalg, name))
        assert text, name
        assert ">>>" in text or name.endswith("Result"), name


def test_methods_are_the_functions() -> None:
    x = ta.tensor([[2.0, 1.0], [0.0, 3.0]])
    assert x.det().item() == pytest.approx(6)
    assert x.logdet().item() == pytest.approx(np.log(6))
    assert (-x).T.matrix_power(2).tolist() == (x.T @ x.T).tolist()
    assert x.inverse().tolist() == linalg.inv(x).tolist() == ta.inverse(x).tolist()
    assert bool(ta.isnan(ta.logdet(ta.tensor([[-1.0]]))))
