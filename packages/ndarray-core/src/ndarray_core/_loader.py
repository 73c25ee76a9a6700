"""Loads the compiled core, so that every other module may simply import it from the package."""

import importlib

try:
    # Not `from . import _core`: that hides the real reason behind "circular import".
    importlib.import_module("ndarray_core._core")
except ImportError as error:
    raise ImportError(
        "ndarray_core: the compiled core ndarray_core._core cannot be loaded "
        f"({error}); build it by installing the package: pip install ndarray-core, "
        "or pip install packages/ndarray-core in a checkout"
    ) from error
