"""@FILE on a command line: flags from a file, one or more a line, as a shell reads them, # for comments."""

import os
import shlex
from typing import List, Sequence

from runtime.errors import UsageError
from runtime.untrusted.files import read_text

LIMIT_BYTES = 1 << 20
DEEPEST = 8
"""A file may name files that hold more flags, so many deep."""


def expanded(arguments: Sequence[str], inside: Sequence[str] = ()) -> List[str]:
    """`arguments` with what each @FILE among them holds in its place. UsageError names the file and the line.

    `inside`: the files that these arguments came from.
    """
    found: List[str] = []
    for argument in arguments:
        if argument.startswith("@") and len(argument) > 1:
            found += _flags_in(argument[1:], inside)
        else:
            found.append(argument)
    return found


def _flags_in(path: str, inside: Sequence[str]) -> List[str]:
    if path == os.devnull:  # "no flags", as a shell has it
        return []
    key = os.path.realpath(path) if "\0" not in path else path
    if key in inside or len(inside) >= DEEPEST:
        raise UsageError("@{}: it names itself, by way of {}: take that line out".format(path, ", ".join(inside)))
    try:
        text = read_text(path, LIMIT_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError("@{}: {}".format(path.replace("\0", "\\0"), reason)) from error
    found: List[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            flags = shlex.split(line, comments=True)
        except ValueError as error:
            what = "{}:{}: {}: close the quote, or put a \\ before it".format(path, number, str(error).lower())
            raise UsageError(what) from error
        found += expanded(flags, list(inside) + [key])
    return found
