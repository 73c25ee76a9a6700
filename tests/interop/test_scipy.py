"""SciPy's functions on our arrays, through its support of the array API (SCIPY_ARRAY_API=1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.cluster.vq
import scipy.fft
import scipy.integrate
import scipy.ndimage
import scipy.optimize
import scipy.signal
import scipy.special
import scipy.stats

import ndarray_core as nd

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "special.softmax": lambda x: scipy.special.softmax(x, axis=1),
    "special.log_softmax": lambda x: scipy.special.log_softmax(x, axis=0),
    "special.logsumexp": lambda x: scipy.special.logsumexp(x, axis=1),
    "special.expit": scipy.special.expit,
    "special.xlogy": lambda x: scipy.special.xlogy(x, x),
    "special.entr": scipy.special.entr,
    "stats.zscore": scipy.stats.zscore,
    "stats.skew": lambda x: scipy.stats.skew(x, axis=0),
    "stats.kurtosis": lambda x: scipy.stats.kurtosis(x, axis=1),
    "stats.moment": lambda x: scipy.stats.moment(x, 3, axis=0),
    "stats.gmean": lambda x: scipy.stats.gmean(x, axis=0),
    "stats.ttest_1samp": lambda x: scipy.stats.ttest_1samp(x, 0.5).statistic,
    "fft.dct": scipy.fft.dct,
    "fft.rfft": scipy.fft.rfft,
    "fft.fft2": scipy.fft.fft2,
    "fft.ifft of fft": lambda x: scipy.fft.ifft(scipy.fft.fft(x)),
    "ndimage.gaussian_filter": lambda x: scipy.ndimage.gaussian_filter(x, 1.0),
    "ndimage.sobel": scipy.ndimage.sobel,
    "signal.detrend": scipy.signal.detrend,
    "cluster.whiten": scipy.cluster.vq.whiten,
    "integrate.trapezoid": scipy.integrate.trapezoid,
    "optimize.rosen": scipy.optimize.rosen,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_equal_those_of_numpy(device: nd.Device, name: str, dtype: str) -> None:
    host = np.random.default_rng(0).uniform(0.1, 1.0, (7, 6)).astype(dtype)
    with nd.use_device(device):  # SciPy makes some arrays without saying where
        x = nd.asarray(host)
        result = FUNCTIONS[name](x)
    expected = FUNCTIONS[name](host)
    assert isinstance(result, nd.NDArray) and result.device == device
    assert result.shape == expected.shape
    tolerance = 1e-4 if dtype == "float32" else 1e-10
    np.testing.assert_allclose(result.numpy(), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_search_for_a_minimum(device: nd.Device, dtype: str) -> None:
    """The arrays as what SciPy's own loops compute with: kmeans2 from given centres."""
    generator = np.random.default_rng(0)
    host = np.concatenate([generator.normal(centre, 0.1, (20, 2)) for centre in (0, 3, 6)])
    host = host.astype(dtype)
    with nd.use_device(device):
        x = nd.asarray(host)
        centres, labels = scipy.cluster.vq.kmeans2(x, x[::20], minit="matrix")
    np.testing.assert_allclose(
        centres.numpy(), host.reshape(3, 20, 2).mean(axis=1), rtol=1e-3, atol=1e-4
    )
    assert labels.tolist() == [0] * 20 + [1] * 20 + [2] * 20
