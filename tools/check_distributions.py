"""Install each built package alone in an empty environment and use it there.

For every supported Python of this machine and every package: a fresh environment gets the wheel
from dist/ and what the wheel's own metadata asks for, where the packages below are taken from dist/
too. Then the floors above must be absent, the licence and the type marker present, and a small
program must give the right numbers. With --tests, the newest Python also runs all the tests on the
wheels: the stable ABI is a different build, and the environments here use one version only.

Usage: python tools/check_distributions.py [--tests]    (after tools/build_packages.py)
"""

import argparse
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import distributions
import interpreters

# From the lowest floor up; each program runs with only the floors up to its own installed.
PROGRAMS = {
    "ndarray-core": """
import ndarray_core as nd
for device in nd.devices():
    x = nd.reshape(nd.arange(6, dtype="float32", device=device), (2, 3))
    assert nd.matmul(x, x.T).tolist() == [[5.0, 14.0], [14.0, 50.0]], device
""",
    "tiny-autograd": """
import tiny_autograd as ta
x = ta.tensor([1.0, 2.0, 3.0], requires_grad=True)
(x * x).sum().backward()
assert x.grad.tolist() == [2.0, 4.0, 6.0]
""",
    "tiny-nn": """
import tiny_nn as nn
layer = nn.Linear(3, 2)
layer(nn.ones(4, 3)).sum().backward()
assert layer.weight.grad.tolist() == [[4.0, 4.0, 4.0], [4.0, 4.0, 4.0]]
""",
    "tiny-models": """
import subprocess, sys
from pathlib import Path
command = Path(sys.executable).with_name("tiny-models")
result = subprocess.run([command, "--help"], check=True, capture_output=True, text=True)
assert "train" in result.stdout
""",
}
# Appended to each program: which of our packages are here, and do they know their version?
LIST_FLOORS = """
from importlib import import_module
from importlib.metadata import distributions
floors = {floors!r}
here = {{d.name: d.version for d in distributions() if d.name in floors}}
for name, version in here.items():
    assert import_module(name.replace("-", "_")).__version__ == version, name
print(*sorted(here, key=floors.index))
"""


def check_contents(wheel: Path) -> None:
    """The licence, the type marker, and nothing outside the package."""
    package = wheel.name.split("-")[0]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        licences = [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
        assert len(licences) == 1, f"{wheel.name} carries no licence"
        same = archive.read(licences[0]) == (distributions.ROOT / "LICENSE").read_bytes()
        assert same, f"{wheel.name}: {licences[0]} is not the project's"
    assert f"{package}/py.typed" in names, f"{wheel.name} carries no type marker"
    top_level = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert top_level == {package}, f"{wheel.name} installs {sorted(top_level)}"


def check_source_distribution(path: Path) -> None:
    """Sources only: what editable installations leave in the tree stays there."""
    with tarfile.open(path) as archive:
        folders = {name.split("/")[1] for name in archive.getnames()}
        compiled = [name for name in archive.getnames() if name.endswith((".so", ".o", ".pyc"))]
    assert not compiled and "build" not in folders, f"{path.name} holds built files"
    assert "LICENSE" in folders, f"{path.name} carries no licence"


@contextmanager
def environment(package: str, version: str, python: str) -> Iterator[str]:
    """The interpreter of a fresh environment that holds only the package and what it asks for."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [distributions.UV, "venv", "--quiet", "--python", python, folder], check=True
        )
        interpreter = f"{folder}/bin/python"
        distributions.install(package, version, interpreter)
        yield interpreter


def check_installed(package: str, version: str, python: str) -> None:
    """Install the package alone and run its program."""
    below = distributions.FLOORS[: distributions.FLOORS.index(package)]
    program = PROGRAMS[package] + LIST_FLOORS.format(floors=distributions.FLOORS)
    with environment(package, version, python) as interpreter:
        command = [interpreter, "-I", "-c", program]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise SystemExit(f"Python {version}, {package} alone: its program failed")
    if result.stdout.split() != [*below, package]:
        raise SystemExit(
            f"Python {version}, {package} alone brought {result.stdout.split()}, "
            f"not {[*below, package]}"
        )
    print(f"Python {version}: {package} works with {', '.join(below) or 'nothing'} below it")


def run_tests(version: str, python: str) -> None:
    """Run all the tests, but those of docstrings, on the installed wheels."""
    print(f"Python {version}: all tests on the wheels", flush=True)
    with environment(distributions.FLOORS[-1], version, python) as interpreter:
        group = f"{distributions.ROOT}/pyproject.toml:test"
        install = [distributions.UV, "pip", "install", "--quiet", "--python", interpreter]
        subprocess.run([*install, "--group", group], check=True)
        packages = [package.replace("-", "_") for package in distributions.FLOORS]
        folders = [f"tests/{name}" for name in (*packages, "integration")]
        command = [interpreter, "-m", "pytest", *folders]
        if subprocess.run(command, cwd=distributions.ROOT).returncode != 0:
            raise SystemExit(f"Python {version}: tests failed on the wheels")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also run all tests on the wheels")
    arguments = parser.parse_args()

    for wheel in sorted(distributions.FOLDER.glob("*.whl")):
        check_contents(wheel)
    for path in sorted(distributions.FOLDER.glob("*.tar.gz")):
        check_source_distribution(path)
    found = interpreters.available()
    for version, python in found.items():
        for package in distributions.FLOORS:
            check_installed(package, version, python)
    if arguments.tests:
        run_tests(*list(found.items())[-1])


if __name__ == "__main__":
    main()
