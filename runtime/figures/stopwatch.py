"""Where the time of a frame goes: every moment between two laps belongs to exactly one stage."""

from runtime.clock import MonotonicClock
from runtime.figures.figures import Stages


class Stopwatch:
    """Attributes the time since the last lap to a stage; so the stages add up to the time that passed."""

    def __init__(self, clock: MonotonicClock) -> None:
        self._clock = clock
        self._last_s = clock.now_s()
        self._stages_ms = dict.fromkeys(Stages._fields, 0.0)

    @property
    def last_s(self) -> float:
        """When the last lap ended."""
        return self._last_s

    def lap(self, stage: str) -> float:
        """Attribute the time since the last lap to `stage` (a field of Stages); returns now in seconds."""
        now_s = self._clock.now_s()
        self._stages_ms[stage] += (now_s - self._last_s) * 1e3
        self._last_s = now_s
        return now_s

    def lap_part(self, stage: str, part: float, rest: str) -> float:
        """The same with a `part` (0..1) of the time; what is left belongs to the stage `rest`."""
        now_s = self._clock.now_s()
        passed_ms = (now_s - self._last_s) * 1e3
        self._stages_ms[stage] += part * passed_ms
        self._stages_ms[rest] += passed_ms - part * passed_ms
        self._last_s = now_s
        return now_s

    def add(self, stage: str, spent_ms: float) -> None:
        """Count what another thread has spent on `stage`."""
        self._stages_ms[stage] += spent_ms

    def skip(self) -> None:
        """The time since the last lap belongs to no stage."""
        self._last_s = self._clock.now_s()

    def take(self) -> Stages:
        """The stages since the last take, in milliseconds; starts over."""
        stages_ms = Stages(*self._stages_ms.values())
        self._stages_ms = dict.fromkeys(Stages._fields, 0.0)
        return stages_ms
