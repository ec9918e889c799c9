"""The device part stays readable by Python 3.6, the Nano's: vermin reads every file of it."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List

import pytest

FOLDERS = ("shelfsight", "runtime", "jetson", "export", "benchmarks")

WORKSTATION_ONLY = (
    "benchmarks/search.py",
    "benchmarks/searching",
    "benchmarks/vectors.py",
    # export/ and benchmarks/ hold both; these never go to the device. (training/ is modern as a whole.)
)

VERMIN = [
    "--target=3.6-",
    "--violations",  # say only what breaks the target, and where
    "--no-tips",
    "--eval-annotations",  # a signature's annotations run when the module is imported
]


def device_files(root: Path) -> List[Path]:
    """Every Python file that may run on the device."""
    files = [path for folder in FOLDERS for path in sorted((root / folder).glob("**/*.py"))]
    left = [root / name for name in WORKSTATION_ONLY]
    return [path for path in files if not any(one in (path, *path.parents) for one in left)]


def run_vermin(files: List[Path]) -> subprocess.CompletedProcess:
    pytest.importorskip("vermin", reason="needs vermin, which does not install on Python 3.6")
    command = [sys.executable, "-c", "import vermin; vermin.main()"] + VERMIN + [str(path) for path in files]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)


def test_the_device_part_is_python_36(root):
    files = device_files(root)
    assert root / "runtime" / "__init__.py" in files
    done = run_vermin(files)
    assert done.returncode == 0, done.stdout


def test_every_workstation_only_place_exists(root):
    assert [name for name in WORKSTATION_ONLY if not (root / name).exists()] == []


@pytest.mark.parametrize(
    "text",
    [
        "if (n := 1):\n    pass",
        "def f(a, /):\n    pass",
        "from dataclasses import dataclass",
        "from __future__ import annotations",
        "from typing import Literal",
        "def f(a: 'int') -> list[int]:\n    pass",
        "import subprocess\nsubprocess.run(['true'], capture_output=True)",
        "import time\ntime.monotonic_ns()",
        "from http.server import ThreadingHTTPServer",
        "import contextlib\ncontextlib.nullcontext()",
        "import asyncio\nasyncio.run(None)",
        "print(f'{1=}')",
    ],
)
def test_newer_python_is_found(tmp_path, text):
    path = tmp_path / "newer.py"
    path.write_text(text, encoding="utf-8")
    done = run_vermin([path])
    assert done.returncode == 1, done.stdout
    assert str(path) in done.stdout


def union_annotations(text: str) -> Iterator[int]:
    """Lines with an annotation like `int | None`, which 3.6 evaluates and refuses; vermin takes set unions for them."""
    for node in ast.walk(ast.parse(text)):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if annotation and any(isinstance(part, ast.BitOr) for part in ast.walk(annotation)):
                yield node.lineno


def test_no_annotation_is_a_union_with_a_bar(root):
    wrong = [
        "{}:{}".format(path.relative_to(root), line)
        for path in device_files(root)
        for line in union_annotations(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_a_union_with_a_bar_is_found():
    assert sorted(union_annotations("x = {1} | {2}\ndef f(a: int | None) -> str: ...\ny: int | str = 1")) == [2, 3]
