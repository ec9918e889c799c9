"""Every command ends with a status and at most one plain line."""

import pytest

from runtime.command_line.command import exit_status_of
from runtime.errors import SourceError, UsageError


def raising(error):
    def action():
        raise error

    return action


@pytest.mark.parametrize(
    "action, status, line",
    [
        (lambda: None, 0, ""),
        (lambda: 1, 1, ""),
        (raising(UsageError("no")), 2, "shelfsight: no\n"),
        (raising(SourceError("gone")), 1, "shelfsight: gone\n"),
        (raising(KeyboardInterrupt()), 1, "shelfsight: stopped\n"),
        (raising(OSError(28, "No space left on device")), 1, "shelfsight: out.bin: No space left on device\n"),
        (raising(OSError(13, "Permission denied", "/x")), 1, "shelfsight: /x: Permission denied\n"),
        (raising(OSError("odd")), 1, "shelfsight: out.bin: odd\n"),
        (raising(ImportError("no torch")), 1, "shelfsight: no torch: pip install '.[training]' on a workstation\n"),
    ],
)
def test_how_a_command_ends(capsys, action, status, line):
    assert exit_status_of(action, "stopped", "out.bin") == status
    assert capsys.readouterr().err == line


def test_a_mistake_of_ours_passes_through():
    with pytest.raises(ZeroDivisionError):
        exit_status_of(lambda: 1 // 0)
