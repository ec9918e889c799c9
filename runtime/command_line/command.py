"""How every command ends: an exit status, and one plain line on standard error where something went wrong."""

import sys
from typing import Callable, Optional

from runtime.command_line.one_line import one_line
from runtime.errors import ShelfsightError


def exit_status_of(
    action: Callable[[], Optional[int]],
    interrupted: str = "interrupted",
    target: object = None,
    extra: str = "training",
) -> int:
    """Run `action`; what it returns (None is 0), or 1 or 2 where it raised what a user can mend.

    `interrupted`: what Ctrl-C is answered with, such as how to go on. `target`: what was being written, for an error of
    the operating system that does not name a file, such as a full disk. `extra`: what to install where
    a package is missing. A mistake of ours passes through.
    """
    try:
        return action() or 0
    except ShelfsightError as error:
        return _say(str(error), error.exit_status)
    except ImportError as error:
        return _say("{}: pip install '.[{}]' on a workstation".format(error, extra))
    except OSError as error:
        where = error.filename or target
        reason = error.strerror or str(error)
        return _say("{}: {}".format(where, reason) if where else reason)
    except KeyboardInterrupt:
        return _say(interrupted)


def _say(message: str, status: int = 1) -> int:
    print("shelfsight: {}".format(one_line(message)), file=sys.stderr)
    return status
