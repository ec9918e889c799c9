"""How good stage 2 is on a set, and how fast on this machine: python -m benchmarks.classify_set SET --bundle B

SET is a folder for each product, or CIFAR-100's folder, of which the test pictures count. Each picture is read, cut,
embedded and named alone, by the engine that the camera would take; the true rate is of all of that.
--classifier FILE.onnx instead of --bundle: a network alone. With gallery.npz and products.txt beside it, as python -m
training.gallery --out writes them, it names; without, only its rate is measured.
"""

import argparse
import contextlib
import os
import sys
import threading
import time
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np
from tqdm import tqdm

from benchmarks.machine import machine
from benchmarks.scoring.cifar import TEST, cifar_at, read_cifar
from benchmarks.scoring.class_folders import pictures_by_class
from runtime.bundle import LIMITS_BYTES, Bundle
from runtime.command_line.command import exit_status_of
from runtime.engines.cache import CLASSIFIER
from runtime.engines.choice import EngineChoice
from runtime.engines.engine import Engine
from runtime.errors import BundleError, ModelError, SourceError, UsageError
from runtime.figures.latency import percentile
from runtime.figures.report import write_report
from runtime.gallery import Gallery
from runtime.recognition.classifier import Classifier
from runtime.settings import Settings
from runtime.sources.folder import read_image
from runtime.untrusted.arrays import read_arrays
from runtime.untrusted.files import read_text

WARM_UP = 5
"""Pictures that are named once before the clock starts."""


class Named(NamedTuple):
    """A picture of the set."""

    name: str
    """Of what it shows."""
    read: Callable[[], np.ndarray]
    """(H, W, 3) uint8 BGR; SourceError where it is no picture."""


class Opened(NamedTuple):
    """Stage 2, and the names of its products; none where it has no gallery."""

    classifier: Classifier
    products: List[str]
    why: str
    """Why it is this engine."""


class Looks(NamedTuple):
    """Of n pictures, side by side."""

    places: List[int]
    """How many products were likelier than the right one; empty without a gallery."""
    classify_ms: List[float]
    """From the picture to its embedding and place."""
    seconds: float
    """Of all, with reading."""


def pictures_of(folder: str, limit: Optional[int]) -> List[Named]:
    """At most about `limit`, from all over the set. SourceError where there is none."""
    cifar = cifar_at(folder)
    if cifar is not None:
        test = read_cifar(cifar, TEST)
        found = [Named(test.names[number], image.copy) for image, number in zip(test.images, test.numbers)]
    else:
        found = [Named(name, partial(_read, path)) for path, name in pictures_by_class(folder)]
    return found[:: max(1, round(len(found) / limit))] if limit else found


def _read(path: str) -> np.ndarray:
    image = read_image(path)
    if image is None:
        raise SourceError("{} is no picture that OpenCV reads".format(path))
    return image


@contextlib.contextmanager
def opened(own: argparse.Namespace) -> Iterator[Opened]:
    """What --bundle or --classifier names, on the engine that --engine leaves."""
    bundle = Bundle.open(own.bundle) if own.classifier is None else None
    path = own.classifier if bundle is None else bundle.classifier
    # With a model of its own for stage 1 no engine is built for that of the bundle.
    settings = Settings(detector=path, engine=own.engine, precision=own.precision, threads=own.threads)
    with EngineChoice(settings, bundle, threading.Event()) as choice:
        engine, why = choice.open(CLASSIFIER, path)
        with engine:
            if bundle is not None:
                yield Opened(Classifier(engine, bundle.gallery, bundle.crop_size, 0.0), bundle.products, why)
            else:
                gallery, products = _beside(path, engine)
                yield Opened(Classifier(engine, gallery, _side_of(path, engine), 0.0), products, "of --classifier")


def _side_of(path: str, engine: Engine) -> int:
    shape = engine.input.shape
    if len(shape) != 4 or shape[1] is None or shape[1] != shape[2]:
        raise ModelError("{} takes {}: expected a classifier of python -m export.onnx".format(path, list(shape)))
    return shape[1]


def _beside(path: str, engine: Engine) -> Tuple[Gallery, List[str]]:
    """The gallery and the names in the folder of `path`; without them one of no product."""
    folder = os.path.dirname(path)
    at, names_at = os.path.join(folder, "gallery.npz"), os.path.join(folder, "products.txt")
    if not os.path.isfile(at):
        side = _side_of(path, engine)
        length = engine.run(np.zeros((1, side, side, 3), np.uint8))[0].shape[1]
        return Gallery(np.eye(1, length, dtype=np.float32), np.zeros(1, np.int32), -1.0), []
    try:
        arrays = read_arrays(at, ("prototypes", "products"), LIMITS_BYTES["gallery.npz"], ["thresholds"])
        names = read_text(names_at, LIMITS_BYTES["bundle.json"]).splitlines()
    except (OSError, ValueError) as error:
        raise BundleError("{}: {}; write it again with python -m training.gallery".format(folder, error)) from error
    prototypes, numbers = arrays["prototypes"].astype(np.float32), arrays["products"].astype(np.int32)
    is_whole = prototypes.ndim == 2 and numbers.shape == prototypes.shape[:1] and len(numbers)
    if not is_whole or sorted(set(numbers.tolist())) != list(range(len(names))):
        raise BundleError("{}: gallery and products.txt are not of one training; write both again".format(folder))
    return Gallery(prototypes, numbers, -1.0), names


