"""Wheels and source distributions of the four packages: build them, find them, install them."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "dist"
FLOORS = ("ndarray-core", "tiny-autograd", "tiny-nn", "tiny-models")
UV = os.environ.get("HATCH_UV", "uv")  # hatch names the uv that it uses itself


def build(package: str, python: str, cuda: bool = False) -> None:
    """Build the package's source distribution, and from it, in isolation, its wheel, into dist/.

    With `cuda`, the array core has the cuda devices, for all processors that the project supports.
    SystemExit, with what the build printed, when it fails.
    """
    steering = ("SKBUILD_", "UV_NO_BUILD_ISOLATION")  # how hatch.toml installs it in place
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(steering)
    }
    settings: list[str] = []
    if package == "ndarray-core":
        settings.append(
            f"--config-setting=cmake.define.NDARRAY_CORE_CUDA={'ON' if cuda else 'OFF'}"
        )
        settings.append("--config-setting=cmake.define.NDARRAY_CORE_CUDA_ARCHITECTURES=release")
    result = subprocess.run(
        [UV, "build", "--python", python, "--out-dir", FOLDER, *settings, source(package)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode != 0:
        raise SystemExit(f"{result.stdout}\n{package}: not built, see above")


def source(package: str) -> Path:
    return ROOT / "packages" / package


def wheels(package: str, version: str) -> list[Path]:
    """The wheels in dist/ that a Python of this version ("3.12") can install.

    The array core has one wheel for Python 3.11 and one for all later versions (the stable ABI);
    the other packages have no compiled code and one wheel each.
    """
    tag = "py3-none"
    if package == "ndarray-core":
        tag = "cp311-cp311" if version == "3.11" else "cp312-abi3"
    return sorted(FOLDER.glob(f"{package.replace('-', '_')}-*-{tag}-*.whl"))


def wheel(package: str, version: str) -> Path:
    """The package's wheel for this version of Python; SystemExit unless dist/ holds just one."""
    found = wheels(package, version)
    if len(found) != 1:
        raise SystemExit(
            f"dist/ holds {len(found)} wheels of {package} for Python {version}, not one: "
            "run `hatch run build`"
        )
    return found[0]


def is_current(package: str, version: str) -> bool:
    """Whether dist/ holds one wheel of the package, and no source file is younger."""
    found = wheels(package, version)
    if len(found) != 1:
        return False
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", source(package)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = [ROOT / line for line in listing.stdout.splitlines()]
    built = found[0].stat().st_mtime
    return all(file.exists() and file.stat().st_mtime <= built for file in files)


def build_what_changed(package: str) -> None:
    """Bring the wheel in dist/ for the running Python up to date."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if not is_current(package, version):
        for outdated in wheels(package, version):
            outdated.unlink()
        build(package, sys.executable)


def install(package: str, version: str, interpreter: str) -> None:
    """Install the package's wheel and what its metadata asks for into interpreter's environment.

    Where it asks for a floor below, that is the wheel in dist/, whatever an index may offer under
    the same name.
    """
    floors = FLOORS[: FLOORS.index(package) + 1]
    with tempfile.TemporaryDirectory() as folder:
        overrides = Path(folder, "overrides.txt")
        overrides.write_text(
            "\n".join(f"{name} @ {wheel(name, version).as_uri()}" for name in floors)
        )
        subprocess.run(
            [
                *(UV, "pip", "install", "--quiet", "--python", interpreter),
                *(f"--reinstall-package={name}" for name in floors),
                *("--overrides", overrides, wheel(package, version)),
            ],
            check=True,
        )
