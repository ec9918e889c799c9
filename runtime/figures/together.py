"""The figures of a device with several cameras, by the definitions that each camera's own are made by."""

from typing import Sequence

from runtime.figures.figures import INFERENCE, Figures, Stages
from runtime.figures.latency import LatencyHistogram
from runtime.figures.limits import limited_by
from runtime.figures.meter import Meter


def together(meters: Sequence[Meter], now_s: float) -> Figures:
    """Of the whole run until `now_s`: rates and counts are sums, latencies of all frames, stages of the mean frame.

    The stages of the thread that infers add up to the time between two frames, whichever camera they are of: what
    none of them was worked on in is `wait`.
    """
    each = [meter.whole_run(now_s) for meter in meters]
    if len(each) == 1:
        return each[0]
    rates = [sum(getattr(one, name) for one in each) for name in ("camera_fps", "true_fps")]
    nominal_fps = 0.0 if any(not one.nominal_fps for one in each) else sum(one.nominal_fps for one in each)
    camera_fps, true_fps = rates
    latency = LatencyHistogram.of([meter.latency for meter in meters])
    p50_ms, p95_ms = latency.percentile(0.50), latency.percentile(0.95)
    stages_ms = _mean_stages(each, true_fps)
    is_live = any(meter.is_live for meter in meters)
    bound = "starting"
    if any(one.presented > 1 for one in each):
        bound = limited_by(nominal_fps, camera_fps, true_fps, stages_ms, is_live, True, "", p95_ms)
    return Figures(
        nominal_fps,
        camera_fps,
        true_fps,
        p50_ms,
        p95_ms,
        stages_ms,
        sum(one.captured for one in each),
        sum(one.presented for one in each),
        sum(one.asked for one in each),
        sum(one.reused for one in each),
        bound,
        overlapped=True,
    )


def _mean_stages(each: Sequence[Figures], true_fps: float) -> Stages:
    presented = sum(one.presented for one in each)
    if not presented or true_fps <= 0:
        return Stages()
    mean = Stages(*[sum(one.presented * ms for one, ms in zip(each, of_all)) / presented for of_all in _columns(each)])
    mean = mean._replace(others=0.0, wait=0.0, delay=0.0)
    return mean._replace(wait=max(0.0, 1e3 / true_fps - mean.of(INFERENCE)))


def _columns(each: Sequence[Figures]) -> Sequence[Sequence[float]]:
    return list(zip(*[one.stages_ms for one in each]))
