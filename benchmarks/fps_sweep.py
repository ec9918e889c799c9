"""Which settings to use here: python -m benchmarks.fps_sweep --res 320x240,640x480 --size 160,320 --fps 24,40

Every combination is measured in a process of its own, through the same assembly as the camera program: accuracy on
labelled frames, and the loop's own nominal, camera and true FPS, stages and latency on the live source. Interrupted,
the same command goes on where it stopped; a cell that fails is named and left out.
"""

import argparse
import os
import sys
from typing import Any, Callable, Dict, List, NamedTuple, NoReturn, Optional, Sequence

if __package__ in (None, ""):  # run as a script: python benchmarks/fps_sweep.py
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from tqdm import tqdm

from benchmarks.machine import machine
from benchmarks.scoring.labelled_frames import open_labelled_frames
from benchmarks.sweep.card import CARD
from benchmarks.sweep.child import run_module
from benchmarks.sweep.pareto import PLOT
from benchmarks.sweep.plan import Cell, SweepFolder
from benchmarks.sweep.rows import Row, best_of, checks_of, row_of
from benchmarks.sweep.writing import FLAGS, flags_text, markdown_of, write_all, write_text
from runtime.command_line.arguments import settings_from_arguments
from runtime.command_line.command import exit_status_of
from runtime.command_line.utf8 import in_utf8
from runtime.errors import ShelfsightError, UsageError

EPILOG = """
Every flag of runtime.camera that says what to look with works too: --bundle, --detector, --engine, --threads and so on.
Default: 8 cells, some 4 minutes on a desk machine. Into --out go sweep.json, sweep.csv, sweep.md, pareto.png (where
matplotlib is), card.png and card.json to show around, and best.flags: python -m runtime.camera @DIR/best.flags
The ceiling is the true FPS on frames from memory, taken as fast as they go: what no camera and no --fps bounds.
"""
OURS = ("--frames", "--seconds", "--report", "--wait", "--log-every")
"""Flags of runtime.camera that a sweep sets itself."""


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError("{} (python -m benchmarks.fps_sweep --help lists the flags)".format(message))


def _listed(kind: Callable[[str], Any]) -> Callable[[str], List[Any]]:
    """A parser of comma-separated values, each once."""

    def parse(text: str) -> List[Any]:
        parts = [part.strip() for part in text.split(",")]
        try:
            return list(dict.fromkeys(kind(part) for part in parts))
        except ValueError:
            message = "{!r} is no list: expected values with commas between them, as in {}"
            raise argparse.ArgumentTypeError(message.format(text, _EXAMPLES[kind])) from None

    return parse


def _word(text: str) -> str:
    if not text:
        raise ValueError
    return text.lower()


_EXAMPLES = {_word: "320x240,640x480", int: "160,320", float: "24,40"}  # type: Dict[Callable, str]


