"""What bounds the true rate, in one line, worked out from the figures alone."""

from runtime.figures.figures import INFERENCE, PRESENTING, Stages

REACHED = 0.98
"""From this share of a rate on, the rate counts as reached: the meter's window ends anywhere within a period."""

KEEPS_UP = 0.95
"""From this share of the camera's rate on, the loop takes every frame but a stray one."""
WAITS = 0.05
"""From this share of the period on, the loop had time to spare: it waited for the camera, not the camera for it."""


def limited_by(
    nominal_fps: float,
    camera_fps: float,
    true_fps: float,
    stages_ms: Stages,
    live: bool,
    overlapped: bool = False,
    why_slow: str = "",
) -> str:
    """Name the bound: the rate asked for, the source, or the longest stage with its share of the period.

    `why_slow`: of a camera, where that is known.
    """
    if true_fps <= 0:
        return "no new frame"
    if 0 < nominal_fps * REACHED <= true_fps:
        return "nominal: {:g} fps reached".format(nominal_fps)
    period_ms = stages_ms.of(INFERENCE) if overlapped else stages_ms.period
    if overlapped and stages_ms.of(PRESENTING) >= (1 - WAITS) * period_ms:
        return _longest(stages_ms, PRESENTING, period_ms)
    if live and true_fps >= KEEPS_UP * camera_fps and stages_ms.wait >= WAITS * period_ms:
        return "camera: it delivers {:.1f} fps".format(camera_fps) + (", " + why_slow if why_slow else "")
    # A live source that is faster than the loop does not bound it, however long it is waited for now and then.
    works = stages_ms._replace(delay=0.0, wait=0.0 if live else stages_ms.wait)
    return _longest(works, INFERENCE if overlapped else Stages._fields, period_ms)


def with_throttling(bound: str, throttled: str) -> str:
    """`bound` as limited_by gave it, or that the clocks are held down, where the work is what bounds the rate.

    A stage's time is an effect then. What is bound from outside, by the rate asked for or the camera, stays so.
    """
    is_work = bound.split(":")[0] in Stages._fields
    return "throttled: " + throttled if throttled and is_work else bound


def _longest(stages_ms: Stages, names: tuple, period_ms: float) -> str:
    stage = max(names, key=lambda name: getattr(stages_ms, name))
    what = "source: reading takes" if stage == "wait" else stage + ":"
    return "{} {:.1f} of {:.1f} ms".format(what, getattr(stages_ms, stage), period_ms)
