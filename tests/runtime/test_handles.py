"""No file handle left is a fault that passes, not a package that is missing."""

import errno
import os
import subprocess
import sys

import pytest

from runtime import handles
from runtime.errors import SourceError
from runtime.frame import Frame
from runtime.gstreamer import elements
from runtime.sources.waiting import WaitingSource


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN])
def test_elements_are_not_missing_when_nobody_could_be_asked(monkeypatch, number):
    def run(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(elements.sys, "platform", "linux")
    monkeypatch.setattr(elements.subprocess, "run", run)
    with pytest.raises(SourceError, match="cannot ask GStreamer"):
        elements.present_elements()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM])
def test_a_source_waits_for_what_the_system_is_short_of(number):
    def open_source():
        raise OSError(number, os.strerror(number))

    source = WaitingSource("cam", (64, 48), open_source)
    frame = None
    while not isinstance(frame, Frame):
        frame = source.read(0.2)
    source.close()
    assert frame.id is None


@pytest.mark.skipif(os.name != "posix", reason="no such limits")
def test_the_soft_limit_is_raised():
    program = (
        "import resource as r; from runtime import handles; h = min(512, r.getrlimit(r.RLIMIT_NOFILE)[1]);"
        "r.setrlimit(r.RLIMIT_NOFILE, (100, h)); handles.raise_limit(); assert handles.limit() == h, handles.limit()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_bounds_leave_handles_for_the_rest():
    from runtime.sinks.guests import KEPT_BACK, LEAST, MOST, bounds_for

    assert bounds_for(None).in_all == MOST
    assert bounds_for(4096).in_all == MOST
    assert bounds_for(KEPT_BACK + 50) == (50, 48)
    assert bounds_for(64) == (LEAST, LEAST)


def test_what_is_not_there_is_no_shortage():
    assert not handles.is_short(FileNotFoundError(errno.ENOENT, "no"))
