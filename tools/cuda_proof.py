"""Prove of the CUDA kernels what can be proven without running them: from what nvcc says of each,
and from the machine code that it makes (SASS).

For each kernel file and processor: nvcc has no warning; no kernel spills registers or has local
memory, but where ALLOWANCES says so, and why; the kernels that REQUIREMENTS names have the
instructions that make them fast. The compiler and its options are those that CMake finds. Results
are kept in the build folder for as long as nothing that a file includes has changed.

    hatch run cuda:prove                            # sm_75 and sm_90
    hatch run cuda:prove --all                      # every processor of a release
    hatch run cuda:prove --arch 80 --only matmul    # one processor, files whose name has "matmul"
"""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cuda_toolkit
from rich.console import Console
from rich.table import Table

PACKAGE = Path(__file__).resolve().parent.parent / "packages" / "ndarray-core"
NATIVE = PACKAGE / "native"
BUILD = PACKAGE / "build" / "cuda-proof"
RELEASE = (75, 80, 86, 89, 90, 100, 120)  # as native/cuda/CMakeLists.txt
USUAL = (75, 90)  # the oldest, and the newest that is wide-spread


@dataclass(frozen=True)
class Requirement:
    """An instruction that the machine code of each kernel of some readable name must hold, from
    some processor on: what older ones do not have, the host launches on none of them."""

    kernels: str
    instruction: str
    oldest: int = 75


REQUIREMENTS = (
    # Rows, and the steps of optimizers, of float32 and float64 where they are aligned.
    Requirement(
        kernels=r"\b(softmax|norm|affine|cross_entropy_gradient)\w*_rows<(float, 4|double, 2)\b",
        instruction=r"\b(LDG|STG|LD|ST)\.E(\.\w+)*\.128\b",
    ),
    # Streams: 16 bytes with one instruction, where all operands are of one type. Of several types
    # only the widest fills 16 bytes, and the parts of complex numbers are loaded one by one.
    Requirement(
        kernels=r"\bdense_map<.*>, ((?!.*_Complex)[\w: ]+?)(, \1)*>\(",
        instruction=r"\b(LDG|STG)\.E(\.\w+)*\.128\b",
    ),
    # Tensor cores, and matrices loaded 16 bytes at a time.
    Requirement(kernels=r"\bmultiply_by_tensor_cores<", instruction=r"\bHMMA\.", oldest=80),
    Requirement(kernels=r"\bmultiply_by_tensor_cores<.*ByHalvesInSteps", instruction=r"\bHMMA\."),
    Requirement(kernels=r"\bmultiply<.*Tile<.*>, float>", instruction=r"\bLDG\.E(\.\w+)*\.128\b"),
)


@dataclass(frozen=True)
class Allowance:
    """The most bytes of local memory that kernels of some readable name may have for each thread,
    and the most that they may move there and back because registers do not suffice."""

    kernels: str
    frame: int
    spills: int
    because: str


ALLOWANCES = (
    Allowance(
        kernels=r"\bUnaryFormula<|_Complex\b",
        frame=40,
        spills=0,
        because="CUDA's sin and its kin, and complex powers by them, keep digits of 2/pi there",
    ),
    Allowance(
        kernels=r"\bdouble\b",
        frame=56,
        spills=80,
        because="divisions and functions of float64 are subroutines, around which registers are "
        "saved; and two registers for each number are many where a block has 1024 threads",
    ),
)


@dataclass
class Kernel:
    """What is known of one instantiation of a kernel."""

    symbol: str
    registers: int = 0
    frame: int = 0  # bytes of local memory for each thread
    spills: int = 0  # bytes stored and loaded again
    required: str = ""  # the instruction that it must have
    found: bool = False  # and whether it is there


@dataclass
class Result:
    """What compiling one file for one processor has shown."""

    file: str
    architecture: int
    seconds: float
    problem: str = ""  # what nvcc said, if it did not succeed without a warning
    kernels: list[Kernel] = field(default_factory=list)


