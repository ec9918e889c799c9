"""The figures in words: the same ones on the picture and in the log."""

from typing import List, Optional

from runtime.figures.board import board_line
from runtime.figures.figures import Figures
from runtime.figures.in_view import in_view_line


def _ms(value_ms: Optional[float]) -> str:
    return "-" if value_ms is None else "{:.0f}".format(value_ms)


def _nominal(figures: Figures) -> str:
    return "{:g}".format(figures.nominal_fps) if figures.nominal_fps else "as fast as it goes"


def panel_lines(figures: Figures, two_stages: bool) -> List[str]:
    """The lines of the picture's panel; the first is the headline."""
    lines = [
        "{:.1f} fps true".format(figures.true_fps),
        "nominal {}, camera {:.1f}".format(_nominal(figures), figures.camera_fps),
        "latency {} ms, p95 {} ms".format(_ms(figures.latency_p50_ms), _ms(figures.latency_p95_ms)),
        "limited by {}".format(figures.limited_by),
    ]
    if two_stages:
        lines.append("classify: asked {}, reused {}".format(figures.asked, figures.reused))
    if figures.board is not None:
        lines.append(board_line(figures.board, figures.true_fps, is_short=True))
    return [line for line in lines if line]


def log_line(figures: Figures) -> str:
    """One line for the log."""
    stages, in_view = figures.stages_ms, in_view_line(figures.in_view)
    board = "" if figures.board is None else board_line(figures.board, figures.true_fps)
    spent = ", ".join("{} {:.1f}".format(name, value) for name, value in stages._asdict().items() if value >= 0.05)
    return (
        "true {:.1f} fps (nominal {}, camera {:.1f}), latency {} ms (p95 {}), presented {}, dropped {}, "
        "classify asked {} reused {}, limited by {} | {} ms{}{}".format(
            figures.true_fps,
            _nominal(figures),
            figures.camera_fps,
            _ms(figures.latency_p50_ms),
            _ms(figures.latency_p95_ms),
            figures.presented,
            figures.dropped,
            figures.asked,
            figures.reused,
            figures.limited_by,
            spent or "-",
            " | in view: " + in_view if in_view else "",
            " | " + board if board else "",
        )
    )


def status_line(figures: Figures, offline: bool = False) -> str:
    """One short line for `systemctl status`: the true rate and its cause."""
    return "{}{:.1f} fps true of {} nominal, limited by {}".format(
        "offline, " if offline else "", figures.true_fps, _nominal(figures), figures.limited_by
    )
