"""How well products are named that were taught from photos alone: python -m benchmarks.teaching_photos DIR --test DIR

Both have a folder for each product. Each product is taught from k of its photos, drawn at random, and the photos of the
test are looked for among them; none of the bundle's own products is. --only N takes the N first names, for a set whose
others trained the bundle.
"""

import argparse
import os
import sys
from typing import Any, Dict, List, NamedTuple, Optional

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.machine import machine
from benchmarks.scoring.class_folders import pictures_by_class
from runtime.bundle import Bundle
from runtime.catalogue.gallery_in_use import known_of
from runtime.catalogue.schema import PRODUCT
from runtime.catalogue.taught import Taught
from runtime.command_line.command import exit_status_of
from runtime.engines.onnx import OnnxEngine
from runtime.errors import SourceError
from runtime.figures.report import write_report
from runtime.gallery import Gallery
from runtime.recognition.classifier import Classifier


class Photos(NamedTuple):
    """Of all products, side by side."""

    embeddings: np.ndarray
    """(n, d) float32."""
    names: List[str]
    """(n)."""


def photos_of(classifier: Classifier, folder: str) -> Photos:
    """Each photo as a whole; SourceError where `folder` holds none, or one that is no picture."""
    pictures = pictures_by_class(folder)
    embeddings = []
    for path, _ in tqdm(pictures, os.path.basename(os.path.normpath(folder)), unit="photo", disable=None):
        image = cv2.imread(path)
        if image is None:
            raise SourceError("{} is no picture that OpenCV reads".format(path))
        whole = np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32)
        embeddings.append(classifier.embed(image, whole)[0])
    return Photos(np.array(embeddings, np.float32), [name for _, name in pictures])


def top1(bundle: Bundle, shown: Photos, test: Photos, each: int, rng: np.random.RandomState) -> float:
    """Share of the test's photos, 0..1, whose nearest prototype bears their name; `each` photos a product, 0 = all."""
    names = np.array(shown.names)
    taught = []
    for name in sorted(set(shown.names)):
        rows = rng.permutation(np.flatnonzero(names == name))
        taught.append(Taught(name, PRODUCT, shown.embeddings[rows[:each] if each else rows]))
    empty = Gallery(bundle.gallery.prototypes[:0], bundle.gallery.products[:0], bundle.gallery.threshold)
    known = known_of(empty, [], taught)
    nearest = known.gallery.products[test.embeddings.dot(known.gallery.prototypes.T).argmax(axis=1)]
    return float(np.mean([known.products[number] == name for number, name in zip(nearest, test.names)]))


def measure(own: argparse.Namespace) -> Dict[str, Any]:
    """By number of photos: mean and spread over the draws."""
    bundle = Bundle.open(own.bundle)
    with OnnxEngine(bundle.classifier, 2) as engine:
        classifier = Classifier(engine, bundle.gallery, bundle.crop_size, 0.0)
        shown, test = photos_of(classifier, own.photos), photos_of(classifier, own.test)
    wanted = set(sorted(set(shown.names))[: own.only])
    shown, test = (
        Photos(
            each.embeddings[[name in wanted for name in each.names]], [name for name in each.names if name in wanted]
        )
        for each in (shown, test)
    )
    if not test.names:
        raise SourceError("{} has no product of {}: expected the same names".format(own.test, own.photos))
    rows = []
    for each in own.views:
        drawn = [top1(bundle, shown, test, each, np.random.RandomState(seed)) for seed in range(own.draws)]
        rows.append({"photos": each, "top1": {"mean": float(np.mean(drawn)), "std": float(np.std(drawn))}})
    return {"products": len(set(shown.names)), "taught": len(shown.names), "looks": len(test.names), "rows": rows}


def _measure(own: argparse.Namespace) -> None:
    report = dict(measure(own), settings=vars(own), machine=machine())
    if own.json:
        write_report(own.json, report)
    print("{products} products, {looks} photos to name\nphotos   top-1".format(**report))
    for row in report["rows"]:
        print("{:6s}   {mean:.3f} +- {std:.3f}".format(str(row["photos"] or "all"), **row["top1"]))


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.teaching_photos", description=(__doc__ or "").split(":")[0]
    )
    parser.add_argument("photos", metavar="PHOTOS", help="a folder for each product")
    parser.add_argument("--test", required=True, metavar="DIR", help="photos to name, in folders of the same names")
    parser.add_argument("--bundle", default="groceries", metavar="B", help="whose stage 2 looks at them (groceries)")
    parser.add_argument(
        "--views", type=int, nargs="+", default=[1, 5, 0], metavar="K", help="photos each, 0 = all (1 5 0)"
    )
    parser.add_argument("--draws", type=int, default=5, metavar="N", help="of the photos, for the spread (5)")
    parser.add_argument("--only", type=int, metavar="N", help="the first N products (all)")
    parser.add_argument("--json", metavar="FILE", help="gets the figures")
    own = parser.parse_args(arguments)
    return exit_status_of(lambda: _measure(own), target=own.json)


if __name__ == "__main__":
    sys.exit(main())
