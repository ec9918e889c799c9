"""What an index finds, how fast and in how much memory: python -m benchmarks.search

Made-up review videos with truth (benchmarks/stand_ins/review_videos.py), indexed as search.index does it and once more
with every frame inferred. --empty: videos without any product, whose every name is false. --timing: one process, two,
and two workers of Ray in one run. --memory: one process over many hours. Each prints what holds and what is missed,
and writes figures and plots to --out. Times are of this machine; --footage names videos to cut in between.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from benchmarks.machine import machine
from benchmarks.searching.verdicts import told
from benchmarks.stand_ins.review_videos import Material, footage_in, photos_in
from runtime.command_line.command import exit_status_of
from runtime.figures.report import write_report

EMPTY_S = 600.0
"""Of a video without products."""
EMPTY_FPS = 10
GROWTH_MIB = 10.0
"""Of a worker over the hours of --memory."""


def right(values: argparse.Namespace) -> int:
    """Products in review videos."""
    from benchmarks.searching.made import made
    from benchmarks.searching.plots import plot_right
    from benchmarks.searching.right import compare

    photos = photos_in(values.photos, values.split) if values.photos else []
    videos = made(values.videos, values.seeds, values.seconds, Material(footage_in(values.footage), photos))
    report = compare(videos, values.every_frame, not photos, _flags(values))
    name = "photos" if photos else "right"
    return _finished(values, name, report, lambda path: plot_right(path, report["scores"]))


def empty(values: argparse.Namespace) -> int:
    """Strangers and footage."""
    from benchmarks.searching.made import made
    from benchmarks.searching.right import false_an_hour

    material = Material(footage_in(values.footage), strangers=1.0, fps=EMPTY_FPS)
    seeds = [values.seeds[0] + number for number in range(max(1, round(values.empty * 3600 / EMPTY_S)))]
    return _finished(values, "empty", false_an_hour(made(values.videos, seeds, EMPTY_S, material), _flags(values)))


def timing(values: argparse.Namespace) -> int:
    """One process, two, Ray."""
    from benchmarks.searching.plots import plot_speed
    from benchmarks.searching.speed import three_ways, verdicts

    filmed_s, video = 60.0 * values.timing, _long_video(values, 30, 60.0 * values.timing)
    ways = three_ways([video], _request(values))
    print("| | all, s | starting, s | x real time without | x a CPU | decode, detect, classify | MiB at most |")
    print("|---|---|---|---|---|---|---|")
    for way in ways:
        shares = ", ".join(f"{share:.0%}" for share in way.shares.values())
        held = max((mib for _, mib in way.memory), default=0.0)
        figures = f"{way.wall_s:.1f} | {way.start_s:.1f} | {way.rate:.1f} | {way.rate_a_cpu:.1f}"
        print(f"| {way.name} | {figures} | {shares} | {held:.0f} |")
    report = {"ways": [way._asdict() for way in ways], "verdicts": verdicts(ways, filmed_s)}
    return _finished(values, "speed", report, lambda path: plot_speed(path, ways, filmed_s))


def memory(values: argparse.Namespace) -> int:
    """One process, hours of video."""
    import functools

    from benchmarks.searching.plots import plot_memory
    from benchmarks.searching.speed import grown_mib, timed
    from benchmarks.searching.verdicts import Verdict
    from runtime.bundle import Bundle
    from search.running import processes

    video, request = _long_video(values, EMPTY_FPS, 3600.0 * values.memory), _request(values)
    looks = functools.partial(processes.looks, request=request, workers=1)
    way = timed("1 process", [video], looks, Bundle.open(values.bundle).recogniser)
    verdicts = [Verdict(f"MiB grown over {values.memory:g} h", grown_mib(way.memory), GROWTH_MIB, False)]
    print(f"{max(mib for _, mib in way.memory):.0f} MiB at most")
    report = {"way": way._asdict(), "verdicts": verdicts}
    return _finished(values, "memory", report, lambda path: plot_memory(path, way.memory))


def _long_video(values: argparse.Namespace, fps: int, seconds: float) -> str:
    from benchmarks.searching.made import made
    from benchmarks.searching.repeated import repeated

    folder = os.path.join(values.videos, f"{fps}fps")
    short = made(folder, values.seeds[:1], values.seconds, Material(footage_in(values.footage), fps=fps)).videos[0]
    return repeated(os.path.splitext(short)[0] + f"-{seconds:.0f}s.mp4", short, seconds)


def _flags(values: argparse.Namespace) -> list[str]:
    return ["--size", str(values.size), "--bundle", values.bundle]


def _request(values: argparse.Namespace) -> Any:
    from search.looking.looker import Request

    return Request(values.bundle, values.size)


def _finished(values: argparse.Namespace, name: str, report: dict[str, Any], plot: Any = None) -> int:
    """Keep the figures, draw them, tell what holds."""
    os.makedirs(values.out, exist_ok=True)
    kept = dict(report, verdicts=[dict(one._asdict(), holds=one.holds) for one in report["verdicts"]])
    write_report(os.path.join(values.out, name + ".json"), dict(kept, settings=vars(values), machine=machine()))
    if plot is not None:
        try:
            plot(os.path.join(values.out, name + ".png"))
        except ImportError:
            print("no plot: matplotlib is not installed (pip install matplotlib)")
    return told(report["verdicts"])


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit status: 1 where something is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=(__doc__ or "").split(":")[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--empty", type=float, metavar="H", help="count names in H hours without any product")
    what.add_argument("--timing", type=float, metavar="M", help="time M minutes of video: one process, two, Ray")
    what.add_argument("--memory", type=float, metavar="H", help="watch the memory of one process over H hours of video")
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
    parser.add_argument("--size", type=int, default=160, metavar="N", help="of stage 1 (160)")
    parser.add_argument("--out", default="benchmarks/results/search", metavar="DIR", help="figures and plots")
    values = parser.parse_args(arguments)

    def run() -> int:
        print(json.dumps(machine()))
        part = empty if values.empty else timing if values.timing else memory if values.memory else right
        return part(values)

    return exit_status_of(run, extra="search")


if __name__ == "__main__":
    sys.exit(main())
