"""How a test gets the double of TensorRT and pycuda: in its own process, or in a child's environment.

    with playing("8.2", memory_mib=64) as tensorrt:
        import pycuda.driver

    subprocess.run([sys.executable, "-m", "export.engine", ...], env=environment("8.2", kill_build=True))

The knobs are those of gpu_double/knobs.py.
"""

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, Iterator

SITE = Path(__file__).resolve().parent / "site"
ROOT = SITE.parents[2]
RELEASES = ("8.2", "8.6", "10.9", "11.4")
RELEASES_HERE = RELEASES if sys.version_info >= (3, 8) else RELEASES[:2]
"""Those whose bindings exist for this Python."""
VERSION = "SHELFSIGHT_DOUBLE_TENSORRT"
KNOBS = "SHELFSIGHT_DOUBLE_KNOBS"


def environment(release: str, **knobs: Any) -> Dict[str, str]:
    """A copy of the environment in which a child process imports the double of this release."""
    path = [str(SITE), str(ROOT)] + [part for part in [os.environ.get("PYTHONPATH")] if part]
    chosen = {VERSION: release, KNOBS: json.dumps(knobs), "PYTHONPATH": os.pathsep.join(path)}
    return dict(os.environ, **chosen)


@contextlib.contextmanager
def playing(release: str, **knobs: Any) -> Iterator[Any]:
    """`import tensorrt` and `import pycuda` give the double inside; gives the module tensorrt.

    Children started inside play the same. Other knobs inside: `turned`. Each begins afresh, with no memory in use.
    """
    wanted = environment(release, **knobs)
    before = {name: os.environ.get(name) for name in (VERSION, KNOBS, "PYTHONPATH")}
    real = _taken_out()
    sys.path.insert(0, str(SITE))
    os.environ.update({name: wanted[name] for name in before})
    try:
        yield None if "tensorrt" in knobs.get("broken", ()) else importlib.import_module("tensorrt")
    finally:
        _taken_out()
        sys.path.remove(str(SITE))
        sys.modules.update(real)
        _put_back(before)


@contextlib.contextmanager
def turned(**knobs: Any) -> Iterator[None]:
    """Other knobs, inside `playing`; the rest as before."""
    before = {KNOBS: os.environ[KNOBS]}
    os.environ[KNOBS] = json.dumps(dict(json.loads(os.environ[KNOBS]), **knobs))
    try:
        yield
    finally:
        _put_back(before)


def _taken_out() -> Dict[str, Any]:
    names = [name for name in sys.modules if name.split(".")[0] in ("tensorrt", "pycuda", "gpu_double")]
    return {name: sys.modules.pop(name) for name in names}


def _put_back(variables: Dict[str, Any]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
