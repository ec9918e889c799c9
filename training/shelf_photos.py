"""Empty places among photographed products on composed shelves: python -m training.shelf_photos --data DIR

Products are cut out of labelled pictures by their boxes and stood on drawn shelves, some facings side by side, by what
`training.compose` pastes and photographs with. Each shelf is watched full, then with facings missing: what each slot
is said to be, against what was taken away.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import cv2
import numpy as np
from tqdm import tqdm

from runtime.bundle import Bundle
from runtime.clock import MonotonicClock
from runtime.command_line.command import exit_status_of
from runtime.engines.onnx import OnnxEngine
from runtime.errors import SourceError
from runtime.figures.stopwatch import Stopwatch
from runtime.frame import Frame
from runtime.recognition.classifier import Classifier
from runtime.recognition.detector import Detector
from runtime.recognition.naming import Naming, NamingPolicy
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.seen import SeenObject, objects_in
from runtime.shelf.layout import EMPTY, FILLED, LOW, Layout, Slot
from runtime.shelf.watch import ShelfWatch
from runtime.sides import sides_for
from training.composing.backgrounds import Background
from training.composing.pasting import Placement, compose_scene
from training.composing.recipe import photographed
from training.data.dataset import open_data_set, read_picture

RES = (640, 480)
ROWS, SLOTS, FACINGS = 2, 4, 2
LEAST_PX = 60
"""Of a box that is cut out: smaller ones would be enlarged."""
TALL, WIDE = 0.72, 0.9
"""How much of a row's height and of a facing's width a product takes at most."""
LOOKS = 4
"""At each picture, until tracks have their names."""
WATCHED_S = 6.0
STEP_S = 0.34

States = Tuple[str, ...]


class Shelf(NamedTuple):
    """One composed shelf, photographed twice in one light."""

    layout: Layout
    full: np.ndarray
    """(H, W, 3) uint8 BGR."""
    later: np.ndarray
    truth: States
    """Of each slot, later."""


def cut_out(folder: Path, group: str, names: Sequence[str]) -> Dict[str, List[np.ndarray]]:
    """By product, (h, w, 4) uint8 BGR and alpha; a box is taken whole."""
    data = open_data_set(folder, [group])
    found: Dict[str, List[np.ndarray]] = {}
    for picture in tqdm(data.pictures, "cutting out", disable=None):
        image = read_picture(picture.path)
        height, width = image.shape[:2]
        for (x1, y1, x2, y2), number in zip(picture.boxes_px(width, height).round().astype(int), picture.classes):
            part = image[max(0, y1) : y2, max(0, x1) : x2]
            if data.names[number] in names and min(part.shape[:2]) >= LEAST_PX:
                solid = np.full(part.shape[:2], 255, np.uint8)
                found.setdefault(data.names[number], []).append(np.dstack([part, solid]))
    if len(found) < ROWS * SLOTS:
        message = "{} of the bundle's products in {} are {} px or more, expected {}"
        raise SourceError(message.format(len(found), folder, LEAST_PX, ROWS * SLOTS))
    return found


def shelf_of(cutouts: Dict[str, List[np.ndarray]], seed: int) -> Shelf:
    """A pure function of both."""
    rng = np.random.RandomState([seed, 404])
    names = rng.permutation(sorted(cutouts))[: ROWS * SLOTS]
    pitch, cell = RES[1] / (ROWS + 0.1), 0.94 * RES[0] / (SLOTS * FACINGS)
    background = Background([]).draw(rng, RES)
    slots, standing, truth = [], [], []
    for number, name in enumerate(names):
        row, place = divmod(number, SLOTS)
        left, foot = 0.03 * RES[0] + place * FACINGS * cell, pitch * (row + 0.88)
        if not place:
            cv2.rectangle(background, (0, int(foot)), (RES[0], int(foot) + 16), rng.uniform(60, 220, 3).tolist(), -1)
        picture = cutouts[name][rng.randint(len(cutouts[name]))]
        height, width = picture.shape[:2]
        scale = min(TALL * pitch / height, WIDE * cell / width)
        missing = int(rng.choice([0, 1, 2], p=[0.5, 0.25, 0.25]))
        truth.append((FILLED, LOW, EMPTY)[missing])
        for facing in range(FACINGS):
            x, y = left + (facing + 0.5) * cell - width * scale / 2, foot - height * scale
            matrix = np.array([[scale, 0, x], [0, scale, y], [0, 0, 1]])
            placement = Placement(number, picture, matrix, "alpha", np.ones(3, np.float32), 0.3)
            standing.append((placement, facing < FACINGS - missing))
        sides = (left, foot - TALL * pitch * 1.05, left + FACINGS * cell, foot + 3)
        box = tuple(float(side / RES[axis % 2]) for axis, side in enumerate(sides))
        slots.append(Slot(str(name), str(name), box, FACINGS))  # type: ignore[arg-type]
    full, later = (
        photographed(
            compose_scene(background.copy(), [one for one, stays in standing if stays or is_full]).image,
            np.random.RandomState([seed, 405]),
        )
        for is_full in (True, False)
    )
    return Shelf(Layout(tuple(slots)), full, later, tuple(truth))


def seen_in_photo(recogniser: Recogniser, image: np.ndarray, begin: int) -> Tuple[SeenObject, ...]:
    """What both stages see once the tracks have their names."""
    clock = MonotonicClock()
    for number in range(begin, begin + LOOKS):
        observation = recogniser.observe(Frame(image, number, number / 3), Stopwatch(clock))
    return objects_in(observation)


def watched(shelf: Shelf, recogniser: Recogniser) -> List[States]:
    """What each slot is said to be: full, and later."""
    watch, said, now_s = ShelfWatch(shelf.layout), [], 0.0
    for part, image in enumerate((shelf.full, shelf.later)):
        objects = seen_in_photo(recogniser, image, part * LOOKS)
        watch.cover(now_s)  # somebody was there in between
        for _ in range(int(WATCHED_S / STEP_S)):
            now_s += STEP_S
            watch.update(now_s, image, objects)
        said.append(tuple(state.state for state in watch.states))
    return said


def _run(own: argparse.Namespace) -> None:
    bundle = Bundle.open(own.bundle)
    cutouts = cut_out(own.data, own.split, bundle.products)
    width, height = sides_for(own.size, RES)
    full: Counter = Counter()
    later: Counter = Counter()
    first = OnnxEngine(bundle.detector, own.threads, {"n": 1, "h": height, "w": width})
    with first, OnnxEngine(bundle.classifier, own.threads) as second:
        detector = Detector(first, own.size, True, None, bundle.shapes, bundle.min_score, bundle.iou, RES)
        classifier = Classifier(second, bundle.gallery, bundle.crop_size, bundle.crop_margin)
        for seed in tqdm(range(own.seed, own.seed + own.shelves), "shelves", disable=None):
            recogniser = Recogniser(detector, Tracker(), Naming(classifier, NamingPolicy(1)), bundle.products)
            shelf = shelf_of(cutouts, seed)
            said = watched(shelf, recogniser)
            full.update(said[0])
            # what could not be told when it was full would not have been taught so
            later.update((true, new) for true, old, new in zip(shelf.truth, *said) if old == FILLED)
    total = sum(full.values())
    print(f"{own.shelves} shelves, {total} slots; full: {', '.join(f'{n} {state}' for state, n in full.most_common())}")
    states = sorted({state for _, state in later})
    print("| of those filled, later | " + " | ".join(states) + " |\n|---" + "|---" * len(states) + "|")
    for true in (FILLED, LOW, EMPTY):
        print(f"| {true} | " + " | ".join(str(later[true, state]) for state in states) + " |")


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.shelf_photos", description="Empty places among photographed products."
    )
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="labelled pictures of the products")
    parser.add_argument("--split", default="val", metavar="NAME", help="which of them, below images/ (val)")
    parser.add_argument("--bundle", default="groceries", metavar="BUNDLE", help="(groceries)")
    parser.add_argument("--shelves", type=int, default=100, metavar="N", help="(100)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the first (0)")
    parser.add_argument("--size", type=int, default=320, metavar="PX", help="longer side of stage 1's input (320)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the networks (1)")
    own = parser.parse_args(arguments)
    return exit_status_of(lambda: _run(own))


if __name__ == "__main__":
    sys.exit(main())
