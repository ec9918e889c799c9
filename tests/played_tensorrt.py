"""The test double of TensorRT for a test with engines of its own: what is played may change on the way."""

import sys
from pathlib import Path

import pytest
from doubles.playing import KNOBS, RELEASES_HERE, SITE, VERSION, environment

VERSIONS = RELEASES_HERE
PACKAGES = ("tensorrt", "pycuda", "gpu_double")


class Player:
    """Sets the environment for this process and its children; undone with `monkeypatch`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        """`cache`: the folder that engines are kept in."""
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("SHELFSIGHT_CACHE", str(cache))
        monkeypatch.setenv("PYTHONPATH", environment(VERSIONS[0])["PYTHONPATH"])
        monkeypatch.syspath_prepend(str(SITE))
        self.cache = cache

    def play(self, version: str, **knobs: object) -> None:
        """From now on this release, steered by these knobs of the double."""
        forget()
        self._monkeypatch.setenv(VERSION, version)
        self.turn(**knobs)

    def turn(self, **knobs: object) -> None:
        """Other knobs, the same release."""
        self._monkeypatch.setenv(KNOBS, environment(VERSIONS[0], **knobs)[KNOBS])

    def files(self) -> list:
        """Names of all files and folders in the cache but locks and timing caches."""
        names = [path.name for path in self.cache.glob("engines/*/*")]
        return sorted(name for name in names if name != ".lock" and not name.startswith("timing"))


def forget() -> None:
    """Drop what was imported of the double, so that the next import plays anew."""
    for name in list(sys.modules):
        if name.split(".")[0] in PACKAGES:
            del sys.modules[name]
