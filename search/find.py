"""Ask an index where something appears: python -m search.find INDEX --product NAME | --like PICTURE | --unknown"""

from __future__ import annotations

import argparse
import sqlite3
import sys

from runtime.command_line.command import exit_status_of
from runtime.errors import SourceError, UsageError
from runtime.shipped import REAL


def arguments() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(prog="python -m search.find", description=__doc__.split(":")[0] + ".")
    parser.add_argument("index", metavar="INDEX", help="what search.index made, or a device's history")
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--product", metavar="NAME", help="what is called so, or was taught under this name later")
    wanted.add_argument("--like", metavar="PICTURE", help="what looks like the thing in this picture")
    wanted.add_argument("--unknown", action="store_true", help="what stayed without a name")
    parser.add_argument("--bundle", default=REAL, metavar="DIR", help=f"of the index ({REAL})")
    parser.add_argument("--certainty", type=float, metavar="C", help="least cosine, -1 to 1 (the bundle's)")
    parser.add_argument("--least", type=float, default=0.0, metavar="S", help="appearances of S seconds and more (0)")
    return parser


def run(values: argparse.Namespace) -> int:
    """Find and tell. ShelfsightError: it cannot be."""
    from search.finding.grouping import videos_of
    from search.finding.rows import IndexReader

    index = IndexReader(values.index)
    try:
        videos = videos_of(_matches(index, values), values.least)
    except sqlite3.Error as error:
        raise SourceError(f"{values.index}: cannot be read ({error})") from error
    finally:
        index.close()
    for video in videos:
        print(f"{video.address}  {video.seconds:.1f} s in {len(video.appearances)}, certainty {video.certainty:.2f}")
        for one in video.appearances:
            print(f"    {clock(one.first_s)} - {clock(one.last_s)}  {one.certainty:.2f}")
    if not videos:
        print("nothing found")
    return 0


def _matches(index, values):
    from runtime.bundle import Bundle
    from search.finding.grouping import Match
    from search.finding.likeness import embedding_of_picture, matches_like

    if values.unknown or values.product is not None:
        rows = index.named(None if values.unknown else values.product)
        if rows or values.unknown:
            least = -1.0 if values.certainty is None else values.certainty
            return [Match(row, row.similarity or 0.0) for row in rows if (row.similarity or 0.0) >= least]
    bundle = Bundle.open(values.bundle)
    least = bundle.gallery.threshold if values.certainty is None else values.certainty
    if values.like is not None:
        return matches_like(index, bundle, embedding_of_picture(bundle, values.like), least)
    if values.product not in bundle.products:
        known = ", ".join(name for name, _ in index.products()) or "none"
        raise UsageError(f"--product {values.product}: neither in the index (which names {known}) nor in {bundle.name}")
    number = bundle.products.index(values.product)
    wanted = bundle.gallery.prototypes[bundle.gallery.products == number]
    return matches_like(index, bundle, wanted, least)


def clock(seconds: float) -> str:
    """As 1:02:03.4 or 2:03.4."""
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def main(given: list[str] | None = None) -> int:
    """The command; its exit status."""
    values = arguments().parse_args(given)
    return exit_status_of(lambda: run(values), extra="search")


if __name__ == "__main__":
    sys.exit(main())
