"""True FPS: distinct captured frames that were inferred on and presented, per second, and all that goes with it."""

import itertools
from collections import deque
from typing import Callable, Deque, NamedTuple, Optional, Tuple

from runtime.figures.buckets import Buckets
from runtime.figures.figures import Figures, Stages
from runtime.figures.latency import LatencyHistogram, percentile
from runtime.figures.limits import limited_by
from runtime.frame import Frame, Observation

WINDOW_S = 4.0
STAGE_BOUNDS_S = (0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25)
"""From what costs nothing to a stage that takes several periods."""


def rate_hz(count: int, first_s: float, last_s: float, now_s: float) -> float:
    """Events per second, from `count` of them stamped `first_s` .. `last_s`, looked at `now_s`.

    min((n - 1) / (last - first), n / (now - first)): n stamps bound n - 1 intervals, so the first term is exact
    when they are steady; the second falls in a stall. 0 for fewer than two events.
    """
    if count < 2 or now_s <= first_s:
        return 0.0
    so_far = count / (now_s - first_s)
    return min((count - 1) / (last_s - first_s), so_far) if last_s > first_s else so_far


class _Presented(NamedTuple):
    frame_id: int
    captured_s: float
    presented_s: float
    stages_ms: Stages


class Meter:
    """Told of every presented picture; asked for the figures of the last 4 s or of the whole run.

    Belongs to the thread that presents; `lose` alone may be called from another.
    """

    def __init__(
        self,
        nominal_fps: float,
        live: bool,
        window_s: float = WINDOW_S,
        overlapped: bool = False,
        why_slow: Callable[[], str] = str,
    ) -> None:
        """`overlapped`: the stages are those of two threads. `why_slow`: see runtime.sources.source."""
        self._nominal_fps = nominal_fps
        self.is_live = live
        self._overlapped = overlapped
        self._why_slow = why_slow
        self._lost: Deque[Tuple[Stages, int, int]] = deque()
        self._window_s = window_s
        self._recent: Deque[_Presented] = deque()
        self._first: Optional[_Presented] = None
        self._last: Optional[_Presented] = None
        self._presented = 0
        self._asked = 0
        self._reused = 0
        self.latency = LatencyHistogram()
        """Of each presented frame, whole run."""
        self._uncounted_ms = Stages()
        self._total_ms = Stages()
        self._stages = [Buckets(STAGE_BOUNDS_S) for _ in Stages._fields]

    @property
    def presented(self) -> int:
        """Distinct captured frames presented so far."""
        return self._presented

    def record(self, frame: Frame, presented_s: float, stages_ms: Stages, asked: int = 0, reused: int = 0) -> None:
        """A picture made from `frame` has been handed to every sink.

        A substituted frame (no id) or a repeated one (an id not above the last) counts for nothing, but the time it
        took belongs to the next frame that does count, so that the stages go on adding up to the period.
        """
        self._asked += asked
        self._reused += reused
        self._collect_lost()
        stages_ms = self._uncounted_ms.plus(stages_ms)
        if frame.id is None or (self._last is not None and frame.id <= self._last.frame_id):
            self._uncounted_ms = stages_ms
            return
        self._uncounted_ms = Stages()
        entry = _Presented(frame.id, frame.captured_s, presented_s, stages_ms)
        if self._first is None:
            self._first = entry
        else:
            self._total_ms = self._total_ms.plus(stages_ms)
            for buckets, stage_ms in zip(self._stages, stages_ms):
                buckets.add(stage_ms / 1e3)
        self._last = entry
        self._presented += 1
        self.latency.add((presented_s - frame.captured_s) * 1e3)
        self._recent.append(entry)
        self._forget(presented_s)

    def lose(self, observation: Observation, stages_ms: Stages) -> None:
        """An observation was never presented: its time belongs to the next frame that is."""
        names = observation.names
        asked, reused = (names.asked, names.reused) if names is not None else (0, 0)
        self._lost.append((stages_ms, asked, reused))

    def _collect_lost(self) -> None:
        while self._lost:
            stages_ms, asked, reused = self._lost.popleft()
            self._uncounted_ms = self._uncounted_ms.plus(stages_ms)
            self._asked += asked
            self._reused += reused

    def _forget(self, now_s: float) -> None:
        while self._recent and self._recent[0].presented_s < now_s - self._window_s:
            self._recent.popleft()

    def recent(self, now_s: float) -> Figures:
        """The figures of the window that ends now; counts are those of the whole run."""
        self._forget(now_s)
        if not self._recent:
            return self._figures(0, None, None, now_s, Stages(), None, None)
        # The first entry only marks where the first interval begins: its own time lies before the window.
        counted = [entry.stages_ms for entry in itertools.islice(self._recent, 1, None)]
        total_ms = Stages(*map(sum, zip(*counted)))
        latencies_ms = sorted((entry.presented_s - entry.captured_s) * 1e3 for entry in self._recent)
        return self._figures(
            len(self._recent),
            self._recent[0],
            self._recent[-1],
            now_s,
            total_ms,
            percentile(latencies_ms, 0.50),
            percentile(latencies_ms, 0.95),
        )

    def whole_run(self, now_s: float) -> Figures:
        """The figures from the first presented frame until now."""
        return self._figures(
            self._presented,
            self._first,
            self._last,
            now_s,
            self._total_ms,
            self.latency.percentile(0.50),
            self.latency.percentile(0.95),
        )

    def _figures(
        self,
        count: int,
        first: Optional[_Presented],
        last: Optional[_Presented],
        now_s: float,
        total_ms: Stages,
        p50_ms: Optional[float],
        p95_ms: Optional[float],
    ) -> Figures:
        camera_fps = true_fps = 0.0
        if first is not None and last is not None:
            delivered = last.frame_id - first.frame_id + 1
            # A frame reaches the meter one latency after its capture: without that, no stall would show as one.
            seen_s = now_s - (last.presented_s - last.captured_s)
            camera_fps = rate_hz(delivered, first.captured_s, last.captured_s, seen_s)
            true_fps = rate_hz(count, first.presented_s, last.presented_s, now_s)
            if self.is_live:
                # What a slow first frame takes longer is missing between the first presented and the last: in 4 s of
                # 24 fps a late 40 ms read 24.2. No more can be shown than a camera delivers.
                true_fps = min(true_fps, camera_fps)
        stages_ms = Stages(*[stage_ms / max(1, count - 1) for stage_ms in total_ms])
        bound = "starting"
        if self._presented > 1:
            how = self.is_live, self._overlapped, self._why_slow(), p95_ms
            bound = limited_by(self._nominal_fps, camera_fps, true_fps, stages_ms, *how)
        return Figures(
            nominal_fps=self._nominal_fps,
            camera_fps=camera_fps,
            true_fps=true_fps,
            latency_p50_ms=p50_ms,
            latency_p95_ms=p95_ms,
            stages_ms=stages_ms,
            captured=0 if self._last is None else self._last.frame_id + 1,
            presented=self._presented,
            asked=self._asked,
            reused=self._reused,
            limited_by=bound,
            overlapped=self._overlapped,
            stages_counted=tuple(buckets.counted() for buckets in self._stages),
        )
