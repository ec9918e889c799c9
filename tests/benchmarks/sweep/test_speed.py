"""The ceiling of a cell: frames from memory, a new one whenever the loop asks, whatever the source's own rate."""

import numpy as np
import pytest

from benchmarks.scoring.labelled_frames import DemoFrames, LabelledFrame, LabelledFrames, black_frame
from benchmarks.stand_ins.replay import ReplaySource
from benchmarks.sweep import speed
from benchmarks.sweep.speed import pictures_of, speeds
from runtime.settings import Settings


class Numbered(LabelledFrames):
    """Pictures that say their number, from 1; None: a cut."""

    def __init__(self, numbers, is_continuous=True):
        self._numbers, self.is_continuous = numbers, is_continuous

    def __iter__(self):
        for number in self._numbers:
            if number is None:
                yield black_frame(8, 6)
            else:
                yield LabelledFrame(
                    np.full((6, 8, 3), number, np.uint8), np.empty((0, 4)), np.empty(0, int), number > 2
                )


def numbers(pictures):
    return [int(picture[0, 0, 0]) for picture in pictures]


def test_what_moves_goes_forth_and_back_without_a_cut():
    assert numbers(pictures_of(Numbered([1, 2, 3, 4, None, 5, 6]))) == [1, 2, 3, 4, 3, 2]
    assert numbers(pictures_of(Numbered([1, 2, 3], is_continuous=False))) == [1, 2, 3]
    assert numbers(pictures_of(Numbered([1]))) == [1]


def test_the_demos_first_run_is_one():
    pictures = pictures_of(DemoFrames("demo://", (64, 48), 5))
    assert len(pictures) == 2 * (15 + 5) - 2
    assert pictures[1] is pictures[-1]


def test_memory_bounds_them(monkeypatch):
    monkeypatch.setattr(speed, "MOST_BYTES", 3 * 6 * 8 * 3)
    assert numbers(pictures_of(Numbered([1, 2, 3, 4, 5]))) == [1, 2, 3, 2]
    monkeypatch.setattr(speed, "MOST_BYTES", 1)
    assert numbers(pictures_of(Numbered([1, 2, 3, 4, 5]))) == [1], "one there must be"


@pytest.fixture
def asked(monkeypatch):
    """Stands for the runs; what each was asked for, as (nominal rate, seconds, source)."""
    seen = []

    def report(settings, source):
        seen.append((settings.fps, settings.seconds, source))
        return {"true_fps": 30.0 if source is None else 90.0}

    monkeypatch.setattr(speed, "_report", report)
    return seen


def test_runs_and_ceiling_take_turns(asked):
    found = speeds(Settings(source="demo://", fps=24.0, seconds=4.0), Numbered([1, 2]), 2)
    assert [(fps, seconds) for fps, seconds, _ in asked] == [(24.0, 4.0), (0.0, 2.0)] * 2
    assert [source is None for _, _, source in asked] == [True, False] * 2, "the demo itself, then from memory"
    assert not any(source.live for _, _, source in asked if source)
    assert [run["true_fps"] for run in found.ceiling] == [90.0, 90.0]
    assert [run["true_fps"] for run in found.runs] == [30.0, 30.0]


def test_a_nominal_rate_of_zero_is_the_ceiling_and_not_the_demos_own_rate(asked):
    found = speeds(Settings(source="demo://", fps=0.0, seconds=4.0), Numbered([1, 2]), 2)
    assert [(fps, seconds) for fps, seconds, _ in asked] == [(0.0, 4.0)] * 2
    assert all(isinstance(source, ReplaySource) and not source.live for _, _, source in asked)
    assert found.runs == found.ceiling == [{"true_fps": 90.0}] * 2


def test_a_folder_is_played_as_a_camera_at_a_nominal_rate(asked):
    speeds(Settings(source="pictures", fps=24.0, seconds=4.0), Numbered([1, 2, 3]), 1)
    assert [source.live for _, _, source in asked] == [True, False]
