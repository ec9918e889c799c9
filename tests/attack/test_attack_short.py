"""The short forms of what else is tried for hours by python tests/attack."""

import pytest
from attack import clock, disk, origin, soak
from real_gstreamer import need_gstreamer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


def tiny(folder):
    return ["--bundle", str(folder)]


def test_a_full_disk(tiny_folder):
    need_gstreamer()
    reason = disk.why_not()
    if reason:
        pytest.skip(reason)
    found = disk.attack(0.0, tiny(tiny_folder))
    assert disk.is_right(found), found


def test_jumps_of_the_clock(tiny_folder):
    found = clock.attack(6, [*tiny(tiny_folder), "--fps", "10"])  # a rate that a busy machine keeps
    assert clock.is_right(found), found


def test_a_strangers_page_reads_nothing(tiny_folder):
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    reason = origin.why_not()
    if reason:
        pytest.skip(reason)
    found = origin.attack(tiny(tiny_folder))
    assert origin.is_right(found), found


def test_nothing_grows_in_half_a_minute(tiny_folder):
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    found = soak.attack(15.0, tiny(tiny_folder))
    if found["growth MiB"] >= soak.RSS_MIB:  # on a busy machine buffers fill late; what leaks goes on
        found = soak.attack(45.0, tiny(tiny_folder))
    assert soak.is_right(found), found


def test_growth_is_found():
    right = {
        "running": True, "exit status": 0, "tracebacks": 0, "viewed MB": 3, "growth MiB": 0.1, "growth threads": 0,
        "growth handles": 0, "end s": 0.4,
    }  # fmt: skip
    assert soak.is_right(right)
    for wrong in ({"growth MiB": 9}, {"growth handles": 8}, {"growth threads": 3}, {"running": False}, {"end s": 6.0}):
        assert not soak.is_right(dict(right, **wrong))