def _above(low: float, kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low < value < 1e9:
            raise argparse.ArgumentTypeError("{!r}: expected a number above {:g}".format(text, low))
        return value

    return parse


def make_parser() -> argparse.ArgumentParser:
    """The parser."""
    parser = _Parser(
        prog="python -m benchmarks.fps_sweep",
        description="Accuracy and true FPS of every combination of resolution, detector size and nominal rate.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--res", metavar="LIST", type=_listed(_word), default="320x240,640x480", help="resolutions (%(default)s)")
    add(
        "--size",
        metavar="LIST",
        type=_listed(int),
        default="160,320",
        help="of the detector's input (%(default)s)",
    )
    add(
        "--fps",
        metavar="LIST",
        type=_listed(float),
        default="24,40",
        help="nominal rates; 0 = frames from memory as fast as they are taken (%(default)s)",
    )
    add(
        "--source",
        metavar="URI",
        default="demo://",
        help="demo://, a labelled folder (images/, labels/, names) or a labelled video (clip.mp4 with clip.labels/); "
        "the last two are played from memory as a camera would deliver them (%(default)s)",
    )
    add("--out", metavar="DIR", default="sweep", help="where everything goes (%(default)s)")
    add("--repeats", metavar="N", type=_above(0, int), default=3, help="runs of each cell (%(default)s)")
    add("--seconds", metavar="S", type=_above(0, float), default=4.0, help="length of one run (%(default)s)")
    add("--pictures", metavar="N", type=_above(0, int), default=90, help="labelled frames, at most (%(default)s)")
    add("--want-fps", metavar="F", type=_above(0, float), default=20.0, help="true FPS to choose for (%(default)s)")
    add("--limit", metavar="S", type=_above(0, float), default=1800.0, help="seconds a cell may take (%(default)s)")
    add("--fresh", action="store_true", help="measure every cell again")
    return parser


class Sweep(NamedTuple):
    """What was asked for."""

    own: argparse.Namespace
    rest: List[str]
    """Flags for runtime.camera, the same for every cell."""

    @property
    def cells(self) -> List[Cell]:
        """In the order of the table."""
        own = self.own
        return [Cell(res, size, fps) for res in own.res for size in own.size for fps in own.fps]

    def flags(self, cell: Cell) -> List[str]:
        """The whole command line of one cell."""
        sink = [] if "--sink" in self.rest else ["--sink", "none"]
        return ["--source", self.own.source] + sink + self.rest + cell.flags

    @property
    def settings(self) -> Dict[str, Any]:
        """What all figures of one folder have in common."""
        own = self.own
        return {
            "source": own.source,
            "flags": self.rest,
            "repeats": own.repeats,
            "seconds": own.seconds,
            "pictures": own.pictures,
            "machine": machine(),
        }


def read_arguments(arguments: Optional[Sequence[str]]) -> Sweep:
    """UsageError or SourceError, before anything is measured, for what no cell could do."""
    own, rest = make_parser().parse_known_args(arguments)
    for flag in rest:
        if flag.split("=")[0] in OURS:
            raise UsageError("{} is not for a sweep: it sets that itself for each run".format(flag.split("=")[0]))
    sweep = Sweep(own, rest)
    for cell in sweep.cells:
        settings = settings_from_arguments(sweep.flags(cell))
    open_labelled_frames(own.source, settings.res, own.pictures)
    return sweep


def measure(sweep: Sweep, folder: SweepFolder) -> Dict[Cell, str]:
    """Measure every cell that has not been; the reason of each one that could not be."""
    own = sweep.own
    failed: Dict[Cell, str] = {}
    waiting = [cell for cell in sweep.cells if folder.read(cell) is None]
    done = len(sweep.cells) - len(waiting)
    with tqdm(total=len(sweep.cells), initial=done, desc="sweep", unit="cell", disable=None) as progress:
        for cell in waiting:
            progress.set_postfix_str(cell.name)
            effort = ["--pictures", str(own.pictures), "--run-seconds", str(own.seconds)]
            effort += ["--repeats", str(own.repeats), "--out", folder.cell_path(cell)]
            flags = effort + sweep.flags(cell)
            outcome = run_module("benchmarks.sweep.cell", flags, folder.log_path(cell), own.limit)
            if outcome.is_usage:
                raise UsageError(outcome.failure)
            if outcome.failure is not None:
                failed[cell] = outcome.failure
                progress.write("{}: failed, {}".format(cell.name, outcome.failure), file=sys.stderr)
            progress.update()
    return failed


def summarise(sweep: Sweep, folder: SweepFolder, failed: Dict[Cell, str]) -> Dict[str, Any]:
    """Everything known about the sweep, as JSON."""
    rows: List[Row] = []
    for cell in sweep.cells:
        figures = folder.read(cell)
        if cell not in failed and figures is not None:
            rows.append(row_of(cell, figures))
    settings = sweep.settings
    return dict(
        settings,
        processor=settings["machine"]["processor"],
        want_fps=sweep.own.want_fps,
        best=best_of(rows, sweep.own.want_fps),
        checks=[check._asdict() for check in checks_of(rows)],
        failed={cell.name: reason for cell, reason in failed.items()},
        cells=rows,
    )


def verdict(report: Dict[str, Any]) -> str:
    """The line that a sweep is made for."""
    want, best = report["want_fps"], report["best"]
    if best is not None:
        text = "best setting for >= {:g} true FPS: --res {res} --size {size} --fps {nominal_fps:g} "
        text += "(F1 {f1}, AP50 {ap50}, true {true_fps} FPS, at most {ceiling_fps})"
        return text.format(want, **best)
    if not report["cells"]:
        return "no setting could be measured"
    fastest = max(report["cells"], key=lambda row: row["true_fps_min"])
    text = "no setting reaches {:g} true FPS in every run: the fastest is --res {res} --size {size} "
    return (text + "--fps {nominal_fps:g}, at {true_fps_min} or more").format(want, **fastest)


def finish(sweep: Sweep, folder: SweepFolder, failed: Dict[Cell, str]) -> int:
    """Write and print the outcome; 1 where nothing was measured or a check failed."""
    report = summarise(sweep, folder, failed)
    no_plot = write_all(folder, report, failed)
    best, text = report["best"], verdict(report)
    if best is not None:
        cell = Cell(best["res"], best["size"], best["nominal_fps"])
        write_text(folder.file(FLAGS), flags_text(cell, sweep.rest, text))
    elif os.path.exists(folder.file(FLAGS)):
        os.unlink(folder.file(FLAGS))
    print(markdown_of(report["cells"], report["failed"]))
    for check in report["checks"]:
        print("{}: {claim} ({seen})".format("holds" if check["passes"] else "FAILS", **check))
    print(no_plot or "plot: {}".format(folder.file(PLOT)))
    if report["cells"]:
        print("card: {}".format(folder.file(CARD + ".png")))
    print(text)
    if best is not None:
        print("python -m runtime.camera @{}".format(folder.file(FLAGS)))
    return 0 if report["cells"] and all(check["passes"] for check in report["checks"]) else 1


def _sweep(arguments: Optional[Sequence[str]]) -> int:
    sweep = read_arguments(arguments)
    folder = SweepFolder(sweep.own.out, sweep.settings, sweep.own.fresh)
    failed = measure(sweep, folder)
    if len(failed) == len(sweep.cells):
        raise ShelfsightError("every cell failed; the first: {}".format(failed[sweep.cells[0]]))
    return finish(sweep, folder, failed)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status: 0 done, 1 nothing could be measured or a check failed, 2 wrong usage."""
    return exit_status_of(lambda: _sweep(arguments), "interrupted: the same command goes on where it stopped")


if __name__ == "__main__":
    in_utf8("benchmarks.fps_sweep")
    sys.exit(main())
