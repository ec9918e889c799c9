"""A running program's flags, read again: what can change without a restart changes, the rest is told."""

import logging
import os
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


class Reloading:
    """Of one program. What is wrong with the flags is one line of the log, and nothing changes."""

    def __init__(self, arguments: Sequence[str], settings: Settings, take_up: Callable[[Settings], None]) -> None:
        """`arguments`: of the command, with @FILE in them; `settings`: what they meant at the start."""
        self._arguments, self._settings, self._take_up = list(arguments), settings, take_up

    def __call__(self) -> None:
        try:
            asked = settings_from_arguments(self._arguments)
            changed = _differing(self._settings, asked)
            if "mqtt" in changed and None in (self._settings.mqtt, asked.mqtt):
                changed.remove("mqtt")  # nobody tells, or whoever does would have to be closed
                log.warning(UNTIL_RESTART.format("whether there is a --mqtt"))
                asked = asked._replace(mqtt=self._settings.mqtt)
            self._take_up(asked)
        except ShelfsightError as error:
            log.error("the flags stay as they were: %s", error)
            return
        taken = [name for name in changed if name in CHANGEABLE]
        others = sorted(set(changed) - set(taken))
        told = ", ".join(CHANGEABLE[name] for name in taken)
        log.info("flags read again: %s", told + " changed" if told else "as before")
        if others:
            log.warning(UNTIL_RESTART.format(", ".join(others)))
        self._settings = self._settings._replace(**{name: getattr(asked, name) for name in taken})


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
