"""What an index finds and how fast: python -m benchmarks.search

Made-up review videos with truth (benchmarks/stand_ins/review_videos.py), indexed as search.index does it and once more
with every frame inferred; videos without products. Times are of this machine; --footage names videos to cut in between.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

from benchmarks.machine import machine
from benchmarks.scoring.appearances import AppearanceScore, Stretch, score_appearances
from benchmarks.stand_ins.review_videos import Material, footage_in, photos_in, write_review_video
from runtime.command_line.command import exit_status_of


def made(folder: str, seeds: list[int], seconds: float, material: Material) -> list[Stretch]:
    """The truth of the videos in `folder`, which are written where they are not there yet."""
    os.makedirs(folder, exist_ok=True)
    truth = []
    for seed in seeds:
        path, told = os.path.join(folder, f"{seed}.mp4"), os.path.join(folder, f"{seed}.json")
        if not os.path.exists(told):
            spans = write_review_video(path, seed, seconds, material)
            with open(told, "w", encoding="utf-8") as file:
                json.dump([list(span) for span in spans], file)
        with open(told, encoding="utf-8") as file:
            truth += [Stretch(path, *span) for span in json.load(file)]
    return truth


def indexed(videos: list[str], out: str, *flags: str) -> tuple[float, str]:
    """Seconds of the whole command, and what it says."""
    began_s = time.perf_counter()
    command = [sys.executable, "-m", "search.index", *videos, "--out", out, "--quiet", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True, check=True)
    return time.perf_counter() - began_s, done.stdout.strip()


def found_in(index: str, shortest_s: float = 0.0) -> list[Stretch]:
    """Every named appearance."""
    from search.finding.grouping import Match, videos_of
    from search.finding.rows import IndexReader

    reader = IndexReader(index)
    try:
        return [
            Stretch(os.path.abspath(video.address), name, one.first_s, one.last_s)
            for name, _ in reader.products()
            for video in videos_of([Match(row, row.similarity or 0.0, name) for row in reader.named(name)], shortest_s)
            for one in video.appearances
        ]
    finally:
        reader.close()


def row(name: str, score: AppearanceScore) -> str:
    """A line of the table."""
    errors = [f"{median(ones):.2f}" if ones else "-" for ones in (score.start_errors_s, score.end_errors_s)]
    return (
        f"| {name} | {score.recalled} of {score.true} ({score.recall:.3f}) | {score.correct} of {score.found} "
        f"({score.precision:.3f}) | {errors[0]}, {errors[1]} |"
    )


def compare(
    folder: str, seeds: list[int], seconds: float, material: Material, with_every: bool, flags: list[str]
) -> None:
    """Print the tables."""
    truth = [one._replace(video=os.path.abspath(one.video)) for one in made(folder, seeds, seconds, material)]
    videos = [os.path.join(folder, f"{seed}.mp4") for seed in seeds]
    with tempfile.TemporaryDirectory() as scratch:
        sparse, every = os.path.join(scratch, "sparse.sqlite"), os.path.join(scratch, "every.sqlite")
        print(indexed(videos, sparse, *flags)[1])
        rows = [("search.index", found_in(sparse))]
        if with_every:
            print(indexed(videos, every, "--every-frame", *flags)[1])
            rows.append(("every frame", found_in(every)))
        print("| | recall, 1 s and more | precision | start, end off by, s (median) |\n|---|---|---|---|")
        for name, found in rows:
            print(row(name, score_appearances(truth, found)))
        if with_every:
            print(row("search.index by every frame", score_appearances(rows[1][1], rows[0][1])))


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=(__doc__ or "").split(":")[0])
    parser.add_argument("--videos", metavar="DIR", default="review-videos", help="where they are made (review-videos)")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[21, 22, 23, 24], metavar="N", help="of them (21 to 24)"
    )
    parser.add_argument("--seconds", type=float, default=150.0, metavar="S", help="of each (150)")
    parser.add_argument("--footage", metavar="DIR", default="", help="videos to cut in between")
    parser.add_argument("--every-frame", action="store_true", help="infer on every frame too, which takes its time")
    parser.add_argument("--photos", metavar="DIR", help="labelled pictures to pan over, instead of the drawn scene")
    parser.add_argument("--split", default="", metavar="S", help="of --photos")
    parser.add_argument("--bundle", default="demo", metavar="DIR", help="whose products are in them (demo)")
    parser.add_argument("--size", default="160", metavar="N", help="of stage 1 (160)")
    values = parser.parse_args(arguments)
    flags = ["--size", values.size, "--bundle", values.bundle]

    def run() -> None:
        photos = photos_in(values.photos, values.split) if values.photos else []
        material = Material(footage_in(values.footage), photos)
        compare(values.videos, values.seeds, values.seconds, material, values.every_frame, flags)

    return exit_status_of(run, extra="search")


if __name__ == "__main__":
    print(json.dumps(machine()))
    sys.exit(main())
