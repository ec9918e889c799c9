"""Make a labelled data set of a few plain photos: python -m training.compose PHOTOS --out SET --images 2000

    PHOTOS/<product>/*.jpg  or  PHOTOS/<product>.jpg     products in front of one plain background
    SET/cutouts/<product>/*.png                          the products cut out: look at them; a mended one is kept
    SET/images/{train,val}/*.jpg                         scenes of them
    SET/labels/{train,val}/*.txt                         YOLO: class, centre x, centre y, width, height
    SET/data.yaml, SET/compose.json                      names; what it was made of

Deterministic by --seed, whatever the number of processes. Interrupted, the same command goes on where it stopped.
"""

import argparse
import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import numpy as np
from tqdm import tqdm

from runtime.command_line.command import exit_status_of
from runtime.errors import SourceError, UsageError
from training.composing.backgrounds import find_backgrounds
from training.composing.plain_photos import SPLITS, Photo, PlainPhotos, cut_out, find_photos, split_photos
from training.composing.recipe import Recipe, write_scene
from training.data.data_yaml import data_yaml
from training.data.dataset import write_atomically
from training.processes import Workers

VAL_SHARE = 0.15
TOLD = 10
"""So many photos that could not be cut out are named, one a line; the rest are counted."""


def compose(values: Dict[str, Any], quiet: bool = False) -> Dict[str, Any]:
    """The whole command; what was made of what. ShelfsightError for what cannot be."""
    out: Path = values["out"]
    if values["images"] < 2 or values["seed"] < 0 or values["workers"] < 1:
        raise UsageError("--images must be at least 2 (one to train, one to validate), --workers 1, --seed 0")
    backgrounds = find_backgrounds(values["backgrounds"]) if values["backgrounds"] else []
    plain = find_photos(values["photos"], out / "cutouts")
    _claim(out, plain, values)
    with Workers(values["workers"]) as run:
        failed = _cut_all(run, plain, quiet)
        usable = plain._replace(photos=[photo for photo in plain.photos if photo.path not in failed.unreadable])
        by_split = split_photos(usable, VAL_SHARE, values["seed"])
        recipes = _recipes(values, plain, by_split, backgrounds)
        jobs = jobs_of(values["images"])
        for split in SPLITS:
            for kind in ("images", "labels"):
                (out / kind / split).mkdir(parents=True, exist_ok=True)
        write_atomically(out / "data.yaml", data_yaml(plain.names).encode())
        for _ in tqdm(
            run(partial(write_scene, recipes), jobs),
            "composing",
            len(jobs),
            unit="picture",
            disable=True if quiet else None,
        ):
            pass
    return _summary(plain, usable, failed, by_split, jobs)


class Failed(NamedTuple):
    """Photos that no product could be cut out of, and why."""

    unreadable: Dict[Path, str]
    whole: Dict[Path, str]
    """Used as they are, background and all."""


def _cut_all(run: Callable, plain: PlainPhotos, quiet: bool) -> Failed:
    failed = Failed({}, {})
    bar = tqdm(
        run(_cut_or_say, plain.photos), "cutting out", len(plain.photos), unit="photo", disable=True if quiet else None
    )
    for photo, reason, is_readable in bar:
        if reason:
            (failed.whole if is_readable else failed.unreadable)[photo.path] = reason
    left = {photo.product for photo in plain.photos if photo.path not in failed.unreadable}
    empty = [name for product, name in enumerate(plain.names) if product not in left]
    if empty:
        told = next(iter(failed.unreadable.values()))
        raise SourceError(f"{', '.join(empty[:5])}: no photo of it can be read ({told})")
    if len(failed.unreadable) + len(failed.whole) == len(plain.photos):
        why = next(iter(failed.whole.values()))
        raise SourceError(
            f"no product could be cut out of any of the {len(plain.photos)} photos ({why}): take them in front of one "
            "plain background, with some of it all around the product"
        )
    return failed


def _cut_or_say(photo: Photo) -> Tuple[Photo, Optional[str], bool]:
    try:
        return cut_out(photo) + (True,)
    except SourceError as error:
        return photo, str(error), False


def _claim(out: Path, plain: PlainPhotos, values: Dict[str, Any]) -> None:
    """SET/compose.json: a set goes on only with the photos and settings that it was begun with."""
    made_of = {
        "photos": sorted(f"{plain.names[photo.product]}/{photo.path.name}" for photo in plain.photos),
        "size": list(values["size"]),
        "seed": values["seed"],
        "backgrounds": str(values["backgrounds"].resolve()) if values["backgrounds"] else None,
        "images": values["images"],
    }
    path = out / "compose.json"
    has_pictures = any((out / "images").rglob("*.jpg"))
    if path.is_file() and has_pictures:
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            before = None
        if not _goes_on(before, made_of):
            raise UsageError(f"{out} was composed of other photos or with other settings: give another --out")
    elif not path.is_file() and out.is_dir() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty and was not made by this command: give another --out")
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(made_of, indent=1).encode())


