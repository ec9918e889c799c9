"""Stretches of a video in which a product was found, against those in which it is there."""

from typing import Dict, List, NamedTuple, Sequence, Tuple


class Stretch(NamedTuple):
    """A product in a video, in seconds."""

    video: str
    product: str
    first_s: float
    last_s: float

    @property
    def seconds(self) -> float:
        """How long."""
        return self.last_s - self.first_s


class AppearanceScore(NamedTuple):
    """Of all videos together."""

    true: int
    """Stretches of the least length and more."""
    recalled: int
    """Of those."""
    found: int
    correct: int
    """Of those found, however short what they meet is."""
    start_errors_s: Tuple[float, ...]
    end_errors_s: Tuple[float, ...]
    """Of each that was recalled."""

    @property
    def recall(self) -> float:
        """0..1; 1 of nothing."""
        return self.recalled / self.true if self.true else 1.0

    @property
    def precision(self) -> float:
        """0..1; 1 of nothing."""
        return self.correct / self.found if self.found else 1.0


def score_appearances(truth: Sequence[Stretch], found: Sequence[Stretch], least_s: float = 1.0) -> AppearanceScore:
    """Found and true meet where they are of one product and share a moment.

    Starts and ends are compared with the outermost of what meets it: two halves are as good as one whole.
    """
    by_key = _by_key(found)
    true_by_key = _by_key(truth)
    wanted = [one for one in truth if one.seconds >= least_s]
    starts, ends = [], []
    for one in wanted:
        meeting = [other for other in by_key.get((one.video, one.product), []) if _meet(one, other)]
        if meeting:
            starts.append(abs(min(other.first_s for other in meeting) - one.first_s))
            ends.append(abs(max(other.last_s for other in meeting) - one.last_s))
    correct = sum(any(_meet(one, other) for other in true_by_key.get((one.video, one.product), [])) for one in found)
    return AppearanceScore(len(wanted), len(starts), len(found), correct, tuple(starts), tuple(ends))


def _by_key(stretches: Sequence[Stretch]) -> Dict[Tuple[str, str], List[Stretch]]:
    found: Dict[Tuple[str, str], List[Stretch]] = {}
    for one in stretches:
        found.setdefault((one.video, one.product), []).append(one)
    return found


def _meet(a: Stretch, b: Stretch) -> bool:
    return a.first_s <= b.last_s and b.first_s <= a.last_s
