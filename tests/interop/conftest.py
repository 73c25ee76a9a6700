"""Our arrays in other libraries: SciPy, scikit-learn, einops, PyTorch, JAX.

Written against einops 0.8.2, JAX 0.10.2, PyTorch 2.13.0, scikit-learn 1.9.1 and SciPy 1.17.1, which
`hatch run interop:test` installs; the head of each report says which ones there are.
"""

import os
from importlib import metadata

# Both are read when the libraries are imported.
os.environ["SCIPY_ARRAY_API"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"

LIBRARIES = ("numpy", "einops", "jax", "torch", "scikit-learn", "scipy")


def pytest_report_header() -> str:
    present = {d.metadata["Name"]: d.version for d in metadata.distributions()}
    return "with " + ", ".join(f"{name} {present.get(name, 'missing')}" for name in LIBRARIES)
