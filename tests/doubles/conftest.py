"""Fixtures of the double's own tests: a played release, with a GPU context current in the test's thread."""

import contextlib
import importlib

import pytest
from doubles.playing import RELEASES_HERE, playing
from doubles.small_session import Log


class Played:
    """A release: `trt`, `cuda` (pycuda.driver), `log`, and the double's errors."""

    def __init__(self, release: str, trt: object) -> None:
        self.release = release
        self.trt = trt
        self.cuda = importlib.import_module("pycuda.driver")
        self.misuse = importlib.import_module("gpu_double.refusals").Misuse
        self.not_played = importlib.import_module("gpu_double.refusals").NotPlayed
        self.log = Log(trt)

    @property
    def number(self):
        return tuple(int(part) for part in self.release.split("."))


@pytest.fixture(params=RELEASES_HERE)
def played(request):
    """Each release in turn."""
    with playing(request.param) as trt:
        played = Played(request.param, trt)
        played.cuda.init()
        context = played.cuda.Device(0).make_context()
        yield played
        context.detach()


@pytest.fixture
def play():
    """play(release, **knobs), once: the same for one release, without a context."""
    with contextlib.ExitStack() as stack:
        yield lambda release, **knobs: Played(release, stack.enter_context(playing(release, **knobs)))
