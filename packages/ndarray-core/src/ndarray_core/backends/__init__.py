"""Backends that are written in Python, and their registration with the core.

The native ones register themselves: `cpu` lives in native/cpu.
"""

from .. import _core
from .numpy import NumpyBackend

__all__ = ["NumpyBackend"]

_core.register_python_backend("numpy", NumpyBackend())
