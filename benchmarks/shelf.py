"""How right the states of a shelf are, over hours of the drawn one: python -m benchmarks.shelf

Frames of `demo://shelf` go through both stages, faster than real time; the shelf is taught from what is seen in its
first seconds, as anybody would, and its states are compared with the truth at each look: which slots are right outside
of 5 s after a change, how soon each change is seen, and which alerts were for nothing.
"""

import argparse
import sys
import time
from collections import Counter
from typing import Dict, List, NamedTuple, Optional, Tuple

import numpy as np
from tqdm import tqdm

from benchmarks.machine import machine
from runtime.bundle import Bundle
from runtime.clock import MonotonicClock
from runtime.command_line.command import exit_status_of
from runtime.command_line.flag_values import number_list
from runtime.engines.onnx import OnnxEngine
from runtime.errors import ShelfsightError
from runtime.figures.report import write_report
from runtime.figures.stopwatch import Stopwatch
from runtime.frame import Frame
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.recognition.naming import EVERY, Naming, NamingPolicy
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.scene.shelf import ShelfScene, ShelfSettings, SlotTruth
from runtime.seen import SeenObject, objects_in
from runtime.shelf.layout import HIDDEN, Layout
from runtime.shelf.teaching import layout_of
from runtime.shelf.watch import Change, ShelfWatch
from runtime.sides import sides_for

RES = (640, 480)
CAMERA_FPS = 30.0
TAUGHT_S = 4.0
AFTER_S = 5.0
"""After a change, after somebody was in front, and as it begins, a state may be another."""
LASTS_S = 10.0
"""Changes that last less are not asked for."""


class Score:
    """Of all scenes."""

    def __init__(self) -> None:
        self.confusion: Counter = Counter()
        """(truth, said), outside of AFTER_S; a slot with somebody in front may be hidden too."""
        self.delays_s: List[float] = []
        self.missed = 0
        self.alerts = self.false_alerts = 0
        self.false_by: Counter = Counter()
        self.moved = 0
        self.watched_s = 0.0
        self.hidden: List[bool] = []
        """Of each look at each slot, whoever was in front."""

    @property
    def right(self) -> float:
        """Share of the slots' time."""
        total = sum(self.confusion.values())
        return sum(n for (truth, said), n in self.confusion.items() if truth == said) / total if total else 0.0


class _Pending(NamedTuple):
    """A true change that nobody has seen yet."""

    since_s: float
    state: str


class Judge:
    """One scene."""

    def __init__(self, score: Score, watch: ShelfWatch, numbers: List[int]) -> None:
        """`numbers`: the true slot of each taught one."""
        self._score, self._watch, self._numbers = score, watch, numbers
        self._before: Dict[int, str] = {}
        self._pending: Dict[int, _Pending] = {}
        self._free_s: Dict[int, float] = {}
        self._first_s: Optional[float] = None
        self._lately: Dict[int, List[Tuple[float, str]]] = {number: [] for number in numbers}

    def note(self, now_s: float, truth: List[SlotTruth], changes: List[Change]) -> None:
        """After each look."""
        if self._first_s is None:
            self._first_s = now_s
        is_begun = now_s - self._first_s > AFTER_S
        for taught, number in enumerate(self._numbers):
            true, said = truth[number], self._watch.states[taught].state
            self._lately[number] = [one for one in self._lately[number] if now_s - one[0] <= AFTER_S + 5]
            self._lately[number].append((now_s, true.state))
            if true.is_covered:
                self._free_s[number] = now_s
            self._note_delay(number, now_s, true, said)
            may_be_hidden = said == HIDDEN and now_s - self._free_s.get(number, -1e9) <= AFTER_S
            self._score.hidden.append(said == HIDDEN)
            if is_begun and true.since_s > AFTER_S and not may_be_hidden:
                self._score.confusion[true.state, said] += 1
        for change in changes:
            taught = [slot.name for slot in self._watch.layout.slots].index(change.slot)
            self._note_alert(self._numbers[taught], change)

    def _note_delay(self, number: int, now_s: float, true: SlotTruth, said: str) -> None:
        before = self._before.get(number)
        self._before[number] = true.state
        if before is not None and true.state != before:
            waiting = self._pending.pop(number, None)
            if waiting is not None and now_s - waiting.since_s > LASTS_S:
                self._score.missed += 1
            self._pending[number] = _Pending(now_s - true.since_s, true.state)
        waiting = self._pending.get(number)
        if waiting is not None and said == waiting.state:
            del self._pending[number]
            self._score.delays_s.append(now_s - waiting.since_s)

    def _note_alert(self, number: int, change: Change) -> None:
        if change.before == HIDDEN:
            return  # as it was taught
        self._score.alerts += 1
        if change.after not in [state for _, state in self._lately[number]]:
            self._score.false_alerts += 1
            self._score.false_by[self._lately[number][-1][1], change.after] += 1


