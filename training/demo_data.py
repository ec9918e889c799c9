"""Write a labelled data set of the demo's scenes: python -m training.demo_data --out DIR --frames 400 --seed 1

    DIR/images/<group>/<scene>-<n>.jpg    640x480
    DIR/labels/<group>/<scene>-<n>.txt    YOLO: class, centre x, centre y, width, height, in shares of the picture
    DIR/data.yaml                         names of the products, class 0 first
    DIR/shapes.txt                        the shape of each of them, a line each: the classes of stage 1

A group is named after what was asked for: train, heldout, heldout-hard, heldout-unknown, ... Several calls with one
--out add groups to one data set. A call that was interrupted goes on where it stopped: files that exist are kept.
"""

import argparse
import json
import multiprocessing
import sys
from functools import partial
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Tuple

import cv2
import numpy as np
from tqdm import tqdm

from runtime.errors import ShelfsightError, UsageError
from runtime.scene.products import SHAPES
from runtime.scene.settings import SPLITS, SceneSettings
from runtime.scene.truth import Truth
from training.composing.strangers import ALL_PRODUCTS, STRANGERS, SceneWithStrangers
from training.data.dataset import write_atomically

SIZE = (640, 480)
"""Width and height of the pictures."""
FRAMES_PER_SCENE = 4
"""A new backdrop, light and placement costs as much as ten frames; the frames of one scene are seconds apart."""
PRODUCTS_RANGE = (4, 14)
"""How many objects a scene has at once, both ends included."""
UNKNOWN_SHARE = {"outsiders": 0.4, "made-up": 0.4, "extra": 0.85, "near": 0.4, "drawn": 0.9}
"""Share of strangers among the objects, by their kind."""
JPEG_QUALITY = (80, 96)
"""As a webcam's MJPG; drawn anew for each picture."""


class Request(NamedTuple):
    """What a data set is made of."""

    out: Path
    frames: int
    seed: int
    split: str
    hard: bool
    unknown: Optional[str]
    """One of STRANGERS, or None."""
    textures: bool = False
    """Random textures behind the products, see `training.composing.textures`."""

    @property
    def group(self) -> str:
        """The folder's name below images/ and labels/."""
        kind = {None: "", "outsiders": "-unknown"}.get(self.unknown, f"-{self.unknown}")
        return self.split + ("-hard" if self.hard else "") + kind + ("-textures" if self.textures else "")


def scenes_of(request: Request) -> Iterator[Tuple[int, int]]:
    """(scene number, frames of it), as many as `request.frames` takes."""
    for number, first in enumerate(range(0, request.frames, FRAMES_PER_SCENE)):
        yield number, min(FRAMES_PER_SCENE, request.frames - first)


def label_lines(truth: Truth, width: int, height: int) -> List[str]:
    """YOLO's lines for one picture of that size in pixels."""
    corners = truth.boxes_px / np.array([width, height, width, height], np.float32)
    centres, sizes = (corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]
    rows = np.concatenate([centres, sizes], axis=1)
    return [f"{c} {x:.6f} {y:.6f} {w:.6f} {h:.6f}" for c, (x, y, w, h) in zip(truth.products, rows)]


