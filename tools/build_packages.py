"""Build the wheels and source distributions of the four packages into dist/.

Each wheel is built from its source distribution, in isolation: what is missing in the one is
missing in the other. The array core has one wheel for Python 3.11 and one for all later versions
(the stable ABI); the other packages have no compiled code and one wheel each.

Usage: python tools/build_packages.py [--every-python]
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import interpreters

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTIONS = ROOT / "dist"
PURE_PACKAGES = ("tiny-autograd", "tiny-nn", "tiny-models")


def isolated_environment() -> dict[str, str]:
    """This environment's variables without those that steer its editable installation."""
    steering = ("SKBUILD_", "UV_NO_BUILD_ISOLATION")
    return {name: value for name, value in os.environ.items() if not name.startswith(steering)}


def build(package: str, python: str) -> None:
    """Build the package's source distribution, and the wheel from it."""
    command = [
        *(os.environ.get("HATCH_UV", "uv"), "build", "--quiet"),
        *("--python", python, "--out-dir", str(DISTRIBUTIONS)),
        str(ROOT / "packages" / package),
    ]
    subprocess.run(command, check=True, env=isolated_environment())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--every-python",
        action="store_true",
        help="build the array core for every supported interpreter of this machine that needs a "
        "wheel of its own, not only for the one that runs this",
    )
    arguments = parser.parse_args()

    pythons = [sys.executable]
    if arguments.every_python:
        found = interpreters.available()
        stable = [path for version, path in found.items() if version != "3.11"]
        pythons = [path for version, path in found.items() if version == "3.11"] + stable[:1]

    shutil.rmtree(DISTRIBUTIONS, ignore_errors=True)
    for python in pythons:
        build("ndarray-core", python)
    for package in PURE_PACKAGES:
        build(package, sys.executable)
    for path in sorted(DISTRIBUTIONS.glob("*.*z")) + sorted(DISTRIBUTIONS.glob("*.whl")):
        print(f"{path.stat().st_size / 1024:8.0f} KiB  {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
