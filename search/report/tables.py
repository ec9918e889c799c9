"""What was found as rows: CSV for a spreadsheet, JSON for a program."""

from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from datetime import datetime, timezone
from typing import NamedTuple

from search.finding.grouping import Appearance, VideoMatch

COLUMNS = ("video", "product", "first_s", "last_s", "seconds", "certainty", "month", "sighting")


class Total(NamedTuple):
    """Of a product, or of a month."""

    name: str
    videos: int
    appearances: int
    seconds: float


def rows(videos: list[VideoMatch]) -> list[dict[str, object]]:
    """One for each appearance, in the order of `videos`."""
    return [
        {
            "video": video.address,
            "product": one.label,
            "first_s": round(one.first_s, 2),
            "last_s": round(one.last_s, 2),
            "seconds": round(one.seconds, 2),
            "certainty": round(one.certainty, 3),
            "month": month_of(video.epoch_s),
            "sighting": one.best,
        }
        for video in videos
        for one in video.appearances
    ]


def write_csv(path: str, videos: list[VideoMatch]) -> None:
    """With a byte order mark, by which spreadsheets know UTF-8."""
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows(videos))


def write_json(path: str, videos: list[VideoMatch]) -> None:
    """A list of videos, each with its appearances."""
    told = [
        {
            "video": video.address,
            "duration_s": video.duration_s,
            "seconds": round(video.seconds, 2),
            "certainty": round(video.certainty, 3),
            "month": month_of(video.epoch_s),
            "appearances": [
                {key: value for key, value in row.items() if key not in ("video", "month")} for row in rows([video])
            ],
        }
        for video in videos
    ]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(told, file, ensure_ascii=False, indent=1)


def totals_by_product(videos: list[VideoMatch]) -> list[Total]:
    """The longest first."""
    return _totals([(one.label, video.address, one.seconds) for video in videos for one in video.appearances])


def totals_by_month(videos: list[VideoMatch]) -> list[Total]:
    """In order of time; what has no date is not in it."""
    dated = [(month_of(video.epoch_s), video) for video in videos]
    totals = _totals([(month, v.address, one.seconds) for month, v in dated if month for one in v.appearances])
    return sorted(totals, key=lambda one: one.name)


def _totals(ones: list[tuple[str, str, float]]) -> list[Total]:
    seconds: dict[str, list[float]] = defaultdict(list)
    videos: dict[str, set[str]] = defaultdict(set)
    for name, address, lasted_s in ones:
        seconds[name].append(lasted_s)
        videos[name].add(address)
    totals = [Total(name, len(videos[name]), len(lasted), sum(lasted)) for name, lasted in seconds.items()]
    return sorted(totals, key=lambda one: (-one.seconds, one.name))


def month_of(epoch_s: float | None) -> str:
    """As 2026-11; empty where it is not known."""
    return "" if epoch_s is None else datetime.fromtimestamp(epoch_s, timezone.utc).strftime("%Y-%m")


def clock(seconds: float) -> str:
    """As 1:02:03.4 or 2:03.4."""
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def when(video: VideoMatch, one: Appearance) -> str:
    """From when to when: in the video, or by the clock of this machine where a device saw it."""
    if video.is_file or video.epoch_s is None:
        return f"{clock(one.first_s)} to {clock(one.last_s)}"
    first, last = (datetime.fromtimestamp(video.epoch_s + seconds) for seconds in (one.first_s, one.last_s))
    return f"{first:%Y-%m-%d %H:%M:%S} to {last:%H:%M:%S}"


def short_name(address: str) -> str:
    """The last part of a path or URL."""
    return os.path.basename(address.rstrip("/")) or address
