"""The files of a recording in segments: their names, and which have to go under a disk budget."""

import os
import re
from typing import List, NamedTuple, Optional

from runtime.settings import Segment

DIGITS = 6
"""Segments are numbered, not dated: a Nano has no clock that runs without power."""


class Series(NamedTuple):
    """All segments of one recording: out.mp4 gives out-000001.mp4 and so on."""

    path: str
    """As given to --sink."""

    def existing(self) -> List[str]:
        """Paths of the segments on the disk, oldest first."""
        folder, stem, ending = self._parts()
        pattern = re.compile(re.escape(stem) + r"-(\d+)" + re.escape(ending) + "$")
        numbers = [match.group(1) for match in map(pattern.match, os.listdir(folder)) if match]
        names = ["{}-{}{}".format(stem, number, ending) for number in sorted(numbers, key=int)]
        return [os.path.join(folder, name) for name in names]

    def next_path(self) -> str:
        """Of the segment after the newest on the disk, of this run or an earlier one."""
        folder, stem, ending = self._parts()
        existing = self.existing()
        newest = re.search(r"-(\d+)" + re.escape(ending) + "$", existing[-1]) if existing else None
        number = int(newest.group(1)) + 1 if newest else 1
        return os.path.join(folder, "{}-{:0{}d}{}".format(stem, number, DIGITS, ending))

    def _parts(self):
        stem, ending = os.path.splitext(os.path.basename(self.path))
        return os.path.dirname(self.path) or ".", stem, ending

    def delete_beyond(self, budget_bytes: int, keep: Optional[str]) -> List[str]:
        """Delete the oldest segments until all together hold no more than the budget; those deleted.

        `keep`: the one being written, which stays.
        """
        segments = self.existing()
        sizes = {path: _size(path) for path in segments}
        total, deleted = sum(sizes.values()), []
        for path in segments:
            if total <= budget_bytes:
                break
            if path != keep:
                os.unlink(path)
                total -= sizes[path]
                deleted.append(path)
        return deleted


def is_over(segment: Segment, seconds: float, path: str) -> bool:
    """Whether a segment that has run for `seconds` and lies at `path` is to be followed by the next."""
    if segment.seconds is not None and seconds >= segment.seconds:
        return True
    return segment.bytes is not None and _size(path) >= segment.bytes


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0
