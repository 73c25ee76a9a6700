"""Install each built package alone in an empty environment and use it there.

For every supported Python of this machine and every package: a fresh environment gets the wheel
from dist/ and what the wheel's own metadata asks for, where the packages below are taken from dist/
too. Then the floors above must be absent, the licence and the type marker present, and a small
program must give the right numbers.

Usage: python tools/check_distributions.py    (after tools/build_packages.py)
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import interpreters
from build_packages import DISTRIBUTIONS, ROOT

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
# Appended to each program: which of our packages are here?
LIST_FLOORS = """
from importlib.metadata import distributions
floors = {floors!r}
print(*sorted({{d.name for d in distributions()}} & set(floors), key=floors.index))
"""


def wheel_of(package: str, version: str) -> Path:
    """The wheel in dist/ that a Python of this version installs."""
    tag = "-py3-none-"
    if package == "ndarray-core":
        tag = "-cp311-cp311-" if version == "3.11" else "-cp312-abi3-"
    matching = list(DISTRIBUTIONS.glob(f"{package.replace('-', '_')}-*{tag}*.whl"))
    if len(matching) != 1:
        raise SystemExit(f"dist/ holds {len(matching)} wheels {package} *{tag}*: expected one")
    return matching[0]


def check_contents(wheel: Path) -> None:
    """The licence, the type marker, and nothing outside the package."""
    package = wheel.name.split("-")[0]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        licences = [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
        assert len(licences) == 1, f"{wheel.name} carries no licence"
        assert archive.read(licences[0]) == (ROOT / "LICENSE").read_bytes(), licences[0]
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


def check_installed(package: str, version: str, python: str) -> None:
    """Install the package alone and run its program."""
    floors = list(PROGRAMS)
    below = floors[: floors.index(package) + 1]
    with tempfile.TemporaryDirectory() as folder:
        uv = os.environ.get("HATCH_UV", "uv")
        environment = f"{folder}/environment"
        interpreter = f"{environment}/bin/python"
        # Where a floor below is required, it is the one that was just built.
        overrides = Path(folder, "overrides.txt")
        lines = [f"{name} @ {wheel_of(name, version).as_uri()}" for name in below]
        overrides.write_text("\n".join(lines))
        install = [uv, "pip", "install", "--quiet", "--python", interpreter]
        subprocess.run([uv, "venv", "--quiet", "--python", python, environment], check=True)
        subprocess.run([*install, "--overrides", overrides, wheel_of(package, version)], check=True)
        program = PROGRAMS[package] + LIST_FLOORS.format(floors=floors)
        result = subprocess.run(
            [interpreter, "-I", "-c", program], cwd=folder, stdout=subprocess.PIPE, text=True
        )
    if result.returncode != 0:
        raise SystemExit(f"Python {version}, {package} alone: its program failed")
    if result.stdout.split() != below:
        raise SystemExit(
            f"Python {version}, {package}: installed {result.stdout.split()}, expected {below}"
        )
    print(f"Python {version}: {package} works with {', '.join(below[:-1]) or 'nothing'} below it")


def main() -> int:
    for wheel in sorted(DISTRIBUTIONS.glob("*.whl")):
        check_contents(wheel)
    for path in sorted(DISTRIBUTIONS.glob("*.tar.gz")):
        check_source_distribution(path)
    for version, python in interpreters.available().items():
        for package in PROGRAMS:
            check_installed(package, version, python)
    return 0


if __name__ == "__main__":
    sys.exit(main())