def _goes_on(before: Any, made_of: Dict[str, Any]) -> bool:
    """More pictures may be asked for later."""
    if not isinstance(before, dict) or not isinstance(before.get("images"), int):
        return False
    return before["images"] <= made_of["images"] and dict(before, images=0) == dict(made_of, images=0)


def _recipes(
    values: Dict[str, Any], plain: PlainPhotos, by_split: Dict[str, List[Photo]], backgrounds: List[Path]
) -> Dict[str, Recipe]:
    """With four backgrounds or more, those of val are its own."""
    kept = max(1, round(VAL_SHARE * len(backgrounds))) if len(backgrounds) >= 4 else 0
    order = [backgrounds[index] for index in np.random.RandomState(values["seed"]).permutation(len(backgrounds))]
    own = {"train": order[kept:], "val": order[:kept] or order}
    return {
        split: Recipe(
            values["out"],
            split,
            values["seed"],
            tuple(values["size"]),
            tuple(
                tuple(photo.cutout for photo in by_split[split] if photo.product == product)
                for product in range(len(plain.names))
            ),
            tuple(own[split]),
        )
        for split in SPLITS
    }


def jobs_of(images: int) -> List[Tuple[str, int]]:
    """(split, number) of each picture."""
    val = max(1, round(VAL_SHARE * images))
    return [("train", number) for number in range(images - val)] + [("val", number) for number in range(val)]


def _summary(
    plain: PlainPhotos, usable: PlainPhotos, failed: Failed, by_split: Dict[str, List[Photo]], jobs: List
) -> Dict[str, Any]:
    single = [name for product, name in enumerate(plain.names) if len(usable.of(product)) == 1]
    return {
        "products": len(plain.names),
        "photos": len(plain.photos),
        "unreadable": failed.unreadable,
        "whole": failed.whole,
        "ignored": plain.ignored,
        "single": single,
        "images": {split: sum(job[0] == split for job in jobs) for split in SPLITS},
        "photos_by_split": {split: len(by_split[split]) for split in SPLITS},
    }


def _tell(summary: Dict[str, Any], out: Path) -> None:
    """Warnings on standard error, one line each; then what was made."""
    for reason in list(summary["unreadable"].values())[:TOLD]:
        print(f"shelfsight: left out: {reason}", file=sys.stderr)
    for path, reason in list(summary["whole"].items())[:TOLD]:
        print(f"shelfsight: {path}: taken whole, background and all: {reason}", file=sys.stderr)
    more = sum(max(0, len(summary[kind]) - TOLD) for kind in ("unreadable", "whole"))
    if more:
        print(f"shelfsight: {more} more photos like these", file=sys.stderr)
    if summary["ignored"]:
        first = summary["ignored"][0]
        print(f"shelfsight: {len(summary['ignored'])} photos in no product's folder left out: {first}", file=sys.stderr)
    images, photos = summary["images"], summary["photos_by_split"]
    cut = summary["photos"] - len(summary["unreadable"]) - len(summary["whole"])
    print(
        f"{out}: {images['train']} pictures to train and {images['val']} to validate, "
        f"{summary['products']} products, cut out of {cut} of {summary['photos']} photos"
    )
    single = len(summary["single"])
    if single:
        which = "all of them" if single == summary["products"] else f"{single} of them"
        print(
            f"known from a single photo, which serves both train and val: {which}; what val measures on them says "
            "nothing about other photos of them"
        )
    else:
        print(f"{photos['train']} photos serve train alone, {photos['val']} val alone")


def _size(text: str) -> Tuple[int, int]:
    width, _, height = text.partition("x")
    try:
        size = int(width), int(height)
    except ValueError:
        size = 0, 0
    if not all(64 <= side <= 4096 for side in size):
        raise argparse.ArgumentTypeError(f"{text}: expected WIDTHxHEIGHT, each 64 to 4096")
    return size


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.compose", description="Cut products out of plain photos and compose scenes of them."
    )
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="one folder a product, or one file a product")
    parser.add_argument("--out", required=True, type=Path, metavar="SET", help="the data set to make")
    parser.add_argument("--images", type=int, default=2000, metavar="N", help="how many pictures in all (2000)")
    parser.add_argument("--backgrounds", type=Path, metavar="DIR", help="pictures without products (built-in ones)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="other seed, other scenes (0)")
    parser.add_argument("--size", type=_size, default=(640, 480), metavar="WxH", help="of the pictures (640x480)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (one a core)")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(_parser().parse_args(arguments))
    return exit_status_of(
        lambda: _tell(compose(values), values["out"]), "interrupted; the same command goes on", values["out"]
    )


if __name__ == "__main__":
    sys.exit(main())
