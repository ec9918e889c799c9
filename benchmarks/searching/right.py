"""What an index finds of the products in made-up videos, against the truth and against every frame inferred."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from statistics import median
from typing import Any, NamedTuple

from benchmarks.scoring.appearances import AppearanceScore, Stretch, score_appearances
from benchmarks.searching.made import Made
from benchmarks.searching.verdicts import Verdict

LEAST_S = 1.0
"""Of an appearance that must be found."""


class Indexed(NamedTuple):
    """An index that was made."""

    found: list[Stretch]
    """Every named appearance."""
    frames: int
    inferred: int

    @property
    def share(self) -> float:
        """Of the frames, inferred."""
        return self.inferred / self.frames if self.frames else 0.0


def indexed(videos: list[str], *flags: str) -> Indexed:
    """What `search.index` finds in `videos`, as its own process."""
    from search.finding.grouping import Match, videos_of
    from search.finding.rows import IndexReader

    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "index.sqlite")
        subprocess.run([sys.executable, "-m", "search.index", *videos, "--out", out, "--quiet", *flags], check=True)
        reader = IndexReader(out)
        try:
            found = [
                Stretch(os.path.abspath(video.address), name, one.first_s, one.last_s)
                for name, _ in reader.products()
                for video in videos_of([Match(row, row.similarity or 0.0, name) for row in reader.named(name)])
                for one in video.appearances
            ]
            frames, inferred = _frames(reader.database)
        finally:
            reader.close()
    return Indexed(found, frames, inferred)


def _frames(database: sqlite3.Connection) -> tuple[int, int]:
    return database.execute("SELECT sum(frames), sum(inferred) FROM pieces").fetchone()


def compare(made: Made, with_every: bool, is_drawn: bool, flags: list[str]) -> dict[str, Any]:
    """Scores and verdicts, printed and returned. `is_drawn`: what is asked of photographs is reported alone."""
    sparse = indexed(made.videos, *flags)
    scores = {"search.index": score_appearances(made.truth, sparse.found, LEAST_S)}
    shares = {"search.index": sparse.share}
    every = indexed(made.videos, "--every-frame", *flags) if with_every else None
    if every is not None:
        scores["every frame"] = score_appearances(made.truth, every.found, LEAST_S)
        shares["every frame"] = every.share
    print("| | recall, 1 s and more | precision | start, end off by, s (median) | frames inferred |")
    print("|---|---|---|---|---|")
    for name, score in scores.items():
        print(_row(name, score, shares[name]))
    return {
        "scores": {name: _plain(score, shares[name]) for name, score in scores.items()},
        "verdicts": _verdicts(scores, shares, is_drawn),
    }


def _verdicts(scores: dict[str, AppearanceScore], shares: dict[str, float], is_drawn: bool) -> list[Verdict]:
    score = scores["search.index"]
    start_s, end_s = _off_by(score)
    verdicts = [
        Verdict("recall against the truth", score.recall, 0.90, is_asked=is_drawn),
        Verdict("precision against the truth", score.precision, 0.95, is_asked=is_drawn),
        Verdict("starts off by, s (median)", start_s, 0.5, False, is_drawn),
        Verdict("ends off by, s (median)", end_s, 0.5, False, is_drawn),
        Verdict("share of the frames never inferred", 1 - shares["search.index"], 0.90),
    ]
    every = scores.get("every frame")
    if every is not None:
        verdicts += [
            Verdict("recall, as a share of every frame's", score.recall / max(every.recall, 1e-9), 0.98),
            Verdict("precision less every frame's", score.precision - every.precision, -0.01),
            Verdict("share of frames inferred by --every-frame", shares["every frame"], 1.0),
        ]
    return verdicts


def _off_by(score: AppearanceScore) -> tuple[float, float]:
    """Median seconds; infinite where nothing was found."""
    starts, ends = score.start_errors_s, score.end_errors_s
    return (median(starts), median(ends)) if starts else (float("inf"), float("inf"))


def _row(name: str, score: AppearanceScore, share: float) -> str:
    start_s, end_s = _off_by(score)
    return (
        f"| {name} | {score.recalled} of {score.true} ({score.recall:.3f}) | {score.correct} of {score.found} "
        f"({score.precision:.3f}) | {start_s:.2f}, {end_s:.2f} | {share:.1%} |"
    )


def _plain(score: AppearanceScore, share: float) -> dict[str, Any]:
    start_s, end_s = _off_by(score)
    counts = {name: getattr(score, name) for name in ("true", "recalled", "found", "correct", "recall", "precision")}
    return dict(counts, start_off_s=start_s, end_off_s=end_s, inferred=share)


def false_an_hour(made: Made, flags: list[str]) -> dict[str, Any]:
    """Names found in videos that hold no product; each is printed."""
    from search.videos.opening import facts_of

    found = indexed(made.videos, *flags)
    hours = sum(facts_of(video).duration_s or 0.0 for video in made.videos) / 3600
    for one in found.found:
        print(f"false: {os.path.basename(one.video)} {one.first_s:.1f} to {one.last_s:.1f} s: {one.product}")
    print(f"{len(found.found)} names in {hours:.2f} h without any product")
    return {
        "hours": hours,
        "false": len(found.found),
        "verdicts": [Verdict("false appearances an hour", len(found.found) / hours, 1.0, False)],
    }
