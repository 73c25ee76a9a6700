"""Check that code compiled for one instruction set cannot be run by another.

An inline function that is compiled into two object files is a weak symbol in both, and the linker
keeps either one. If it keeps the copy that was compiled with -mavx512f, an older processor stops at
an illegal instruction. So an object file of kernels_<isa> may export weak symbols only from a
namespace of its own, nd::cpu::<isa>.

Usage: python tools/check_isa_symbols.py [build folder ...]
"""

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "packages" / "ndarray-core"
# nm's letters: W and w for weak functions, V and v for weak data, u for unique ones (templates'
# static members). A lower-case w or v is only a reference, unless nm prints an address with it.
WEAK = re.compile(r"^[0-9a-f]+ ([WwVvu]) (\S+)$", re.MULTILINE)


def built_folders() -> list[Path]:
    """The default environment's build folders, brought up to date by importing the package."""
    subprocess.run([sys.executable, "-c", "import ndarray_core"], check=True)
    return sorted((PACKAGE / "build").glob("default-*"))


def instruction_set(object_file: Path) -> str:
    """kernels_avx2.dir in a path -> "avx2"."""
    match = re.search(r"kernels_(\w+)\.dir", str(object_file))
    assert match, object_file
    return match.group(1)


def shared_symbols(object_file: Path) -> list[str]:
    """Weak symbols of the object file, demangled, that another instruction set may define too."""
    isa = instruction_set(object_file)
    namespace = f"3cpu{len(isa)}{isa}"  # as nd::cpu::<isa> is spelled in a mangled name
    listing = subprocess.run(["nm", object_file], check=True, capture_output=True, text=True).stdout
    mangled = [name for _, name in WEAK.findall(listing) if namespace not in name]
    demangled = subprocess.run(
        ["c++filt"], input="\n".join(mangled), check=True, capture_output=True, text=True
    )
    return demangled.stdout.splitlines()


def main(folders: list[Path]) -> int:
    object_files = [
        path
        for folder in folders
        for path in sorted(folder.glob("CMakeFiles/kernels_*.dir/**/*.o"))
    ]
    if not object_files:
        looked_in = ", ".join(map(str, folders)) or f"{PACKAGE}/build"
        print(f"check_isa_symbols: no object files of kernels_<isa> in {looked_in}; build first")
        return 1
    failures = 0
    for path in object_files:
        for symbol in shared_symbols(path):
            print(
                f"{path.name} [{instruction_set(path)}] exports the shared inline symbol {symbol}"
            )
            failures += 1
    sets = sorted({instruction_set(path) for path in object_files})
    print(
        f"check_isa_symbols: {len(object_files)} object files of {', '.join(sets)}: "
        f"{failures} shared inline symbols"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]] or built_folders()))
