"""Processes that die while they look through a piece: replaced, and only what cannot be looked through is given up."""

import os
import signal
import time

import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")

from made_videos import scene_pictures, write_video

from runtime.errors import BundleError, SourceError
from search.looking.looker import Look, Request
from search.running import processes
from search.videos.pieces import Piece

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
"""The stub reaches the children by a fork, while they are alone."""


class Stub:
    """Looks without networks; what it does is in the piece's address."""

    def __init__(self, request):
        if request.bundle == "none":
            raise BundleError("no bundle")

    def look(self, piece):
        what, _, path = piece.address.partition(":")
        if what == "kill" or (what == "kill-once" and not os.path.exists(path)):
            if what == "kill-once":
                open(path, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "wait-for":
            wait_for(path)
        if what == "make":
            open(path, "w").close()
        if what == "bad":
            raise SourceError("bad")
        time.sleep(0.01 * (5 - piece.number % 5))  # later ones are done sooner
        return Look([], piece.number, 0, 0.0, 0.0, 0.0, 0.0)


def wait_for(path):
    began_s = time.monotonic()
    while not os.path.exists(path):
        if time.monotonic() - began_s > 20:
            raise SourceError("waited in vain")
        time.sleep(0.005)


def begin_with_a_stub(request, parent):
    processes.Looker = Stub
    processes._request = request


def looked(monkeypatch, addresses, bundle="demo", workers=2):
    monkeypatch.setattr(processes, "_begin", begin_with_a_stub)
    monkeypatch.setattr(processes, "_CONTEXT", "fork")
    pieces = [Piece(address, number, 0.0, 1.0) for number, address in enumerate(addresses)]
    return [
        found.frames if isinstance(found, Look) else str(found)
        for _, found in processes.looks(pieces, Request(bundle), workers)
    ]


def test_they_come_in_their_order(monkeypatch):
    assert looked(monkeypatch, ["a"] * 20) == list(range(20))


def test_a_bad_video_does_not_stop_the_others(monkeypatch):
    assert looked(monkeypatch, ["a", "bad", "a"]) == [0, "bad", 2]


def test_a_process_that_is_killed_once_changes_nothing(monkeypatch, tmp_path):
    found = looked(monkeypatch, ["a", "kill-once:" + str(tmp_path / "was"), "a", "a", "a", "a"])
    assert found == list(range(6))


def test_a_piece_that_ends_every_process_is_given_up_alone(monkeypatch):
    found = looked(monkeypatch, ["a", "a", "kill", "a", "a", "a"])
    assert [found[number] for number in (0, 1, 3, 4, 5)] == [0, 1, 3, 4, 5]
    assert "ends the process" in found[2]


def test_a_slow_piece_does_not_hold_up_the_others(monkeypatch, tmp_path):
    """It is done when the twentieth after it is."""
    made = str(tmp_path / "made")
    assert looked(monkeypatch, ["wait-for:" + made] + ["a"] * 19 + ["make:" + made]) == list(range(21))


def test_networks_that_cannot_be_had_end_it_all(monkeypatch):
    with pytest.raises(BundleError):
        looked(monkeypatch, ["a", "a"], bundle="none")


def test_real_networks_in_a_real_process(tmp_path):
    film = write_video(tmp_path / "a.mp4", scene_pictures(2))
    ((piece, look),) = processes.looks([Piece(str(film), 0, 0.0, 9.0)], Request("demo"), 1)
    assert look.frames == 30
    assert look.sightings
