"""The end of the pipeline: the finished picture to every sink."""

from typing import Optional, Sequence

import numpy as np

from runtime.figures.board import Board
from runtime.figures.figures import Figures
from runtime.figures.limits import with_cpu, with_throttling
from runtime.figures.stopwatch import Stopwatch
from runtime.frame import Observation
from runtime.picture.compose import Composer
from runtime.picture.layer import Layer
from runtime.picture.overlay import Overlay
from runtime.sinks.sink import Sink


class Presenter:
    """compose -> sinks. Belongs to one thread, which owns the window. Without a sink nothing is drawn."""

    def __init__(
        self,
        composer: Composer,
        sinks: Sequence[Sink],
        board: Optional[Board] = None,
        keeps_frames: bool = False,
        overlays: Sequence[Overlay] = (),
    ) -> None:
        """`keeps_frames`: frames stay as they were captured, and a copy is drawn on."""
        self._composer = composer
        self._sinks = sinks
        self._board = board or Board()
        self._keeps_frames = keeps_frames
        self._overlays = overlays
        self._layer = Layer(overlays)
        self._picture: Optional[np.ndarray] = None

    def with_board(self, figures: Figures) -> Figures:
        """`figures` of now, with what the board says of itself, and bound by its heat where that holds it down."""
        reading = self._board.latest()
        if reading is None:
            return figures
        bound = with_cpu(with_throttling(figures.limited_by, reading.throttled), reading.cpu_load_percent)
        return figures._replace(board=reading, limited_by=bound)

    def told(self, figures: Figures) -> Figures:
        """`figures` of now, with what the board and the overlays say."""
        figures = self.with_board(figures)
        for overlay in self._overlays:
            figures = overlay.told(figures)
        return figures

    def present(self, observation: Observation, figures: Figures, watch: Stopwatch) -> bool:
        """Draw on the frame and hand it to every sink; false when one of them asks to end."""
        for overlay in self._overlays:
            overlay.see(observation)
        if not self._sinks:
            return True
        if observation.frame.id is not None:
            for sink in self._sinks:
                sink.see(observation)
            watch.lap("present")
        drawn_on = _with_a_copy(observation) if self._keeps_frames else observation
        if observation.frame.id is not None:
            self._layer.put_on(drawn_on.frame.image)  # below boxes and figures
        self._picture = self._composer.compose(drawn_on, figures)
        watch.lap("compose")
        go_on = self._hand_out(self._picture, observation, figures)
        watch.lap("present")
        return go_on

    def repeat(self, observation: Observation, figures: Figures, watch: Stopwatch) -> bool:
        """Show the last picture again under new figures: in a stall the picture must not claim the old rate."""
        if self._picture is None:
            watch.lap("present")
            return True
        self._composer.draw_panel(self._picture, figures, offline=observation.frame.id is None)
        watch.lap("compose")
        go_on = self._hand_out(self._picture, observation, figures)
        watch.lap("present")
        return go_on

    def end(self) -> None:
        """Tell every sink that no picture follows."""
        for sink in self._sinks:
            sink.end()

    def _hand_out(self, picture, observation: Observation, figures: Figures) -> bool:
        answers = [sink.present(picture, observation, figures) for sink in self._sinks]
        if any(sink.is_panel_key_pressed() for sink in self._sinks):
            self._composer.has_panel = not self._composer.has_panel
        return all(answers)


def _with_a_copy(observation: Observation) -> Observation:
    frame = observation.frame
    return observation._replace(frame=frame._replace(image=frame.image.copy()))
