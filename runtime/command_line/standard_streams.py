"""Standard input, output and error that were closed before we began: they become /dev/null.

Otherwise the first file that is opened takes their number, and what is meant for a terminal is written into it.
"""

import os
import sys


def fill_in() -> None:
    """Call it before anything is opened."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            if getattr(sys, name) is None:
                setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 - for the whole run
