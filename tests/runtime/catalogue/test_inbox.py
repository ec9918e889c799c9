"""What stays unknown is grouped, shown from several sides, bounded, and ages out."""

import time

import numpy as np
import pytest

from runtime.catalogue.inbox import AGES_OUT_S, MOST_GROUPS, MOST_SIDES, Inbox, UnknownTrack
from runtime.catalogue.photos import LEAST_SIDE_PX
from runtime.catalogue.store import Catalogue
from runtime.errors import CatalogueError
from runtime.gallery import Gallery, Known

NET = "net-1"
AXES = np.eye(8, dtype=np.float32)
KNOWN = Known(Gallery(AXES[:1], np.array([0], np.int32), 0.6), ["tea"])


@pytest.fixture
def catalogue(tmp_path):
    opened = Catalogue(str(tmp_path / "c.sqlite"))
    yield opened
    opened.close()


def track(axis, turned=0.0, side=40):
    """Unknown for a second; `turned`: how far its embedding is from the axis, towards another of its own."""
    embedding = AXES[axis] * (1 - turned) + AXES[7] * turned
    crop = np.random.RandomState(axis).randint(0, 255, (side, side, 3)).astype(np.uint8)
    now_s = time.monotonic()
    return UnknownTrack("box", now_s - 1.0, now_s, 30, float(side * side), crop, embedding / np.linalg.norm(embedding))


def test_what_looks_alike_is_one_group_with_several_sides(catalogue):
    inbox = Inbox(catalogue)
    inbox.take([track(1), track(1), track(1, turned=0.3), track(2)], NET, KNOWN)
    first, second = inbox.groups()
    assert (first.times, second.times) == (3, 1)
    assert (len(inbox.photos(first.id)), len(inbox.photos(second.id))) == (2, 1)
    inbox.drop(first.id)
    assert [group.id for group in inbox.groups()] == [second.id]
    assert catalogue.unknowns.views(first.id) == []
    with pytest.raises(CatalogueError, match="named, or aged out"):
        inbox.photos(first.id)


def test_sides_are_bounded(catalogue):
    inbox = Inbox(catalogue)
    inbox.take([track(1)] + [track(1, turned=0.3 + 0.01 * (one % 2)) for one in range(MOST_SIDES + 3)], NET, KNOWN)
    (group,) = inbox.groups()
    assert 2 <= len(inbox.photos(group.id)) <= 1 + MOST_SIDES


def test_what_is_known_by_now_or_too_small_is_left(catalogue):
    inbox = Inbox(catalogue)
    inbox.take([track(0), track(1, side=LEAST_SIDE_PX - 1)], NET, KNOWN)
    assert inbox.groups() == []


def test_the_oldest_go_beyond_two_hundred_and_after_two_weeks(catalogue, monkeypatch):
    inbox = Inbox(catalogue)
    now_s = time.time()
    for number in range(MOST_GROUPS + 5):
        catalogue.unknowns.add("box", (now_s, now_s + number), b"photo", "another", AXES[3])
    inbox.take([], NET, KNOWN)
    assert len(inbox.groups()) == MOST_GROUPS
    assert min(group.last_s for group in inbox.groups()) == now_s + 5
    monkeypatch.setattr("runtime.catalogue.inbox.time.time", lambda: now_s + AGES_OUT_S + 100.5)
    inbox.take([], NET, KNOWN)
    assert min(group.last_s for group in inbox.groups()) == now_s + 101
