"""Look through videos and remember what appears in them: python -m search.index VIDEOS... --out INDEX"""

from __future__ import annotations

import argparse
import functools
import os
import sqlite3
import sys
import time

from runtime.command_line.command import exit_status_of
from runtime.errors import SinkError, UsageError
from runtime.outputs import claimed
from runtime.shipped import REAL


def arguments() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(prog="python -m search.index", description=__doc__.split(":")[0] + ".")
    parser.add_argument("videos", nargs="*", metavar="VIDEO", help="files, folders, or URLs that fsspec knows")
    parser.add_argument("--out", required=True, metavar="INDEX", help="a SQLite file, begun or gone on with")
    parser.add_argument("--bundle", default=REAL, metavar="DIR", help=f"models: a folder, or a shipped one ({REAL})")
    parser.add_argument("--size", type=int, metavar="N", help="longer side of stage 1's input (the bundle's)")
    parser.add_argument("--engine", default="auto", help="auto, onnx, openvino or tensorrt (auto)")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (one a CPU)")
    parser.add_argument(
        "--ray", nargs="?", const="local", metavar="ADDRESS", help="on Ray: here, or the cluster at this address"
    )
    parser.add_argument("--every-frame", action="store_true", help="infer on each, to compare with")
    parser.add_argument("--renew", action="store_true", help="name the crops in INDEX anew with another --bundle")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    return parser


def run(values: argparse.Namespace) -> int:
    """Build, and say what was done. ShelfsightError: it cannot be."""
    from runtime.bundle import Bundle
    from search.building import build
    from search.looking.looker import Request
    from search.looking.sampling import SamplingPolicy
    from search.renewing import renew
    from search.running import processes, ray_cluster
    from search.storing.index_file import IndexFile
    from search.videos.listing import videos_in

    if values.workers is not None and values.workers < 1:
        raise UsageError(f"--workers {values.workers}: expected 1 or more")
    bundle = Bundle.open(values.bundle)
    if values.renew:
        if not os.path.exists(values.out):
            raise UsageError(f"--renew: no index at {values.out}")
        with claimed(values.out):
            print(f"{renew(values.out, bundle, values.quiet)} crops named anew by {bundle.name}")
    if not values.videos:
        if values.renew:
            return 0
        raise UsageError("name the videos: files, folders or URLs")
    files = videos_in(values.videos)
    policy = SamplingPolicy(every_picture=values.every_frame)
    request = Request(values.bundle, values.size, values.engine, policy)
    began_s = time.perf_counter()
    with claimed(values.out):
        index = IndexFile(values.out, bundle.recogniser)
        try:
            if values.ray:
                looks = functools.partial(
                    ray_cluster.looks, request=request, workers=values.workers, address=values.ray
                )
            else:
                workers = values.workers or os.cpu_count() or 1
                looks = functools.partial(processes.looks, request=request, workers=workers)
            totals = build(index, files, looks, values.quiet)
        except sqlite3.Error as error:
            raise SinkError(
                f"{values.out}: {error}: what was written stays, the same command goes on from there"
            ) from error
        finally:
            index.close()
    took_s = time.perf_counter() - began_s
    print(summary(totals, took_s))
    return 1 if totals.damaged and not totals.frames and not totals.skipped else 0


def summary(totals, took_s: float) -> str:
    """What was done, in some lines."""
    lines = [f"{totals.videos} videos looked through, {totals.skipped} known already, {totals.damaged} skipped"]
    if totals.frames:
        busy_s = totals.decode_s + totals.detect_s + totals.classify_s
        lines += [
            f"{totals.sightings} appearances in {totals.filmed_s / 3600:.2f} h; "
            f"{totals.inferred / totals.frames:.1%} of {totals.frames} frames inferred",
            f"{totals.filmed_s / took_s:.0f} x real time ({took_s:.1f} s), {totals.filmed_s / busy_s:.0f} x a CPU: "
            f"decode {totals.decode_s / busy_s:.0%}, detect {totals.detect_s / busy_s:.0%}, "
            f"classify {totals.classify_s / busy_s:.0%}",
        ]
    return "\n".join(lines)


def main(given: list[str] | None = None) -> int:
    """The command; its exit status."""
    values = arguments().parse_args(given)
    again = "interrupted: the same command goes on from there"
    return exit_status_of(lambda: run(values), interrupted=again, target=values.out, extra="search")


def program() -> None:
    """The command, and the end of the process."""
    sys.exit(main())


if __name__ == "__main__":
    program()
