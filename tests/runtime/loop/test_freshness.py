"""Old frames are passed over now and then, within a share of the time, and never where it would not help."""

import numpy as np
import pytest

from runtime.frame import Frame
from runtime.loop.freshness import SHARE, Freshness

IMAGE = np.zeros((1, 1, 3), np.uint8)


def play(camera_hz, loop_s, seconds=60.0, freshness=None):
    """A loop that takes the newest frame when it is ready; ages of the frames it worked on, and how many a second."""
    period_s, now_s, taken, last = 1.0 / camera_hz, 0.0, [], -1
    while now_s < seconds:
        newest = int(now_s / period_s)
        if newest == last:
            newest += 1
        now_s = max(now_s, newest * period_s)
        last = newest
        frame = Frame(IMAGE, newest, newest * period_s)
        if freshness is not None and freshness.is_worth_waiting(frame, now_s):
            continue
        taken.append(now_s - frame.captured_s)
        now_s += loop_s
    return np.array(taken), len(taken) / seconds


def test_a_loop_just_slower_than_its_camera_gets_fresher_frames_for_less_than_the_share():
    before, rate_before = play(30.0, 0.0336)
    after, rate_after = play(30.0, 0.0336, freshness=Freshness())
    assert np.median(after) < 0.75 * np.median(before)
    assert rate_after >= rate_before * (1 - SHARE) * 0.995


@pytest.mark.parametrize("camera_hz, loop_s", [(30.0, 0.010), (15.0, 0.0336), (120.0, 0.0336), (60.0, 0.0336)])
def test_nothing_is_passed_over_where_frames_are_fresh_anyway(camera_hz, loop_s):
    before, rate_before = play(camera_hz, loop_s)
    after, rate_after = play(camera_hz, loop_s, freshness=Freshness())
    assert rate_after == pytest.approx(rate_before, rel=0.002)
    assert np.median(after) == pytest.approx(np.median(before), abs=0.001)


@pytest.mark.parametrize("camera_hz", [25, 31, 37, 43, 51])
def test_the_rate_never_falls_by_more_than_the_share(camera_hz):
    _, rate_before = play(camera_hz, 0.0336)
    _, rate_after = play(camera_hz, 0.0336, freshness=Freshness())
    assert rate_after >= rate_before * (1 - SHARE) * 0.995
