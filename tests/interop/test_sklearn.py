"""scikit-learn's estimators on our arrays (array_api_dispatch=True)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from sklearn import config_context, metrics
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, StandardScaler

import ndarray_core as nd


class Data(NamedTuple):
    """Samples, their class, and a number to each."""

    samples: Any
    classes: Any
    targets: Any


@pytest.fixture(params=["float32", "float64"])
def host(request: pytest.FixtureRequest) -> Data:
    samples, classes = make_classification(200, 8, n_informative=5, n_classes=3, random_state=0)
    samples = samples.astype(request.param)
    targets = samples @ np.arange(8, dtype=request.param) + 1
    return Data(samples, classes, targets)


@pytest.fixture
def ours(device: nd.Device, host: Data) -> Iterator[Data]:
    with config_context(array_api_dispatch=True), nd.use_device(device):
        yield Data(*(nd.asarray(part) for part in host))


def assert_close(ours: Any, theirs: npt.NDArray[Any], device: nd.Device) -> None:
    assert isinstance(ours, nd.NDArray) and ours.device == device
    tolerance = 1e-3 if theirs.dtype == np.float32 else 1e-9
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("scaler", [StandardScaler, MinMaxScaler, MaxAbsScaler, Normalizer])
def test_scalers(device: nd.Device, host: Data, ours: Data, scaler: Any) -> None:
    scaled = scaler().fit(ours.samples).transform(ours.samples)
    with config_context(array_api_dispatch=False):
        assert_close(scaled, scaler().fit_transform(host.samples), device)


def test_linear_discriminant_analysis(device: nd.Device, host: Data, ours: Data) -> None:
    found = LinearDiscriminantAnalysis().fit(ours.samples, ours.classes)
    assert isinstance(found.coef_, nd.NDArray)
    probabilities, classes = found.predict_proba(ours.samples), found.predict(ours.samples)
    with config_context(array_api_dispatch=False):
        expected = LinearDiscriminantAnalysis().fit(host.samples, host.classes)
        assert_close(probabilities, expected.predict_proba(host.samples), device)
        assert classes.tolist() == expected.predict(host.samples).tolist()


def test_principal_components(device: nd.Device, host: Data, ours: Data) -> None:
    found = PCA(3, svd_solver="full").fit(ours.samples)
    projected = found.transform(ours.samples)
    with config_context(array_api_dispatch=False):
        expected = PCA(3, svd_solver="full").fit(host.samples)
        signs = np.sign((np.asarray(found.components_) * expected.components_).sum(axis=1))
        assert_close(projected, expected.transform(host.samples) * signs, device)
    assert_close(found.explained_variance_, expected.explained_variance_, device)


def test_ridge_regression(device: nd.Device, host: Data, ours: Data) -> None:
    found = Ridge(alpha=0.1, solver="svd").fit(ours.samples, ours.targets)
    predicted = found.predict(ours.samples)
    with config_context(array_api_dispatch=False):
        expected = Ridge(alpha=0.1, solver="svd").fit(host.samples, host.targets)
        assert_close(predicted, expected.predict(host.samples), device)


METRICS: dict[str, Callable[[Data], Any]] = {
    "accuracy": lambda d: metrics.accuracy_score(d.classes, d.classes[::-1]),
    "zero_one_loss": lambda d: metrics.zero_one_loss(d.classes, d.classes[::-1]),
    "f1_score": lambda d: metrics.f1_score(d.classes, d.classes[::-1], average="macro"),
    "confusion": lambda d: metrics.confusion_matrix(d.classes, d.classes[::-1]),
    "mean_squared_error": lambda d: metrics.mean_squared_error(d.targets, d.targets + 0.5),
    "r2_score": lambda d: metrics.r2_score(d.targets, d.targets * 0.5),
    "cosine": lambda d: metrics.pairwise.cosine_similarity(d.samples[:9], d.samples[9:12]),
    "euclidean": lambda d: metrics.pairwise.euclidean_distances(d.samples[:9], d.samples[9:12]),
    "rbf_kernel": lambda d: metrics.pairwise.rbf_kernel(d.samples[:9], d.samples[9:12]),
}


@pytest.mark.parametrize("name", METRICS)
def test_metrics(host: Data, ours: Data, name: str) -> None:
    result = METRICS[name](ours)
    with config_context(array_api_dispatch=False):
        expected = METRICS[name](host)
    np.testing.assert_allclose(np.asarray(result), np.asarray(expected), rtol=2e-4, atol=2e-4)
