"""What a check found, and how bad it is."""

from typing import Any, Dict, NamedTuple

OK, NOT_APPLICABLE, WARNING, PROBLEM = "ok", "does not apply", "warning", "problem"
LEVELS = (NOT_APPLICABLE, OK, WARNING, PROBLEM)
"""From the least bad to the worst."""


class Finding(NamedTuple):
    """One line of the doctor's answer."""

    check: str
    level: str
    text: str
    """What was found."""
    mend: str = ""
    """The command that mends it, or what to do; empty where there is nothing to mend."""

    def as_json(self) -> Dict[str, Any]:
        return dict(self._asdict())
