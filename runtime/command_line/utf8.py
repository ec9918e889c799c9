"""Names and paths in any script where the locale says ASCII: the command is started again in UTF-8."""

import os
import sys

from runtime.command_line.ending import ENDING

_STARTED = "SHELFSIGHT_UTF8"
"""Set for the second start, so that a system without the locale C.UTF-8 is not started for ever."""
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def in_utf8(module: str) -> None:
    """Become `python -m module` in UTF-8 where Python took ASCII from the locale; else nothing.

    Python 3.6 takes it from LC_ALL=C, which is what a service and cron have, and then hands native libraries paths that
    they cannot open. Newer ones see to it themselves (PEP 538, PEP 540), unless they are told not to.
    """
    is_done = sys.getfilesystemencoding().lower().replace("-", "") == "utf8" or _STARTED in os.environ
    if is_done or os.name != "posix":
        return
    path = [_ROOT] + [part for part in [os.environ.get("PYTHONPATH")] if part]
    environment = dict(os.environ, LC_ALL="C.UTF-8", PYTHONUTF8="1", PYTHONPATH=os.pathsep.join(path))
    environment[_STARTED] = "1"
    sys.stdout.flush()
    sys.stderr.flush()
    if ENDING.hand_on():  # else it is about to end anyway
        os.execve(sys.executable, [sys.executable, "-m", module] + sys.argv[1:], environment)
