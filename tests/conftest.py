"""What all tests share: the devices they run on, and how hard Hypothesis tries.

HYPOTHESIS_PROFILE=thorough tries many more examples, =brief only a few. Where CI is set, examples
are the same ones every time, so that a run can be repeated.
"""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

import ndarray_core as nd

settings.register_profile(
    "quick", max_examples=30, deadline=None, derandomize="CI" in os.environ, print_blob=True
)
settings.register_profile("brief", parent=settings.get_profile("quick"), max_examples=5)
settings.register_profile("thorough", parent=settings.get_profile("quick"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


# Of the session, because Hypothesis runs a test many times with one value of it.
@pytest.fixture(scope="session", params=[device.name for device in nd.devices()])
def device(request: pytest.FixtureRequest) -> nd.Device:
    """Every device that this machine has, one after the other."""
    return nd.device(request.param)


@pytest.fixture(
    scope="session", params=[device.name for device in nd.devices() if device.is_host_memory]
)
def host_device(request: pytest.FixtureRequest) -> nd.Device:
    """Those whose memory is the host's: other libraries read and write it without a copy."""
    return nd.device(request.param)


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """Only reference counts free what a test makes."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
