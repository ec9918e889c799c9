"""The sequential loop: read, observe, present, and measure; one frame after the other, on one thread."""

from typing import Iterator

from runtime.figures.stopwatch import Stopwatch
from runtime.frame import EndOfStream
from runtime.loop.intake import Intake
from runtime.loop.loop import Loop
from runtime.loop.showing import Shown


class SequentialLoop(Loop):
    """source -> recogniser -> presenter."""

    def _steps(self) -> Iterator[Shown]:
        source, recogniser, _, nominal_fps, stop, _, _, clock = self._parts
        watch = Stopwatch(clock)
        intake = Intake(source, clock, nominal_fps, stop)
        self._showing.start()
        go_on = True
        while go_on and not stop.is_set():
            try:
                frame = intake.read(watch)
            except EndOfStream:
                return
            if frame is not None:
                go_on = yield from self._showing.show(recogniser.observe(frame, watch), watch)
            else:
                go_on = self._showing.show_stall(watch)
