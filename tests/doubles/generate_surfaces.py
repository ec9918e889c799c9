"""Write tests/doubles/surfaces/ anew, from the real modules on PyPI:

    PYTHONPATH=tests python -m doubles.generate_surfaces [--into FOLDER] [--pip-option=OPTION ...] [NAME ...]

NAME: 8.6, 10.9, 11.4 (bindings of TensorRT, imported over stubbed libraries), 8.2 (8.6 less doubles/since_8_2.py, from
docs), pycuda (read from its source); all unless given. Needs gcc and binutils on x86-64 Linux, the network, and a
Python that each wheel is for: on PATH as python3.8, or under pyenv.
"""

import argparse
import functools
import glob
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Sequence

from doubles import since_8_2
from doubles.pycuda_source import surface_of_source
from doubles.stub_libraries import write_stubs

FOLDER = Path(__file__).resolve().parent
PYCUDA = "pycuda==2022.1"


class Bindings(NamedTuple):
    """One release of TensorRT's bindings on PyPI."""

    requirement: str
    pythons: Sequence[str]
    """Those that it has wheels for."""


BINDINGS: Dict[str, Bindings] = {
    "8.6": Bindings("tensorrt_bindings==8.6.1", ("3.6", "3.7", "3.8", "3.9", "3.10")),
    "10.9": Bindings("tensorrt_cu12_bindings==10.9.0.34", ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")),
    "11.4": Bindings("tensorrt_cu13_bindings==11.4.0.106", ("3.10", "3.11", "3.12", "3.13")),
}
NAMES = ("8.2", "8.6", "10.9", "11.4", "pycuda")


class Unavailable(RuntimeError):
    """A package, an interpreter or a tool is not to be had here; the message says which."""


@functools.lru_cache(maxsize=None)
def surface_of(name: str, pip_options: Sequence[str]) -> Dict[str, Any]:
    """The document that belongs into surfaces/NAME.json. Unavailable where something needed is missing."""
    if name == "8.2":
        surface = since_8_2.surface_of_8_2(surface_of("8.6", pip_options))
        return dict(
            surface, version="8.2", source="8.6 less what tests/doubles/since_8_2.py lists: from docs, not seen"
        )
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        if name == "pycuda":
            return dict(from_source(folder, pip_options), source=PYCUDA + ", read from its source: not imported")
        bindings = BINDINGS[name]
        return dict(imported(bindings, folder, pip_options), source=bindings.requirement + ", imported over stubs")


def imported(bindings: Bindings, folder: Path, pip_options: Sequence[str]) -> Dict[str, Any]:
    """Import the bindings on a Python that they are for, and list what they offer."""
    python, version = interpreter(bindings.pythons)
    options = ["--only-binary=:all:", "--implementation=cp", "--python-version=" + version, "--platform=linux_x86_64"]
    options += ["--platform=manylinux_2_{}_x86_64".format(minor) for minor in (17, 28, 35)]
    wheel = download(bindings.requirement, folder, options + list(pip_options))
    zipfile.ZipFile(str(wheel)).extractall(str(folder / "wheel"))
    libraries = folder / "libraries"
    libraries.mkdir()
    try:
        write_stubs(folder / "wheel" / "tensorrt_bindings" / "tensorrt.so", libraries)
    except OSError as error:
        raise Unavailable(str(error)) from error
    environment = dict(os.environ, PYTHONPATH=str(folder / "wheel"), LD_LIBRARY_PATH=str(libraries))
    command = [python, str(FOLDER / "walk_module.py"), "tensorrt_bindings"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, universal_newlines=True)
    return json.loads(done.stdout)


def from_source(folder: Path, pip_options: Sequence[str]) -> Dict[str, Any]:
    """Unpack pycuda's source and read it."""
    options = ["--no-binary=:all:", "--no-build-isolation"] + list(pip_options)
    archive = download(PYCUDA, folder, options)
    with tarfile.open(str(archive)) as sources:
        sources.extractall(str(folder), **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (unpacked,) = [path for path in folder.glob("pycuda-*") if path.is_dir()]
    return surface_of_source(unpacked)


def download(requirement: str, folder: Path, options: Sequence[str]) -> Path:
    """One file from PyPI."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", str(folder)]
    command += list(options) + [requirement]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    if done.returncode:
        raise Unavailable("pip could not download {}: {}".format(requirement, done.stdout.strip()[-300:]))
    (path,) = [path for path in folder.iterdir() if path.suffix in (".whl", ".gz")]
    return path


def interpreter(versions: Sequence[str]) -> List[str]:
    """Path and version of a Python of one of these versions; the one that runs, where it fits."""
    here = "%d.%d" % sys.version_info[:2]
    if here in versions:
        return [sys.executable, here]
    root = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    for version in versions:
        pattern = os.path.join(root, "versions", version + ".*", "bin", "python" + version)
        for path in [shutil.which("python" + version)] + sorted(glob.glob(pattern)):
            if path and runs(path):
                return [path, version]
    raise Unavailable("no Python of {}".format(", ".join(versions)))


def runs(python: str) -> bool:
    """A pyenv shim is on PATH even where its Python is not chosen."""
    done = subprocess.run([python, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def text_of(surface: Dict[str, Any]) -> str:
    """Sorted, so that a change shows as a change."""
    return json.dumps(surface, indent=1, sort_keys=True) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the surfaces of TensorRT and pycuda anew.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which: {}; all unless given".format(", ".join(NAMES)))
    parser.add_argument("--into", default=str(FOLDER / "surfaces"), help="folder to write to")
    parser.add_argument("--pip-option", action="append", default=[], help="for pip download, may be repeated")
    arguments = parser.parse_args()
    for name in arguments.names or NAMES:
        path = Path(arguments.into) / (name + ".json")
        path.write_text(text_of(surface_of(name, tuple(arguments.pip_option))), encoding="utf-8")
        print("{}: {} bytes".format(path, path.stat().st_size))
    return 0


if __name__ == "__main__":
    sys.exit(main())
