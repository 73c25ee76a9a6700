"""Run a CUDA program of one file without a GPU: its kernels, its launches, its copies.

The program includes "cuda/launch.hpp" and has a main. It is compiled as C++ and linked to the
emulator of the array core, whose objects are kept in the build folder.

    hatch run cuda:try program.cu                 # fast
    hatch run cuda:try program.cu --check         # every access to memory is checked
    hatch run cuda:try program.cu --sass sm_90    # not run: what nvcc makes of its kernels
    hatch run cuda:try program.cu -D NAME         # with a macro
"""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import cuda_proof
import cuda_toolkit

NATIVE = cuda_proof.NATIVE
EMULATOR = NATIVE / "cuda" / "emulator"


def compile_options() -> list[str]:
    headers = cuda_toolkit.headers()
    if headers is None:
        raise SystemExit("cuda_try: needs CUDA's headers: pip install nvidia-cuda-runtime")
    folders = (f"-I{NATIVE}", f"-isystem{headers}", f"-isystem{headers / 'cccl'}")
    return ["-std=c++20", *folders]


def emulator_objects(checked: bool) -> list[Path]:
    """The emulator as object files, compiled at the first call and after changes."""
    sources = [NATIVE / "cuda" / "runtime.cpp", *sorted(EMULATOR.glob("*.cpp"))]
    sources = [source for source in sources if source.name != "python_module.cpp"]
    sources += sorted((EMULATOR / "checker").glob("*.cpp")) if checked else []
    state = hashlib.sha256(repr(compile_options()).encode())
    for file in sorted(path for path in NATIVE.glob("c*/**/*.[ch]pp")):
        state.update(file.read_bytes())
    folder = cuda_proof.PACKAGE / "build" / f"cuda-try-{state.hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    objects = [folder / f"{source.stem}.o" for source in sources]

    def compile_source(source: Path, output: Path) -> None:
        part = output.with_suffix(f".{os.getpid()}")
        subprocess.run(["c++", "-O1", *compile_options(), "-c", source, "-o", part], check=True)
        part.replace(output)

    missing = [pair for pair in zip(sources, objects, strict=True) if not pair[1].exists()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda pair: compile_source(*pair), missing))
    return objects


def run(program: Path, checked: bool, macros: list[str]) -> int:
    """Compiles, links and runs it; its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, program.stem)
        # The checked one is instrumented, and linked to the checker instead of to a sanitizer.
        kind = ["-O1", "-fsanitize=thread"] if checked else ["-O2"]
        command = ["c++", *kind, "-Wall", "-Wextra", *compile_options(), *macros]
        subprocess.run([*command, "-c", "-x", "c++", program, "-o", f"{output}.o"], check=True)
        subprocess.run(
            ["c++", f"{output}.o", *emulator_objects(checked), "-pthread", "-o", output], check=True
        )
        return subprocess.run([output]).returncode


def show_machine_code(program: Path, processor: str, macros: list[str]) -> int:
    """Registers, spills, and the instructions for memory, barriers and matrices, of each kernel."""
    nvcc = cuda_toolkit.program("nvcc")
    if nvcc is None:
        print("cuda_try: there is no nvcc here; pip install nvidia-cuda-nvcc brings one")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        cubin = Path(folder, "program.cubin")
        compiled = subprocess.run(
            [
                *(nvcc, "-std=c++20", f"-arch={processor}", "--expt-relaxed-constexpr"),
                *("-Werror", "all-warnings", "-Xptxas", "-v", f"-I{NATIVE}", *macros),
                *("-x", "cu", "-cubin", program, "-o", cubin),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if compiled.returncode != 0:
            print(compiled.stdout)
            return 1
        kernels = cuda_proof.read_kernels(compiled.stdout)
        counts: dict[str, Counter[str]] = {symbol: Counter() for symbol in kernels}
        telling = re.compile(r"\b((?:LD|ST|ATOM|RED|BAR|SHFL|VOTE|HMMA|IMMA)[A-Z]*[.\w]*)\b")
        for symbol, line in cuda_proof.disassemble(cubin):
            if symbol in counts and (match := telling.search(line)):
                counts[symbol][match[1]] += 1
    names = cuda_proof.demangle(list(kernels))
    for symbol, kernel in kernels.items():
        print(
            f"{names[symbol].split('(')[0]} [{processor}]: {kernel.registers} registers, "
            f"{kernel.spills} bytes spilled, {kernel.frame} bytes of local memory"
        )
        for instruction, count in counts[symbol].most_common():
            print(f"  {count:4} {instruction}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", type=Path, help="a .cu file")
    parser.add_argument("--check", action="store_true", help="check every access to memory")
    parser.add_argument("--sass", metavar="sm_90", help="show the machine code of a processor")
    parser.add_argument("-D", dest="macros", action="append", default=[], help="define a macro")
    arguments = parser.parse_args()
    macros = [f"-D{name}" for name in arguments.macros]
    if arguments.sass:
        return show_machine_code(arguments.program, arguments.sass, macros)
    return run(arguments.program, arguments.check, macros)


if __name__ == "__main__":
    sys.exit(main())
