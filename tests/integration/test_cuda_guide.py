"""The steps of docs/guides/cuda-on-a-laptop.md, run one after the other."""

import doctest
import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guides" / "cuda-on-a-laptop.md"
TOOL = ROOT / "tools" / "cuda_try.py"
BLOCK = re.compile(r"^```(cpp|sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps() -> list[tuple[str, str]]:
    """Each command of the guide with the output that it shows."""
    found = BLOCK.findall(GUIDE.read_text())[1:]
    commands, outputs = found[::2], found[1::2]
    assert [kind for kind, _ in commands] == ["sh"] * len(commands)
    assert [kind for kind, _ in outputs] == ["text"] * len(commands)
    return [
        (command.strip(), output)
        for (_, command), (_, output) in zip(commands, outputs, strict=True)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the guide's program lies."""
    if importlib.util.find_spec("ndarray_core._cuda_emulated") is None:
        pytest.skip("this build has no CUDA emulator: hatch run cuda:emulate pytest ...")
    folder = tmp_path_factory.mktemp("guide")
    kind, program = BLOCK.findall(GUIDE.read_text())[0]
    assert kind == "cpp"
    (folder / "row_sums.cu").write_text(program)
    return folder


@pytest.mark.parametrize(("command", "shown"), steps())
def test_step(folder: Path, command: str, shown: str) -> None:
    """The command prints what the guide shows; "..." stands for anything there."""
    words = shlex.split(command)
    assert words[:3] == ["hatch", "run", "cuda:try"]
    result = subprocess.run(
        [sys.executable, TOOL, *words[3:]],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if "there is no nvcc here" in result.stdout:
        pytest.skip(result.stdout)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.OutputChecker().check_output(shown, result.stdout, flags), result.stdout
    assert result.returncode == ("failed: " in shown)
