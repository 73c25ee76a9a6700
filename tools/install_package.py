"""Install one package, and what it stands on, into this environment from wheels, as users do.

The wheels come from dist/; those that are missing or older than their sources are built first.

Usage: python tools/install_package.py tiny-nn
"""

import sys

import distributions


def main(package: str) -> None:
    for floor in distributions.FLOORS[: distributions.FLOORS.index(package) + 1]:
        distributions.build_what_changed(floor)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    distributions.install(package, version, sys.executable)


if __name__ == "__main__":
    main(*sys.argv[1:])
