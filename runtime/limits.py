"""What bounds the true rate, in one line, worked out from the figures alone."""

from runtime.figures import Stages

REACHED = 0.98
"""From this share of a rate on, the rate counts as reached: the meter's window ends anywhere within a period."""


def limited_by(nominal_fps: float, camera_fps: float, true_fps: float, stages_ms: Stages, live: bool) -> str:
    """Name the bound: the delay asked for, the source, or the longest stage with its share of the period."""
    if true_fps <= 0:
        return "no new frame"
    if 0 < nominal_fps * REACHED <= true_fps:
        return "delay: {:g} fps asked for and reached".format(nominal_fps)
    works = stages_ms._replace(delay=0.0)
    stage = max(works._fields, key=lambda name: getattr(works, name))
    duration_ms = getattr(works, stage)
    if stage == "wait":
        if live:
            return "camera: it delivers {:.1f} fps".format(camera_fps)
        return "source: reading takes {:.1f} of {:.1f} ms".format(duration_ms, stages_ms.period)
    return "{}: {:.1f} of {:.1f} ms".format(stage, duration_ms, stages_ms.period)
