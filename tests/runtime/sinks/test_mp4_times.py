"""The table of times in an .mp4, written anew; what is not as OpenCV writes it is left alone."""

import shutil

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from played_back import played_back

from runtime.sinks.mp4_times import retime


@pytest.fixture(scope="module")
def ten(tmp_path_factory):
    """Ten pictures of rising brightness at 30 fps."""
    path = tmp_path_factory.mktemp("mp4") / "ten.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 30.0, (64, 48))
    for number in range(10):
        writer.write(np.full((48, 64, 3), 20 * number, np.uint8))
    writer.release()
    return path


@given(st.lists(st.floats(0.001, 30.0), min_size=9, max_size=9), st.floats(-1e6, 1e6))
@settings(max_examples=25)
def test_any_rising_times_are_played(ten, tmp_path_factory, steps, start_s):
    path = tmp_path_factory.mktemp("retimed") / "out.mp4"
    shutil.copy(str(ten), str(path))
    wanted_s = [0.0]
    for step in steps:
        wanted_s.append(wanted_s[-1] + step)
    retime(str(path), [start_s + time_s for time_s in wanted_s])
    times_s, levels = played_back(path)
    assert times_s == pytest.approx(wanted_s, abs=0.0006)
    assert levels == pytest.approx(played_back(ten)[1])


@pytest.mark.parametrize(
    "times_s", [[0.0] * 10, [float(n) for n in range(9)], [float(-n) for n in range(10)], [n * 2e4 for n in range(10)]]
)
def test_times_that_cannot_be_leave_the_file_as_it_is(ten, tmp_path, times_s):
    path = tmp_path / "out.mp4"
    shutil.copy(str(ten), str(path))
    with pytest.raises(ValueError):
        retime(str(path), times_s)
    assert path.read_bytes() == ten.read_bytes()


@pytest.mark.parametrize(
    "content", [b"", b"x" * 5, b"\0\0\0\x08free", b"\0\0\0\x10moov\0\0\0\xffmvhd", b"RIFF" + b"\0" * 99]
)
def test_what_is_no_such_file_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "out.mp4"
    path.write_bytes(content)
    with pytest.raises(ValueError):
        retime(str(path), [0.0, 1.0])
    assert path.read_bytes() == content


def test_a_file_cut_anywhere_is_left_as_it_is(ten, tmp_path):
    whole, path = ten.read_bytes(), tmp_path / "out.mp4"
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError):
            retime(str(path), [float(n) for n in range(10)])
        assert path.read_bytes() == whole[:length]
