"""Names that the examples in docstrings and in the README use without importing them."""

import numpy as np
import pytest

import ndarray_core as nd


@pytest.fixture(autouse=True)
def names(doctest_namespace: dict[str, object]) -> None:
    doctest_namespace.update(nd=nd, np=np)
