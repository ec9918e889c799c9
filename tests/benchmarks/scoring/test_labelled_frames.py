"""Labelled frames of all three kinds, and pictures played as a camera would deliver them."""

import cv2
import numpy as np
import pytest
import tiny_bundle as tiny
from hypothesis import given
from hypothesis.strategies import integers
from labelled_scenes import write_data

from benchmarks.scoring.labelled_frames import (
    COVERED,
    LABELS,
    RUN,
    WARM_UP,
    numbers_in,
    open_labelled_frames,
    placed,
    spread,
    steps,
)
from benchmarks.stand_ins.replay import ReplaySource
from runtime.clock import FakeClock
from runtime.errors import SourceError, UsageError
from runtime.frame import EndOfStream
from runtime.recognition.tracker import MAX_MISSED

RED = (36, 36, tiny.SQUARE, tiny.RED)
LINE = "0 0.225 0.225 0.2 0.2\n"


def test_pictures_are_spread_over_all_there_are():
    assert spread(5, 9) == [0, 1, 2, 3, 4]
    assert spread(100, 4) == [0, 33, 66, 99]


def test_runs_warm_up_and_are_parted_by_black_frames():
    planned = list(steps(RUN + 5))
    assert sum(step.is_scored for step in planned) == RUN + 5
    assert [step.place for step in planned[:3]] == [0, 1, 2]
    assert [step.is_scored for step in planned[: WARM_UP + 1]] == [False] * WARM_UP + [True]
    second = planned[WARM_UP + RUN :]
    assert [step.place for step in second[: COVERED + 1]] == [None] * COVERED + [0]
    assert len(second) == COVERED + WARM_UP + 5
    assert COVERED > MAX_MISSED


@given(total=integers(1, 2000), count=integers(1, 500))
def test_the_runs_of_a_video_lie_inside_it_one_after_the_other(total, count):
    starts, planned = placed(total, count)
    scored = [starts[step.run] + step.place for step in planned if step.is_scored]
    shown = [starts[step.run] + step.place for step in planned if step.place is not None]
    assert 1 <= len(scored) <= count
    assert shown == sorted(set(shown))
    assert shown[0] >= 0
    assert shown[-1] < total


def test_the_demo_is_the_same_each_time():
    frames = open_labelled_frames("demo://?products=3", (160, 120), 2)
    first, second = list(frames), list(frames)
    assert [frame.is_scored for frame in first] == [False] * WARM_UP + [True] * 2
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second))
    assert all(frames.names[number] for number in first[0].names)
    assert first[0].boxes_px.shape == (len(first[0].names), 4)


def test_a_folder_is_fitted_and_its_boxes_with_it(tmp_path):
    folder = write_data(tmp_path / "data", ["red"], *[[("red", RED, True)]] * 3)
    frames = list(open_labelled_frames(str(folder), (80, 80), 2))
    assert [frame.image.shape for frame in frames] == [(80, 80, 3)] * 2
    np.testing.assert_allclose(frames[0].boxes_px, [[10, 10, 26, 26]], atol=0.01)


@pytest.fixture
def video(tmp_path):
    """Five frames, of which the first and third have labels."""
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25, (160, 160))
    for _ in range(5):
        writer.write(tiny.scene(RED))
    writer.release()
    labels = tmp_path / ("clip" + LABELS)
    labels.mkdir()
    (labels / "classes.txt").write_text("red")
    for number in (1, 3):
        (labels / "clip_{}.txt".format(number)).write_text(LINE)
    return path


def test_a_video_has_a_label_file_a_frame(video):
    frames = open_labelled_frames(str(video), None, 3)
    expected = [(1, False), (0, True), (1, True), (0, True)]
    assert [(len(frame.names), frame.is_scored) for frame in frames] == expected
    assert [(len(frame.names), frame.is_scored) for frame in frames] == expected, "again"


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda labels: [path.unlink() for path in labels.iterdir()] and labels.rmdir(), "expected the folder"),
        (lambda labels: (labels / "classes.txt").unlink(), "no class names"),
        (lambda labels: [path.unlink() for path in labels.glob("clip_*")], "expected clip_1.txt"),
    ],
)
def test_a_video_without_labels_is_refused(video, spoil, complaint):
    spoil(video.with_name("clip" + LABELS))
    with pytest.raises(SourceError, match=complaint):
        open_labelled_frames(str(video), None, 4)


def test_a_wrong_line_is_named(video):
    (video.with_name("clip" + LABELS) / "clip_3.txt").write_text("7 0 0 1 1\n")
    with pytest.raises(SourceError, match=r"clip_3.txt:1: class 7"):
        list(open_labelled_frames(str(video), None, 4))


def test_names_are_matched_and_strangers_marked():
    assert numbers_in(["b", "x"], ["a", "b"], "them").tolist() == [1, -1]
    with pytest.raises(UsageError, match=r"\(x\) is one of them \(a, b\)"):
        numbers_in(["x"], ["a", "b"], "them")


def test_a_reader_in_time_gets_every_frame_and_a_late_one_the_newest():
    clock = FakeClock(100.0)
    images = [np.full((2, 2, 3), value, np.uint8) for value in (1, 2, 3)]
    with ReplaySource(images, 10.0, clock) as source:
        frames = [source.read(1.0), source.read(1.0)]
        assert [(frame.id, frame.captured_s) for frame in frames] == [(0, 100.0), (1, pytest.approx(100.1))]
        assert source.read(0.01) is None, "not due yet"
        clock.advance(0.45)
        late = source.read(1.0)
        assert (late.id, late.captured_s) == (5, pytest.approx(100.5))
        assert late.image[0, 0, 0] == 3
        late.image[:] = 9
        assert images[2][0, 0, 0] == 3, "the reader owns a copy"
    with pytest.raises(EndOfStream):
        source.read(1.0)


def test_without_a_rate_it_waits_for_its_reader():
    source = ReplaySource([np.zeros((2, 2, 3), np.uint8)], 0.0, FakeClock())
    assert not source.live
    assert [source.read(1.0).id for _ in range(3)] == [0, 1, 2]
