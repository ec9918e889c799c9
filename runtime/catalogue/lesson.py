"""A lesson: from the tap on an object to its name, or to nothing."""

from typing import List, NamedTuple, Optional

from runtime.catalogue.following import Following, View, chosen_of

IDLE, FOLLOWING, READY, LOST = "idle", "following", "ready", "lost"


class LessonState(NamedTuple):
    """As the page is told."""

    number: int
    """Of the lesson: another than before where somebody else began one."""
    phase: str
    seconds: float
    """Followed so far."""
    views: int
    """So far, or chosen."""


class Lesson:
    """Guarded by the teacher's lock, its `following` aside."""

    def __init__(self, number: int, following: Following, begun_s: float, said: Optional[str] = None) -> None:
        """`said`: the name that its object had when it was tapped on, None where it had none."""
        self.number = number
        self.said = said
        self.following = following
        self.touched_s = begun_s
        """When anybody last asked for it: who went away without a word leaves the place to others."""
        self.seconds = 0.0
        self.views: List[View] = []
        self.chosen: Optional[List[View]] = None

    def add(self, view: View, seconds: float) -> None:
        """One more view, unless the lesson has chosen already."""
        if self.chosen is None:
            self.views.append(view)
            self.seconds = seconds

    def choose(self) -> List[View]:
        """The views to learn from, chosen once."""
        if self.chosen is None:
            self.chosen = chosen_of(self.views)
        return self.chosen

    def state(self) -> LessonState:
        """LOST: gone before anything was seen of it."""
        if self.chosen is None and self.following.ended is None:
            return LessonState(self.number, FOLLOWING, self.seconds, len(self.views))
        chosen = self.choose()
        return LessonState(self.number, READY if chosen else LOST, self.seconds, len(chosen))
