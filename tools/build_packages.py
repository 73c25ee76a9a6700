"""Build the wheels and source distributions of the four packages into dist/.

Usage: python tools/build_packages.py [--every-python] [--cuda]
"""

import argparse
import shutil
import sys

import distributions
import interpreters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--every-python",
        action="store_true",
        help="build the array core for every supported interpreter of this machine that needs a "
        "wheel of its own, not only for the one that runs this",
    )
    parser.add_argument(
        "--cuda",
        action="store_true",
        help="with the cuda devices, for all processors that the project supports: nvcc takes long",
    )
    options = parser.parse_args()
    pythons = [sys.executable]
    if options.every_python:
        # Of those that share the stable ABI's wheel, the oldest builds it.
        found = interpreters.available()
        stable = [path for version, path in found.items() if version != "3.11"]
        pythons = [path for version, path in found.items() if version == "3.11"] + stable[:1]

    shutil.rmtree(distributions.FOLDER, ignore_errors=True)
    for python in pythons:
        distributions.build("ndarray-core", python, options.cuda)
    for package in distributions.FLOORS[1:]:
        distributions.build(package, sys.executable)
    for pattern in ("*.tar.gz", "*.whl"):
        for path in sorted(distributions.FOLDER.glob(pattern)):
            print(f"{path.stat().st_size / 1024:8.0f} KiB  {path.name}")


if __name__ == "__main__":
    main()
