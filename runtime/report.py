"""The figures of a run as plain JSON, with the keys that the report file and the page share."""

import math
from typing import Any, Dict, Optional

from runtime.figures import Figures


def figures_as_json(figures: Figures) -> Dict[str, Any]:
    """Rounded to 0.01 (frames/s, ms); what is unknown or not finite is None, so that the JSON is valid."""
    return {
        "nominal_fps": _hundredths(figures.nominal_fps),
        "camera_fps": _hundredths(figures.camera_fps),
        "true_fps": _hundredths(figures.true_fps),
        "latency_ms": {"p50": _hundredths(figures.latency_p50_ms), "p95": _hundredths(figures.latency_p95_ms)},
        "stages_ms": {name: _hundredths(ms) for name, ms in figures.stages_ms._asdict().items()},
        "frames": {"captured": figures.captured, "presented": figures.presented, "dropped": figures.dropped},
        "classify": {"asked": figures.asked, "reused": figures.reused},
        "limited_by": figures.limited_by,
    }


def _hundredths(value: Optional[float]) -> Optional[float]:
    """`value` rounded to two decimals as a built-in float (numpy's own would not serialise)."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), 2)
