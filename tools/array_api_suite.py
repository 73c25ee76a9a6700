"""Run the Python Array API standard's own test suite on ndarray_core.

The suite is https://github.com/data-apis/array-api-tests, at the commit below. It is taken from the
folder that --suite or the environment variable ARRAY_API_TESTS names; else it is cloned, once, into
a cache folder. What it may find wrong, and why, is in array_api_known_failures.txt.

Usage: python tools/array_api_suite.py [--suite FOLDER] [--device NAME] [pytest's arguments ...]

Some of the suite's own options: --max-examples 1000, and a file or a test to run instead of all, as
array_api_tests/test_linalg.py::test_qr.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = "https://github.com/data-apis/array-api-tests"
COMMIT = "55fcc60179efa2680ddd6cd926ddf17b83530e2b"
KNOWN_FAILURES = Path(__file__).resolve().with_name("array_api_known_failures.txt")


def cache_folder() -> Path:
    """Where the cloned suite lies, in a folder of its own for each commit."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ndarray-core" / f"array-api-tests-{COMMIT[:12]}"


def cloned_suite() -> Path:
    """The suite in the cache, fetched if it is not there yet."""
    folder = cache_folder()
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Renamed only when complete: an interrupted download leaves no half of a suite behind.
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        clone = Path(temporary) / "suite"
        for command in (
            ["git", "init", "--quiet", str(clone)],
            ["git", "-C", str(clone), "fetch", "--quiet", "--depth=1", REPOSITORY, COMMIT],
            ["git", "-C", str(clone), "checkout", "--quiet", "FETCH_HEAD"],
            ["git", "-C", str(clone), "submodule", "--quiet", "update", "--init", "--depth=1"],
        ):
            if subprocess.run(command).returncode != 0:
                raise SystemExit(
                    f"array_api_suite: {' '.join(command)} failed; without a network, name a "
                    "checkout with --suite or ARRAY_API_TESTS"
                )
        clone.rename(folder)
    return folder


def suite_folder(named: str | None) -> Path:
    """The folder that was named, if the suite is in it, else the one in the cache."""
    if named is None:
        return cloned_suite()
    folder = Path(named).expanduser().resolve()
    for part in ("array_api_tests", "array-api/src/array_api_stubs"):
        if not (folder / part).is_dir():
            raise SystemExit(f"array_api_suite: {folder} is not the suite: it has no {part}")
    return folder


def check_reasons(lines: list[str]) -> None:
    """SystemExit if a known failure has no comment above it that says why."""
    reason = False
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            reason = True
        elif not line.strip():
            reason = False
        elif not reason:
            raise SystemExit(f"array_api_suite: {KNOWN_FAILURES.name}:{number}: {line}: no reason")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--suite", default=os.environ.get("ARRAY_API_TESTS"), metavar="FOLDER")
    parser.add_argument("--device", help="the device that arrays are made on (default: numpy)")
    options, arguments = parser.parse_known_args()
    check_reasons(KNOWN_FAILURES.read_text(encoding="utf-8").splitlines())
    environment = os.environ | {"ARRAY_API_TESTS_MODULE": "ndarray_core"}
    if options.device:
        environment["NDARRAY_CORE_DEVICE"] = options.device
    if not any(argument.startswith("array_api_tests") for argument in arguments):
        arguments.append("array_api_tests")
    # Without deadlines: how long an example takes depends on what else the machine does.
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--disable-deadline"]
    command += [f"--xfails-file={KNOWN_FAILURES}", *arguments]
    return subprocess.run(command, cwd=suite_folder(options.suite), env=environment).returncode


if __name__ == "__main__":
    raise SystemExit(main())
