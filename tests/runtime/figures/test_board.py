"""What the board says, on the figures: bound by heat where work is the bound; frames a watt; nothing without one."""

import threading

import pytest
import tiny_bundle as tiny

from runtime.assembly import assemble
from runtime.figures.board import NOT_AVAILABLE, Board, BoardReading, board_line, fps_per_watt
from runtime.figures.figures import Figures, Stages
from runtime.figures.limits import with_throttling
from runtime.figures.report import figures_as_json
from runtime.figures.wording import log_line, panel_lines
from runtime.loop.presenter import Presenter
from runtime.picture.compose import Composer
from runtime.settings import Settings

HOT = BoardReading(
    (("GPU", 78.0),), (("POM_5V_IN", 5000.0),), 99.0, 614.4, 921.6, throttled="GPU at 614 of 922 MHz, 78 C"
)
FIGURES = Figures(30.0, 30.0, 10.0, 40.0, 50.0, Stages(), 10, 10, 0, 0, "classify: 60.0 of 100.0 ms")


class Fake(Board):
    """Always the same reading, and a summary."""

    def __init__(self, reading, summary=None):
        self._reading, self._summary = reading, summary or {}

    def latest(self):
        return self._reading

    def summary(self):
        return self._summary


@pytest.mark.parametrize(
    ("bound", "found"),
    [
        ("classify: 60.0 of 100.0 ms", "throttled: hot"),
        ("detect: 60.0 of 100.0 ms", "throttled: hot"),
        ("nominal: 30 fps reached", "nominal: 30 fps reached"),
        ("camera: it delivers 15.0 fps", "camera: it delivers 15.0 fps"),
        ("no new frame", "no new frame"),
        ("starting", "starting"),
    ],
)
def test_heat_bounds_only_what_the_work_bounds(bound, found):
    assert with_throttling(bound, "hot") == found
    assert with_throttling(bound, "") == bound


def test_the_presenter_adds_the_board():
    figures = Presenter(Composer(["a"], None), [], Fake(HOT)).with_board(FIGURES)
    assert figures.limited_by == "throttled: GPU at 614 of 922 MHz, 78 C"
    assert "78 C, 5.0 W, 2.0 fps/W, GPU 99 %" in panel_lines(figures, True)
    assert log_line(figures).endswith("| 78 C, 5.0 W, 2.0 fps/W, GPU 99 % at 614 MHz")
    assert figures_as_json(figures)["board"] == "78 C, 5.0 W, 2.0 fps/W, GPU 99 % at 614 MHz"


def test_without_a_board_nothing_is_added():
    assert Presenter(Composer(["a"], None), []).with_board(FIGURES) is FIGURES
    assert "board" not in figures_as_json(FIGURES)
    assert board_line(BoardReading(), 30.0) == ""


@pytest.mark.parametrize(("total_mw", "ratio"), [(5000.0, 6.0), (None, None), (0.0, None)])
def test_frames_a_watt(total_mw, ratio):
    assert fps_per_watt(30.0, total_mw) == ratio


@pytest.mark.parametrize(
    ("summary", "bound_by_heat", "has_ratio"),
    [
        (
            {"total_mw": {"min": 1.0, "mean": 5000.0, "max": 9.0}, "throttled_share": 0.5, "throttled": "hot"},
            True,
            True,
        ),
        ({"total_mw": NOT_AVAILABLE, "throttled_share": 0.01, "throttled": "hot"}, False, False),
    ],
)
def test_the_report_has_the_boards_run(tmp_path, tiny_folder, summary, bound_by_heat, has_ratio):
    import cv2

    (tmp_path / "photos").mkdir()
    for number in range(6):
        cv2.imwrite(str(tmp_path / "photos" / "{}.png".format(number)), tiny.scene((36, 36, tiny.SQUARE, tiny.RED)))
    settings = Settings(source=str(tmp_path / "photos"), bundle=str(tiny_folder), fps=0, engine="onnx")
    with assemble(settings, threading.Event(), sinks=[], board=Fake(None, summary)) as assembly:
        assembly.loop.run()
        report = assembly.report()
    assert (report["limited_by"] == "throttled: hot (50 % of the run)") == bound_by_heat
    assert isinstance(report["board"]["fps_per_watt"], float) == has_ratio
    assert "sinks" in report
