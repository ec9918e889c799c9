"""Ask an index where something appears: python -m search.find INDEX --product NAME"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys

from runtime.catalogue.place import default_catalogue
from runtime.command_line.command import exit_status_of
from runtime.errors import SourceError
from runtime.shipped import REAL


def arguments() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(prog="python -m search.find", description=__doc__.split(":")[0] + ".")
    parser.add_argument("index", metavar="INDEX", help="what search.index made, or a device's history")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument(
        "--product", action="append", metavar="NAME", help="what is called so, or was taught later; may be repeated"
    )
    wanted.add_argument("--named", action="store_true", help="everything that has a name")
    wanted.add_argument("--like", metavar="PICTURE", help="what looks like the thing in this picture")
    wanted.add_argument("--unknown", action="store_true", help="what stayed without a name")
    parser.add_argument("--bundle", default=REAL, metavar="DIR", help=f"of the index ({REAL})")
    parser.add_argument(
        "--catalogue", default=default_catalogue(), metavar="FILE", help="products taught on this machine (its own)"
    )
    parser.add_argument("--certainty", type=float, metavar="C", help="least cosine, -1 to 1 (the bundle's)")
    parser.add_argument("--least", type=float, default=0.0, metavar="S", help="appearances of S seconds and more (0)")
    parser.add_argument("--html", metavar="DIR", help="write a page with timelines and pictures there")
    parser.add_argument("--clips", metavar="DIR", help="cut the appearances out and put them there")
    parser.add_argument("--csv", metavar="FILE", help="write a table")
    parser.add_argument("--json", metavar="FILE", help="write the same for a program")
    return parser


def run(values: argparse.Namespace) -> int:
    """Find and tell. ShelfsightError: it cannot be."""
    from search.finding.asking import matches_of
    from search.finding.grouping import videos_of
    from search.finding.rows import IndexReader
    from search.report import tables
    from search.report.page import write_report

    index = IndexReader(values.index)
    try:
        videos = videos_of(matches_of(index, values), values.least, index.durations_s())
        clips = _cut(videos, values.clips) if values.clips else {}
        if values.html:
            where = {key: os.path.relpath(path, values.html) for key, path in clips.items()}
            page = write_report(
                values.html, question(values), videos, index.crop, lambda address, one: where.get((address, one.best))
            )
            print(page)
    except sqlite3.Error as error:
        raise SourceError(f"{values.index}: cannot be read ({error})") from error
    finally:
        index.close()
    if values.csv:
        tables.write_csv(values.csv, videos)
    if values.json:
        tables.write_json(values.json, videos)
    _say(videos)
    return 0


def _cut(videos, folder: str) -> dict[tuple[str, int], str]:
    """A clip for each appearance whose video is still there; what cannot be cut is told."""
    from search.report import tables
    from search.videos.clips import cut_out

    os.makedirs(folder, exist_ok=True)
    cut = {}
    for video in videos:
        for one in video.appearances:
            stem = os.path.splitext(tables.short_name(video.address))[0]
            path = os.path.join(folder, f"{stem}-{one.first_s:.1f}s-{one.best}.mkv")
            try:
                cut_out(video.address, one.first_s, one.last_s, path)
                cut[video.address, one.best] = path
            except SourceError as error:
                print(f"no clip: {error}", file=sys.stderr)
    return cut


def _say(videos) -> None:
    from search.report.tables import when

    for video in videos:
        print(f"{video.address}  {video.seconds:.1f} s in {len(video.appearances)}, certainty {video.certainty:.2f}")
        for one in video.appearances:
            print(f"    {when(video, one)}  {one.certainty:.2f}  {one.label}")
    if not videos:
        print("nothing found")


def question(values: argparse.Namespace) -> str:
    """What was asked for, in words."""
    if values.product:
        return ", ".join(values.product)
    if values.like:
        return f"Like {os.path.basename(values.like)}"
    return "Without a name" if values.unknown else "Everything with a name"


def main(given: list[str] | None = None) -> int:
    """The command; its exit status."""
    values = arguments().parse_args(given)
    return exit_status_of(lambda: run(values), extra="search")


if __name__ == "__main__":
    sys.exit(main())
