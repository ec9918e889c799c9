"""What bounds the true rate, in one line, worked out from the figures alone."""

from typing import Optional

from runtime.figures.figures import INFERENCE, PRESENTING, Stages

REACHED = 0.98
"""From this share of a rate on, the rate counts as reached: the meter's window ends anywhere within a period."""

KEEPS_UP = 0.95
"""From this share of the camera's rate on, the loop takes every frame but a stray one."""
SPARE = 0.9
"""Up to this share of a period of what is to be reached, the work of a frame fits into it with ease."""
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
    latency_p95_ms: Optional[float] = None,
) -> str:
    """Name the bound: the rate asked for, the source, irregular time, or the longest stage and its share of the period.

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
    rate_fps = min(camera_fps, nominal_fps or camera_fps)
    work_ms = period_ms - stages_ms.wait - stages_ms.delay
    if live and stages_ms.wait >= WAITS * period_ms and work_ms <= SPARE * 1e3 / rate_fps:
        return _irregular(work_ms, 1e3 / rate_fps, camera_fps, latency_p95_ms)
    # A live source that is faster than the loop does not bound it, however long it is waited for now and then.
    works = stages_ms._replace(delay=0.0, wait=0.0 if live else stages_ms.wait)
    return _longest(works, INFERENCE if overlapped else Stages._fields, period_ms)


def _irregular(work_ms: float, period_ms: float, camera_fps: float, latency_p95_ms: Optional[float]) -> str:
    """The loop waits, the work fits, and frames are lost all the same: what comes irregularly is the work, or they.

    Frames that are late when they are shown waited for us: other work on the machine came in between. Where none is
    late, they came several at once, and the newest won.
    """
    if latency_p95_ms is not None and latency_p95_ms >= period_ms:
        late = "machine busy: {:.1f} ms of work a frame, but one in twenty is {:.0f} ms late"
        return late.format(work_ms, latency_p95_ms)
    return "camera: it delivers {:.1f} fps in bursts".format(camera_fps)


def with_cpu(bound: str, cpu_load_percent: Optional[float]) -> str:
    """`bound` as limited_by gave it, with the load of the CPU where other work on it is the cause."""
    if cpu_load_percent is None or not bound.startswith("machine busy:"):
        return bound
    return bound.replace("machine busy:", "machine busy (CPU {:.0f} %):".format(cpu_load_percent), 1)


def with_throttling(bound: str, throttled: str) -> str:
    """`bound` as limited_by gave it, or that the clocks are held down, where the work is what bounds the rate.

    A stage's time is an effect then. What is bound from outside, by the rate asked for or the camera, stays so.
    """
    is_work = bound.split(":")[0] in Stages._fields + ("other cameras",)
    return "throttled: " + throttled if throttled and is_work else bound


def _longest(stages_ms: Stages, names: tuple, period_ms: float) -> str:
    stage = max(names, key=lambda name: getattr(stages_ms, name))
    what = {"wait": "source: reading takes", "others": "other cameras:"}.get(stage, stage + ":")
    return "{} {:.1f} of {:.1f} ms".format(what, getattr(stages_ms, stage), period_ms)
