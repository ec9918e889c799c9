"""The state of shelfsight.service."""

from typing import Dict, Iterator

from jetson.checks.finding import NOT_APPLICABLE, OK, PROBLEM, WARNING, Finding
from jetson.checks.machine import Machine

UNIT = "shelfsight.service"
PROPERTIES = ("LoadState", "ActiveState", "SubState", "UnitFileState", "NRestarts", "Result", "StatusText")
MANY_RESTARTS = 3
_LOG = "journalctl -u shelfsight -n 50"


def check_service(machine: Machine) -> Iterator[Finding]:
    """Installed, enabled, running, and not for the tenth time."""
    answer = machine.ask("systemctl", "show", UNIT, "--property", ",".join(PROPERTIES))
    state: Dict[str, str] = dict(line.split("=", 1) for line in answer.lines if "=" in line)
    if answer.status != 0 or "LoadState" not in state:
        yield Finding("service", NOT_APPLICABLE, "systemd does not run here")
    elif state["LoadState"] != "loaded":
        yield Finding("service", NOT_APPLICABLE, "not installed", "to start at boot: sudo sh systemd/install.sh")
    else:
        yield _of_installed(state)


def _of_installed(state: Dict[str, str]) -> Finding:
    active, sub = state.get("ActiveState", "?"), state.get("SubState", "?")
    text = "{} ({})".format(active, sub)
    if state.get("StatusText"):
        text += ": " + state["StatusText"]
    restarts = int(state.get("NRestarts") or 0)
    if active == "failed" or sub == "auto-restart":
        return Finding("service", PROBLEM, "{}, result: {}".format(text, state.get("Result", "?")), _LOG)
    if active == "inactive":
        return Finding("service", WARNING, text, "sudo systemctl enable --now shelfsight")
    if state.get("UnitFileState") == "disabled":
        return Finding("service", WARNING, text + ", not at boot", "sudo systemctl enable shelfsight")
    if restarts >= MANY_RESTARTS:
        return Finding("service", WARNING, "{}, restarted {} times".format(text, restarts), _LOG)
    return Finding("service", OK, text)