def look(opened_: Opened, pictures: List[Named]) -> Looks:
    """All of them, one after the other."""
    classifier, products = opened_.classifier, opened_.products
    gallery = classifier.gallery

    def name(image: np.ndarray, product: int) -> int:
        """How many products are likelier than `product`."""
        embedding = classifier.embed(image, np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32))[0]
        best = np.full(max(1, len(products)), -2.0, np.float32)
        np.maximum.at(best, gallery.products, gallery.prototypes.dot(embedding))
        return int((best > best[product]).sum())

    for one in pictures[:WARM_UP]:
        name(one.read(), 0)
    places = []  # type: List[int]
    classify_ms = []  # type: List[float]
    began_s = time.perf_counter()
    for one in tqdm(pictures, "naming", unit="picture", disable=None):
        image = one.read()
        read_s = time.perf_counter()
        place = name(image, products.index(one.name) if products else 0)
        classify_ms.append((time.perf_counter() - read_s) * 1000)
        if products:
            places.append(place)
    return Looks(places, classify_ms, time.perf_counter() - began_s)


def measure(own: argparse.Namespace) -> Dict[str, Any]:
    """What the command prints, ready for JSON."""
    pictures = pictures_of(own.set, own.limit)
    with opened(own) as stage2:
        known = [one for one in pictures if one.name in stage2.products] if stage2.products else pictures
        if not known:
            raise SourceError(
                "none of {} is a product of this gallery ({}, ...): expected the same names".format(
                    ", ".join(sorted({one.name for one in pictures})[:5]), ", ".join(stage2.products[:3])
                )
            )
        found = look(stage2, known)
        places, ms = np.array(found.places), sorted(found.classify_ms)
        return {
            "set": own.set,
            "pictures": len(known),
            "left_out": len(pictures) - len(known),
            "products": len(stage2.products),
            "top1": float((places == 0).mean()) if len(places) else None,
            "top5": float((places < 5).mean()) if len(places) else None,
            "seconds": round(found.seconds, 4),
            "true_rate": round(len(known) / found.seconds, 2),
            "classify_ms": {"p50": percentile(ms, 0.5), "p95": percentile(ms, 0.95)},
            "engine": stage2.classifier.engine.name,
            "why": stage2.why,
            "machine": machine(),
        }


def _measure(own: argparse.Namespace) -> None:
    if own.classifier is not None and own.engine == "tensorrt":
        raise UsageError("--engine tensorrt with --classifier: engines are built for bundles, so give --bundle")
    report = measure(own)
    if own.json:
        write_report(own.json, report)
    if report["left_out"]:
        print("{left_out} pictures of products that it does not know are left out".format(**report))
    if report["top1"] is not None:
        print("{pictures} pictures, {products} products: top-1 {top1:.4f}, top-5 {top5:.4f}".format(**report))
    print("{pictures} pictures in {seconds:.1f} s, one by one: {true_rate:.1f} a second, with reading".format(**report))
    print("classify: p50 {p50:.2f}, p95 {p95:.2f} ms".format(**report["classify_ms"]))
    print("{engine} ({why})".format(**report))
    on = report["machine"]
    print("{}, {} cores, {}".format(on.get("board", on["processor"]), on["cores"], on["system"]))


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.classify_set", description=(__doc__ or "").split(":")[0]
    )
    parser.add_argument("set", metavar="SET", help="a folder for each product, or CIFAR-100's folder")
    network = parser.add_mutually_exclusive_group()
    network.add_argument("--bundle", default="groceries", metavar="B", help="a folder, demo or groceries (groceries)")
    network.add_argument("--classifier", metavar="FILE.onnx", help="a network instead, of python -m export.onnx")
    parser.add_argument(
        "--engine", choices=("auto", "tensorrt", "openvino", "onnx"), default="auto", help="as of the camera (auto)"
    )
    parser.add_argument("--precision", choices=("fp16", "fp32", "bf16"), help="as of the camera")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="of the network, 0 = one a core (0)")
    parser.add_argument("--limit", type=int, metavar="N", help="about as many pictures (all)")
    parser.add_argument("--json", metavar="FILE", help="gets the figures")
    own = parser.parse_args(arguments)
    return exit_status_of(lambda: _measure(own), target=own.json)


if __name__ == "__main__":
    sys.exit(main())
