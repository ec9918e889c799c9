"""A roll over the fleet: the verdict on where it ended."""

import pytest

from benchmarks.fleet import Rolled, Verdicts

NAMES = ["a", "b", "c", "d"]
SAID = ["a: had it", "b: failed", "b: fetching 50%", "b: has it: 30.0 fps before, 30.0 with it", "c: failed: no word"]


@pytest.mark.parametrize(
    "lines, status, ends_at, holds",
    [
        (SAID, 4, "c", True),
        (SAID, 4, "d", False),
        (SAID, 0, "c", False),
        (SAID, 4, None, False),
        (SAID[:-1], 0, None, False),
        (SAID[:-1] + ["c: has it: so", "d: has it: so"], 0, None, True),
    ],
)
def test_a_roll_ends_where_it_should(lines, status, ends_at, holds):
    verdicts = Verdicts()
    rolled = Rolled([(0.0, "shop/" + line) for line in lines], status)
    verdicts.note_roll("first", rolled, NAMES, ends_at)
    end = "reaches all 4" if ends_at is None else "ends at " + ends_at
    assert verdicts.lines == ["{} the first roll {}".format("holds" if holds else "FAILS", end)]
