"""The meter against made-up time: what "true FPS" means, case by case."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.figures.figures import Stages
from runtime.figures.latency import LatencyHistogram
from runtime.figures.limits import limited_by, with_cpu
from runtime.figures.meter import Meter, rate_hz
from runtime.frame import Frame

IMAGE = np.zeros((2, 2, 3), np.uint8)


def played(presented_s, ids=None, latency_s=0.02, nominal_fps=0.0, live=False, stages=None):
    """A meter told of presentations at these times."""
    meter = Meter(nominal_fps, live)
    ids = range(len(presented_s)) if ids is None else ids
    for number, (frame_id, now_s) in enumerate(zip(ids, presented_s)):
        stages_ms = stages[number] if stages else Stages()
        meter.record(Frame(IMAGE, frame_id, now_s - latency_s), now_s, stages_ms)
    return meter


def test_steady_is_exact():
    meter = played([i * 0.1 for i in range(101)])
    assert meter.recent(10.0).true_fps == pytest.approx(10.0, abs=1e-9)
    assert meter.recent(10.05).true_fps == pytest.approx(10.0, abs=1e-9), "between two frames as well"
    assert meter.whole_run(10.0).true_fps == pytest.approx(10.0, abs=1e-9)
    assert meter.recent(10.0).camera_fps == pytest.approx(10.0, abs=1e-9)


def test_a_long_latency_does_not_lower_the_camera_rate():
    meter = played([i / 30 for i in range(150)], latency_s=0.4)
    assert meter.recent(149 / 30).camera_fps == pytest.approx(30.0, abs=1e-6)


def test_a_late_first_frame_does_not_raise_the_rate_above_the_camera_s():
    meter = Meter(24.0, live=True)
    for number in range(97):
        late_s = 0.06 if number == 0 else 0.02
        meter.record(Frame(IMAGE, number, number / 24), number / 24 + late_s, Stages())
    for figures in (meter.recent(4.02), meter.whole_run(4.02)):
        assert figures.true_fps == figures.camera_fps == pytest.approx(24.0)


def test_two_frames_make_one_interval():
    assert played([0.0, 0.5]).recent(0.5).true_fps == pytest.approx(2.0)


@pytest.mark.parametrize("presented_s", [[], [3.0]])
def test_fewer_than_two_frames_have_no_rate(presented_s):
    figures = played(presented_s).recent(3.0)
    assert figures.true_fps == 0.0
    assert figures.camera_fps == 0.0
    assert figures.limited_by == "starting"


def test_a_stall_falls_to_zero():
    meter = played([i * 0.1 for i in range(41)])
    rates = [meter.recent(4.0 + waited_s).true_fps for waited_s in (0.05, 1.0, 2.0, 3.0, 3.95, 4.1)]
    assert rates[0] == pytest.approx(10.0)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 0.0
    assert meter.recent(9.0).limited_by == "no new frame"
    assert meter.whole_run(9.0).true_fps == pytest.approx(41 / 9.0)


def test_a_burst_counts_once_each_and_leaves_with_the_window():
    meter = played([i * 0.5 for i in range(9)] + [4.0 + i * 0.01 for i in range(1, 11)])
    assert meter.recent(4.1).true_fps == pytest.approx(17 / (4.1 - 0.5), rel=0.02)
    assert meter.recent(9.0).true_fps == 0.0


def test_repeated_and_substituted_frames_are_not_counted():
    meter = played([i * 0.1 for i in range(6)], ids=[0, 0, 0, None, 1, 1])
    assert meter.presented == 2
    assert meter.recent(0.5).true_fps == pytest.approx(1 / 0.4)
    assert meter.recent(0.5).captured == 2


def test_gaps_in_the_ids_are_drops_and_the_camera_is_faster():
    meter = played([i * 0.1 for i in range(11)], ids=range(0, 33, 3), live=True)
    figures = meter.recent(1.0)
    assert figures.dropped == 31 - 11
    assert figures.camera_fps == pytest.approx(30.0)
    assert figures.true_fps == pytest.approx(10.0)


def test_stages_add_up_to_the_period_even_with_repeats_between():
    times = np.cumsum([0.0, 0.1, 0.05, 0.2, 0.1, 0.07])
    ids = [0, 1, 1, None, 2, 3]
    spent = [Stages(detect=(b - a) * 1e3) for a, b in zip(np.r_[0, times[:-1]], times)]
    figures = played(list(times), ids=ids, stages=spent).whole_run(times[-1])
    assert figures.stages_ms.period == pytest.approx(1e3 / figures.true_fps)


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=60), st.floats(0.0, 5.0))
def test_the_rate_is_never_above_what_was_presented(gaps_s, waited_s):
    times = list(np.cumsum(gaps_s))
    now_s = times[-1] + waited_s
    rate = rate_hz(len(times), times[0], times[-1], now_s)
    assert rate >= 0
    assert rate * (now_s - times[0]) <= len(times) * (1 + 1e-9)


@given(st.lists(st.floats(0.1, 90000.0), min_size=1, max_size=200), st.sampled_from([0.05, 0.5, 0.95, 1.0]))
def test_percentiles_are_within_a_per_cent(durations_ms, q):
    histogram = LatencyHistogram()
    for duration_ms in durations_ms:
        histogram.add(duration_ms)
    exact = sorted(durations_ms)[max(0, int(np.ceil(q * len(durations_ms))) - 1)]
    assert histogram.percentile(q) == pytest.approx(exact, rel=0.0101)


def test_percentiles_of_nothing_are_none():
    assert LatencyHistogram().percentile(0.5) is None


def test_a_camera_faster_than_the_loop_is_not_the_bound():
    times = [i * 0.1 for i in range(30)]
    stages = [Stages(wait=3, detect=97)] * 30
    meter = played(times, ids=range(0, 60, 2), nominal_fps=30, live=True, stages=stages)
    assert meter.recent(times[-1]).limited_by == "detect: 97.0 of 100.0 ms"


def test_the_cause_of_a_slow_camera_is_named():
    for why, words in (("dim light", "camera: it delivers 10.0 fps, dim light"), ("", "camera: it delivers 10.0 fps")):
        assert limited_by(30, 10.0, 10.0, Stages(detect=20, wait=80), True, why_slow=why) == words
    assert "dim" not in limited_by(30, 10.0, 10.0, Stages(detect=100), True, why_slow="dim light")


def test_a_busy_machine_is_told_from_a_camera_that_delivers_in_bursts():
    """Seen beside a browser that rendered: wait 23.9 of 36.9 ms, detect 8.8, CPU 94 %; it said "detect"."""
    stages = Stages(wait=23.9, detect=8.8, classify=2.2, delay=2.0)
    bound = limited_by(30.0, 30.0, 1e3 / 36.9, stages, True, True, "", 71.0)
    assert bound == "machine busy: 11.0 ms of work a frame, but one in twenty is 71 ms late"
    assert with_cpu(bound, 94.2) == "machine busy (CPU 94 %): 11.0 ms of work a frame, but one in twenty is 71 ms late"
    assert with_cpu(bound, None) == bound
    bursts = limited_by(30.0, 30.0, 15.0, Stages(wait=55, detect=9, classify=2), True, True, "", 14.0)
    assert bursts == "camera: it delivers 30.0 fps in bursts"
    assert with_cpu(bursts, 94.2) == bursts


@pytest.mark.parametrize("p95_ms", [10.0, 500.0])
def test_work_that_does_not_fit_is_what_bounds_however_irregular_it_is(p95_ms):
    stages = Stages(wait=3, detect=37, classify=5)
    assert limited_by(0.0, 30.0, 22.0, stages, True, True, "", p95_ms) == "detect: 37.0 of 45.0 ms"


@pytest.mark.parametrize(
    "nominal_fps, stages, live, words",
    [
        (10, Stages(detect=60, delay=40), False, "nominal: 10 fps reached"),
        (0, Stages(detect=80, compose=20), False, "detect: 80.0 of 100.0 ms"),
        (30, Stages(detect=20, wait=80), True, "camera: it delivers 10.0 fps"),
        (30, Stages(detect=20, wait=80), False, "source: reading takes 80.0 of 100.0 ms"),
        (30, Stages(classify=70, detect=30), True, "classify: 70.0 of 100.0 ms"),
    ],
)
def test_the_bound_is_named(nominal_fps, stages, live, words):
    times = [i * 0.1 for i in range(30)]
    meter = played(times, nominal_fps=nominal_fps, live=live, stages=[stages] * 30)
    assert meter.recent(times[-1]).limited_by == words
