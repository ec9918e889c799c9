"""What is counted across lines, against the truth of moving scenes: python -m benchmarks.counting_lines

Scenes of the demo go through both stages and the tracker, faster than real time; what truly passes is known from where
things are drawn. `--tracks FILE` keeps the tracks, and `--read FILE` counts kept ones again, also by supervision's
LineZone and ultralytics' ObjectCounter where those packages are installed (an environment of their own will do).
"""

import argparse
import sys
from collections import Counter as Tally
from typing import Any, Callable, Dict, List, Optional

from tqdm import tqdm

from benchmarks.counters import others, ours
from benchmarks.counters.recorded import Box, Passed, Recorded, read_recorded, write_recorded
from runtime.command_line.command import exit_status_of
from runtime.command_line.flag_values import number_list

RES = (640, 480)


def recorded(own: argparse.Namespace) -> List[Recorded]:
    """One scene for each number of objects, all together `--minutes` long."""
    from benchmarks.counters.truth import lines_for, passed_in
    from runtime.scene.scene import Scene
    from runtime.scene.settings import SceneSettings

    scenes = []
    for objects in own.objects:
        scene = Scene(SceneSettings(products=objects, split="heldout", seed=own.seed, speed=own.speed), RES)
        count = int(own.minutes * 60 / len(own.objects) * own.fps)
        fine_s = [number / 30.0 for number in range(int(count / own.fps * 30))]
        lines = lines_for(scene, fine_s)
        frames = _frames(own, scene, [number / own.fps for number in range(count)])
        scenes.append(Recorded(objects, own.seed, own.fps, RES, lines, frames, passed_in(scene, fine_s, lines)))
    return scenes


def _frames(own: argparse.Namespace, scene: Any, times_s: List[float]) -> List[List[Box]]:
    from runtime.bundle import Bundle
    from runtime.clock import MonotonicClock
    from runtime.engines.onnx import OnnxEngine
    from runtime.figures.stopwatch import Stopwatch
    from runtime.frame import Frame
    from runtime.recognition.classifier import Classifier
    from runtime.recognition.detector import Detector
    from runtime.recognition.naming import Naming, NamingPolicy
    from runtime.recognition.recogniser import Recogniser
    from runtime.recognition.tracker import Tracker
    from runtime.seen import objects_in
    from runtime.sides import sides_for

    bundle = Bundle.open("demo")
    width, height = sides_for(own.size, RES)
    first = OnnxEngine(bundle.detector, own.threads, {"n": 1, "h": height, "w": width})
    clock, frames = MonotonicClock(), []
    with first, OnnxEngine(bundle.classifier, own.threads) as second:
        detector = Detector(first, own.size, True, None, bundle.shapes, bundle.min_score, bundle.iou, RES)
        classifier = Classifier(second, bundle.gallery, bundle.crop_size, bundle.crop_margin)
        recogniser = Recogniser(detector, Tracker(), Naming(classifier, NamingPolicy(10)), bundle.products)
        for number, time_s in enumerate(tqdm(times_s, unit="frame", disable=None)):
            observation = recogniser.observe(Frame(scene.render(time_s).image, number, time_s), Stopwatch(clock))
            frames.append(
                [
                    Box(one.track, one.name, one.similarity is not None, one.shape, one.box)
                    for one in objects_in(observation)
                ]
            )
    return frames


def row_of(scenes: List[Recorded], count: Callable[[Recorded], Passed]) -> Dict[str, float]:
    """How far the counts are from the truth, all scenes, lines and directions added up."""
    true, found, apart, by_product = 0, 0, 0, Tally()  # type: ignore[var-annotated]
    for scene in scenes:
        passed = count(scene)
        true += sum(scene.truth.values())
        found += sum(passed.values())
        sides: Tally = Tally()
        for (line, direction, name), value in passed.items():
            sides[line, direction] += value
            by_product[name] += value
        for (line, direction, name), value in scene.truth.items():
            sides[line, direction] -= value
            by_product[name] -= value
        apart += sum(abs(value) for value in sides.values())
    wrong = sum(abs(value) for value in by_product.values())
    share = 100.0 / max(1, true)
    return {
        "true": true,
        "counted": found,
        "total_percent": share * (found - true),
        "by_line_percent": share * apart,
        "by_product_percent": share * wrong,
    }


def _run(own: argparse.Namespace) -> None:
    scenes = read_recorded(own.read) if own.read else recorded(own)
    if own.tracks:
        write_recorded(own.tracks, scenes)
    frames = sum(len(scene.frames) for scene in scenes)
    minutes = sum(len(scene.frames) / scene.fps for scene in scenes) / 60
    print("{:.1f} minutes, {} frames, {} scenes".format(minutes, frames, len(scenes)))
    print("| counter | truth | counted | all % | by line and direction % | by product % |\n|---|---|---|---|---|---|")
    counters: Dict[str, Callable[[Recorded], Passed]] = {"Shelfsight": ours.count}
    counters.update((name, others.COUNTERS[name]) for name in others.present())
    for name, count in counters.items():
        row = "| {} | {true} | {counted} | {total_percent:+.1f} | {by_line_percent:.1f} | {by_product_percent:.1f} |"
        print(row.format(name, **row_of(scenes, count)), flush=True)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.counting_lines", description="Counts against truth.")
    parser.add_argument(
        "--objects", default="3,6,9,12", metavar="N,...", type=number_list, help="a scene each (3,6,9,12)"
    )
    parser.add_argument("--minutes", type=float, default=10.0, metavar="M", help="of all scenes together (10)")
    parser.add_argument("--fps", type=float, default=15.0, metavar="F", help="of the camera (15)")
    parser.add_argument("--size", type=int, default=160, metavar="PX", help="longer side of stage 1's input (160)")
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="of the scenes (1)")
    parser.add_argument("--seed", type=int, default=20, metavar="S", help="of the scenes (20)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the networks (1)")
    parser.add_argument("--tracks", metavar="FILE.npz", help="keep the tracks")
    parser.add_argument("--read", metavar="FILE.npz", help="count kept tracks instead")
    own = parser.parse_args(arguments)
    return exit_status_of(lambda: _run(own))


if __name__ == "__main__":
    sys.exit(main())
