"""The sink contract: where finished pictures go."""

from typing import Optional

import numpy as np

from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.mqtt.ears import Ears
from runtime.settings import Settings


class Sink:
    """Opened by its constructor (SinkError if it cannot), closed by `close` or the `with` statement."""

    name: str = "sink"
    """What the log and the report call it."""
    wants_panel: bool = True
    """Whether its viewer has the figures from nowhere but the picture: they are drawn where one sink says so."""

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        """Show or store one finished picture; false when its viewer asks the program to end.

        `picture` is (H, W, 3) uint8 BGR and belongs to the caller again on return: copy what you keep.
        It must not block on a slow viewer. Raises SinkError when it can no longer do its work.
        """
        raise NotImplementedError

    def see(self, observation: Observation) -> None:
        """A new frame before anything is drawn on it, and what was found there; `present` follows.

        Called on the thread that presents. `observation.frame.image` is drawn on as soon as every sink has seen it:
        copy what you keep, and do nothing here that takes long.
        """

    def is_panel_key_pressed(self) -> bool:
        """Whether its viewer asked since the last call for the figures on the picture to come or go."""
        return False

    def take_up(self, settings: Settings) -> None:
        """Flags that were read again while it runs, from another thread: what of them a sink changes by is its own."""

    def listen(self, ears: Ears) -> None:
        """From now on `ears` hear and say what they have to, where a sink has a broker for them."""

    def end(self) -> None:
        """The source of its camera has ended: no picture follows, though other cameras go on."""

    def close(self) -> None:
        """Finish the file, close the window. May be called twice."""

    def __enter__(self) -> "Sink":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ObservingSink(Sink):
    """A sink of what is seen rather than of pictures: each new frame once, in order; no repeat, and nothing offline."""

    wants_panel = False
    first_s: Optional[float] = None
    """`shown_s` of the run's first frame."""

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        return True

    def see(self, observation: Observation) -> None:
        if self.first_s is None:
            self.first_s = observation.frame.shown_s
        self.observe(observation, observation.frame.shown_s - self.first_s)

    def observe(self, observation: Observation, seconds: float) -> None:
        """Take one new frame, `seconds` after the first. Its image is as for `see`."""
        raise NotImplementedError
