"""Where CUDA is on this machine: CUDA_HOME, NVIDIA's wheels, PATH, or the usual place."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path


def roots() -> list[Path]:
    """Folders that may hold CUDA's include and bin, the first to be preferred."""
    package = importlib.util.find_spec("nvidia")
    wheels = package.submodule_search_locations if package else None
    folders = [Path(os.environ["CUDA_HOME"])] if "CUDA_HOME" in os.environ else []
    folders += [Path(folder, "cu13") for folder in wheels or ()]
    return [folder for folder in [*folders, Path("/usr/local/cuda")] if folder.is_dir()]


def headers() -> Path | None:
    """The folder of cuda_runtime.h."""
    found = (root / "include" for root in roots() if (root / "include/cuda_runtime.h").exists())
    return next(found, None)


def program(name: str) -> str | None:
    """nvcc, cuobjdump and the like."""
    found = (str(root / "bin" / name) for root in roots() if (root / "bin" / name).exists())
    return next(found, None) or shutil.which(name)


def cuobjdump() -> str:
    """The disassembler; SystemExit that says where it comes from, if it is missing."""
    path = program("cuobjdump")
    if path is None:
        raise SystemExit(
            "needs cuobjdump: pip install nvidia-cuda-cuobjdump nvidia-cuda-nvdisasm; "
            "`hatch run cuda:prove` has them"
        )
    return path
