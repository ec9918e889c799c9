"""One camera of a loop: where its pictures come from, what looks at them, and where they go."""

from typing import NamedTuple

from runtime.loop.presenter import Presenter
from runtime.recognition.recogniser import Recogniser
from runtime.sources.source import Source


class Member(NamedTuple):
    """It opens nothing and closes nothing: the parts belong to the caller."""

    source: Source
    recogniser: Recogniser
    """Its own; what recognisers of one loop share is between them (Recogniser.beside)."""
    presenter: Presenter
    nominal_fps: float
    """0: as fast as it goes."""
    name: str = ""
    """What the report, the log and the page call it; empty for the only one."""
    weight: float = 1.0
    """Of its share of the networks' time, where they are short of it."""
