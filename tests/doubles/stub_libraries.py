"""Empty libraries in the place of libnvinfer and its like, so that TensorRT's bindings can be imported without them.

Each has the symbols that the bindings look for. Every function, and every method of what a function gives, gives the
address of one made-up object: so nothing can be built or run, but the real bindings' classes, signatures, enumerations,
Dims, loggers and warnings are there.
"""

import ctypes
import re
import shutil
import subprocess
from pathlib import Path
from typing import List

TOOLS = ("gcc", "nm", "readelf")
SUPPLIED = re.compile(r"lib(stdc\+\+|m|c|gcc_s|dl|pthread|rt)\.so|ld-linux")
"""Libraries that every machine has."""

PREAMBLE = """
static void *table[1024];
static void *object[32];
static void *give(void) { return object; }
__attribute__((constructor)) static void fill(void)
{
    for (int i = 0; i < 1024; ++i) table[i] = (void *)give;
    object[0] = table;
    for (int i = 1; i < 32; ++i) object[i] = object;
}
"""
"""An object with a table of virtual functions, whose members are the object itself."""


class MissingTool(OSError):
    """gcc or binutils is not installed."""


def write_stubs(bindings: Path, folder: Path) -> None:
    """Put every library that the extension module `bindings` needs and the machine lacks into `folder`."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise MissingTool("{} not found: install gcc and binutils".format(", ".join(missing)))
    source = folder / "stub.c"
    lines = ["void *{}(void) {{ return give(); }}".format(name) for name in missing_symbols(bindings)]
    source.write_text(PREAMBLE + "\n".join(lines) + "\n", encoding="utf-8")
    for name in missing_libraries(bindings):
        command = ["gcc", "-shared", "-fPIC", "-Wl,-soname," + name, "-o", str(folder / name), str(source)]
        subprocess.run(command, check=True)


def missing_libraries(bindings: Path) -> List[str]:
    """File names, with the number behind .so."""
    names = re.findall(r"Shared library: \[(.+?)\]", _output("readelf", "-d", str(bindings)))
    return [name for name in names if not SUPPLIED.match(name)]


def missing_symbols(bindings: Path) -> List[str]:
    """Those that must be there, are of no versioned library, not Python's, and not in this process."""
    found = re.findall(r"^\s+U (\S+)$", _output("nm", "-D", "--undefined-only", str(bindings)), re.MULTILINE)
    here = ctypes.CDLL(None)
    return sorted(name for name in found if "@" not in name and not re.match("_?Py", name) and not hasattr(here, name))


def _output(*command: str) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, universal_newlines=True)
    return done.stdout
