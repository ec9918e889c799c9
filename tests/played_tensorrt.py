"""Starts the test double of TensorRT, tests/doubles: in this process, and in its children by the environment."""

import json
import os
import sys
from pathlib import Path

import pytest

SITE = Path(__file__).resolve().parent / "doubles" / "site"
VERSIONS = ("8.2", "8.6") if sys.version_info < (3, 7) else ("8.2", "8.6", "10.9", "11.4")
"""No bindings of 10 and 11 are made for Python 3.6: there the Nano's are played."""
PACKAGES = ("tensorrt", "pycuda", "gpu_double")


class Player:
    """Sets the environment for this process and its children; undone with `monkeypatch`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path, cache: Path) -> None:
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(SITE)]))
        monkeypatch.setenv("SHELFSIGHT_CACHE", str(cache))
        monkeypatch.syspath_prepend(str(SITE))
        self.cache = cache

    def play(self, version: str, **knobs: object) -> None:
        """From now on this release, steered by these knobs of the double."""
        self._forget()
        self._monkeypatch.setenv("SHELFSIGHT_DOUBLE_TENSORRT", version)
        self.turn(**knobs)

    def turn(self, **knobs: object) -> None:
        """Other knobs, the same release."""
        self._monkeypatch.setenv("SHELFSIGHT_DOUBLE_KNOBS", json.dumps(knobs))

    def _forget(self) -> None:
        for name in list(sys.modules):
            if name.split(".")[0] in PACKAGES:
                self._monkeypatch.delitem(sys.modules, name)

    def files(self) -> list:
        """Names of all files and folders in the cache but locks and timing caches."""
        names = [path.name for path in self.cache.glob("engines/*/*")]
        return sorted(name for name in names if name != ".lock" and not name.startswith("timing"))