def write_scene(request: Request, scene: Tuple[int, int]) -> int:
    """Render the frames of one scene that are not there yet; how many frames it has. Deterministic."""
    number, count = scene
    rng = np.random.RandomState([request.seed, number, SPLITS.index(request.split), int(request.hard)])
    settings = SceneSettings(
        products=int(rng.randint(PRODUCTS_RANGE[0], PRODUCTS_RANGE[1] + 1)),
        seed=int(rng.randint(2**31 - 1)),
        split=request.split,
        hard=request.hard,
        unknown=UNKNOWN_SHARE[request.unknown] if request.unknown else 0.0,
    )
    times_s = np.sort(rng.uniform(0, 90, count)).tolist()
    qualities = rng.randint(JPEG_QUALITY[0], JPEG_QUALITY[1], count).tolist()
    stems = [f"{request.seed}-{number:05d}-{frame}" for frame in range(count)]
    paths = [(request.out / "images" / request.group / f"{stem}.jpg", stem) for stem in stems]
    if all(path.exists() for path, _ in paths):
        return count
    renderer = SceneWithStrangers(settings, SIZE, request.unknown or "outsiders")
    if request.textures:
        renderer.hang(rng)
    for (path, stem), time_s, quality in zip(paths, times_s, qualities):
        image, truth = renderer.render(time_s)
        lines = label_lines(truth, *SIZE)
        label = request.out / "labels" / request.group / f"{stem}.txt"
        # The label first: a picture that is there is complete.
        write_atomically(label, "".join(line + "\n" for line in lines).encode())
        write_atomically(path, cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
    return count


def data_yaml(groups: List[str]) -> str:
    """data.yaml, as Ultralytics reads it. JSON strings are YAML strings."""
    train = [f"images/{group}" for group in groups if group.startswith("train")]
    heldout = [f"images/{group}" for group in groups if group.startswith("heldout")]
    lines = [f"train: {json.dumps(train)}", f"val: {json.dumps(heldout)}", "names:"]
    lines += [f"  {number}: {json.dumps(product.name)}" for number, product in enumerate(ALL_PRODUCTS)]
    return "\n".join(lines) + "\n"


def write_data_set(request: Request, workers: int = 1, quiet: bool = False) -> int:
    """Write the group that `request` names; how many frames it has. SourceError or OSError where a disk is full."""
    for kind in ("images", "labels"):
        (request.out / kind / request.group).mkdir(parents=True, exist_ok=True)
    scenes = list(scenes_of(request))
    done = 0
    with tqdm(total=request.frames, unit="frame", desc=request.group, disable=quiet) as bar:
        for count in _written(partial(write_scene, request), scenes, workers):
            bar.update(count)
            done += count
    groups = sorted(path.name for path in (request.out / "images").iterdir() if path.is_dir())
    write_atomically(request.out / "data.yaml", data_yaml(groups).encode())
    shapes = "".join(f"{SHAPES[product.shape]}\n" for product in ALL_PRODUCTS)
    write_atomically(request.out / "shapes.txt", shapes.encode())
    return done


def _written(write, scenes: List[Tuple[int, int]], workers: int) -> Iterator[int]:
    if workers <= 1:
        yield from map(write, scenes)
        return
    with multiprocessing.get_context("spawn").Pool(workers, _one_thread) as pool:
        yield from pool.imap_unordered(write, scenes, chunksize=4)


def _one_thread() -> None:
    """Of OpenCV in each process: the processes share the cores."""
    cv2.setNumThreads(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.demo_data", description="Write scenes of the demo, labelled."
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="the data set; may hold other groups")
    parser.add_argument("--frames", required=True, type=int, metavar="N", help="how many pictures")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="other seed, other scenes (0)")
    parser.add_argument("--split", choices=SPLITS, default="train", help="backgrounds, light, placements (train)")
    parser.add_argument("--hard", action="store_true", help="blurred, dim, crowded, small")
    parser.add_argument(
        "--unknown",
        nargs="?",
        const="outsiders",
        choices=tuple(STRANGERS),
        metavar="KIND",
        help="many are strangers: outsiders (this flag alone) or near, to test; made-up, to calibrate; extra, to train",
    )
    parser.add_argument("--textures", action="store_true", help="random textures in the place of walls and shelves")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (1)")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(_parser().parse_args(arguments))
    workers = values.pop("workers")
    try:
        if values["frames"] < 1 or values["seed"] < 0 or workers < 1:
            raise UsageError("--frames and --workers must be at least 1, --seed at least 0")
        request = Request(**values)
        done = write_data_set(request, workers)
    except ShelfsightError as error:
        print(f"shelfsight: {error}", file=sys.stderr)
        return error.exit_status
    except OSError as error:
        print(
            f"shelfsight: cannot write to {values['out']}: {error.strerror or error}; free some room there, "
            "then the same command goes on",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("shelfsight: interrupted; the same command goes on", file=sys.stderr)
        return 1
    print(f"{values['out']}: {done} frames in group {request.group}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
