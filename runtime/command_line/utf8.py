"""Names and paths in any script where the locale says ASCII: the command is started again in UTF-8."""

import os
import sys

from runtime.command_line.again import become

_STARTED = "SHELFSIGHT_UTF8"
"""Set for the second start, so that a system without the locale C.UTF-8 is not started for ever."""


def in_utf8(module: str) -> None:
    """Become `python -m module` in UTF-8 where Python took ASCII from the locale; else nothing.

    Python 3.6 takes it from LC_ALL=C, which is what a service and cron have, and then hands native libraries paths that
    they cannot open. Newer ones see to it themselves (PEP 538, PEP 540), unless they are told not to.
    """
    is_done = sys.getfilesystemencoding().lower().replace("-", "") == "utf8" or _STARTED in os.environ
    if is_done or os.name != "posix":
        return
    become(module, LC_ALL="C.UTF-8", PYTHONUTF8="1", **{_STARTED: "1"})
