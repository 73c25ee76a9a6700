"""Find the interpreters of this machine that the packages support."""

import subprocess
from pathlib import Path

SUPPORTED = ("3.11", "3.12", "3.13")


def candidates(version: str) -> list[str]:
    """Where an interpreter of this version may be: on PATH, or among pyenv's."""
    installed = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
    return [f"python{version}", *map(str, installed)]


def find(version: str) -> str | None:
    """The path of an interpreter that runs and has this version, or None.

    It is run, because a version manager puts commands on PATH that only say what is not installed.
    """
    program = "import sys; print(sys.executable); print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates(version):
        try:
            result = subprocess.run([candidate, "-c", program], capture_output=True, text=True)
        except FileNotFoundError:
            continue
        if result.returncode == 0:
            executable, found = result.stdout.split("\n")[:2]
            if found == version:
                return executable
    return None


def available() -> dict[str, str]:
    """Version -> path of the supported interpreters that are here; prints which are not."""
    found = {}
    for version in SUPPORTED:
        path = find(version)
        if path is None:
            print(f"Python {version}: skipped, no interpreter of that version on this machine")
        else:
            found[version] = path
    return found