def run_scene(own: argparse.Namespace, seed: int, recogniser: Recogniser, score: Score) -> None:
    """One shelf."""
    scene = ShelfScene(ShelfSettings(seed, own.rows, own.slots, own.facings, own.pause_s), RES)
    clock, watch, judge = MonotonicClock(), None, None
    taught: List[List[SeenObject]] = []
    begin = [number / own.fps for number in range(int(TAUGHT_S * own.fps) + 1)]
    rest = [own.begin_s + number / own.fps for number in range(int(own.minutes * 60 * own.fps))]
    times_s = begin + [now_s for now_s in rest if now_s > begin[-1]]
    for number, now_s in enumerate(tqdm(times_s, desc="seed {}".format(seed), disable=None)):
        image = scene.render(now_s).image
        observation = recogniser.observe(Frame(image, number, now_s), Stopwatch(clock))
        objects = list(objects_in(observation))
        if watch is None:
            taught.append(objects)
            if now_s >= TAUGHT_S:
                layout = best_layout(taught)
                numbers = matched(layout, scene.slots(now_s))
                watch = ShelfWatch(layout)
                judge = Judge(score, watch, numbers)
            continue
        assert judge is not None
        started_s = time.perf_counter()
        changes = watch.update(now_s, image, objects)
        own.took_s.append(time.perf_counter() - started_s)
        judge.note(now_s, scene.slots(now_s), changes)
        if own.verbose:
            for change in changes:
                print("{:.1f} s {}: {} -> {}".format(now_s, change.slot, change.before, change.after), flush=True)
    if watch is not None:
        score.moved += watch.moved
    score.watched_s += own.minutes * 60 - TAUGHT_S


def best_layout(taught: List[List[SeenObject]]) -> Layout:
    """Of the frames of the first seconds the one that shows most."""
    layouts = [layout_of(objects, RES) for objects in taught]
    return max(layouts, key=lambda layout: sum(slot.facings for slot in layout.slots))


def matched(layout: Layout, truth: List[SlotTruth]) -> List[int]:
    """The true slot of each taught one; ShelfsightError where one is none, or has other facings."""
    numbers = []
    for slot in layout.slots:
        x = (slot.box[0] + slot.box[2]) / 2 * RES[0]
        y = (slot.box[1] + slot.box[3]) / 2 * RES[1]
        inside = [
            n
            for n, one in enumerate(truth)
            if one.box_px[0] <= x <= one.box_px[2] and one.box_px[1] - 9 <= y <= one.box_px[3]
        ]
        if not inside or truth[inside[0]].product != slot.product:
            raise ShelfsightError("slot {!r} was taught where there is none".format(slot.name))
        numbers.append(inside[0])
    return numbers


def _run(own: argparse.Namespace) -> None:
    own.took_s = []
    score = Score()
    bundle = Bundle.open("demo")
    every = max(1, round(EVERY * own.fps / CAMERA_FPS))  # as often in time as beside a camera
    width, height = sides_for(own.size, RES)
    first = OnnxEngine(bundle.detector, own.threads, {"n": 1, "h": height, "w": width})
    with first, OnnxEngine(bundle.classifier, own.threads) as second:
        detector = Detector(first, own.size, True, None, bundle.shapes, bundle.min_score, bundle.iou, RES)
        classifier = Classifier(second, bundle.gallery, bundle.crop_size, bundle.crop_margin)
        for seed in own.seeds:
            recogniser = Recogniser(detector, Tracker(), Naming(classifier, NamingPolicy(every)), bundle.products)
            run_scene(own, seed, recogniser, score)
    delays = score.delays_s or [float("nan")]
    p50, p95 = np.percentile(delays, [50, 95])
    hours = score.watched_s / 3600
    print("{:.2f} h of {} shelves at {:g} fps".format(hours, len(own.seeds), own.fps))
    print("right outside of {:g} s after a change: {:.4f}".format(AFTER_S, score.right))
    print(
        "changes seen: {} after p50 {:.1f} s, p95 {:.1f} s; not seen: {}".format(
            len(score.delays_s), p50, p95, score.missed
        )
    )
    print("alerts: {}, false: {} {}".format(score.alerts, score.false_alerts, dict(score.false_by)))
    print("knocks noticed: {}; a look takes {:.2f} ms".format(score.moved, 1e3 * float(np.mean(own.took_s))))
    print("hidden, mostly by somebody: {:.4f} of the slots' time".format(float(np.mean(score.hidden))))
    said = sorted({state for _, state in score.confusion})
    print("| truth | " + " | ".join(said) + " |\n|---" * 1 + "|---" * len(said) + "|")
    for true in sorted({state for state, _ in score.confusion}):
        print("| {} | {} |".format(true, " | ".join(str(score.confusion[true, state]) for state in said)))
    if own.json:
        write_report(
            own.json,
            dict(
                machine(),
                hours=hours,
                right=score.right,
                p95_s=float(p95),
                missed=score.missed,
                alerts=score.alerts,
                false_alerts=score.false_alerts,
            ),
        )


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shelf", description="States of a shelf against truth.")
    parser.add_argument("--seeds", default="1,2,3,4,5,6", metavar="S,...", type=number_list, help="a shelf each (1..6)")
    parser.add_argument("--minutes", type=float, default=20.0, metavar="M", help="of each (20)")
    parser.add_argument(
        "--begin-s", type=float, default=0.0, metavar="S", help="after being taught, go on from here (0)"
    )
    parser.add_argument("--fps", type=float, default=3.0, metavar="F", help="frames looked at a second (3)")
    parser.add_argument("--size", type=int, default=320, metavar="PX", help="longer side of stage 1's input (320)")
    parser.add_argument("--rows", type=int, default=2, metavar="N", help="(2)")
    parser.add_argument("--slots", type=int, default=4, metavar="N", help="in a row (4)")
    parser.add_argument("--facings", type=int, default=2, metavar="N", help="in a slot (2)")
    parser.add_argument("--pause-s", type=float, default=12.0, metavar="S", help="mean time between two visits (12)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the networks (1)")
    parser.add_argument("--json", metavar="OUT", help="write the figures as JSON, - = standard output")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each change")
    own = parser.parse_args(arguments)
    return exit_status_of(lambda: _run(own))


if __name__ == "__main__":
    sys.exit(main())
