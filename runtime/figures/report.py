"""The figures of a run as plain JSON, with the keys that the report file and the page share."""

import json
import math
import os
import platform
import sys
from typing import Any, Dict, Optional

from runtime.errors import SinkError
from runtime.figures.board import board_line
from runtime.figures.counts import counts_as_json
from runtime.figures.figures import CAPTURE, INFERENCE, PRESENTING, Figures, Stages
from runtime.figures.in_view import in_view_as_json
from runtime.figures.shelf import shelf_as_json
from runtime.outputs import is_special, is_stream, write_to, write_whole

STANDARD_OUTPUT = "-"


def figures_as_json(figures: Figures) -> Dict[str, Any]:
    """Rounded to 0.01 (frames per second, milliseconds); what is unknown or not finite is None: JSON stays valid."""
    content = {
        "nominal_fps": _hundredths(figures.nominal_fps),
        "camera_fps": _hundredths(figures.camera_fps),
        "true_fps": _hundredths(figures.true_fps),
        "latency_ms": {"p50": _hundredths(figures.latency_p50_ms), "p95": _hundredths(figures.latency_p95_ms)},
        "stages_ms": _stages(figures),
        "threads": _threads(figures),
        "frames": {"captured": figures.captured, "presented": figures.presented, "dropped": figures.dropped},
        "classify": {"asked": figures.asked, "reused": figures.reused},
        "limited_by": figures.limited_by,
        "count": in_view_as_json(figures.in_view),
    }
    if figures.board is not None:
        content["board"] = board_line(figures.board, figures.true_fps)
    if figures.counts is not None:
        content["counts"] = counts_as_json(figures.counts)
    if figures.shelf is not None:
        content["shelf"] = shelf_as_json(figures.shelf)
    return content


def _stages(figures: Figures) -> Dict[str, Optional[float]]:
    """`others` only where there are some."""
    stages = figures.stages_ms._asdict()
    if not figures.stages_ms.others:
        del stages["others"]
    return {name: _hundredths(ms) for name, ms in stages.items()}


def _threads(figures: Figures) -> Dict[str, Any]:
    """Which stages run on which thread; those of a thread add up to the period, or to what it was busy for."""
    if figures.overlapped:
        return {
            "capture": list(CAPTURE),
            "inference": [name for name in INFERENCE if name != "others"],
            "presenting": list(PRESENTING),
        }
    return {"loop": [name for name in Stages._fields if name != "others"]}


def _hundredths(value: Optional[float]) -> Optional[float]:
    """`value` rounded to two decimals as a built-in float (numpy's own would not serialise)."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), 2)


def platform_line() -> str:
    """Operating system, processor and Python in one line."""
    return "{} {}, Python {}".format(platform.system(), platform.machine(), platform.python_version())


def check_report_path(path: Optional[str]) -> None:
    """Raise SinkError now rather than at the end of a long run, where `path` cannot be written."""
    if path is None or path == STANDARD_OUTPUT:
        return
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path):
        raise SinkError("--report {} is a folder: name a file in it".format(path))
    if is_special(path) or is_stream(path):
        if not os.access(path, os.W_OK):
            raise SinkError("--report {}: no permission to write to it".format(path))
        return
    if not os.path.isdir(folder):
        raise SinkError("--report {}: no folder {} (mkdir -p it)".format(path, folder))
    if not os.access(folder, os.W_OK):
        raise SinkError("--report {}: no permission to write in {}".format(path, folder))


def write_report(path: str, report: Dict[str, Any]) -> None:
    """Write `report` to `path` whole or not at all; "-" is standard output.

    A regular file is replaced, also behind a link, which stays; a device or a pipe is written to.
    """
    text = json.dumps(report, indent=2) + "\n"
    try:
        if path == STANDARD_OUTPUT:
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        if is_special(path) or is_stream(path):
            write_to(path, text)
            return
        write_whole(path, text)
    except OSError as error:
        raise SinkError("cannot write the report {}: {}".format(path, error)) from error
