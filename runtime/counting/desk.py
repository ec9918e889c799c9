"""Between the loop, which counts, and the page, which shows and draws what is counted: for any thread."""

import threading
from typing import Optional

from runtime.counting.plan import Plan


class ZonesDesk:
    """A plan that was drawn waits here until the loop comes by."""

    def __init__(self, path: str, plan: Plan) -> None:
        """`path`: where a plan that is drawn is kept."""
        self.path = path
        self._plan = plan
        self._lock = threading.Lock()
        self._given: Optional[Plan] = None

    @property
    def plan(self) -> Plan:
        """The newest."""
        return self._plan

    def give(self, plan: Plan) -> None:
        """Have the loop count by `plan` from now on."""
        with self._lock:
            self._plan = self._given = plan

    def take_given(self) -> Optional[Plan]:
        """By the loop: a plan to count by from now on, once."""
        if self._given is None:
            return None
        with self._lock:
            given, self._given = self._given, None
        return given
