"""The end of the pipeline: the finished picture to every sink."""

from typing import Optional, Sequence

from runtime.figures.board import Board
from runtime.figures.figures import Figures
from runtime.figures.limits import with_throttling
from runtime.figures.stopwatch import Stopwatch
from runtime.frame import Observation
from runtime.picture.compose import Composer
from runtime.sinks.sink import Sink


class Presenter:
    """compose -> sinks. Belongs to one thread, which owns the window."""

    def __init__(self, composer: Composer, sinks: Sequence[Sink], board: Optional[Board] = None) -> None:
        self._composer = composer
        self._sinks = sinks
        self._board = board or Board()

    def with_board(self, figures: Figures) -> Figures:
        """`figures` of now, with what the board says of itself, and bound by its heat where that holds it down."""
        reading = self._board.latest()
        if reading is None:
            return figures
        return figures._replace(board=reading, limited_by=with_throttling(figures.limited_by, reading.throttled))

    def present(self, observation: Observation, figures: Figures, watch: Stopwatch) -> bool:
        """Draw on the frame and hand it to every sink; false when one of them asks to end."""
        picture = self._composer.compose(observation, figures)
        watch.lap("compose")
        go_on = self._hand_out(picture, observation, figures)
        watch.lap("present")
        return go_on

    def repeat(self, observation: Observation, figures: Figures, watch: Stopwatch) -> bool:
        """Show the last picture again under new figures: in a stall the picture must not claim the old rate."""
        picture = observation.frame.image
        self._composer.draw_panel(picture, figures, offline=observation.frame.id is None)
        watch.lap("compose")
        go_on = self._hand_out(picture, observation, figures)
        watch.lap("present")
        return go_on

    def _hand_out(self, picture, observation: Observation, figures: Figures) -> bool:
        answers = [sink.present(picture, observation, figures) for sink in self._sinks]
        if any(sink.is_panel_key_pressed() for sink in self._sinks):
            self._composer.has_panel = not self._composer.has_panel
        return all(answers)