def configure() -> tuple[list[tuple[Path, list[str]]], str]:
    """Each kernel file with the command that CMake compiles it with; and CMake's word on CUDA."""
    nanobind = subprocess.run(
        [sys.executable, "-m", "nanobind", "--cmake_dir"],
        check=True,
        capture_output=True,
        text=True,
    )
    configured = subprocess.run(
        [
            *("cmake", "-G", "Ninja", "-S", PACKAGE, "-B", BUILD),
            f"-DPython_EXECUTABLE={sys.executable}",
            f"-Dnanobind_DIR={nanobind.stdout.strip()}",
            *("-DNDARRAY_CORE_CUDA=AUTO", "-DNDARRAY_CORE_CUDA_ARCHITECTURES=80-real"),
            "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if configured.returncode != 0:
        raise SystemExit(f"{configured.stdout}\ncuda_proof: CMake failed, see above")
    said = re.findall(r"^-- (.*cuda devices.*)$", configured.stdout, re.MULTILINE)
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    commands = [
        (Path(entry["file"]), shlex.split(entry["command"]))
        for entry in entries
        if entry["file"].endswith("_cuda.cu")
    ]
    return sorted(commands), said[0]


def proof_command(command: list[str], architecture: int, output: Path) -> list[str]:
    """The command, for that processor alone, with all that nvcc and ptxas can tell."""
    nvcc, *options = command[: command.index("-x")]
    options = [option for option in options if not option.startswith("--generate-code=")]
    return [
        *(nvcc, *options, f"-gencode=arch=compute_{architecture},code=sm_{architecture}"),
        *("-Werror", "all-warnings", "-Xptxas", "-v", "-MD", "-MF", f"{output}.d"),
        *("-x", "cu", "-cubin", command[command.index("-c") + 1], "-o", str(output)),
    ]


def read_kernels(ptxas: str) -> dict[str, Kernel]:
    """Registers, frames and spills, as `ptxas -v` prints them."""
    kernels: dict[str, Kernel] = {}
    kernel = Kernel("")
    for line in ptxas.splitlines():
        if match := re.search(r"Compiling entry function '(\w+)'", line):
            kernel = kernels.setdefault(match[1], Kernel(match[1]))
        elif match := re.search(r"(\d+) bytes stack frame, (\d+) .*stores, (\d+) .*loads", line):
            kernel.frame = max(kernel.frame, int(match[1]))
            kernel.spills += int(match[2]) + int(match[3])
        elif match := re.search(r"Used (\d+) registers", line):
            kernel.registers = int(match[1])
    return kernels


def disassemble(cubin: Path) -> Iterator[tuple[str, str]]:
    """Each instruction of the file with the kernel that it is in."""
    with subprocess.Popen(
        [cuda_toolkit.cuobjdump(), "-sass", cubin], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        kernel = ""
        for line in process.stdout:
            if "/*" in line:
                yield kernel, line
            elif "Function :" in line:
                kernel = line.split(":", 1)[1].strip()
    if process.returncode != 0:
        raise SystemExit(f"cuda_proof: cuobjdump -sass {cubin} failed ({process.returncode})")


def note_instructions(kernels: dict[str, Kernel], cubin: Path, architecture: int) -> None:
    """Notes which kernels must have which instruction, and whether they do."""
    wanted = {}
    for symbol, readable in demangle(list(kernels)).items():
        for requirement in REQUIREMENTS:
            if architecture < requirement.oldest:
                continue
            if re.search(requirement.kernels, readable):
                kernels[symbol].required = requirement.instruction
                wanted[symbol] = re.compile(requirement.instruction)
    for symbol, line in disassemble(cubin):
        if symbol in wanted and wanted[symbol].search(line):
            kernels[symbol].found = True
            del wanted[symbol]


def demangle(symbols: list[str]) -> dict[str, str]:
    """The symbols' readable forms."""
    result = subprocess.run(
        ["c++filt"], input="\n".join(symbols), check=True, capture_output=True, text=True
    )
    return dict(zip(symbols, result.stdout.splitlines(), strict=True))


def examine(file: Path, command: list[str], architecture: int, version: str) -> tuple[Result, bool]:
    """Compiles and disassembles, or reads what an earlier run found; and whether that was so."""
    record = BUILD / "results" / f"{file.stem}-sm_{architecture}.json"
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, file.stem + ".cubin")
        compile_command = proof_command(command, architecture, output)
        key = [repr(REQUIREMENTS), version, *compile_command[1:-1]]
        key = [part.replace(folder, "") for part in key]
        if record.exists():
            kept = json.loads(record.read_text())
            if kept["digest"] == digest(key, kept["sources"]):
                result = Result(**kept["result"])
                result.kernels = [Kernel(**kernel) for kernel in kept["result"]["kernels"]]
                return result, True
        start = time.monotonic()
        compiled = subprocess.run(
            compile_command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        result = Result(file.name, architecture, 0)
        if compiled.returncode != 0:
            result.problem = compiled.stdout
            return result, False  # compiled again the next time
        kernels = read_kernels(compiled.stdout)
        note_instructions(kernels, output, architecture)
        result.kernels = list(kernels.values())
        result.seconds = time.monotonic() - start
        listed = Path(f"{output}.d").read_text().replace("\\\n", " ").split()[1:]
        sources = sorted(path for path in listed if Path(path).is_relative_to(NATIVE))
    record.parent.mkdir(parents=True, exist_ok=True)
    kept = {"digest": digest(key, sources), "sources": sources, "result": asdict(result)}
    record.write_text(json.dumps(kept))
    return result, False


def digest(key: list[str], sources: list[str]) -> str:
    """Of a command and the files that it reads; "" if one of them is not there any more."""
    if not all(Path(path).exists() for path in sources):
        return ""
    state = hashlib.sha256("\0".join(key).encode())
    for path in sources:
        state.update(Path(path).read_bytes())
    return state.hexdigest()


def problems(result: Result) -> list[str]:
    """What is not as it must be, a line each."""
    if result.problem:
        return [result.problem.strip()]
    found = []
    names = demangle([kernel.symbol for kernel in result.kernels])
    for kernel in result.kernels:
        name = names[kernel.symbol]
        allowed = [item for item in ALLOWANCES if re.search(item.kernels, name)]
        if kernel.spills > max((item.spills for item in allowed), default=0):
            found.append(f"{name}: spills registers, {kernel.spills} bytes")
        if kernel.frame > max((item.frame for item in allowed), default=0):
            found.append(f"{name}: {kernel.frame} bytes of local memory")
        if kernel.required and not kernel.found:
            found.append(f"{name}: has no instruction {kernel.required}")
    return found


def summary(results: list[Result]) -> Table:
    """A line for each file and processor."""
    table = Table(title="CUDA kernels: what the compiler and the machine code show")
    table.add_column("file")
    for column in ("sm", "kernels", "registers", "spills", "local memory", "as required"):
        table.add_column(column, justify="right")
    table.add_column("seconds", justify="right")
    for result in results:
        kernels = result.kernels
        required = [kernel for kernel in kernels if kernel.required]
        shown = [
            str(len(kernels)),
            str(max((kernel.registers for kernel in kernels), default=0)),
            str(sum(kernel.spills > 0 for kernel in kernels)),
            str(sum(kernel.frame > 0 for kernel in kernels)),
            f"{sum(kernel.found for kernel in required)} of {len(required)}",
        ]
        if result.problem:
            shown = ["not compiled", "", "", "", ""]
        row = (result.file, str(result.architecture), *shown, f"{result.seconds:.0f}")
        table.add_row(*row, style="red" if problems(result) else None)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--arch", type=int, action="append", metavar="80", help="a processor")
    parser.add_argument("--all", action="store_true", help=f"all of {', '.join(map(str, RELEASE))}")
    parser.add_argument(
        "--only", default="", metavar="NAME", help="files whose name has this pattern"
    )
    options = parser.parse_args()
    architectures = RELEASE if options.all else tuple(options.arch or USUAL)

    commands, said = configure()
    commands = [(file, command) for file, command in commands if re.search(options.only, file.name)]
    if not commands:
        print(f"cuda_proof: nothing proven: {said}")
        return 0
    print(f"cuda_proof: {said.split(',')[0]}")
    version = subprocess.run(
        [commands[0][1][0], "--version"], check=True, capture_output=True, text=True
    ).stdout
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(
            pool.map(
                lambda job: examine(*job, version),
                [(*each, architecture) for each in commands for architecture in architectures],
            )
        )
    results = [result for result, _ in outcomes]
    Console(width=100).print(summary(results))
    failures = 0
    for result in results:
        for problem in problems(result):
            failures += 1
            print(f"{result.file} [sm_{result.architecture}]: {problem}")
    kept = sum(was_kept for _, was_kept in outcomes)
    total = sum(len(result.kernels) for result in results)
    print(f"cuda_proof: {total} kernels, {failures} problems; {kept} files as before")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
