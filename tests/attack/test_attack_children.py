"""Each child killed or frozen: another takes its place, the end takes less than 5 s and leaves nobody."""

import pytest
from attack import children
from real_gstreamer import need_gstreamer, need_rtsp_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


def test_each_child_killed_and_frozen(tiny_folder):
    need_gstreamer()
    need_rtsp_server()
    found = children.attack(6, seed=6, arguments=["--bundle", str(tiny_folder)])
    assert children.is_right(found), found


def test_what_is_wrong_is_found():
    right = {"verdicts": {"back": 3}, "exit status": 0, "left behind": [], "tracebacks": 0, "end s": 1.0}
    assert children.is_right(right)
    for wrong in ({"verdicts": {"back": 2, "not back": 1}}, {"left behind": [7]}, {"exit status": 1}, {"end s": 5.5}):
        assert not children.is_right(dict(right, **wrong))
