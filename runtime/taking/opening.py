"""What --take-bundles asks for, opened: which bundle runs, and the ears that hear the fleet."""

import contextlib
import os
import threading
from typing import Callable, Iterator, Optional

from runtime.mqtt.ears import Ears
from runtime.outputs import claimed
from runtime.settings import Settings
from runtime.taking.place import STATE, Place
from runtime.taking.protocol import read_key
from runtime.taking.taker import Taker
from runtime.taking.trying import why_not


class Taking:
    """Of one run of the program."""

    def __init__(self, settings: Settings, ears: Optional[Ears] = None) -> None:
        self.settings = settings
        """With the bundle that was taken last, in the place of the flags'."""
        self.ears = ears
        """None: nothing is taken."""
        self.is_again = False
        """Whether the program is to begin anew when it has ended."""


@contextlib.contextmanager
def open_taking(
    settings: Settings, stop: threading.Event, check: Callable[[Settings, str], str] = why_not
) -> Iterator[Taking]:
    """Without --take-bundles `settings` as they are. `stop` is set where another bundle takes over. `check`: why_not.

    UsageError: the key is none. SinkError: the folder cannot be written, or another run has it.
    """
    if settings.take_bundles is None:
        yield Taking(settings)
        return
    key = read_key(settings.bundle_key)
    place = Place(settings.take_bundles)
    with claimed(os.path.join(place.folder, STATE)):
        taking = Taking(with_taken(settings, place.begin()))

        def start_again() -> None:
            taking.is_again = True
            stop.set()

        taking.ears = Taker(place, key, lambda folder: check(settings, folder), start_again)
        yield taking


def with_taken(settings: Settings, folder: Optional[str]) -> Settings:
    """`settings` with the bundle at `folder`, None: with their own."""
    return settings if folder is None else settings._replace(bundle=folder)
