"""Finds the `cuda` devices when somebody first asks for one.

The extension module `_cuda` is there where the package was built with CUDA's compiler. The
environment variable NDARRAY_CORE_CUDA chooses another one: "emulated" or "checked" for the emulator
of a checkout, "off" for none.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from . import _core

_MODULES = {"": "_cuda", "emulated": "_cuda_emulated", "checked": "_cuda_checked"}


class Found(NamedTuple):
    """The extension module, if it has devices; else why there are none."""

    module: ModuleType | None
    reason: str


@cache
def find() -> Found:
    """Loads the module that NDARRAY_CORE_CUDA names and registers its devices, once."""
    choice = os.environ.get("NDARRAY_CORE_CUDA", "")
    if choice == "off":
        return Found(None, "the environment variable NDARRAY_CORE_CUDA is 'off'")
    if choice not in _MODULES:
        return Found(
            None,
            f"the environment variable NDARRAY_CORE_CUDA is {choice!r}, and can be 'emulated', "
            "'checked' or 'off'",
        )
    name = f"ndarray_core.{_MODULES[choice]}"
    if importlib.util.find_spec(name) is None:
        return Found(None, _not_built(choice))
    try:
        if not choice:
            _load_runtime_library()
        module = importlib.import_module(name)
    except ImportError as error:
        return Found(
            None,
            f"the extension module {name} cannot be loaded ({error}); CUDA's run-time library "
            "comes with the toolkit, or with: pip install 'nvidia-cuda-runtime==13.*'",
        )
    backends = module.backends()
    if not backends:
        return Found(None, module.unavailable_reason())
    for backend in backends:
        _core.register_backend(backend)
    _core.set_alias("cuda", _core.get_device("cuda:0"))
    return Found(module, "")


def find_devices() -> str:
    """Registers the devices. Why there are none, or ""."""
    return find().reason


def _not_built(choice: str) -> str:
    if choice:
        return (
            f"this build has no emulator (NDARRAY_CORE_CUDA is {choice!r}); in a checkout of the "
            "project, `hatch run cuda:emulate` makes one"
        )
    return (
        "this build has no CUDA devices, as it was made without CUDA's compiler; build the package "
        "from its source again, where nvcc is, or with the environment variable "
        "NDARRAY_CORE_CUDA_COMPILER=pypi, which gets nvcc from PyPI"
    )


def _load_runtime_library() -> None:
    """Loads libcudart from NVIDIA's wheel, where the system's loader would not look for it."""
    package = importlib.util.find_spec("nvidia")
    for folder in package.submodule_search_locations or () if package else ():
        for library in Path(folder).glob("cu*/lib/libcudart.so.*"):
            ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
            return
