"""A running program's flags, read again: what can change without a restart changes, the rest is told."""

import logging
import os
import threading
from typing import Any, Callable, List, Sequence

from runtime.command_line.arguments import settings_from_arguments
from runtime.errors import ShelfsightError
from runtime.settings import Settings

log = logging.getLogger(__name__)

CHANGEABLE = {
    "min_score": "--conf",
    "keep_history": "--keep-history",
    "keep_bytes": "--keep, of a history,",
    "mqtt": "--mqtt",
    "mqtt_password_file": "--mqtt-password-file",
    "mqtt_picture_every_s": "--mqtt-picture",
}
"""Fields of Settings, and the flag of each."""
UNTIL_RESTART = "{} changed as well: that wants a restart"
AS_THEY_WERE = "the flags stay as they were: %s"
SLOW_S = 5.0
SLOW = "reading the flags again takes more than %g s: it goes on with the old ones meanwhile"


class Reloading:
    """Of one program. What goes wrong is one line of the log, and everything stays as it was."""

    def __init__(
        self,
        arguments: Sequence[str],
        settings: Settings,
        take_up: Callable[[Settings], None],
        slow_s: float = SLOW_S,
    ) -> None:
        """`arguments`: of the command, with @FILE in them; `settings`: what they meant at the start."""
        self._arguments, self._settings, self._take_up = list(arguments), settings, take_up
        self._slow_s = slow_s
        self._asked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reloading", daemon=True)

    def __call__(self) -> None:
        """Ask for it; returns at once, so that a signal to end is heard meanwhile. Asked again: once more after it."""
        self._asked.set()
        if self._thread.ident is None:
            self._thread.start()

    def _run(self) -> None:
        while self._asked.wait():
            self._asked.clear()
            slow = threading.Timer(self._slow_s, log.warning, [SLOW, self._slow_s])
            slow.daemon = True
            slow.start()
            try:
                self.reload()
            finally:
                slow.cancel()

    def reload(self) -> None:
        """Read the flags, and have what changed taken up: all of it or nothing."""
        try:
            asked = settings_from_arguments(self._arguments)
            changed = _differing(self._settings, asked)
            if "mqtt" in changed and None in (self._settings.mqtt, asked.mqtt):
                changed.remove("mqtt")  # nobody tells, or whoever does would have to be closed
                log.warning(UNTIL_RESTART.format("whether there is a --mqtt"))
                asked = asked._replace(mqtt=self._settings.mqtt)
        except ShelfsightError as error:
            log.error(AS_THEY_WERE, error)
            return
        except SystemExit:  # of argparse, which has said what for
            log.error(AS_THEY_WERE, "a flag that only prints something, such as --help")
            return
        try:
            self._take_up(asked)
        except Exception as error:  # whatever it is, the camera goes on
            log.error(AS_THEY_WERE, error if isinstance(error, ShelfsightError) else repr(error))
            self._take_back()
            return
        taken = [name for name in changed if name in CHANGEABLE]
        others = sorted(set(changed) - set(taken))
        told = ", ".join(CHANGEABLE[name] for name in taken)
        log.info("flags read again: %s", told + " changed" if told else "as before")
        if others:
            log.warning(UNTIL_RESTART.format(", ".join(others)))
        self._settings = self._settings._replace(**{name: getattr(asked, name) for name in taken})

    def _take_back(self) -> None:
        """What was taken up before something failed."""
        try:
            self._take_up(self._settings)
        except Exception as error:
            log.error("some of the new flags may be in use, a restart makes sure: %r", error)


def is_told_by_files(arguments: Sequence[str]) -> bool:
    """Whether a SIGHUP means: read again. With flags from a file and no terminal whose end it could tell of."""
    return any(argument.startswith("@") for argument in arguments) and not _has_terminal()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _differing(before: Settings, after: Settings) -> List[str]:
    """Names of fields."""
    fields: Any = before._fields
    return [name for name in fields if getattr(before, name) != getattr(after, name)]
