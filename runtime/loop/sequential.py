"""The sequential loop: read, observe, present, and measure; one frame after the other, on one thread."""

from typing import Iterator

from runtime.figures.stopwatch import Stopwatch
from runtime.frame import EndOfStream
from runtime.loop.intake import Intake
from runtime.loop.loop import Loop
from runtime.loop.showing import Shown


class SequentialLoop(Loop):
    """source -> recogniser -> presenter, of one camera: another would wait for its pictures."""

    def _present(self) -> Iterator[Shown]:
        (member,), stop, clock = self._parts.members, self._parts.stop, self._parts.clock
        (showing,) = self._showings
        watch = Stopwatch(clock)
        intake = Intake(member.source, clock, member.nominal_fps, stop)
        go_on = True
        while go_on and not stop.is_set() and not self._is_over():
            try:
                frame = intake.read(watch)
            except EndOfStream:
                return
            if frame is not None:
                go_on = yield from showing.show(member.recogniser.observe(frame, watch), watch)
            else:
                go_on = showing.show_stall(watch)
