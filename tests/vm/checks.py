"""What was checked, with its time from outside: the table at the end of a run."""

from typing import List, NamedTuple, Optional

from transcript import Line, Transcript


class Check(NamedTuple):
    """One row of the table."""

    name: str
    seconds: Optional[float]
    limit_s: Optional[float]
    passed: bool
    detail: str


class Checks:
    """Rows in the order of their checking; nothing stops at the first failure."""

    def __init__(self, transcript: Transcript) -> None:
        self.rows: List[Check] = []
        self._transcript = transcript

    def holds(self, name: str, passed: bool, detail: str = "") -> bool:
        """Note whether something is so; `detail` says what was seen."""
        return self._note(Check(name, None, None, passed, detail))

    def came(self, name: str, since_s: float, line: Optional[Line], limit_s: float) -> bool:
        """Note how long a line of the transcript was in coming; None: it did not."""
        if line is None:
            return self._note(Check(name, None, limit_s, False, "not seen"))
        seconds = line.at_s - since_s
        return self._note(Check(name, seconds, limit_s, seconds <= limit_s, ""))

    def _note(self, check: Check) -> bool:
        self.rows.append(check)
        self._transcript.add("host", row_text(check))
        print(row_text(check), flush=True)
        return check.passed

    @property
    def failed(self) -> int:
        """How many did not pass."""
        return sum(not row.passed for row in self.rows)


def row_text(check: Check) -> str:
    """One row as a line of text."""
    seconds = "      -" if check.seconds is None else "{:6.1f}s".format(check.seconds)
    limit = "" if check.limit_s is None else " (within {:g} s)".format(check.limit_s)
    detail = ": " + check.detail if check.detail else ""
    return "{} {}  {}{}{}".format("PASS" if check.passed else "FAIL", seconds, check.name, limit, detail)
