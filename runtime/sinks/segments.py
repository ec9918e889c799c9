"""The files of a recording in segments: their names, and which have to go under a disk budget."""

import os
import re
import shutil
from typing import Callable, List, NamedTuple, Optional, Tuple

from runtime.settings import Segment

ROOM_BYTES, ROOM_SHARE = 64 << 20, 5
"""What stays free on the disk, or a fifth of a small one: a minute of one camera."""
DIGITS = 6
"""Segments are numbered, not dated: a Nano has no clock that runs without power."""


class Series(NamedTuple):
    """All segments of one recording: out.mp4 gives out-000001.mp4 and so on."""

    path: str
    """As given to --sink."""

    def existing(self) -> List[str]:
        """Paths of the segments on the disk, oldest first."""
        folder = self._parts()[0]
        paths = [os.path.join(folder, name) for name in os.listdir(folder)]
        return sorted([path for path in paths if self._number(path)], key=self._number)

    def next_path(self, after: Optional[str] = None) -> str:
        """Of the segment after the newest on the disk, of this run or an earlier one, and after `after`.

        The process that writes a segment may not have created it yet.
        """
        folder, stem, ending = self._parts()
        newest = self.existing()[-1:] + ([after] if after else [])
        number = max([self._number(path) for path in newest], default=0) + 1
        return os.path.join(folder, "{}-{:0{}d}{}".format(stem, number, DIGITS, ending))

    def _number(self, path: str) -> int:
        """Of a segment, from 1; 0 for any other file."""
        _, stem, ending = self._parts()
        # out-2.mp4 is no segment, but a second recording beside out.mp4
        match = re.match(
            r"{}-(\d{{{},}}){}$".format(re.escape(stem), DIGITS, re.escape(ending)), os.path.basename(path)
        )
        return int(match.group(1)) if match else 0

    def _parts(self) -> Tuple[str, str, str]:
        stem, ending = os.path.splitext(os.path.basename(self.path))
        return os.path.dirname(self.path) or ".", stem, ending

    def delete_beyond(self, budget_bytes: int, keep: Optional[str]) -> List[str]:
        """Delete the oldest segments until all together hold no more than the budget; those deleted.

        `keep`: the one being written, which stays.
        """
        return self._delete(lambda total: total <= budget_bytes, keep)

    def make_room(self, keep: Optional[str]) -> List[str]:
        """Delete the oldest segments until the disk has room again; those deleted. `keep` as for `delete_beyond`."""
        folder = self._parts()[0]
        return self._delete(lambda _: _has_room(folder), keep)

    def _delete(self, is_enough: Callable[[int], bool], keep: Optional[str]) -> List[str]:
        """The oldest first, until `is_enough` of the bytes that all together take."""
        segments = self.existing()
        sizes = {path: _size(path) for path in segments}
        total, deleted = sum(sizes.values()), []
        for path in segments:
            if is_enough(total):
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


def _has_room(folder: str) -> bool:
    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return True
    return disk.free >= min(ROOM_BYTES, disk.total // ROOM_SHARE)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0
