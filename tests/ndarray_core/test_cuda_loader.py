"""Which module the `cuda` devices come from, and what is said where there is none. In processes of
their own: a process looks for the devices once."""

import importlib.util
import os
import subprocess
import sys

import pytest

PROGRAM = """
import ndarray_core as nd
print(nd.cuda.device_count())
print(nd.cuda.is_available(), nd.cuda.is_emulated())
print(nd.cuda.reason())
try:
    nd.device("cuda:0")
except nd.errors.DeviceError as error:
    print(f"DeviceError: {error}")
else:
    print("no error")
"""


def found(choice: str | None, **settings: str) -> tuple[str, str, str, str]:
    """What a process with that NDARRAY_CORE_CUDA has: devices, whether there and emulated, why
    there are none, and the error of whoever asks for one."""
    environment = {name: value for name, value in os.environ.items() if "NDARRAY_CORE" not in name}
    if choice is not None:
        environment["NDARRAY_CORE_CUDA"] = choice
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**environment, **settings},
        check=True,
        capture_output=True,
        text=True,
    )
    devices, state, reason, error = result.stdout.splitlines()
    return devices, state, reason, error


def is_built(module: str) -> bool:
    return importlib.util.find_spec(f"ndarray_core.{module}") is not None


@pytest.mark.parametrize(
    ("choice", "module"), [("emulated", "_cuda_emulated"), ("checked", "_cuda_checked")]
)
def test_the_emulator_is_there_or_says_how_to_build_it(choice: str, module: str) -> None:
    devices, state, reason, error = found(choice)
    if is_built(module):
        assert (devices, state, reason, error) == ("1", "True True", "", "no error")
        devices, state, reason, error = found(choice, NDARRAY_CORE_EMULATOR_DEVICES="0")
        assert (devices, state) == ("0", "False False")
        assert reason != "" and reason in error
    else:
        assert (devices, state) == ("0", "False False")
        assert "hatch run cuda:emulate" in reason and repr(choice) in reason
        assert reason in error


def test_without_a_choice_there_are_real_devices_or_a_reason() -> None:
    devices, state, reason, error = found(None)
    if not is_built("_cuda"):
        assert (devices, state) == ("0", "False False")
        assert "NDARRAY_CORE_CUDA_COMPILER=pypi" in reason and reason in error
    elif devices == "0":
        # Built with CUDA's compiler, on a machine without CUDA's library, a driver or a GPU.
        assert state == "False False"
        assert any(word in reason for word in ("driver", "device", "library"))
        assert reason in error
    else:
        assert (state, reason, error) == ("True False", "", "no error")
