"""How many of each name are in view: in the figures, the report and the log."""

import numpy as np

from runtime.counting.in_view import InViewOverlay
from runtime.figures.figures import Figures, Stages
from runtime.figures.in_view import InView, in_view_line
from runtime.figures.report import figures_as_json
from runtime.figures.wording import log_line
from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation, Words

FIGURES = Figures(30.0, 30.0, 30.0, 40.0, 60.0, Stages(), 1, 1, 0, 0, "camera")
PICTURE = np.zeros((48, 64, 3), np.uint8)


def seen(number, products):
    k = len(products)
    found = Detections(np.zeros((k, 4), np.float32), np.ones(k, np.float32), np.zeros(k, np.int32))
    names = Names(np.array(products, np.int32), np.ones(k, np.float32), k, 0)
    return Observation(
        Frame(PICTURE, number, float(number or 0)), found, np.arange(k), names, Words(["jar"], ["tea", "soap"])
    )


def test_now_the_mean_and_the_most():
    overlay = InViewOverlay()
    assert figures_as_json(overlay.told(FIGURES))["count"] == {}
    for number, products in enumerate([(0, 0, 1), (0, 0, 0), (), (0, UNKNOWN)]):
        overlay.see(seen(number, products))
    told = overlay.told(FIGURES)
    assert figures_as_json(told)["count"] == {
        "soap": {"now": 0, "mean": 0.25, "most": 1},
        "tea": {"now": 1, "mean": 1.5, "most": 3},
        "unknown jar": {"now": 1, "mean": 0.25, "most": 1},
    }
    assert "| in view: 1 tea, 1 unknown jar" in log_line(told)


def test_while_the_source_is_away_nothing_is_in_view():
    overlay = InViewOverlay()
    overlay.see(seen(0, (0,)))
    overlay.see(seen(None, ()))
    assert overlay.told(FIGURES).in_view == (InView("tea", 0, 1.0, 1),)
    assert "in view" not in log_line(overlay.told(FIGURES))


def test_a_line_of_many_names_is_cut():
    rows = tuple(InView(str(number), number, 1.0, number) for number in range(10))
    assert in_view_line(rows, 2) == "9 9, 8 8, 28 more"
